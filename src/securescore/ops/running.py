"""Starting and stopping runs for people: who may, what is asked, what the audit log keeps."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from securescore.core.errors import AccessDenied, InputError
from securescore.ops import incoming, jobs
from securescore.ops.job_kinds import DEMO, IMPORT
from securescore.ops.workspace import workspace
from securescore.organizations.access import Access, Right, require
from securescore.record import audit
from securescore.record.models import Job


def start_import(
    access: Access,
    job_id: uuid.UUID,
    files: Sequence[Path],
    *,
    on: date | None,
    now: datetime,
) -> Job:
    """Queue the import of uploaded files.

    Args:
        access: needs the right to administer.
        job_id: whose folder of incoming files holds them.
        files: in that folder.
        on: the day they describe, where they do not say it.
        now: aware.

    Raises:
        InputError: no file, or a day in the future; nothing is queued.
    """
    require(access, Right.ADMINISTER)
    if not files:
        raise InputError(what="no file was chosen", what_to_do="choose at least one file")
    if on is not None and on > now.date():
        raise InputError(
            what=f"{on.isoformat()} is in the future",
            what_to_do="name the day on which the files were exported",
        )
    root = incoming.folder_of(workspace(), job_id)
    given = [
        {
            "name": path.name,
            "place": path.relative_to(root).as_posix(),
            "n_bytes": path.stat().st_size,
        }
        for path in files
    ]
    with transaction.atomic():
        job = jobs.enqueue(
            IMPORT,
            organization=access.organization,
            given={"files": given, "on": on.isoformat() if on else None},
            by=access.actor,
            now=now,
            job_id=job_id,
        )
        audit.append(
            [
                audit.Change(
                    "import.start", str(job.pk), {}, {"files": [one["name"] for one in given]}
                )
            ],
            by=access.actor,
            at=now,
            organization=access.organization,
        )
    return job


def cancel_run(access: Access, job_id: uuid.UUID, *, now: datetime) -> bool:
    """Stop a run of the organization; whether it still waited or ran.

    Raises:
        AccessDenied: the organization has no such run.
    """
    require(access, Right.ADMINISTER)
    job = Job.objects.filter(organization=access.organization, pk=job_id).first()
    if job is None:
        raise AccessDenied(what="there is no such run", where=str(job_id))
    with transaction.atomic():
        is_stopped = jobs.cancel(job, by=access.actor, now=now)
        if is_stopped:
            audit.append(
                [audit.Change(f"{job.kind}.cancel", str(job.pk))],
                by=access.actor,
                at=now,
                organization=access.organization,
            )
    _forget_files_of(job)
    return is_stopped


def stop_job(job_id: uuid.UUID, *, by: str, now: datetime) -> bool:
    """Stop any job of the installation; whether there was one to stop."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return False
    with transaction.atomic():
        is_stopped = jobs.cancel(job, by=by, now=now)
        if is_stopped:
            audit.append(
                [audit.Change(f"{job.kind}.cancel", str(job.pk))],
                by=by,
                at=now,
                organization=job.organization,
            )
    _forget_files_of(job)
    return is_stopped


def _forget_files_of(job: Job) -> None:
    """A job that never began leaves its files; one that runs, to its worker."""
    job.refresh_from_db()
    if job.state in jobs.FINAL:
        incoming.forget(workspace(), job.pk)


def start_demo(person: str, *, now: datetime) -> Job:
    """Queue the making of the demo; the one that already waits or runs, if there is one."""
    going = Job.objects.filter(kind=DEMO, state__in=(Job.State.QUEUED, Job.State.RUNNING)).first()
    if going is not None:
        return going
    return jobs.enqueue(DEMO, organization=None, given={"person": person}, by=person, now=now)
