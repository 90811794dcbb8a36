"""Writes recorded days and controls in the words and types of Microsoft Graph.

Its quirks are kept on purpose, because tools rely on them: ``count``, ``total``, ``on`` and
``IsApplicable`` are texts, averages are percentages, ``controlStateUpdates`` always has one
entry. Everything is written by one encoder; each member of an object stands on a line of its
own, so that ``$select`` picks lines and decodes nothing (no text of JSON holds a line break).

Source: docs/guides/graph-api.md, which also lists what differs from Microsoft's answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from securescore.core.points import HUNDREDTHS, Points, percentage
from securescore.core.result import State
from securescore.core.status import ATTESTED
from securescore.organizations.models import Organization
from securescore.present.graph_api.vocabulary import PLANS, SERVICES, STATES, TIERS, VENDOR
from securescore.present.joining import compressed
from securescore.record.days import Average, DayControl, DayLine, DayRecord
from securescore.record.profiles import ControlProfile

ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
SEPARATOR = b",\n"
FULL = 100
HEAD = ("id", "azureTenantId", "averageComparativeScores")
"""Members of a secureScore that are written when it is read: the organization's id may become
known later, and averages of a day are computed after it is recorded."""

STORED = (
    "createdDateTime",
    "activeUserCount",
    "licensedUserCount",
    "currentScore",
    "maxScore",
    "enabledServices",
    "vendorInformation",
    "controlScores",
)
"""Members of a stored document, in this order: the long one stands last."""


def day_document(record: DayRecord) -> bytes:
    """One day as it is stored, compressed: what follows the members of :data:`HEAD` in a
    secureScore, to its closing brace.
    """
    written = members(
        {
            "createdDateTime": created(record.on),
            "activeUserCount": record.n_users,
            "licensedUserCount": record.seats,
            "currentScore": number(record.points),
            "maxScore": number(record.max_score),
            "enabledServices": _services(record.licenses),
            "vendorInformation": VENDOR,
        }
    )
    scores = ",".join(
        f'{_control_score(control)},"lastSynced":{_instant(at)}}}'
        for control, at in record.controls
    )
    controls = f'"controlScores":[{scores}]'.encode()
    return compressed(SEPARATOR.join((*written.values(), controls)) + b"}")


def head_members(
    organization: Organization, on: date, averages: tuple[Average, ...]
) -> dict[str, bytes]:
    """The members of :data:`HEAD` of one day."""
    tenant = ENCODER.encode(tenant_id(organization)).encode()
    return {
        "id": b'"id":' + tenant[:-1] + f'_{on.isoformat()}"'.encode(),
        "azureTenantId": b'"azureTenantId":' + tenant,
        "averageComparativeScores": _averages(averages),
    }


def line_values(organization: Organization, line: DayLine) -> dict[str, object]:
    """What days are filtered and ordered by, and what of them needs no document."""
    return {
        "id": day_id(organization, line.on),
        "azureTenantId": tenant_id(organization),
        "createdDateTime": datetime(line.on.year, line.on.month, line.on.day, tzinfo=UTC),
        "currentScore": number(line.points),
        "maxScore": number(line.max_score),
    }


def profile_values(
    organization: Organization, profile: ControlProfile, action_url: str
) -> dict[str, Any]:
    """One control as a secureScoreControlProfile; ``action_url`` is its page here."""
    row = profile.row
    return {
        "id": row.id,
        "azureTenantId": tenant_id(organization),
        "actionType": "Config",
        "actionUrl": action_url,
        "controlCategory": row.category,
        "title": row.title,
        "deprecated": False,
        "implementationCost": row.implementation_cost.capitalize(),
        "lastModifiedDateTime": None,
        "maxScore": None if row.max_score is None else number(row.max_score),
        "rank": row.rank,
        "remediation": profile.fix,
        "remediationImpact": profile.user_effect,
        "service": SERVICES.get(profile.product, profile.product),
        "threats": [threat.capitalize() for threat in profile.threats],
        "tier": TIERS.get(row.tier, row.tier),
        "userImpact": row.user_impact.capitalize(),
        "vendorInformation": VENDOR,
        "complianceInformation": [
            {
                "certificationName": one.framework,
                "certificationControls": [{"name": name, "url": one.url} for name in one.ids],
            }
            for one in profile.requirements
        ],
        "controlStateUpdates": [
            {
                "assignedTo": row.assignee or None,
                "comment": profile.note or None,
                "state": STATES.get(profile.decided, "Default"),
                "updatedBy": profile.updated_by or None,
                "updatedDateTime": None
                if profile.updated_at is None
                else instant(profile.updated_at),
            }
        ],
    }


def members(values: Mapping[str, object]) -> dict[str, bytes]:
    """Each member of an object as it is written, by name."""
    return {
        name: f"{ENCODER.encode(name)}:{ENCODER.encode(value)}".encode()
        for name, value in values.items()
    }


def object_of(written: Iterable[bytes]) -> bytes:
    """An object of written members."""
    return b"{" + SEPARATOR.join(written) + b"}"


def tenant_id(organization: Organization) -> str:
    """Microsoft's id of the tenant where it is known, else the organization's own."""
    return organization.external_id or str(organization.pk)


def day_id(organization: Organization, on: date) -> str:
    """The id of a secureScore: ``<tenant>_2026-05-04``."""
    return f"{tenant_id(organization)}_{on.isoformat()}"


def created(on: date) -> str:
    """``createdDateTime`` of a day: always midnight UTC, as Microsoft writes it."""
    return f"{on.isoformat()}T00:00:00Z"


def instant(at: datetime) -> str:
    """An instant in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def number(points: Points) -> int | float:
    """Points as a JSON number: whole ones without decimals.

    >>> number(Points(800)), number(Points(433))
    (8, 4.33)
    """
    return int(points) // HUNDREDTHS if points % HUNDREDTHS == 0 else points.to_float()


