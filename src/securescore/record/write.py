"""Writes snapshots as change rows. Called inside one transaction by the pipeline.

A row is written only where something changed; the row before ends at that snapshot. The sum of
all deltas of an organization up to a day is its score of that day (tests/record/test_write.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max

from securescore.core.attribution import Cause
from securescore.core.control import Basis
from securescore.core.manifest import Manifest, TableVersion
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.core.score import OrganizationScore, organization_score
from securescore.core.status import Decision, Status, counted_points, decision_on, effective_status
from securescore.organizations.models import Organization
from securescore.record.kept import touch
from securescore.record.models import (
    ActionDecision,
    ControlChange,
    DayDocument,
    ReportedControl,
    Snapshot,
)

BATCH = 2000
RETIRED = "retired"
"""State of a change row that takes a control out: its catalog no longer has it."""

DATA_CAUSES = frozenset({Cause.CONFIGURATION, Cause.USER, Cause.DEVICE})


@dataclass(frozen=True, slots=True)
class SnapshotInput:
    """One evaluated snapshot.

    Attributes:
        at: aware, UTC.
        results: by control id.
        remainder: part of a reported maximum that no control explains.
        splits: by control id, the change of its measured points against the snapshot before,
            by cause; only for controls whose data changed.
        is_status_only: nothing was read again; ``manifest`` is that of the snapshot before.
    """

    at: datetime
    manifest: Manifest
    results: Mapping[str, ControlResult]
    remainder: Points
    catalog_digest: str
    catalog_version: str
    engine_version: str
    splits: Mapping[str, Mapping[Cause, Points]]
    is_status_only: bool = False


def write_snapshots(
    organization: Organization, inputs: Sequence[SnapshotInput], now: datetime
) -> None:
    """Append snapshots, oldest first; all are later than every recorded one.

    Args:
        organization: whose.
        inputs: in order of ``at``.
        now: when this is written.
    """
    zone = ZoneInfo(organization.time_zone)
    decisions = read_decisions(organization)
    open_rows = {
        row.control_id: row
        for row in ControlChange.objects.filter(organization=organization, until=None)
    }
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
            row = _row(organization, item, result, holding.get(control_id), before, has_before)
            if row is not None:
                _end(before, item.at, ended)
                open_rows[control_id] = row
                added.append(row)
        for control_id in [c for c in open_rows if c not in item.results]:
            before = open_rows[control_id]
            if before.state == RETIRED:
                continue
            row = _retired(organization, item.at, before)
            _end(before, item.at, ended)
            open_rows[control_id] = row
            added.append(row)
        if snapshots and snapshots[-1].on == day:
            snapshots[-1].is_last_of_day = False
        snapshots.append(_snapshot(organization, item, score, day, now))
        has_before = True
    if snapshots:
        Snapshot.objects.filter(organization=organization, on=snapshots[0].on).update(
            is_last_of_day=False
        )
    stored = [row for row in ended if not row._state.adding]  # noqa: SLF001 - Django names it so
    ControlChange.objects.bulk_update(stored, ["until"], batch_size=BATCH)
    ControlChange.objects.bulk_create(added, batch_size=BATCH)
    Snapshot.objects.bulk_create(snapshots, batch_size=BATCH)
    touch(organization)


def forget_snapshots(organization: Organization) -> None:
    """Take back everything that is computed, to compute it anew from the landed tables."""
    ControlChange.objects.filter(organization=organization).delete()
    Snapshot.objects.filter(organization=organization).delete()
    touch(organization)
    DayDocument.objects.filter(organization=organization).delete()


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
    before = ActionDecision.objects.filter(organization=organization).count()
    ActionDecision.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    touch(organization)
    return ActionDecision.objects.filter(organization=organization).count() - before


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


def write_reported(
    organization: Organization,
    results: Iterable[ControlResult],
    remediation: Mapping[str, str],
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
            remediation=remediation.get(result.control.id, ""),
            reported_at=result.measured_at or at,
        )
        for result in results
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


def manifest_to_json(manifest: Manifest) -> dict[str, Any]:
    """A manifest as it is stored; :func:`manifest_from_json` gives an equal one."""
    return {
        "as_of": manifest.as_of.isoformat(),
        "missing": dict(manifest.missing),
        "tables": [
            [
                v.table,
                v.digest,
                v.n_rows,
                v.collected_at.isoformat(),
                v.source,
                v.scope,
                dict(v.missing_columns),
                v.stale_reason,
            ]
            for v in manifest.versions
        ],
    }


def manifest_from_json(organization: str, stored: Mapping[str, Any]) -> Manifest:
    """The manifest of a stored snapshot."""
    return Manifest(
        organization,
        datetime.fromisoformat(stored["as_of"]),
        tuple(
            TableVersion(
                table, digest, n_rows, datetime.fromisoformat(at), source, scope, columns, stale
            )
            for table, digest, n_rows, at, source, scope, columns, stale in stored["tables"]
        ),
        stored["missing"],
    )


def _holding(
    decisions: Mapping[str, Sequence[Decision]], at: datetime, day: date
) -> dict[str, Decision]:
    return {
        control_id: holding
        for control_id, made in decisions.items()
        if (holding := decision_on(made, at, day)) is not None
    }


def _row(
    organization: Organization,
    item: SnapshotInput,
    result: ControlResult,
    decision: Decision | None,
    before: ControlChange | None,
    has_before: bool,  # noqa: FBT001 - whether there is a snapshot to compare with
) -> ControlChange | None:
    """The change row of one control; None where nothing changed."""
    status = effective_status(result, decision)
    points = counted_points(result, status)
    maximum = int(result.max_score) if result.max_score is not None and result.is_scored else None
    control = result.control
    if before is not None and (
        before.state == result.state
        and before.status == status
        and before.points == points
        and before.measured_points == result.points
        and before.max_score == maximum
        and before.n_passed == result.n_passed
        and before.n_total == result.n_total
        and before.version == control.version
        and before.basis == control.basis
        and before.has_license == result.has_license
    ):
        return None
    old_points = before.points if before else 0
    old_max = (before.max_score or 0) if before else 0
    delta = points - old_points
    parts = _parts(item, result, before, delta, has_before)
    if before is not None and not parts and before.max_score != maximum:
        parts = {Cause.CATALOG: 0}  # only its weight changed
    cause = max(parts, key=lambda c: (abs(parts[c]), c), default="") if parts else ""
    fell = before is not None and result.points < before.measured_points
    is_regression = fell and cause in DATA_CAUSES
    is_new = before is None or before.state == RETIRED
    regressed_at, regressed_from = _fall(item.at, result, before, is_regression=is_regression)
    return ControlChange(
        organization=organization,
        control_id=control.id,
        at=item.at,
        state=result.state.value,
        status=status.value,
        basis=control.basis.value,
        version=control.version,
        points=points,
        measured_points=result.points,
        max_score=maximum,
        n_passed=result.n_passed,
        n_total=result.n_total,
        has_license=result.has_license,
        reason=result.reason,
        missing=list(result.missing),
        is_regression=is_regression,
        added_at=item.at if before is None or is_new else before.added_at,
        regressed_at=regressed_at,
        regressed_from=regressed_from,
        delta=delta,
        max_delta=(maximum or 0) - old_max,
        cause=str(cause),
        parts={str(c): int(value) for c, value in parts.items()},
    )


def _fall(
    at: datetime, result: ControlResult, before: ControlChange | None, *, is_regression: bool
) -> tuple[datetime | None, int | None]:
    """When the control fell and from which points, until it is back there."""
    if before is None or before.state == RETIRED:
        return None, None
    if is_regression:
        return at, max(before.measured_points, before.regressed_from or 0)
    if before.regressed_from is not None and result.points < before.regressed_from:
        return before.regressed_at, before.regressed_from
    return None, None


def _parts(
    item: SnapshotInput,
    result: ControlResult,
    before: ControlChange | None,
    delta: int,
    has_before: bool,  # noqa: FBT001 - as above
) -> dict[Cause, int]:
    """``delta`` by cause, summing to it exactly; also names the cause of a change of 0 points."""
    if before is None or before.state == RETIRED:
        if not has_before:
            return {}
        is_ours = result.control.basis is Basis.EVALUATED
        return {Cause.CATALOG if is_ours else Cause.LICENSE: delta}
    if before.version != result.control.version or before.basis != result.control.basis:
        return {Cause.CATALOG: delta}
    if before.state != result.state:
        not_applicable = State.NOT_APPLICABLE.value
        is_scope = not_applicable in (before.state, result.state.value)
        return {Cause.LICENSE if is_scope else Cause.DATA: delta}
    measured_delta = result.points - before.measured_points
    parts: dict[Cause, int] = {c: int(p) for c, p in item.splits.get(result.control.id, {}).items()}
    if sum(parts.values()) != measured_delta:
        parts = {Cause.DATA: measured_delta} if measured_delta else {}
    if rest := delta - measured_delta:
        # What people attest covers or uncovers the measured change.
        parts[Cause.STATUS] = parts.get(Cause.STATUS, 0) + rest
    return parts


def _retired(organization: Organization, at: datetime, before: ControlChange) -> ControlChange:
    is_ours = before.basis == Basis.EVALUATED
    cause = Cause.CATALOG if is_ours else Cause.LICENSE
    return ControlChange(
        organization=organization,
        control_id=before.control_id,
        at=at,
        state=RETIRED,
        status=before.status,
        added_at=before.added_at,
        basis=before.basis,
        version=before.version,
        points=0,
        measured_points=0,
        max_score=None,
        delta=-before.points,
        max_delta=-(before.max_score or 0),
        cause=cause.value,
        parts={cause.value: -before.points},
    )


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
