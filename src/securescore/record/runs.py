"""Answers about runs and sources: what was read or imported, when, and what it gave.

A run is one job, or the collections of one ``run_id`` where no job was (the command line, the
demo). The job of an import and its collections share the id.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min

from securescore.organizations.models import Organization
from securescore.record.models import Collection, Job

LATE_AFTER = timedelta(hours=48)
N_JOBS = 100
COMMAND_LINE = "command line"
ACTIVE = frozenset({Job.State.QUEUED, Job.State.RUNNING})


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source that has given something: what, and whether it still does.

    ``state`` is ``ok`` or ``late`` (nothing for 48 hours). ``kind`` says how it comes: by files.
    """

    source: str
    kind: str
    state: str
    last_collected_at: datetime
    last_run_id: str
    last_run_at: datetime
    n_days: int
    tables: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list of past runs; ``state`` is that of a job."""

    id: str
    kind: str
    state: str
    by: str
    at: datetime
    sources: tuple[str, ...]
    files: tuple[str, ...]
    n_collections: int
    first_on: date | None
    last_on: date | None
    n_errors: int


def sources(organization: Organization, now: datetime) -> tuple[SourceState, ...]:
    """Every source that gave something, by name: two queries."""
    rows = Collection.objects.filter(organization=organization)
    newest = {
        row["source"]: row
        for row in rows.order_by()
        .values("source")
        .annotate(at=Max("collected_at"), run_at=Max("imported_at"), n=Count("pk"))
    }
    latest: dict[str, list[Collection]] = {name: [] for name in newest}
    for row in rows.filter(collected_at__in=[one["at"] for one in newest.values()]).order_by("pk"):
        if row.collected_at == newest[row.source]["at"]:
            latest[row.source].append(row)
    return tuple(
        SourceState(
            source=name,
            kind="files",
            state="late" if now - one["at"] > LATE_AFTER else "ok",
            last_collected_at=one["at"],
            last_run_id=str(max(latest[name], key=lambda row: row.imported_at).run_id),
            last_run_at=one["run_at"],
            n_days=one["n"],
            tables=tuple(sorted({table for row in latest[name] for table in row.tables})),
            missing=tuple(sorted({table for row in latest[name] for table in row.missing})),
        )
        for name, one in sorted(newest.items())
    )


def runs(organization: Organization, *, limit: int) -> tuple[RunRow, ...]:
    """The newest runs, newest first: three queries."""
    jobs = list(Job.objects.filter(organization=organization)[:limit])
    groups = list(
        Collection.objects.filter(organization=organization)
        .order_by()
        .values("run_id")
        .annotate(
            at=Max("imported_at"),
            n=Count("pk"),
            first=Min("collected_at"),
            last=Max("collected_at"),
        )
        .order_by("-at")[:limit]
    )
    ids = [group["run_id"] for group in groups]
    names: dict[uuid.UUID, set[str]] = {}
    files: dict[uuid.UUID, list[Mapping[str, str]]] = {}
    seen = (
        Collection.objects.filter(organization=organization, run_id__in=ids)
        .order_by()
        .values_list("run_id", "source", "files")
        .distinct()
    )
    for run_id, source, given in seen:
        names.setdefault(run_id, set()).add(source)
        files.setdefault(run_id, given)
    by_run = {group["run_id"]: group for group in groups}
    zone = ZoneInfo(organization.time_zone)
    rows = [_job_row(job, by_run.pop(job.pk, None), names, zone) for job in jobs]
    rows += [
        RunRow(
            id=str(run_id),
            kind="import",
            state=Job.State.DONE,
            by=COMMAND_LINE,
            at=group["at"],
            sources=tuple(sorted(names.get(run_id, ()))),
            files=tuple(one["name"] for one in files.get(run_id, ())),
            n_collections=group["n"],
            first_on=group["first"].astimezone(zone).date(),
            last_on=group["last"].astimezone(zone).date(),
            n_errors=0,
        )
        for run_id, group in by_run.items()
    ]
    return tuple(sorted(rows, key=lambda row: row.at, reverse=True)[:limit])


def _job_row(
    job: Job,
    group: Mapping[str, Any] | None,
    names: Mapping[uuid.UUID, Iterable[str]],
    zone: ZoneInfo,
) -> RunRow:
    return RunRow(
        id=str(job.pk),
        kind=job.kind,
        state=job.state,
        by=job.created_by,
        at=job.created_at,
        sources=tuple(sorted(names.get(job.pk, ()))),
        files=tuple(one["name"] for one in job.given.get("files", ())),
        n_collections=group["n"] if group else 0,
        first_on=group["first"].astimezone(zone).date() if group else None,
        last_on=group["last"].astimezone(zone).date() if group else None,
        n_errors=len(job.result.get("errors", ())) + bool(job.error),
    )


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job of the installation, for the command line."""

    id: str
    kind: str
    organization: str
    state: str
    step: str
    n_done: int
    n_total: int
    n_attempts: int
    created_by: str
    created_at: datetime
    finished_at: datetime | None
    error: str


def recent_jobs(*, is_all: bool) -> tuple[JobRow, ...]:
    """Jobs that wait or run, or the newest of all."""
    rows = Job.objects.select_related("organization")
    if not is_all:
        rows = rows.filter(state__in=ACTIVE)
    return tuple(_row(job) for job in rows[:N_JOBS])


def newest_job(kind: str) -> JobRow | None:
    """The newest job of the installation of this kind; None if there never was one."""
    job = Job.objects.filter(kind=kind, organization=None).order_by("-created_at").first()
    return _row(job) if job else None


def _row(job: Job) -> JobRow:
    return JobRow(
        str(job.pk),
        job.kind,
        job.organization.name if job.organization else "",
        job.state,
        job.step,
        job.n_done,
        job.n_total,
        job.n_attempts,
        job.created_by,
        job.created_at,
        job.finished_at,
        job.error,
    )
