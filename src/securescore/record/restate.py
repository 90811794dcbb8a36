"""Snapshots of people's decisions: nothing is read or judged again, only statuses changed.

A decision counts from the moment it is made, and ends on its day, whether or not anything was
collected meanwhile. Such a snapshot keeps the manifest of the one before, so that it can be
recomputed like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Max

from securescore.catalog.load import built_in_catalog
from securescore.core.control import Basis
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.core.status import decision_on, effective_status
from securescore.organizations.models import Organization
from securescore.record.change_rows import RETIRED, SnapshotInput
from securescore.record.controls import control_of
from securescore.record.decisions import read_decisions
from securescore.record.documents import write_day_documents
from securescore.record.models import ActionDecision, ControlChange, ReportedControl, Snapshot
from securescore.record.stored_manifests import manifest_from_json
from securescore.record.write import write_snapshots


def results_now(organization: Organization) -> dict[str, ControlResult]:
    """The newest result of every control, as it is recorded; by control id."""
    catalog = built_in_catalog()
    reported = {r.control_id: r for r in ReportedControl.objects.filter(organization=organization)}
    found = {}
    rows = ControlChange.objects.filter(organization=organization, until=None)
    for row in rows.exclude(state=RETIRED):
        control = control_of(catalog.controls.get(row.control_id), row, reported)
        maximum = control.max_score if row.max_score is None else Points(row.max_score)
        found[row.control_id] = ControlResult(
            control=replace(
                control, version=row.version, basis=Basis(row.basis), max_score=maximum
            ),
            state=State(row.state),
            points=Points(row.measured_points),
            n_passed=row.n_passed,
            n_total=row.n_total,
            reason=row.reason,
            missing=tuple(row.missing),
            has_license=row.has_license,
        )
    return found


def write_status_snapshot(organization: Organization, now: datetime) -> bool:
    """Record what people decided since the newest snapshot; whether anything changed.

    Call it inside the transaction that writes the decisions, with the organization locked.
    """
    newest = Snapshot.objects.filter(organization=organization).order_by("-at").first()
    if newest is None:
        return False
    at = max(now, newest.at + Snapshot.STEP)
    results = results_now(organization)
    if not _is_changed(organization, results, at):
        return False
    write_snapshots(
        organization,
        [
            SnapshotInput(
                at=at,
                manifest=manifest_from_json(str(organization.pk), newest.manifest),
                results=results,
                remainder=Points(newest.remainder),
                catalog_digest=newest.catalog_digest,
                catalog_version=newest.catalog_version,
                engine_version=newest.engine_version,
                splits={},
                is_status_only=True,
            )
        ],
        now,
    )
    write_day_documents(organization, at)
    return True


def organizations_due(now: datetime) -> list[Organization]:
    """Organizations with a decision that ended since their newest snapshot."""
    ends = (
        ActionDecision.objects.filter(ends_on__isnull=False, ends_on__lte=now.date())
        .values("organization_id")
        .annotate(last=Max("ends_on"))
    )
    last_end = {row["organization_id"]: row["last"] for row in ends}
    newest = dict(
        Snapshot.objects.filter(organization__in=list(last_end))
        .values_list("organization_id")
        .annotate(on=Max("on"))
    )
    due = [pk for pk, last in last_end.items() if pk in newest and newest[pk] < last]
    return list(Organization.objects.filter(pk__in=due))


def _is_changed(
    organization: Organization, results: Mapping[str, ControlResult], at: datetime
) -> bool:
    day = at.astimezone(ZoneInfo(organization.time_zone)).date()
    decisions = read_decisions(organization)
    statuses = dict(
        ControlChange.objects.filter(organization=organization, until=None).values_list(
            "control_id", "status"
        )
    )
    return any(
        statuses[control_id]
        != effective_status(result, decision_on(decisions.get(control_id, ()), at, day))
        for control_id, result in results.items()
    )
