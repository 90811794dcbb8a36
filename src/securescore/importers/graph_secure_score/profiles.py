"""One secureScoreControlProfile: Microsoft's description of a control, its maximum, its status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from securescore.core.collection import ReportedStatus
from securescore.importers.document import Document
from securescore.importers.graph_secure_score import values
from securescore.importers.graph_secure_score.conflicts import conflict
from securescore.importers.node import Node

DEFAULT_STATE = "Default"
# Graph's words; real answers differ in casing, so they are compared in lower case.
_STATES = {state.lower(): state for state in (DEFAULT_STATE, "Ignored", "ThirdParty", "Reviewed")}
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile.

    Attributes:
        document, place: where it stands.
        tenant_id: empty where the file does not say it.
        modified_at: lastModifiedDateTime, None in every real answer seen.
        row: the row of ``graph_control_profiles``.
        status: what a person decided; None for Default.
        note: what was left out of it.
    """

    document: Document
    place: str
    tenant_id: str
    modified_at: datetime | None
    row: Mapping[str, object]
    status: ReportedStatus | None
    note: str = ""

    @property
    def control_id(self) -> str:
        return str(self.row["control_id"])


def profile(record: Node) -> Profile:
    """Read one profile.

    Raises:
        DocumentError: a value is missing or of another type.
    """
    control_id = values.control_id(record["id"])
    status, note = _newest_status(record["controlStateUpdates"], control_id)
    return Profile(
        document=record.document,
        place=record.path,
        tenant_id=(record["azureTenantId"].text() or "").strip(),
        modified_at=record["lastModifiedDateTime"].instant(),
        row={
            "control_id": control_id,
            "title": values.text(record["title"]),
            "category": values.category(record["controlCategory"]),
            "service": values.text(record["service"]),
            "max_score": values.hundredths(values.points(record["maxScore"])),
            "tier": values.word(record["tier"]),
            "user_impact": values.word(record["userImpact"]),
            "implementation_cost": values.word(record["implementationCost"]),
            "rank": values.count(record["rank"]),
            "threats": _threats(record["threats"]),
            "action_type": values.text(record["actionType"]),
            "action_url": _address(record["actionUrl"]),
            "remediation": values.text(record["remediation"]),
            "remediation_impact": values.text(record["remediationImpact"]),
            "is_deprecated": values.flag(record["deprecated"]) is True,
            "state": status.state if status else DEFAULT_STATE,
        },
        status=status if status and status.state != DEFAULT_STATE else None,
        note=note,
    )


def profiles_by_id(profiles: Sequence[Profile]) -> dict[str, Profile]:
    """One profile per control, ordered by id.

    Equal ones count once. Of differing ones the newest by lastModifiedDateTime counts.

    Raises:
        DocumentError: two of one file differ and nothing says which is newer.
        ImportFormatError: the same between two files.
    """
    chosen: dict[str, Profile] = {}
    for candidate in profiles:
        first = chosen.setdefault(candidate.control_id, candidate)
        if _is_same(first, candidate):
            continue
        if first.modified_at == candidate.modified_at or None in {
            first.modified_at,
            candidate.modified_at,
        }:
            raise conflict(
                first,
                candidate,
                what=f"the control {candidate.control_id} has two profiles that differ",
                what_to_do="import answers of one point in time",
            )
        if (candidate.modified_at or _NEVER) > (first.modified_at or _NEVER):
            chosen[candidate.control_id] = candidate
    return dict(sorted(chosen.items()))


def _is_same(first: Profile, second: Profile) -> bool:
    return (first.row, first.status, first.modified_at) == (
        second.row,
        second.status,
        second.modified_at,
    )


def _newest_status(updates: Node, control_id: str) -> tuple[ReportedStatus | None, str]:
    """The newest entry; one without a time is older than every other, the last of equals wins."""
    newest: tuple[datetime, Node] | None = None
    for node in updates.elements():
        updated_at = node["updatedDateTime"].instant() or _NEVER
        if newest is None or updated_at >= newest[0]:
            newest = (updated_at, node)
    if newest is None or newest[1]["state"].is_null:
        return None, ""
    updated_at, node = newest
    state = _STATES.get(node["state"].required_text().strip().lower())
    if state is None:
        return None, f"{control_id}: its status is a word that Graph does not define; not kept"
    return (
        ReportedStatus(
            control_id=control_id,
            state=state,
            comment=values.text(node["comment"]) or "",
            assigned_to=values.text(node["assignedTo"]) or "",
            updated_by=values.text(node["updatedBy"]) or "",
            updated_at=None if updated_at is _NEVER else updated_at,
        ),
        "",
    )


def _threats(node: Node) -> tuple[str, ...]:
    """Lower case: two casings of the same words are in use."""
    return tuple(sorted({text.strip().lower() for text in node.texts() if text.strip()}))


def _address(node: Node) -> str | None:
    """A web address; anything else (``javascript:``) would be a link that acts."""
    found = (node.text() or "").strip()
    is_web = found.lower().startswith(("https://", "http://"))
    return found if is_web and found.isprintable() and " " not in found else None
