"""The pipeline: land -> evaluate -> score -> record. The only module that knows all steps.

Everything slow happens before the transaction; what is written is written in one. A process that
is killed leaves files that nothing names, and the next run starts from the same state. Two runs
at once notice each other and the second computes again.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from securescore.catalog.definition import Catalog
from securescore.core.attribution import Cause
from securescore.core.collection import Collected
from securescore.core.errors import RecordError
from securescore.core.manifest import Manifest
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.core.status import Decision
from securescore.evaluate.evaluation import VERSION, evaluate
from securescore.ops.averages import reported_averages
from securescore.ops.causes import Step, splits_of
from securescore.ops.landing import Progress, land
from securescore.ops.planning import CatalogAt, Plan, plan_of, segments
from securescore.ops.reported_texts import reported_texts
from securescore.ops.statuses import decisions_of
from securescore.ops.workspace import Workspace
from securescore.organizations.models import Organization
from securescore.organizations.write import keep_licenses_found
from securescore.record.averages import write_averages
from securescore.record.change_rows import SnapshotInput
from securescore.record.decisions import count_decisions, write_decisions
from securescore.record.documents import encode_day_documents, forget_day_documents
from securescore.record.evidence import SCHEMA as EVIDENCE_SCHEMA
from securescore.record.models import Collection, EvidenceFile, SuppressionProposal
from securescore.record.write import (
    forget_snapshots,
    newest_snapshot_at,
    snapshot_rows,
    store_snapshots,
    write_reported,
)
from securescore.sources import all_tables

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run of the pipeline did for one organization."""

    n_collections: int
    n_snapshots: int
    n_decisions: int
    is_unchanged: bool
    notes: tuple[str, ...] = ()


def record_collected(
    work: Workspace,
    organization: Organization,
    collected: Sequence[Collected],
    *,
    now: datetime,
    files: Sequence[Mapping[str, str]] = (),
    decisions: Sequence[Decision] = (),
    catalog_at: CatalogAt | None = None,
    run_id: uuid.UUID | None = None,
    progress: Progress | None = None,
) -> Recorded:
    """Land collections of one organization and record the snapshots that follow from them.

    Args:
        work: the data folder.
        organization: whose.
        collected: in any order of time.
        now: when this happens.
        files: name and sha256 of the files they came from.
        decisions: decisions that come with them.
        catalog_at: the catalog of a new snapshot by its time; that of the organization if not
            given.
        run_id: of the run that brought them.
        progress: called as the steps go on.

    Raises:
        LandError: a row does not fit its table; nothing is recorded.
    """
    landed = land(
        work, organization, collected, now=now, files=files, run_id=run_id, progress=progress
    )
    return record_landed(
        work,
        [(organization, landed, (*decisions, *decisions_of(collected, now)))],
        now=now,
        catalog_at=catalog_at,
        progress=progress,
        proposals=collected,
    )[0]


def record_landed(
    work: Workspace,
    landed: Sequence[tuple[Organization, list[Collection], Sequence[Decision]]],
    *,
    now: datetime,
    catalog_at: CatalogAt | None = None,
    progress: Progress | None = None,
    proposals: Sequence[Collected] = (),
    again_at: datetime | None = None,
) -> list[Recorded]:
    """Evaluate what was landed, for many organizations at once, and record it.

    With ``again_at`` the newest data is judged again, as of that time, by the catalog of now:
    one more snapshot, where that catalog is another one.
    """
    for attempt in range(ATTEMPTS):
        plans = [
            plan_of(work, organization, new, decisions, catalog_at, again_at)
            for organization, new, decisions in landed
        ]
        with tempfile.TemporaryDirectory(prefix="securescore-") as scratch:
            _evaluate(work, [p for p in plans if p.manifests], Path(scratch), progress)
        if progress:
            progress("Recording", 0, 0)
        try:
            return [_commit(work, plan, now, proposals) for plan in plans]
        except _Overtaken:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


class _Overtaken(RecordError):
    """Another run recorded something for the organization meanwhile."""


