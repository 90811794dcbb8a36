"""Jobs: work that goes on behind a page, claimed with a lease, taken again when its worker dies.

A job is a row. Whoever claims it holds it for :data:`LEASE` from its newest heartbeat; an attempt
that lost its lease can no longer write to the row (every write asks for the number of the
attempt). Claiming is one conditional update, so that two workers never take one job, on SQLite and
on PostgreSQL. The work itself has to bear being begun again: see ``docs/adr/0008-jobs.md``.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, connections, transaction
from django.db.models import Q, QuerySet

from securescore.core.errors import SecureScoreError
from securescore.organizations.models import Organization
from securescore.record.models import Job

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""A job whose heart did not beat for so long is taken by another worker."""
HEARTBEAT = timedelta(seconds=10)
WRITE_EVERY = timedelta(seconds=1)
MAX_ATTEMPTS = 5
"""A job that took so many workers with it is not tried again."""
N_CANDIDATES = 20
STEP_LENGTH = 120

FINAL = frozenset({Job.State.DONE, Job.State.FAILED, Job.State.CANCELED})
LOST = "lost"
"""What an attempt ends in that another worker took over: nothing of it is written."""

Clock = Callable[[], datetime]
Outcome = dict[str, Any]


class Stopped(Exception):
    """Raised inside the work when it has to end; never reaches a person."""


class Canceled(Stopped):
    """Somebody asked to stop the job."""


class Released(Stopped):
    """The worker is told to end: the job goes back into the queue."""


class LeaseLost(Stopped):
    """Another worker holds the job now."""


def enqueue(
    kind: str,
    *,
    organization: Organization | None,
    given: Mapping[str, Any],
    by: str,
    now: datetime,
    job_id: uuid.UUID | None = None,
) -> Job:
    """Queue a job; with an id that is there already nothing happens (once a day, say)."""
    job, _ = Job.objects.get_or_create(
        pk=job_id or uuid.uuid4(),
        defaults={
            "organization": organization,
            "kind": kind,
            "given": dict(given),
            "created_by": by[:200],
            "created_at": now,
        },
    )
    return job


def claim(now: datetime) -> Job | None:
    """Take the oldest job that waits, or one whose worker died; None if there is none.

    Jobs of an organization that has one running wait: they would only compute everything twice.
    """
    with transaction.atomic():
        for job in _candidates(now):
            if job.canceled_by or job.n_attempts >= MAX_ATTEMPTS:
                _end_of_a_dead_one(job, now)
                continue
            taken = Job.objects.filter(
                pk=job.pk, state=job.state, n_attempts=job.n_attempts, heartbeat_at=job.heartbeat_at
            ).update(
                state=Job.State.RUNNING,
                n_attempts=job.n_attempts + 1,
                started_at=job.started_at or now,
                heartbeat_at=now,
            )
            if taken:
                job.refresh_from_db()
                return job
    return None


def _candidates(now: datetime) -> list[Job]:
    is_dead = Q(state=Job.State.RUNNING, heartbeat_at__lt=now - LEASE)
    busy = Job.objects.filter(
        state=Job.State.RUNNING, heartbeat_at__gte=now - LEASE, organization__isnull=False
    ).values("organization_id")
    found: QuerySet[Job] = (
        Job.objects.filter(Q(state=Job.State.QUEUED) | is_dead)
        .exclude(organization_id__in=busy)
        .order_by("created_at", "pk")
    )
    if connection.features.has_select_for_update_skip_locked:
        found = found.select_for_update(skip_locked=True, of=("self",))
    return list(found[:N_CANDIDATES])


def _end_of_a_dead_one(job: Job, now: datetime) -> None:
    if job.canceled_by:
        values: dict[str, object] = {"state": Job.State.CANCELED}
    else:
        values = {
            "state": Job.State.FAILED,
            "error": f"The worker died {job.n_attempts} times at “{job.step or 'the beginning'}”. "
            "Is there enough memory? The server's log may say more.",
        }
    Job.objects.filter(pk=job.pk, state=job.state, n_attempts=job.n_attempts).update(
        **values, finished_at=now
    )


def cancel(job: Job, *, by: str, now: datetime) -> bool:
    """Stop a job: at once while it waits, else at its next step. Whether there was one to stop."""
    waits = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED)
    if waits.update(state=Job.State.CANCELED, canceled_by=by[:200], finished_at=now):
        return True
    running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING)
    return bool(running.update(canceled_by=by[:200]))


