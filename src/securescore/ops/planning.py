"""What has to be computed for one organization: its snapshots, their manifests and catalogs.

A plan reads the record and writes nothing; the pipeline evaluates and commits it.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from securescore.catalog.definition import Catalog
from securescore.core.errors import InputError
from securescore.core.manifest import Manifest
from securescore.core.result import ControlResult
from securescore.core.status import Decision
from securescore.ops.catalogs import catalog_of
from securescore.ops.manifests import manifests_of, snapshot_times
from securescore.ops.workspace import Workspace
from securescore.organizations.models import Organization
from securescore.record.change_rows import SnapshotInput
from securescore.record.models import ActionDecision, Collection, Snapshot

CatalogAt = Callable[[datetime], Catalog]


@dataclass
class Plan:
    """What has to be computed for one organization."""

    organization: Organization
    new: list[Collection]
    decisions: Sequence[Decision]
    known_ids: frozenset[uuid.UUID]
    newest_at: datetime | None
    status_times: Sequence[datetime]  # of snapshots that a rebuild has to write again
    is_rebuild: bool
    n_context: int  # leading manifests that are recorded already and only compared with
    times: Sequence[datetime]  # of the snapshots; later than its data where the catalog changed
    manifests: list[Manifest]
    catalogs: list[Catalog]
    inputs: list[SnapshotInput] = field(default_factory=list)
    evidence: pa.Table | None = None
    measured: dict[str, datetime] = field(default_factory=dict)
    reported: Mapping[str, ControlResult] = field(default_factory=dict)
    service_plans: frozenset[str] | None = None  # of the newest data; None where they were not read


def plan_of(
    work: Workspace,
    organization: Organization,
    new: list[Collection],
    decisions: Sequence[Decision],
    catalog_at: CatalogAt | None,
    again_at: datetime | None,
) -> Plan:
    """What has to be computed when ``new`` and ``decisions`` come (see ``record_landed``)."""
    # A control may have been turned off since this organization was read.
    organization.refresh_from_db(fields=["disabled_controls"])
    existing = list(Collection.objects.filter(organization=organization))
    keys = {row.content_key for row in existing}
    fresh: list[Collection] = []
    for row in new:
        if row.content_key not in keys:
            keys.add(row.content_key)
            fresh.append(row)
    known = frozenset(row.pk for row in existing)
    everything = sorted([*existing, *fresh], key=lambda row: (row.collected_at, str(row.pk)))
    recorded: dict[datetime, str] = {}
    status_times: list[datetime] = []
    for at, digest, is_status_only in Snapshot.objects.filter(
        organization=organization
    ).values_list("at", "catalog_digest", "is_status_only"):
        if is_status_only:
            status_times.append(at)
        else:
            recorded[at] = digest
    # Snapshots that only another catalog brought have no collection of their own.
    data_times = snapshot_times(everything)
    times = sorted({*data_times, *recorded})
    newest = max(recorded, default=None)
    newest_at = max([*recorded, *status_times], default=None)
    first_new = min((row.collected_at for row in fresh), default=None)
    told = _told(organization) if decisions else frozenset()
    has_decisions_before = newest_at is not None and any(
        d.at <= newest_at and (d.control_id, d.at) not in told for d in decisions
    )
    is_rebuild = newest_at is not None and (
        (first_new is not None and first_new <= newest_at) or has_decisions_before
    )
    if not fresh and not is_rebuild:
        times = []
    elif not is_rebuild and newest is not None:
        times = [at for at in times if at >= newest]
    choose = catalog_at or _catalog_at(work, organization, recorded)
    if again_at is not None and newest is not None and newest_at is not None:
        again_at = max(again_at, newest_at + Snapshot.STEP)
        if choose(again_at).digest != recorded[newest]:
            times = [*(times or [newest]), again_at]
    n_context = 1 if times and not is_rebuild and newest is not None else 0
    manifests = _manifests(organization, everything, data_times, times)
    if is_rebuild:
        _refuse_what_is_not_kept(work, organization, manifests)
    return Plan(
        organization=organization,
        new=fresh,
        decisions=decisions,
        known_ids=known,
        newest_at=newest_at,
        status_times=sorted(status_times),
        is_rebuild=is_rebuild,
        n_context=n_context,
        times=times,
        manifests=manifests,
        catalogs=[
            work.catalogs.read(recorded[at]) if at in recorded else choose(at) for at in times
        ],
    )


def _told(organization: Organization) -> frozenset[tuple[str, datetime]]:
    """The decisions that are recorded: an import that tells them again changes nothing."""
    rows = ActionDecision.objects.filter(organization=organization)
    return frozenset(rows.values_list("control_id", "at"))


def _catalog_at(
    work: Workspace, organization: Organization, recorded: Mapping[datetime, str]
) -> CatalogAt:
    """The organization's catalog; for a time of the past the one that judged then."""
    newest = max(recorded, default=None)

    def catalog_at(at: datetime) -> Catalog:
        if newest is None or at >= newest:
            return catalog_of(organization)
        before = max((time for time in recorded if time < at), default=min(recorded))
        return work.catalogs.read(recorded[before])

    return catalog_at


def _manifests(
    organization: Organization,
    collections: Sequence[Collection],
    data_times: Sequence[datetime],
    times: Sequence[datetime],
) -> list[Manifest]:
    """The manifest of each time; data does not get older because somebody looks at it again."""
    made = manifests_of(str(organization.pk), collections, times)
    read_at = [data_times[bisect_right(data_times, at) - 1] for at in times]
    return [
        manifest if manifest.as_of == at else replace(manifest, as_of=at)
        for manifest, at in zip(made, read_at, strict=True)
    ]


def _refuse_what_is_not_kept(
    work: Workspace, organization: Organization, manifests: Sequence[Manifest]
) -> None:
    """The days after a day of the past are computed again: their tables have to be there."""
    key = str(organization.pk)
    seen: set[tuple[str, str]] = set()
    for manifest in manifests:
        for version in manifest.versions:
            name = (version.table, version.digest)
            if name not in seen and not work.tables.path(key, *name).exists():
                raise InputError(
                    what=f"the history from {manifest.as_of:%Y-%m-%d} on would have to be computed "
                    f"again, and the tables of that day are not kept any more ({version.table})",
                    where=organization.name,
                    what_to_do="import days that are newer than what is recorded",
                )
            seen.add(name)


def segments(plan: Plan) -> list[slice]:
    """Runs of manifests with one catalog."""
    found = []
    start = 0
    for position in range(1, len(plan.catalogs) + 1):
        is_end = position == len(plan.catalogs)
        if is_end or plan.catalogs[position].digest != plan.catalogs[start].digest:
            found.append(slice(start, position))
            start = position
    return found