def _evaluate(
    work: Workspace, plans: Sequence[Plan], scratch: Path, progress: Progress | None
) -> None:
    """Evaluate all plans, catalog by catalog: one bucket for all organizations that share it."""
    rounds = max((len(segments(plan)) for plan in plans), default=0)
    for number in range(rounds):
        by_catalog: dict[str, list[tuple[Plan, slice]]] = {}
        for plan in plans:
            parts = segments(plan)
            if number < len(parts):
                part = parts[number]
                digest = plan.catalogs[part.start].digest
                by_catalog.setdefault(digest, []).append((plan, part))
        for bucket_number, bucket in enumerate(by_catalog.values()):
            path = scratch / f"evidence-{number}-{bucket_number}"
            _evaluate_bucket(work, bucket, path, progress)


def _evaluate_bucket(
    work: Workspace,
    bucket: Sequence[tuple[Plan, slice]],
    evidence_path: Path,
    progress: Progress | None,
) -> None:
    tables = all_tables()
    catalog = bucket[0][0].catalogs[bucket[0][1].start]
    work.catalogs.keep(catalog)
    manifests = [manifest for plan, part in bucket for manifest in plan.manifests[part]]
    times = [at for plan, part in bucket for at in plan.times[part]]
    found = evaluate(
        manifests,
        catalog,
        tables,
        work.tables.path,
        stale_after_days={
            str(plan.organization.pk): plan.organization.stale_after_days for plan, _ in bucket
        },
        evidence_path=evidence_path,
        progress=(lambda d, t: progress("Evaluating controls", d, t)) if progress else None,
    )
    steps: list[Step] = []
    owners: list[tuple[int, int]] = []
    start = 0
    for number, (_, part) in enumerate(bucket):
        for position in range(1, part.stop - part.start):
            index = start + position
            steps.append(
                Step(
                    manifests[index - 1],
                    manifests[index],
                    found.results[index - 1],
                    found.results[index],
                )
            )
            owners.append((number, position))
        start += part.stop - part.start
    if progress:
        progress("Finding causes", 0, len(steps))
    splits = dict(zip(owners, splits_of(steps, catalog, tables, work.tables.path), strict=True))
    evidence = found.evidence.table()
    start = 0
    for number, (plan, part) in enumerate(bucket):
        n_manifests = part.stop - part.start
        end = start + n_manifests
        _keep(
            plan,
            part,
            catalog,
            times[start:end],
            manifests[start:end],
            found.results[start:end],
            found.remainders[start:end],
            [splits.get((number, position), {}) for position in range(n_manifests)],
        )
        plan.reported = found.reported[end - 1]
        plan.service_plans = found.plans[end - 1]
        mine = evidence.filter(pc.equal(evidence.column("organization"), number))
        _keep_evidence(work, plan, mine, times, start, end, found.results)
        start = end


def _keep(
    plan: Plan,
    part: slice,
    catalog: Catalog,
    times: Sequence[datetime],
    manifests: Sequence[Manifest],
    results: Sequence[Mapping[str, ControlResult]],
    remainders: Sequence[Points],
    splits: Sequence[Mapping[str, Mapping[Cause, Points]]],
) -> None:
    for position, manifest in enumerate(manifests):
        if part.start + position < plan.n_context:
            continue
        plan.inputs.append(
            SnapshotInput(
                at=times[position],
                manifest=manifest,
                results=results[position],
                remainder=remainders[position],
                catalog_digest=catalog.digest,
                catalog_version=catalog.version,
                engine_version=VERSION,
                splits=splits[position],
            )
        )


