"""Everything about one run: its steps, files, tables and errors, and the days it changed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from securescore.organizations.models import Organization
from securescore.record.actions import known_tables
from securescore.record.models import Collection, Job
from securescore.record.runs import ACTIVE, COMMAND_LINE


@dataclass(frozen=True, slots=True)
class TableGiven:
    """What a run says of one table: rows of its newest version, or why it is missing."""

    table: str
    source: str
    n_rows: int | None
    n_versions: int
    missing_reason: str
    missing_columns: tuple[str, ...]
    read_from: str
    permission: str


@dataclass(frozen=True, slots=True)
class FormatGiven:
    """The files of one format, and the days they describe."""

    name: str
    files: tuple[str, ...]
    first: str
    last: str
    n_days: int


@dataclass(frozen=True, slots=True)
class Run:
    """Everything about one run. ``steps`` are those begun so far, the last one goes on."""

    id: str
    kind: str
    state: str
    by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    canceled_by: str
    error: str
    step: str
    n_done: int
    n_total: int
    n_attempts: int
    steps: tuple[str, ...]
    given_files: tuple[tuple[str, int | None], ...]  # name and bytes
    on: str
    formats: tuple[FormatGiven, ...]
    file_errors: tuple[tuple[str, str], ...]  # name and message
    notes: tuple[str, ...]
    tables: tuple[TableGiven, ...]
    sources: tuple[str, ...]
    n_collections: int
    n_snapshots: int
    n_decisions: int
    is_unchanged: bool
    first_on: date | None
    last_on: date | None
    counts: Mapping[str, int]  # other numbers of its result, by name

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


def run(organization: Organization, run_id: uuid.UUID) -> Run | None:
    """One run of an organization; None if it has no such run. Two queries."""
    job = Job.objects.filter(organization=organization, pk=run_id).first()
    collections = list(
        Collection.objects.filter(organization=organization, run_id=run_id).order_by(
            "collected_at", "pk"
        )
    )
    if job is None and not collections:
        return None
    zone = ZoneInfo(organization.time_zone)
    first = collections[0].collected_at.astimezone(zone).date() if collections else None
    last = collections[-1].collected_at.astimezone(zone).date() if collections else None
    if job is None:
        return _run_without_job(run_id, collections, first, last)
    result = job.result
    known = {"steps", "formats", "errors", "notes", "is_unchanged"}
    counts = {
        name: value
        for name, value in result.items()
        if name not in known and isinstance(value, int) and not isinstance(value, bool)
    }
    return Run(
        id=str(job.pk),
        kind=job.kind,
        state=job.state,
        by=job.created_by,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        canceled_by=job.canceled_by,
        error=job.error,
        step=job.step,
        n_done=job.n_done,
        n_total=job.n_total,
        n_attempts=job.n_attempts,
        steps=tuple(result.get("steps", ())),
        given_files=tuple((one["name"], one["n_bytes"]) for one in job.given.get("files", ())),
        on=job.given.get("on") or "",
        formats=tuple(
            FormatGiven(
                one["format"], tuple(one["files"]), one["first"], one["last"], one["n_days"]
            )
            for one in result.get("formats", ())
        ),
        file_errors=tuple((one["file"], one["message"]) for one in result.get("errors", ())),
        notes=tuple(result.get("notes", ())),
        tables=_tables(collections),
        sources=tuple(sorted({row.source for row in collections})),
        n_collections=len(collections),
        n_snapshots=counts.pop("n_snapshots", 0),
        n_decisions=counts.pop("n_decisions", 0),
        is_unchanged=bool(result.get("is_unchanged")),
        first_on=first,
        last_on=last,
        counts={name: value for name, value in counts.items() if name != "n_collections"},
    )


def _run_without_job(
    run_id: uuid.UUID, collections: list[Collection], first: date | None, last: date | None
) -> Run:
    at = max(row.imported_at for row in collections)
    return Run(
        id=str(run_id),
        kind="import",
        state=Job.State.DONE,
        by=COMMAND_LINE,
        created_at=at,
        started_at=at,
        finished_at=at,
        canceled_by="",
        error="",
        step="",
        n_done=0,
        n_total=0,
        n_attempts=1,
        steps=(),
        given_files=tuple((one["name"], None) for one in collections[0].files),
        on="",
        formats=(),
        file_errors=(),
        notes=tuple(dict.fromkeys(note for row in collections for note in row.notes)),
        tables=_tables(collections),
        sources=tuple(sorted({row.source for row in collections})),
        n_collections=len(collections),
        n_snapshots=0,
        n_decisions=0,
        is_unchanged=False,
        first_on=first,
        last_on=last,
        counts={},
    )


def _tables(collections: Iterable[Collection]) -> tuple[TableGiven, ...]:
    """By table what the run gave: of several versions the newest counts."""
    known = known_tables()
    found: dict[tuple[str, str], TableGiven] = {}
    digests: dict[tuple[str, str], set[str]] = {}
    for row in collections:
        for table, landed in row.tables.items():
            key = (row.source, table)
            digests.setdefault(key, set()).add(str(landed["digest"]))
            spec = known.by_name.get(table)
            found[key] = TableGiven(
                table,
                row.source,
                int(landed["n_rows"]),
                len(digests[key]),
                "",
                tuple(sorted(landed.get("missing_columns", {}))),
                spec.read_from if spec else "",
                spec.permission if spec else "",
            )
        for table, reason in row.missing.items():
            spec = known.by_name.get(table)
            found.setdefault(
                (row.source, table),
                TableGiven(
                    table,
                    row.source,
                    None,
                    0,
                    reason,
                    (),
                    spec.read_from if spec else "",
                    spec.permission if spec else "",
                ),
            )
    return tuple(found[key] for key in sorted(found))
