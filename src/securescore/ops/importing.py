"""Import files for one organization: read, land, evaluate, record; the good files of a bad lot
are recorded and the bad ones named.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from securescore.core.collection import Collected
from securescore.core.errors import ImportFormatError, InputError
from securescore.importers.base import ImportContext
from securescore.importers.detect import FileError, read_files
from securescore.ops.landing import Progress
from securescore.ops.pipeline import Recorded, record_collected
from securescore.ops.workspace import Workspace
from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization
from securescore.record.models import Collection

PROFILES = "graph_control_profiles"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        formats: per format, the file names and the days they describe.
        recorded: what the pipeline wrote; None if no file was good.
        errors: the files of which nothing was kept.
        notes: things to know, one sentence each.
    """

    formats: tuple[tuple[str, tuple[str, ...], tuple[date, ...]], ...]
    recorded: Recorded | None
    errors: tuple[FileError, ...]
    notes: tuple[str, ...]


def import_files(
    work: Workspace,
    name: str,
    paths: Sequence[Path],
    *,
    now: datetime,
    on: date | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import files into the organization of that name, which is made if it is new.

    Raises:
        InputError: two organizations are mixed, or a day is in the future. Nothing is recorded.
        LandError: a row does not fit its table. Nothing is recorded.
    """
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise InputError(
            what="there is no such file", where=str(missing[0]), what_to_do="check the path"
        )
    read = _read(paths, now=now, on=on, progress=progress)
    if not read.collected:
        return ImportReport(read.formats, None, read.errors, read.notes)
    organization = Organization.objects.filter(name=name).first()
    known = organization.external_id if organization else ""
    check_one_organization(name, known, read.collected)
    if organization is None:
        organization = create_organization(name, external_id=_external_id(read.collected))
    return _record(work, organization, read, now=now, on=on, progress=progress)


def import_into(
    work: Workspace,
    organization: Organization,
    paths: Sequence[Path],
    *,
    now: datetime,
    on: date | None = None,
    run_id: uuid.UUID | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import files into an organization that is there; otherwise like :func:`import_files`.

    ``run_id`` names the run; a run that is begun again records nothing twice.
    """
    read = _read(paths, now=now, on=on, progress=progress)
    if not read.collected:
        return ImportReport(read.formats, None, read.errors, read.notes)
    check_one_organization(organization.name, organization.external_id, read.collected)
    return _record(work, organization, read, now=now, on=on, run_id=run_id, progress=progress)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the files hold, before anything is written."""

    collected: Sequence[Collected]
    formats: tuple[tuple[str, tuple[str, ...], tuple[date, ...]], ...]
    files: tuple[str, ...]
    errors: tuple[FileError, ...]
    notes: tuple[str, ...]


def _read(
    paths: Sequence[Path], *, now: datetime, on: date | None, progress: Progress | None
) -> _Read:
    def on_file(path: Path) -> None:
        if progress:
            progress(f"Reading {path.name}", 0, 0)

    read = read_files(paths, ImportContext(now=now, on=on), on_file=on_file)
    collected = [one for outcome in read.outcomes for one in outcome.collected]
    return _Read(
        collected,
        tuple(
            (
                outcome.importer,
                tuple(path.name for path in outcome.files),
                tuple(sorted({one.collected_at.date() for one in outcome.collected})),
            )
            for outcome in read.outcomes
        ),
        tuple(path.name for outcome in read.outcomes for path in outcome.files),
        read.errors,
        (*read.notes, *(note for one in collected for note in one.notes)),
    )


def _record(
    work: Workspace,
    organization: Organization,
    read: _Read,
    *,
    now: datetime,
    on: date | None,
    run_id: uuid.UUID | None = None,
    progress: Progress | None,
) -> ImportReport:
    collected = read.collected
    if on is None:
        collected = [_with_the_day_it_belongs_to(organization, one) for one in collected]
    recorded = record_collected(
        work,
        organization,
        collected,
        now=now,
        files=[{"name": name} for name in read.files],
        run_id=run_id,
        progress=progress,
    )
    if not organization.external_id and (external_id := _external_id(collected)):
        organization.external_id = external_id
        organization.save(update_fields=["external_id"])
    return ImportReport(read.formats, recorded, read.errors, read.notes)


def _with_the_day_it_belongs_to(organization: Organization, one: Collected) -> Collected:
    """Descriptions of controls have no day of their own: they belong to the newest scores."""
    if set(one.tables) != {PROFILES}:
        return one
    newest = (
        Collection.objects.filter(organization=organization, source=one.source)
        .order_by("-collected_at")
        .first()
    )
    return replace(one, collected_at=newest.collected_at) if newest else one


def _external_id(collected: Sequence[Collected]) -> str:
    return next((one.external_id for one in collected if one.external_id), "")


def check_one_organization(name: str, known: str, collected: Sequence[Collected]) -> None:
    """Refuse files of two organizations, or of another one than ``known`` (an external id).

    Raises:
        ImportFormatError: it names both.
    """
    ids = {one.external_id.lower() for one in collected if one.external_id}
    if len(ids) > 1:
        raise ImportFormatError(
            what=f"the files belong to {len(ids)} organizations: {', '.join(sorted(ids))}",
            what_to_do="import the files of one organization at a time",
        )
    if known and ids and known.lower() not in ids:
        raise ImportFormatError(
            what=f"the files are of organization {ids.pop()}, but '{name}' is {known.lower()}",
            what_to_do="choose the organization that the files belong to",
        )
