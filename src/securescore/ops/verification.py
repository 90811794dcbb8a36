"""Recomputes recorded snapshots from the landed tables and the stored catalogs (S11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from securescore.core.manifest import Manifest
from securescore.core.points import Points
from securescore.core.score import organization_score
from securescore.core.status import decision_on
from securescore.evaluate.evaluation import VERSION, evaluate
from securescore.ops.landing import Progress
from securescore.ops.retention import tables_deleted_before
from securescore.ops.workspace import Workspace
from securescore.organizations.models import Organization
from securescore.record.change_rows import RETIRED
from securescore.record.decisions import read_decisions
from securescore.record.models import ControlChange, Snapshot
from securescore.record.newest import COLUMNS, kept_newest, newest_of
from securescore.record.stored_manifests import manifest_from_json
from securescore.record.write import newest_snapshot_at
from securescore.sources import all_tables


@dataclass(frozen=True, slots=True)
class Difference:
    """Something recorded that does not come out again."""

    at: datetime
    what: str
    recorded: str
    recomputed: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How many snapshots and control results were recomputed, and what differs.

    ``n_not_kept`` snapshots cannot be: their tables were deleted after their time, on purpose.
    """

    n_snapshots: int
    n_results: int
    n_files: int
    differences: tuple[Difference, ...]
    n_not_kept: int = 0


def verify(
    work: Workspace, organization: Organization, *, progress: Progress | None = None
) -> Verification:
    """Recompute every snapshot of an organization and compare to the hundredth."""
    key = str(organization.pk)
    stored = stored_manifests(organization)
    deleted_before = tables_deleted_before(organization)
    n_recorded = len(stored)
    if deleted_before is not None:
        stored = [
            (snapshot, manifest)
            for snapshot, manifest in stored
            if snapshot.on >= deleted_before
            or all(work.tables.path(key, v.table, v.digest).exists() for v in manifest.versions)
        ]
    differences: list[Difference] = []
    files: set[tuple[str, str]] = set()
    for snapshot, manifest in stored:
        for version in manifest.versions:
            if (version.table, version.digest) not in files:
                files.add((version.table, version.digest))
                if not work.tables.is_intact(key, version.table, version.digest):
                    differences.append(
                        Difference(
                            snapshot.at,
                            f"file of {version.table}",
                            version.digest[:12],
                            "missing or changed",
                        )
                    )
        if snapshot.engine_version != VERSION:
            differences.append(Difference(snapshot.at, "engine", snapshot.engine_version, VERSION))
    n_results = 0
    if not differences:
        for found, n in _recomputed(work, organization, stored, progress):
            differences.extend(found)
            n_results += n
    differences.extend(_newest_differs(organization))
    return Verification(
        len(stored), n_results, len(files), tuple(differences), n_recorded - len(stored)
    )


def _newest_differs(organization: Organization) -> Iterator[Difference]:
    """What the organization's own row says of its newest snapshot, and the snapshots do not."""
    kept, made = kept_newest(organization), newest_of(organization)
    newest = newest_snapshot_at(organization) or organization.created_at
    for column in COLUMNS:
        if kept[column] != made[column]:
            yield Difference(
                newest,
                f"{column.replace('_', ' ')} of the organization",
                str(kept[column]),
                str(made[column]),
            )


def stored_manifests(organization: Organization) -> list[tuple[Snapshot, Manifest]]:
    """Every recorded snapshot with its manifest, in order of time."""
    key = str(organization.pk)
    return [
        (snapshot, manifest_from_json(key, snapshot.manifest))
        for snapshot in Snapshot.objects.filter(organization=organization).order_by("at")
    ]


def _recomputed(
    work: Workspace,
    organization: Organization,
    stored: list[tuple[Snapshot, Manifest]],
    progress: Progress | None,
) -> Iterator[tuple[list[Difference], int]]:
    key = str(organization.pk)
    zone = ZoneInfo(organization.time_zone)
    decisions = read_decisions(organization)
    changes: dict[str, list[ControlChange]] = {}
    for row in ControlChange.objects.filter(organization=organization).order_by("at"):
        changes.setdefault(row.control_id, []).append(row)
    by_catalog: dict[str, list[tuple[Snapshot, Manifest]]] = {}
    for snapshot, manifest in stored:
        by_catalog.setdefault(snapshot.catalog_digest, []).append((snapshot, manifest))
    for digest, pairs in by_catalog.items():
        found = evaluate(
            [manifest for _, manifest in pairs],
            work.catalogs.read(digest),
            all_tables(),
            work.tables.path,
            stale_after_days={key: organization.stale_after_days},
            progress=(lambda d, t: progress("Recomputing", d, t)) if progress else None,
        )
        for (snapshot, _), results, remainder in zip(
            pairs, found.results, found.remainders, strict=True
        ):
            day = snapshot.at.astimezone(zone).date()
            holding = {
                control_id: holds
                for control_id, made in decisions.items()
                if (holds := decision_on(made, snapshot.at, day))
            }
            score = organization_score(results.values(), holding, remainder)
            pairs_to_compare = [
                ("points", snapshot.points, int(score.current.points)),
                ("max score", snapshot.max_score, int(score.current.max_score)),
                *(
                    (f"view {name}", snapshot.views.get(name), int(tally.points))
                    for name, tally in score.views.items()
                ),
            ]
            for control_id, result in results.items():
                change = _row_at(changes.get(control_id, []), snapshot.at)
                pairs_to_compare.append(
                    (
                        control_id,
                        None if change is None else change.measured_points,
                        int(result.points),
                    )
                )
            yield (
                [
                    Difference(snapshot.at, what, _shown(recorded), _shown(recomputed))
                    for what, recorded, recomputed in pairs_to_compare
                    if recorded != recomputed
                ],
                len(results),
            )


def _row_at(rows: list[ControlChange], at: datetime) -> ControlChange | None:
    for row in rows:
        if row.at <= at and (row.until is None or row.until > at):
            return None if row.state == RETIRED else row
    return None


def _shown(value: int | None) -> str:
    return "nothing" if value is None else str(Points(value))