class Lease:
    """One attempt's hold on its job: the heartbeat, the progress, and the word to stop.

    Progress is kept here and written at most once a second. Whoever works calls :meth:`report`,
    which raises where the work has to end; :func:`beating` writes in the background meanwhile.
    """

    def __init__(self, job: Job, clock: Clock) -> None:
        self.job = job
        self.clock = clock
        self.steps: list[str] = []
        self.is_released = False
        self.has_ticker = False
        self._progress = ("", 0, 0)
        self._is_written = True
        self._written_at = job.heartbeat_at or clock()
        self._why: type[Stopped] | None = None
        self._lock = threading.Lock()

    def report(self, step: str, n_done: int = 0, n_total: int = 0) -> None:
        """Say how far the work is.

        Raises:
            Stopped: it has to end here.
        """
        with self._lock:
            self._progress = (step[:STEP_LENGTH], n_done, n_total)
            self._is_written = False
            if not self.steps or self.steps[-1] != step:
                self.steps.append(step)
        if not self.has_ticker:
            self.tick()
        self.check()

    def check(self) -> None:
        """Raise if the work has to end."""
        if self._why is not None:
            raise self._why
        if self.is_released:
            raise Released

    def check_now(self) -> None:
        """Ask the database whether the work has to end: before something is written for good.

        Raises:
            Stopped: it has to.
        """
        self._write(self.clock())
        self.check()

    def tick(self) -> None:
        """Write what is new, at most once a second; the heart beats every ten."""
        now = self.clock()
        waited = now - self._written_at
        if waited >= HEARTBEAT or (not self._is_written and waited >= WRITE_EVERY):
            self._write(now)

    def _write(self, now: datetime) -> None:
        with self._lock:
            step, n_done, n_total = self._progress
            steps = list(self.steps)
            self._is_written = True
            self._written_at = now
        mine = _mine(self.job)
        if not mine.update(
            heartbeat_at=now, step=step, n_done=n_done, n_total=n_total, result={"steps": steps}
        ):
            self._why = LeaseLost
        elif mine.exclude(canceled_by="").exists():
            self._why = Canceled


def _mine(job: Job) -> QuerySet[Job]:
    """The row, if this attempt still holds it."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, n_attempts=job.n_attempts)


@contextmanager
def beating(lease: Lease, *, every_s: float = 1.0) -> Iterator[None]:
    """Write heartbeat and progress from a thread while the work goes on."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(every_s):
            try:
                lease.tick()
            except OperationalError:  # SQLite is written to for long: the next beat tells
                logger.warning("job %s: the heartbeat could not be written", lease.job.pk)
        connections.close_all()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    lease.has_ticker = True
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        lease.has_ticker = False


Work = Callable[[Job, Lease], Outcome]
"""What a kind of job does; the result is JSON."""


def run(lease: Lease, kinds: Mapping[str, Work]) -> str:
    """Do a claimed job to its end and write down what came of it; the state it ended in.

    Whatever goes wrong ends this job and no other: an error of the input with its message, a bug
    of ours with a number that the log has too.
    """
    job = lease.job
    state, result, error = attempt(job.kind, str(job.pk), lambda: kinds[job.kind](job, lease))
    if state == LOST:
        return state
    values: dict[str, object] = {"state": state, "error": error}
    if state == Job.State.QUEUED:
        values |= {"heartbeat_at": None, "step": ""}
    else:
        values |= {
            "result": {"steps": lease.steps, **result},
            "finished_at": lease.clock(),
            "heartbeat_at": lease.clock(),
        }
    return state if _mine(job).update(**values) else LOST


def attempt(kind: str, key: str, work: Callable[[], Outcome]) -> tuple[str, Outcome, str]:
    """Do some work: the state it ended in, its result, and the error for people."""
    try:
        return Job.State.DONE, work(), ""
    except Canceled:
        return Job.State.CANCELED, {}, ""
    except Released:
        return Job.State.QUEUED, {}, ""
    except LeaseLost:
        return LOST, {}, ""
    except SecureScoreError as error:
        return Job.State.FAILED, {}, error.message
    except Exception:
        trace = uuid.uuid4().hex[:12]
        logger.exception("job %s (%s) broke, trace %s", key, kind, trace)
        return (
            Job.State.FAILED,
            {},
            f"Something broke on our side; the server's log has the details under {trace}.",
        )
