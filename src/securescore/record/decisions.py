"""Decisions of people as they are stored: added, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from securescore.core.status import Decision, Status
from securescore.organizations.models import Organization
from securescore.record.kept import touch
from securescore.record.models import (
    ActionDecision,
)

BATCH = 2000


def write_decisions(organization: Organization, decisions: Iterable[Decision]) -> int:
    """Add decisions that are not there yet; how many were new."""
    rows = [
        ActionDecision(
            organization=organization,
            control_id=d.control_id,
            status=d.status.value,
            at=d.at,
            by=d.by,
            note=d.note,
            review_on=d.review_on,
            ends_on=d.ends_on,
            approved_by=d.approved_by,
            assignee=d.assignee,
            evidence=d.evidence,
            owner=d.owner,
        )
        for d in decisions
    ]
    before = count_decisions(organization)
    ActionDecision.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    touch(organization)
    return count_decisions(organization) - before


def count_decisions(organization: Organization) -> int:
    """How many decisions were ever made."""
    return ActionDecision.objects.filter(organization=organization).count()


def add_decisions(known: dict[str, list[Decision]], more: Iterable[Decision]) -> None:
    """Add decisions to those by control id as :func:`write_decisions` will: none a second time."""
    for decision in more:
        made = known.setdefault(decision.control_id, [])
        if all(one.at != decision.at for one in made):
            made.append(decision)
            made.sort(key=lambda one: one.at)


def read_decisions(
    organization: Organization, control_ids: Sequence[str] | None = None
) -> dict[str, list[Decision]]:
    """All decisions ever made about some controls, or about all, by control id, oldest first."""
    found: dict[str, list[Decision]] = {}
    rows = ActionDecision.objects.filter(organization=organization)
    if control_ids is not None:
        rows = rows.filter(control_id__in=control_ids)
    for row in rows:
        found.setdefault(row.control_id, []).append(
            Decision(
                row.control_id,
                Status(row.status),
                row.at,
                row.by,
                row.note,
                row.review_on,
                row.ends_on,
                row.approved_by,
                row.assignee,
                row.evidence,
                row.owner,
            )
        )
    return found
