"""What each kind of job does. Every one of them bears being begun again (ADR 0008)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from django.db.models import Max

from securescore.ops import incoming, retention
from securescore.ops.cohorts import compute_new_days
from securescore.ops.demo_run import create_demo, demo_is_whole, remove_demo
from securescore.ops.importing import ImportReport, import_into
from securescore.ops.jobs import Canceled, Lease, Outcome, Work, enqueue
from securescore.ops.landing import Progress
from securescore.ops.organization_settings import REEVALUATE
from securescore.ops.pipeline import record_landed
from securescore.ops.workspace import workspace
from securescore.organizations.models import Organization
from securescore.record.models import Collection, Job, Snapshot

IMPORT = "import"
DEMO = "demo"
DAILY = "daily"
BY_SCHEDULE = "schedule"

DEMO_SEED, DEMO_DAYS, DEMO_OTHERS = 7, 730, 30
FINISHED_KEPT = timedelta(days=400)
"""Finished jobs of the installation are forgotten after that; runs of an organization stay."""
_DAYS = uuid.UUID("5b8f2a0e-6d0f-4d0e-9b1f-2f6c7a3d9e41")  # namespace of the ids of daily jobs


def progress_of(lease: Lease) -> Progress:
    """Steps as the pipeline reports them; asks whether to stop before anything is recorded."""

    def report(step: str, done: int, total: int) -> None:
        lease.report(step, done, total)
        if step == "Recording":
            lease.check_now()

    return report


def import_job(job: Job, lease: Lease) -> Outcome:
    """Import the files that were uploaded for this job."""
    organization = _organization_of(job)
    work = workspace()
    now = job.started_at or lease.clock()  # the same in every attempt
    paths = [Path(incoming.folder_of(work, job.pk) / one["place"]) for one in job.given["files"]]
    on = job.given.get("on")
    report = import_into(
        work,
        organization,
        paths,
        now=now,
        on=date.fromisoformat(on) if on else None,
        run_id=job.pk,
        progress=progress_of(lease),
    )
    return _import_outcome(job, organization, report, now)


def _import_outcome(
    job: Job, organization: Organization, report: ImportReport, now: datetime
) -> Outcome:
    recorded = report.recorded
    # What an attempt before this one recorded counts too: it died before it could say so.
    n_collections = Collection.objects.filter(organization=organization, run_id=job.pk).count()
    n_snapshots = (
        Snapshot.objects.filter(organization=organization, created_at=now).count()
        if n_collections
        else 0
    )
    return {
        "formats": [
            {
                "format": name,
                "files": list(files),
                "first": days[0].isoformat() if days else "",
                "last": days[-1].isoformat() if days else "",
                "n_days": len(days),
            }
            for name, files, days in report.formats
        ],
        "errors": [
            {"file": error.path.name, "message": error.error.message} for error in report.errors
        ],
        "notes": list(dict.fromkeys(report.notes)),
        "n_collections": n_collections,
        "n_snapshots": n_snapshots,
        "n_decisions": recorded.n_decisions if recorded else 0,
        "is_unchanged": recorded is not None and not n_collections and not recorded.n_decisions,
    }


def reevaluate_job(job: Job, lease: Lease) -> Outcome:
    """Judge the newest data again with the organization's catalog of now."""
    organization = _organization_of(job)
    now = job.started_at or lease.clock()
    [recorded] = record_landed(
        workspace(),
        [(organization, [], ())],
        now=now,
        progress=progress_of(lease),
        again_at=now,
    )
    return {"n_snapshots": recorded.n_snapshots, "is_unchanged": not recorded.n_snapshots}


def demo_job(job: Job, lease: Lease) -> Outcome:
    """Make the demo, for whoever asked for it."""
    work = workspace()
    if not demo_is_whole():
        remove_demo(work)  # what an attempt before this one left half done
        try:
            create_demo(
                work,
                seed=DEMO_SEED,
                days=int(job.given.get("days", DEMO_DAYS)),
                n_others=int(job.given.get("others", DEMO_OTHERS)),
                now=job.started_at or lease.clock(),
                person=str(job.given.get("person", "")),
                progress=progress_of(lease),
            )
        except Canceled:
            remove_demo(work)
            raise
    return {"n_organizations": Organization.objects.filter(is_demo=True).count()}


def daily_job(job: Job, lease: Lease) -> Outcome:
    """Once a day: averages of similar organizations, what is too old, what was left behind."""
    work = workspace()
    now = job.started_at or lease.clock()
    lease.report("Averaging similar organizations")
    before = Job.objects.filter(kind=DAILY, state=Job.State.DONE).exclude(pk=job.pk)
    n_cohort_days = compute_new_days(before.aggregate(at=Max("started_at"))["at"])
    n_files = 0
    organizations = list(Organization.objects.all())
    for number, organization in enumerate(organizations):
        lease.report("Deleting what is too old", number, len(organizations))
        if organization.keep_tables_days or organization.keep_evidence_days:
            n_files += retention.sweep(work, organization, now, BY_SCHEDULE).n_files
    lease.report("Deleting uploads that nobody waits for")
    n_uploads = incoming.sweep(work)
    Job.objects.filter(organization=None, finished_at__lt=now - FINISHED_KEPT).delete()
    return {"n_cohort_days": n_cohort_days, "n_files": n_files, "n_uploads": n_uploads}


def enqueue_daily(now: datetime) -> Job:
    """The job of today (UTC): the same one, whoever asks and how often."""
    day = now.astimezone(UTC).date().isoformat()
    return enqueue(
        DAILY,
        organization=None,
        given={"on": day},
        by=BY_SCHEDULE,
        now=now,
        job_id=uuid.uuid5(_DAYS, day),
    )


def _organization_of(job: Job) -> Organization:
    if job.organization is None:
        raise AssertionError(job.kind)
    return job.organization


KINDS: Mapping[str, Work] = MappingProxyType(
    {IMPORT: import_job, REEVALUATE: reevaluate_job, DEMO: demo_job, DAILY: daily_job}
)
