"""One recommended action as people may change it: what was decided, and what is noted beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from securescore.core.errors import InputError
from securescore.core.status import Decision, Status, decision_on
from securescore.organizations.models import Organization
from securescore.record.change_rows import RETIRED
from securescore.record.decisions import read_decisions
from securescore.record.kept import touch
from securescore.record.models import ActionWork, ControlChange

NAME_LENGTH = 200
NOTES_LENGTH = 20_000
WORK_FIELDS = ("assignee", "due_on", "tags", "notes")
DECISION_FIELDS = ("note", "review_on", "ends_on", "evidence", "owner")


@dataclass(slots=True)
class ActionState:
    """One action as it stands."""

    control_id: str
    change: ControlChange
    decision: Decision | None
    work: ActionWork

    @property
    def status(self) -> str:
        """As shown: what was decided, or completed where the data says so."""
        return self.change.status

    @property
    def is_completed(self) -> bool:
        return self.change.status == Status.COMPLETED.value

    @property
    def decided(self) -> str:
        return self.decision.status.value if self.decision else Status.TO_ADDRESS.value

    def values(self) -> dict[str, object]:
        """What people may change, as the audit log keeps it."""
        made: dict[str, object] = {"status": self.decided}
        for name in DECISION_FIELDS:
            made[name] = getattr(self.decision, name) if self.decision else ""
        for name in WORK_FIELDS:
            made[name] = getattr(self.work, name)
        return {key: to_json(value) for key, value in made.items()}


def locked(organization: Organization) -> Organization:
    """The organization, locked until the transaction ends."""
    return Organization.objects.select_for_update().get(pk=organization.pk)


def states_of(
    organization: Organization, control_ids: Sequence[str], now: datetime
) -> dict[str, ActionState]:
    """The actions of the newest snapshot among these ids, in their order; four queries."""
    day = day_of(organization, now)
    changes = {
        row.control_id: row
        for row in ControlChange.objects.filter(
            organization=organization, until=None, control_id__in=control_ids
        ).exclude(state=RETIRED)
    }
    works = {
        row.control_id: row
        for row in ActionWork.objects.filter(organization=organization, control_id__in=control_ids)
    }
    decisions = read_decisions(organization, control_ids)
    return {
        control_id: ActionState(
            control_id,
            changes[control_id],
            decision_on(decisions.get(control_id, ()), now, day),
            works.get(control_id)
            or ActionWork(
                organization=organization,
                control_id=control_id,
                assignee=_last_assignee(decisions.get(control_id, ())),
            ),
        )
        for control_id in control_ids
        if control_id in changes
    }


def _last_assignee(decisions: Sequence[Decision]) -> str:
    return next((d.assignee for d in reversed(decisions) if d.assignee), "")


def day_of(organization: Organization, now: datetime) -> date:
    """The day of an instant in the organization's time zone."""
    return now.astimezone(ZoneInfo(organization.time_zone)).date()


def default_of(name: str) -> object:
    """The value of a field of a decision before anybody decided."""
    if name == "status":
        return Status.TO_ADDRESS
    return None if name.endswith("_on") else ""


def instant_after(held: Decision | None, now: datetime) -> datetime:
    """``now``, but later than the decision that holds."""
    if held is not None and held.at >= now:
        return held.at + timedelta(microseconds=1)
    return now


def refuse_completed(state: ActionState) -> None:
    """Raise :class:`InputError` where the status follows the data (S7)."""
    if state.is_completed:
        raise InputError(
            what="it is completed: the status follows the data",
            where=state.control_id,
            what_to_do="nothing needs to be decided while all points are measured",
        )


def clean_text(value: str, where: str, length: int) -> str:
    """A text without what a database refuses; single lines have single blanks."""
    kept = value.replace("\0", "").replace("\r\n", "\n").strip()
    text = kept if length == NOTES_LENGTH else " ".join(kept.split())
    if len(text) > length:
        raise InputError(
            what=f"{where} has {len(text):,} characters; at most {length:,} are kept",
            where=where,
            what_to_do="shorten it",
        )
    return text


def bump(organization: Organization, state: ActionState, by: str, now: datetime) -> None:
    """A new version of the action; the row is made at the first edit."""
    work = state.work
    work.organization = organization
    work.version += 1
    work.updated_at, work.updated_by = now, by[:NAME_LENGTH]
    work.save()
    touch(organization)


_FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    "due_on": lambda v: date.fromisoformat(v) if v else None,
    "review_on": lambda v: date.fromisoformat(v) if v else None,
    "ends_on": lambda v: date.fromisoformat(v) if v else None,
    "tags": list,
}


def from_json(name: str, value: object) -> Any:
    """A value of the audit log as the field of that name takes it."""
    return _FROM_JSON.get(name, str)(value if value is not None else "")


def to_json(value: object) -> object:
    """A value of a field as the audit log keeps it; nothing is an empty text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Status):
        return value.value
    return value or ""
