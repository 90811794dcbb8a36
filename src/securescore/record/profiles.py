"""Answers about controls as work for people: what each asks for, and what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from securescore.catalog.definition import ControlDefinition
from securescore.catalog.load import built_in_catalog
from securescore.core.status import Decision, Status, decision_on
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record.actions import actions
from securescore.record.decisions import read_decisions
from securescore.record.models import ActionWork, ReportedControl


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a framework asks for that the control meets."""

    framework: str
    url: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlProfile:
    """One control of the newest snapshot.

    Attributes:
        row: as the list of actions shows it.
        product: its id in the catalog; a tool's own word where a tool reported the control.
        decision: what people decided, whether or not data completed the control since.
        updated_by, updated_at: of that decision, or of a later edit; empty and None where nobody
            ever touched the action.
    """

    row: a.ActionRow
    product: str
    fix: str
    user_effect: str
    threats: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    decision: Decision | None
    updated_by: str
    updated_at: datetime | None

    @property
    def decided(self) -> Status:
        return self.decision.status if self.decision else Status.TO_ADDRESS

    @property
    def note(self) -> str:
        return self.decision.note if self.decision else ""


def control_profiles(organization: Organization, now: datetime) -> tuple[ControlProfile, ...]:
    """All controls of the newest snapshot, scored or not, by id; a constant number of queries."""
    rows = actions(organization)
    decisions = read_decisions(organization)
    day = now.astimezone(ZoneInfo(organization.time_zone)).date()
    works = {work.control_id: work for work in ActionWork.objects.filter(organization=organization)}
    told = {
        control_id: (fix, user_effect)
        for control_id, fix, user_effect in ReportedControl.objects.filter(
            organization=organization
        ).values_list("control_id", "remediation", "user_effect")
    }
    catalog = built_in_catalog()
    return tuple(
        _profile(
            row,
            catalog.controls.get(row.id),
            decision_on(decisions.get(row.id, ()), now, day),
            works.get(row.id),
            *told.get(row.id, ("", "")),
        )
        for row in sorted(rows, key=lambda row: row.id)
    )


def _profile(
    row: a.ActionRow,
    definition: ControlDefinition | None,
    decision: Decision | None,
    work: ActionWork | None,
    fix: str,
    user_effect: str,
) -> ControlProfile:
    touches = [(decision.at, decision.by)] if decision else []
    if work is not None and work.version:
        touches.append((work.updated_at, work.updated_by))
    at, by = max(touches, default=(None, ""))
    is_ours = definition is not None and row.basis != "reported"
    return ControlProfile(
        row=row,
        product=definition.control.product if definition and is_ours else row.product,
        fix=definition.fix.strip() if definition else fix,
        user_effect=definition.user_effect.strip() if definition else user_effect,
        threats=definition.threats if definition else (),
        requirements=_requirements(definition) if definition else (),
        decision=decision,
        updated_by=by,
        updated_at=at,
    )


def _requirements(definition: ControlDefinition) -> tuple[Requirement, ...]:
    frameworks = built_in_catalog().frameworks
    found: Sequence[tuple[str, tuple[str, ...]]] = sorted(definition.frameworks.items())
    return tuple(
        Requirement(
            str(frameworks.get(name, {}).get("title", name)),
            str(frameworks.get(name, {}).get("url", "")),
            tuple(ids),
        )
        for name, ids in found
    )
