"""Writes snapshots as change rows.

A row is written only where something changed; the row before ends at that snapshot. The sum of
all deltas of an organization up to a day is its score of that day (tests/ops/test_pipeline.py).

Making the rows takes long where many days come at once, and storing them locks the database. So
they are two steps: :func:`snapshot_rows` before the transaction, :func:`store_snapshots` in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Max

from securescore.core.result import ControlResult
from securescore.core.score import OrganizationScore, organization_score
from securescore.core.status import Decision, decision_on
from securescore.organizations.models import Organization
from securescore.record.change_rows import RETIRED, SnapshotInput, change_row, retired_row
from securescore.record.decisions import add_decisions, read_decisions
from securescore.record.kept import touch
from securescore.record.models import (
    ControlChange,
    DayDocument,
    ReportedControl,
    Snapshot,
)
from securescore.record.newest import write_newest
from securescore.record.reported_texts import NO_TEXT, ReportedText
from securescore.record.stored_manifests import manifest_to_json

BATCH = 2000


@dataclass(frozen=True, slots=True)
class SnapshotRows:
    """Rows of snapshots, made and not stored.

    Attributes:
        ended: rows of before that end.
        n_decisions: how many stored decisions they were made with.
    """

    snapshots: Sequence[Snapshot]
    added: Sequence[ControlChange]
    ended: Sequence[ControlChange]
    n_decisions: int


def write_snapshots(
    organization: Organization, inputs: Sequence[SnapshotInput], now: datetime
) -> None:
    """Append snapshots, oldest first; all are later than every recorded one.

    Args:
        organization: whose.
        inputs: in order of ``at``.
        now: when this is written.
    """
    store_snapshots(organization, snapshot_rows(organization, inputs, now))


def snapshot_rows(
    organization: Organization,
    inputs: Sequence[SnapshotInput],
    now: datetime,
    *,
    new_decisions: Iterable[Decision] = (),
    is_rebuild: bool = False,
) -> SnapshotRows:
    """The rows of snapshots, as they are stored once ``new_decisions`` are.

    With ``is_rebuild`` nothing stands before them: everything computed is taken back first.
    """
    zone = ZoneInfo(organization.time_zone)
    decisions = read_decisions(organization)
    n_decisions = sum(len(made) for made in decisions.values())
    add_decisions(decisions, new_decisions)
    standing = ControlChange.objects.filter(organization=organization, until=None)
    open_rows = {} if is_rebuild else {row.control_id: row for row in standing}
    has_before = bool(open_rows)
    ended: list[ControlChange] = []
    added: list[ControlChange] = []
    snapshots: list[Snapshot] = []
    for item in inputs:
        day = item.at.astimezone(zone).date()
        holding = _holding(decisions, item.at, day)
        score = organization_score(item.results.values(), holding, item.remainder)
        for control_id, result in item.results.items():
            before = open_rows.get(control_id)
            row = change_row(
                organization, item, result, holding.get(control_id), before, has_before
            )
            if row is not None:
                _end(before, item.at, ended)
                open_rows[control_id] = row
                added.append(row)
        for control_id in [c for c in open_rows if c not in item.results]:
            before = open_rows[control_id]
            if before.state == RETIRED:
                continue
            row = retired_row(organization, item.at, before)
            _end(before, item.at, ended)
            open_rows[control_id] = row
            added.append(row)
        if snapshots and snapshots[-1].on == day:
            snapshots[-1].is_last_of_day = False
        snapshots.append(_snapshot(organization, item, score, day, now))
        has_before = True
    stored = [row for row in ended if not row._state.adding]  # noqa: SLF001 - Django names it so
    return SnapshotRows(snapshots, added, stored, n_decisions)


def store_snapshots(organization: Organization, rows: SnapshotRows) -> None:
    """Store them; inside the transaction that found nothing else recorded meanwhile."""
    if rows.snapshots:
        Snapshot.objects.filter(organization=organization, on=rows.snapshots[0].on).update(
            is_last_of_day=False
        )
    ControlChange.objects.bulk_update(rows.ended, ["until"], batch_size=BATCH)
    ControlChange.objects.bulk_create(rows.added, batch_size=BATCH)
    Snapshot.objects.bulk_create(rows.snapshots, batch_size=BATCH)
    write_newest(organization)


def forget_snapshots(organization: Organization) -> None:
    """Take back everything that is computed, to compute it anew from the landed tables."""
    ControlChange.objects.filter(organization=organization).delete()
    Snapshot.objects.filter(organization=organization).delete()
    write_newest(organization)
    DayDocument.objects.filter(organization=organization).delete()


def write_reported(
    organization: Organization,
    results: Iterable[ControlResult],
    texts: Mapping[str, ReportedText],
    at: datetime,
) -> None:
    """Keep what tools say of their controls: the newest of each."""
    rows = [
        ReportedControl(
            organization=organization,
            control_id=result.control.id,
            tool=result.control.tool,
            title=result.control.title,
            category=result.control.category.value,
            product=result.control.product[:80],
            tier=result.control.tier.value,
            user_impact=result.control.user_impact.value,
            implementation_cost=result.control.implementation_cost.value,
            points=int(result.points),
            max_score=None if result.max_score is None else int(result.max_score),
            n_passed=result.n_passed,
            n_total=result.n_total,
            text=result.reason,
            remediation=told.fix,
            why=told.why,
            user_effect=told.user_effect,
            addresses=list(told.addresses),
            reported_at=result.measured_at or at,
        )
        for result in results
        for told in (texts.get(result.control.id, NO_TEXT),)
    ]
    ReportedControl.objects.filter(organization=organization).delete()
    ReportedControl.objects.bulk_create(rows, batch_size=BATCH)
    touch(organization)


def newest_snapshot_at(organization: Organization) -> datetime | None:
    """When the newest snapshot was; None before the first."""
    newest: datetime | None = Snapshot.objects.filter(organization=organization).aggregate(
        newest=Max("at")
    )["newest"]
    return newest


def _holding(
    decisions: Mapping[str, Sequence[Decision]], at: datetime, day: date
) -> dict[str, Decision]:
    return {
        control_id: holding
        for control_id, made in decisions.items()
        if (holding := decision_on(made, at, day)) is not None
    }


def _end(before: ControlChange | None, at: datetime, ended: list[ControlChange]) -> None:
    if before is not None:
        before.until = at
        ended.append(before)


def _snapshot(
    organization: Organization,
    item: SnapshotInput,
    score: OrganizationScore,
    day: date,
    now: datetime,
) -> Snapshot:
    return Snapshot(
        organization=organization,
        at=item.at,
        on=day,
        is_status_only=item.is_status_only,
        points=score.current.points,
        max_score=score.current.max_score,
        attested=score.attested,
        remainder=score.remainder,
        views={name: int(tally.points) for name, tally in score.views.items()},
        categories={
            category.value: [
                int(c.tally.points),
                int(c.tally.max_score),
                c.n_controls,
                c.n_unknown_max,
            ]
            for category, c in score.categories.items()
        },
        coverage={state.value: n for state, n in score.n_by_state.items()},
        n_by_status={status.value: n for status, n in score.n_by_status.items()},
        unknown_max=list(score.unknown_max),
        unmeasured_max_score=score.unmeasured_max_score,
        manifest=manifest_to_json(item.manifest),
        catalog_digest=item.catalog_digest,
        catalog_version=item.catalog_version,
        engine_version=item.engine_version,
        created_at=now,
    )