@lru_cache(maxsize=256)
def _instant(at: datetime | None) -> str:
    """An instant as JSON: many controls of a day were read at one."""
    return ENCODER.encode(at and instant(at))


@lru_cache(maxsize=4096)
def _control_score(control: DayControl) -> str:
    """A controlScore without its end and ``lastSynced``: the rest is the same for many days."""
    score: dict[str, object] = {
        "controlCategory": control.category,
        "controlName": control.id,
        "description": control.why or None,
        "score": number(control.points),
        "implementationStatus": _sentence(control),
        "IsApplicable": "true",
        "source": control.tool or "evaluation",
    }
    if control.n_passed is not None:
        score["count"] = str(control.n_passed)
    if control.n_total is not None:
        score["total"] = str(control.n_total)
    if control.is_all_or_nothing:
        score["on"] = "true" if _share(control) == FULL else "false"
    score["scoreInPercentage"] = _share(control)
    return ENCODER.encode(score)[:-1]


def _share(control: DayControl) -> int | float:
    share = percentage(control.points, control.max_score) if control.max_score else None
    if share is None and control.n_total:
        share = percentage(control.n_passed or 0, control.n_total)
    share = share or 0
    return int(share) if share == int(share) else share


def _sentence(control: DayControl) -> str:
    """What is the case, in a sentence or two."""
    parts = []
    if control.state == State.ERROR:
        parts.append(f"This could not be measured: {control.reason}")
    elif control.tool and control.reason:
        parts.append(control.reason)
    elif control.n_total is not None:
        parts.append(
            f"You have {control.n_passed or 0:,} of {control.n_total:,} set as recommended."
        )
    elif control.max_score is not None:
        parts.append(f"You have {control.points.short()} of {control.max_score.short()} points.")
    if control.state == State.STALE:
        parts.append(f"These data are old: {control.reason}")
    if control.status in ATTESTED:
        parts.append(f"Counted in full: {control.status}.")
    return " ".join(parts)


@lru_cache(maxsize=256)
def _averages(averages: tuple[Average, ...]) -> bytes:
    """The member that tells averages: of most days they are those of the day before."""
    told = ENCODER.encode([_average(one) for one in averages])
    return f'"averageComparativeScores":{told}'.encode()


def _average(average: Average) -> dict[str, object]:
    if average.seats is None:
        return {"basis": "AllTenants", "averageScore": average.percentage}
    low, high = average.seats
    found: dict[str, object] = {
        "basis": "TotalSeats",
        "averageScore": average.percentage,
        "SeatSizeRangeLowerValue": str(low),
    }
    if high is not None:
        found["SeatSizeRangeUpperValue"] = str(high)
    return found


def _services(plans: Iterable[str]) -> list[str]:
    """``enabledServices`` of service plans; empty where the plans are unknown."""
    held = list(plans)
    found = {service for plan in held for service in PLANS.get(plan, ())}
    if held and not found & {"HasAADP1", "HasAADP2"}:
        found.add("HasAADFree")
    return sorted(found)
