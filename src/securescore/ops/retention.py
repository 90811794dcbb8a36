"""How long landed tables and evidence are kept, and the sweep that deletes what is too old.

Scores, change rows and decisions are kept for ever: they hold no personal data. Tables and
evidence do. A table file goes when no kept snapshot needs it: those younger than
``keep_tables_days``, and the newest one whatever its age. What was deleted up to which day stands
in the audit log, and ``verify`` reads it there: such a snapshot is not kept, not wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction
from django.db.models import Q, QuerySet

from securescore.core.errors import InputError
from securescore.land.store import GRACE_S
from securescore.ops.organization_settings import change_settings
from securescore.ops.workspace import Workspace
from securescore.organizations.access import Access
from securescore.organizations.models import Organization
from securescore.record import audit
from securescore.record.models import Collection, EvidenceFile, Snapshot

SWEEP = "retention.sweep"
MIN_DAYS, MAX_DAYS = 30, 36_500


@dataclass(frozen=True, slots=True)
class Expired:
    """What is older than it has to be kept; ``*_before`` None: kept for ever.

    Attributes:
        n_files: table files that only snapshots before ``tables_before`` need.
        n_bytes: their size.
        n_snapshots: snapshots that can no longer be recomputed then.
        n_evidence: intervals of resources that stopped failing before ``evidence_before``.
    """

    tables_before: date | None
    evidence_before: date | None
    n_files: int
    n_bytes: int
    n_snapshots: int
    n_evidence: int

    @property
    def is_nothing(self) -> bool:
        return not (self.n_files or self.n_evidence)


def change_retention(
    access: Access, *, tables_days: int | None, evidence_days: int | None, now: datetime
) -> Organization:
    """Set how many days tables and evidence are kept; None keeps them for ever.

    Raises:
        InputError: fewer than 30 days, or more than a hundred years.
    """
    for name, days in (("tables", tables_days), ("evidence", evidence_days)):
        if days is not None and not MIN_DAYS <= days <= MAX_DAYS:
            raise InputError(
                what=f"{name} can be kept for {MIN_DAYS} to {MAX_DAYS} days, not {days}",
                where=name,
                what_to_do="leave it empty to keep them for ever",
            )
    values = {"keep_tables_days": tables_days, "keep_evidence_days": evidence_days}
    return change_settings(access, "settings.retention", values, now)


def expired(
    work: Workspace,
    organization: Organization,
    now: datetime,
    *,
    tables_days: int | None,
    evidence_days: int | None,
) -> Expired:
    """What a sweep with these limits would delete; deletes nothing."""
    tables_before = _day_before(now, tables_days)
    evidence_before = _day_before(now, evidence_days)
    files = _expired_files(work, organization, tables_before, now) if tables_before else []
    return Expired(
        tables_before=tables_before,
        evidence_before=evidence_before,
        n_files=len(files),
        n_bytes=sum(size for _, size in files),
        n_snapshots=_kept(organization, tables_before, is_kept=False).count()
        if tables_before
        else 0,
        n_evidence=_n_expired_evidence(work, organization, evidence_before),
    )


def sweep(work: Workspace, organization: Organization, now: datetime, by: str) -> Expired:
    """Delete what the organization does not want to keep, and write it down."""
    found = expired(
        work,
        organization,
        now,
        tables_days=organization.keep_tables_days,
        evidence_days=organization.keep_evidence_days,
    )
    if found.is_nothing:
        return found
    key = str(organization.pk)
    kept_evidence = ""
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        audit.append(
            [
                audit.Change(
                    SWEEP,
                    organization.slug,
                    {},
                    {
                        "tables_before": found.tables_before,
                        "evidence_before": found.evidence_before,
                        "files": found.n_files,
                        "bytes": found.n_bytes,
                        "evidence": found.n_evidence,
                    },
                )
            ],
            by=by,
            at=now,
            organization=organization,
        )
        stored = EvidenceFile.objects.filter(organization=organization).first()
        if stored is not None and found.n_evidence and found.evidence_before:
            rows = work.evidence.read(key, stored.digest)
            kept = rows.filter(pc.invert(_is_expired(rows, found.evidence_before)))
            stored.digest, stored.n_rows = work.evidence.write(key, kept)
            stored.save()
            kept_evidence = stored.digest
    # Files go last: until the entry of the audit log is there, nothing is missing.
    if kept_evidence:
        work.evidence.sweep(key, kept_evidence)
    if found.tables_before:
        for path, _ in _expired_files(work, organization, found.tables_before, now):
            work.tables.path(key, *path).unlink(missing_ok=True)
    return found


def tables_deleted_before(organization: Organization) -> date | None:
    """Tables that only snapshots before this day needed were deleted on purpose; None: never."""
    days = [
        date.fromisoformat(entry.new["tables_before"])
        for entry in audit.entries_of(organization).filter(action=SWEEP)
        if entry.new.get("tables_before")
    ]
    return max(days, default=None)


def _day_before(now: datetime, days: int | None) -> date | None:
    return None if days is None else now.astimezone(UTC).date() - timedelta(days=days)


def _kept(organization: Organization, before: date, *, is_kept: bool) -> QuerySet[Snapshot]:
    snapshots = Snapshot.objects.filter(organization=organization)
    newest = snapshots.order_by("-at").values("pk")[:1]
    keep = Q(on__gte=before) | Q(pk__in=list(newest.values_list("pk", flat=True)))
    return snapshots.filter(keep if is_kept else ~keep)


def _expired_files(
    work: Workspace, organization: Organization, before: date, now: datetime
) -> list[tuple[tuple[str, str], int]]:
    """(table, digest) and size of files that only old snapshots need."""
    needed: set[tuple[str, str]] = set()
    for manifest in _kept(organization, before, is_kept=True).values_list("manifest", flat=True):
        needed |= {(table, digest) for table, digest, *_ in manifest["tables"]}
    young = Collection.objects.filter(organization=organization).filter(
        Q(collected_at__date__gte=before) | Q(imported_at__gte=now - timedelta(seconds=GRACE_S))
    )
    needed |= _named(young.values_list("tables", flat=True))
    known = _named(
        Collection.objects.filter(organization=organization).values_list("tables", flat=True)
    )
    found = []
    for name in sorted(known - needed):
        path = work.tables.path(str(organization.pk), *name)
        if path.exists():
            found.append((name, path.stat().st_size))
    return found


def _named(tables: Iterable[dict[str, dict[str, object]]]) -> set[tuple[str, str]]:
    return {(table, str(landed["digest"])) for one in tables for table, landed in one.items()}


def _n_expired_evidence(work: Workspace, organization: Organization, before: date | None) -> int:
    stored = EvidenceFile.objects.filter(organization=organization).first()
    if stored is None or before is None:
        return 0
    rows = work.evidence.read(str(organization.pk), stored.digest)
    return int(pc.sum(_is_expired(rows, before)).as_py() or 0)


def _is_expired(rows: pa.Table, before: date) -> pa.Array:
    limit = pa.scalar(
        datetime(before.year, before.month, before.day, tzinfo=UTC), rows.schema.field("until").type
    )
    return pc.fill_null(pc.less(rows.column("until"), limit), fill_value=False)