def _keep_evidence(
    work: Workspace,
    plan: Plan,
    rows: pa.Table,
    at: Sequence[datetime],
    start: int,
    end: int,
    results: Sequence[Mapping[str, ControlResult]],
) -> None:
    """Turn indexes into times and join with what the segments before left open."""
    times = pa.array(list(at), pa.timestamp("us", tz="UTC"))
    timed = pa.table(
        {
            "control_id": rows.column("control_id"),
            "resource_id": rows.column("resource_id"),
            "resource_name": rows.column("resource_name"),
            "reason": rows.column("reason"),
            "since": times.take(rows.column("first_index").combine_chunks()),
            "until": times.take(rows.column("until_index").combine_chunks()),
        },
        schema=EVIDENCE_SCHEMA,
    )
    measured: dict[str, datetime] = {}
    for index in range(start, end):
        for control_id, result in results[index].items():
            if result.state in (State.MEASURED, State.STALE):
                measured.setdefault(control_id, at[index])
    if plan.evidence is None and not plan.is_rebuild:
        stored = EvidenceFile.objects.filter(organization=plan.organization).first()
        if stored is not None:
            plan.evidence = work.evidence.read(str(plan.organization.pk), stored.digest)
    plan.evidence = work.evidence.merged(plan.evidence, timed, measured)


def _with_statuses(
    inputs: Sequence[SnapshotInput], status_times: Sequence[datetime]
) -> list[SnapshotInput]:
    """Snapshots of decisions among those of data, each with the data of the one before it."""
    made = list(inputs)
    for at in status_times:
        before = [one for one in made if one.at <= at]
        if before and before[-1].at < at:
            again = replace(before[-1], at=at, splits={}, is_status_only=True)
            made.insert(len(before), again)
    return made


def _commit(work: Workspace, plan: Plan, now: datetime, proposals: Sequence[Collected]) -> Recorded:
    organization = plan.organization
    key = str(organization.pk)
    stored = None
    if plan.inputs and plan.evidence is not None:
        stored = work.evidence.write(key, plan.evidence)
    averages = reported_averages(work, organization, plan.new)
    if plan.is_rebuild:
        plan.inputs = _with_statuses(plan.inputs, plan.status_times)
    texts = reported_texts(work, organization, plan.inputs[-1].manifest) if plan.reported else {}
    # Made before the database is locked: of two years these are thousands of rows.
    rows = snapshot_rows(
        organization,
        plan.inputs,
        now,
        new_decisions=plan.decisions,
        is_rebuild=plan.is_rebuild,
    )
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        ids = Collection.objects.filter(organization=organization).values_list("pk", flat=True)
        if (
            frozenset(ids) != plan.known_ids
            or newest_snapshot_at(organization) != plan.newest_at
            or count_decisions(organization) != rows.n_decisions
        ):
            raise _Overtaken(
                what="something else of this organization was recorded meanwhile",
                where=organization.name,
                what_to_do="try again when it has finished",
            )
        n_decisions = write_decisions(organization, plan.decisions)
        if plan.is_rebuild:
            forget_snapshots(organization)
        store_snapshots(organization, rows)
        if plan.inputs:
            write_reported(organization, plan.reported.values(), texts, now)
            keep_licenses_found(organization, plan.service_plans or ())
            forget_day_documents(organization, plan.inputs[0].at)
        write_averages(averages)
        if stored is not None:
            EvidenceFile.objects.update_or_create(
                organization=organization, defaults={"digest": stored[0], "n_rows": stored[1]}
            )
        SuppressionProposal.objects.bulk_create(
            [
                SuppressionProposal(
                    organization=organization,
                    control_id=p.control_id,
                    resource_id=p.resource_id,
                    reason=p.reason,
                    by=p.by,
                    until=p.until,
                    proposed_at=now,
                )
                for one in proposals
                for p in one.proposals
            ],
            ignore_conflicts=True,
        )
        # The manifest row is written last: until it is there, nothing of it is visible.
        Collection.objects.bulk_create(plan.new)
    if stored is not None:
        work.evidence.sweep(key, stored[0])
    if plan.inputs:
        encode_day_documents(organization, plan.inputs[0].at)
    return Recorded(
        n_collections=len(plan.new),
        n_snapshots=len(plan.inputs),
        n_decisions=n_decisions,
        is_unchanged=not plan.new and not n_decisions and not plan.inputs,
        notes=tuple(note for row in plan.new for note in row.notes),
    )
