"""Decisions about some actions, each with the status it took the place of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from securescore.core.status import Status
from securescore.organizations.models import Organization
from securescore.record.models import ActionDecision


@dataclass
class Decided:
    """Decisions about the actions of a page, and what each took the place of."""

    organization: Organization

    def read(self, control_ids: set[str]) -> None:
        """Read every decision about these actions; one query."""
        self.by_pk: dict[int, ActionDecision] = {}
        self.old_status: dict[int, str] = {}
        self._of: dict[str, list[ActionDecision]] = {}
        for row in ActionDecision.objects.filter(
            organization=self.organization, control_id__in=sorted(control_ids)
        ).order_by("at", "pk"):
            before = self._of.setdefault(row.control_id, [])
            self.old_status[row.pk] = _status_before(before, row)
            before.append(row)
            self.by_pk[row.pk] = row

    def holding(self, control_id: str, at: datetime) -> ActionDecision | None:
        """The newest decision about an action that was known at that time."""
        made = [row for row in self._of.get(control_id, ()) if row.at <= at]
        return made[-1] if made else None

    def has_ended(self, decision: ActionDecision, at: datetime) -> bool:
        """Whether its last day was over at that time, by the organization's days."""
        day = at.astimezone(ZoneInfo(self.organization.time_zone)).date()
        return decision.ends_on is not None and decision.ends_on <= day


def _status_before(before: Sequence[ActionDecision], row: ActionDecision) -> str:
    on = row.at.date()
    holding = [d for d in before if d.ends_on is None or on < d.ends_on]
    return holding[-1].status if holding else Status.TO_ADDRESS.value
