"""Jobs: two workers never take one, a dead worker's job is done by another, progress, cancel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from securescore.core.errors import InputError
from securescore.ops import jobs
from securescore.ops.worker import Schedule, Worker
from securescore.organizations.models import Organization
from securescore.record.models import Job
from tests.ops.world import organization

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that the test moves."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def queued(
    kind: str = "test", of: Organization | None = None, *, at: datetime = NOW, **given: Any
) -> Job:
    return jobs.enqueue(kind, organization=of, given=given, by="ana", now=at)


def done(job: Job, clock: Clock, work: jobs.Work) -> Job:
    """A claimed job, worked on to its end."""
    jobs.run(jobs.Lease(job, clock), {job.kind: work})
    job.refresh_from_db()
    return job


def claimed(clock: Clock) -> Job:
    job = jobs.claim(clock())
    assert job is not None
    return job


def nothing(_job: Job, _lease: jobs.Lease) -> jobs.Outcome:
    return {}


PREAMBLE = """
import sys
import django
django.setup()
from datetime import UTC, datetime
from securescore.ops import jobs
"""


class Processes:
    """Other processes over a database that they share: a file, or PostgreSQL's of this run."""

    def __init__(self, home: Path) -> None:
        self.environment = {
            **os.environ,
            "SECURESCORE_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "securescore.project.settings",
        }
        self.started: list[subprocess.Popen[str]] = []
        if connection.vendor == "postgresql":
            s = connection.settings_dict
            address = f"{s['USER']}:{s['PASSWORD']}@{s['HOST']}:{s['PORT']}/{s['NAME']}"
            self.environment["SECURESCORE_DATABASE_URL"] = f"postgresql://{address}"
        else:
            self.environment.pop("SECURESCORE_DATABASE_URL", None)
            self.run("from securescore.present.cli.output import prepare_database as p; p()")

    def start(self, script: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PREAMBLE + script]
        pipe = subprocess.PIPE
        made = subprocess.Popen(
            command, env=self.environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )
        self.started.append(made)
        return made

    def run(self, script: str) -> str:
        out, err = self.start(script).communicate(timeout=120)
        assert self.started[-1].returncode == 0, err
        return out


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    for process in made.started:
        process.kill()
        process.communicate()


# -- one job, one worker --------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_oldest_waiting_job_is_taken_first() -> None:
    second = queued(at=NOW + timedelta(seconds=1))
    first = queued()

    assert [claimed(Clock()).pk, claimed(Clock()).pk] == [first.pk, second.pk]
    assert jobs.claim(NOW) is None


TAKE = """
print("ready", flush=True)
sys.stdin.readline()
while (job := jobs.claim(datetime.now(UTC))) is not None:
    print(job.pk, flush=True)
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_workers_at_once_never_take_one_job_twice(processes: Processes) -> None:
    processes.run(
        "for n in range(40): jobs.enqueue('test', organization=None, given={}, by='ana',"
        " now=datetime.now(UTC))"
    )
    takers = [processes.start(TAKE) for _ in range(3)]
    for taker in takers:
        assert taker.stdout.readline() == "ready\n"
    for taker in takers:
        taker.stdin.write("go\n")
        taker.stdin.flush()
    taken = [line for taker in takers for line in taker.communicate()[0].split()]

    assert len(taken) == len(set(taken)) == 40


@pytest.mark.django_db
def test_jobs_of_one_organization_go_one_after_the_other() -> None:
    one, other = organization("One"), organization("Other")
    first = queued(of=one)
    queued(of=one, at=NOW + timedelta(seconds=1))
    third = queued(of=other, at=NOW + timedelta(seconds=2))
    clock = Clock()

    assert claimed(clock).pk == first.pk
    assert claimed(clock).pk == third.pk
    assert jobs.claim(clock()) is None


@pytest.mark.django_db
def test_a_job_with_an_id_is_queued_once() -> None:
    key = uuid.uuid4()
    for n in range(3):
        jobs.enqueue("daily", organization=None, given={"n": n}, by="clock", now=NOW, job_id=key)

    assert [job.given for job in Job.objects.all()] == [{"n": 0}]


# -- a worker dies --------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_lease_holds_while_the_heart_beats_and_ends_after_it() -> None:
    queued()
    clock = Clock()
    lease = jobs.Lease(claimed(clock), clock)

    for _ in range(10):
        clock.move(30)
        lease.tick()
        assert jobs.claim(clock()) is None

    clock.move(61)
    assert claimed(clock).n_attempts == 2


@pytest.mark.django_db
def test_a_worker_that_lost_its_job_writes_nothing_and_stops() -> None:
    queued()
    clock = Clock()
    lost = jobs.Lease(claimed(clock), clock)
    clock.move(61)
    taken = claimed(clock)

    with pytest.raises(jobs.LeaseLost):
        lost.report("too late", 1, 2)
    state = jobs.run(lost, {"test": lambda _job, _lease: {"by": "the first"}})
    finished = done(taken, clock, lambda _job, _lease: {"by": "the second"})

    assert state == jobs.LOST
    assert finished.result["by"] == "the second"
    assert finished.n_attempts == 2


@pytest.mark.django_db
def test_a_job_that_takes_its_workers_with_it_is_given_up_with_a_reason() -> None:
    queued()
    clock = Clock()
    for _ in range(jobs.MAX_ATTEMPTS):
        jobs.Lease(claimed(clock), clock).report("Evaluating controls", 1, 9)
        Job.objects.update(step="Evaluating controls")
        clock.move(61)

    assert jobs.claim(clock()) is None
    job = Job.objects.get()
    assert job.state == Job.State.FAILED
    assert "died 5 times at “Evaluating controls”" in job.error


KILLED = """
from securescore.ops.worker import Worker
def work(job, lease):
    lease.report("Half way", 1, 2)
    print(job.pk, flush=True)
    sys.stdin.read()  # until somebody kills us
    return {}
Worker({"test": work}).work_once()
"""
ANOTHER = """
from securescore.ops.worker import Worker
from securescore.record.models import Job
half, whole = datetime.now(UTC) + jobs.LEASE / 2, datetime.now(UTC) + jobs.LEASE * 1.1
print(jobs.claim(half))
print(Worker({"test": lambda job, lease: {"by": "another"}}, lambda: whole).work_once())
job = Job.objects.get()
print(job.state, job.n_attempts, job.result["by"])
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_killed_worker_is_done_by_another(processes: Processes) -> None:
    key = processes.run(
        "print(jobs.enqueue('test', organization=None, given={}, by='ana',"
        " now=datetime.now(UTC)).pk)"
    ).strip()
    victim = processes.start(KILLED)
    assert victim.stdout.readline().strip() == key
    victim.send_signal(signal.SIGKILL)
    victim.communicate()

    assert processes.run(ANOTHER).splitlines() == ["None", "done", "done 2 another"]


# -- progress -------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_progress_is_written_at_most_once_a_second(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    queued()
    clock = Clock()
    lease = jobs.Lease(claimed(clock), clock)

    with django_assert_num_queries(0):
        for n in range(100):
            clock.move(0.005)
            lease.report("Landing tables", n, 100)
    clock.move(1)
    with django_assert_num_queries(2):  # the progress, and whether to stop
        lease.report("Evaluating controls", 3, 100)

    job = Job.objects.get()
    assert (job.step, job.n_done, job.n_total) == ("Evaluating controls", 3, 100)
    assert job.result == {"steps": ["Landing tables", "Evaluating controls"]}


@pytest.mark.django_db(transaction=True)
def test_the_heart_beats_while_the_work_says_nothing() -> None:
    queued()
    clock = Clock()
    job = claimed(clock)
    lease = jobs.Lease(job, clock)
    clock.move(11)
    with jobs.beating(lease, every_s=0.01):
        deadline = time.monotonic() + 20
        while Job.objects.get().heartbeat_at == NOW and time.monotonic() < deadline:
            threading.Event().wait(0.01)

    assert Job.objects.get().heartbeat_at == NOW + timedelta(seconds=11)


# -- the end --------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_result_is_kept_with_the_steps() -> None:
    queued()
    clock = Clock()

    def work(_job: Job, lease: jobs.Lease) -> jobs.Outcome:
        lease.report("One")
        lease.report("Two")
        clock.move(5)
        return {"n": 7}

    job = done(claimed(clock), clock, work)

    assert (job.state, job.error, job.finished_at) == ("done", "", NOW + timedelta(seconds=5))
    assert job.result == {"steps": ["One", "Two"], "n": 7}


@pytest.mark.django_db
def test_an_error_of_the_input_is_told_as_the_command_line_does() -> None:
    queued()

    def work(_job: Job, _lease: jobs.Lease) -> jobs.Outcome:
        raise InputError(what="no such day", where="a.json", what_to_do="write YYYY-MM-DD")

    job = done(claimed(Clock()), Clock(), work)

    assert job.state == "failed"
    assert job.error == "a.json: no such day. Write YYYY-MM-DD."


@pytest.mark.django_db
def test_a_bug_ends_one_job_only_and_is_found_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    queued()
    queued(at=NOW + timedelta(seconds=1))

    def broken(_job: Job, _lease: jobs.Lease) -> jobs.Outcome:
        msg = "user ana@example.com"
        raise KeyError(msg)

    job = done(claimed(Clock()), Clock(), broken)
    trace = job.error.rsplit(" ", 1)[1].rstrip(".")

    assert job.state == "failed"
    assert "ana@example.com" not in job.error
    assert trace in caplog.text
    assert done(claimed(Clock()), Clock(), nothing).state == "done"


# -- cancel ---------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_waiting_job_is_canceled_at_once() -> None:
    job = queued()

    assert jobs.cancel(job, by="bo", now=NOW)
    assert jobs.claim(NOW) is None
    job.refresh_from_db()
    assert (job.state, job.canceled_by, job.finished_at) == ("canceled", "bo", NOW)


@pytest.mark.django_db
def test_a_running_job_stops_at_its_next_step() -> None:
    job = queued()
    clock = Clock()
    reached = []

    def work(running: Job, lease: jobs.Lease) -> jobs.Outcome:
        reached.append("before")
        jobs.cancel(running, by="bo", now=clock())
        clock.move(1)
        lease.report("Next")
        reached.append("after")
        return {}

    done(claimed(clock), clock, work)
    job.refresh_from_db()

    assert reached == ["before"]
    assert (job.state, job.canceled_by) == ("canceled", "bo")


@pytest.mark.django_db
def test_what_has_ended_cannot_be_canceled() -> None:
    job = queued()
    done(claimed(Clock()), Clock(), nothing)

    assert not jobs.cancel(job, by="bo", now=NOW)
    job.refresh_from_db()
    assert (job.state, job.canceled_by) == ("done", "")


@pytest.mark.django_db
def test_a_canceled_job_whose_worker_died_is_not_begun_again() -> None:
    job = queued()
    clock = Clock()
    jobs.cancel(claimed(clock), by="bo", now=clock())
    clock.move(61)

    assert jobs.claim(clock()) is None
    job.refresh_from_db()
    assert job.state == "canceled"


@pytest.mark.django_db
def test_a_worker_that_is_told_to_end_gives_its_job_back() -> None:
    job = queued()
    clock = Clock()

    def work(_job: Job, lease: jobs.Lease) -> jobs.Outcome:
        worker.stop()
        lease.report("Next")
        return {}

    worker = Worker({"test": work}, clock)
    assert worker.work_once() == "queued"
    job.refresh_from_db()

    assert (job.state, job.finished_at) == ("queued", None)
    assert claimed(clock).n_attempts == 2


# -- the schedule ---------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_schedule_is_kept_once_a_minute_and_queues_a_day_once() -> None:
    schedules = [Schedule(), Schedule()]
    kept = [
        schedule.keep(NOW + timedelta(seconds=s)) for schedule in schedules for s in (0, 59, 60)
    ]

    assert kept == [True, False, True] * 2
    assert Job.objects.filter(kind="daily").count() == 1
    schedules[0].keep(NOW + timedelta(days=1))
    assert Job.objects.filter(kind="daily").count() == 2
