"""The worker: takes jobs one after the other, and keeps the schedule between them.

``securescore serve`` runs one as a process of its own (:class:`Companion`); ``securescore
worker`` runs one apart, on this machine or another that shares the database and the data folder.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import FrameType

from django.db import OperationalError, close_old_connections

from securescore.ops import incoming, jobs
from securescore.ops.deciding import restate_where_due
from securescore.ops.job_kinds import enqueue_daily
from securescore.ops.workspace import workspace

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
SCHEDULE_EVERY = timedelta(minutes=1)
NICE = 5
"""The worker beside the server lets pages go first."""
STOP_S = 10.0
RESTART_AFTER_S = (1.0, 2.0, 5.0, 15.0, 60.0)


class Schedule:
    """What happens by the clock: every minute what people decided, every day the rest."""

    def __init__(self) -> None:
        self._next: datetime | None = None

    def keep(self, now: datetime) -> bool:
        """Do what is due; whether anything was."""
        if self._next is not None and now < self._next:
            return False
        self._next = now + SCHEDULE_EVERY

        def work() -> jobs.Outcome:
            restate_where_due(now)
            enqueue_daily(now)
            return {}

        jobs.attempt("schedule", now.isoformat(), work)
        return True


class Worker:
    """Takes and does jobs until it is told to stop."""

    def __init__(
        self, kinds: Mapping[str, jobs.Work], clock: jobs.Clock = lambda: datetime.now(UTC)
    ) -> None:
        self.kinds = kinds
        self.clock = clock
        self.schedule = Schedule()
        self._stop = threading.Event()
        self._lease: jobs.Lease | None = None

    def stop(self) -> None:
        """End soon: the job in hand goes back into the queue at its next step."""
        self._stop.set()
        if self._lease is not None:
            self._lease.is_released = True

    def work_once(self) -> str:
        """Do the oldest job that waits, if there is one; the state it ended in, else empty."""
        job = jobs.claim(self.clock())
        if job is None:
            return ""
        self._lease = jobs.Lease(job, self.clock)
        if self._stop.is_set():
            self._lease.is_released = True
        with jobs.beating(self._lease):
            state = jobs.run(self._lease, self.kinds)
        self._lease = None
        if state in jobs.FINAL:
            incoming.forget(workspace(), job.pk)
        logger.debug("job %s (%s): %s", job.pk, job.kind, state)
        return state

    def work(self) -> None:
        """Until :meth:`stop`."""
        while not self._stop.is_set():
            close_old_connections()
            try:
                self.schedule.keep(self.clock())
                did = self.work_once()
            except OperationalError as error:
                logger.warning("the database does not answer: %s", str(error).strip())
                did = ""
            if not did:
                self._stop.wait(LOOK_EVERY_S)


def serve_jobs(worker: Worker, *, parent: int = 0) -> None:
    """Work until a signal; with a parent also until that process is gone, whatever killed it."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    if parent:
        with suppress(OSError):
            os.nice(NICE)
        threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
    worker.work()


def _end_with(parent: int) -> None:
    """Nobody is left to stop us: end at once; the job is taken again when its lease is over."""
    while os.getppid() == parent:
        threading.Event().wait(LOOK_EVERY_S)
    os._exit(1)


class Companion:
    """A worker process beside a server; started again when it dies, stopped with the server."""

    def __init__(self, command: Sequence[str]) -> None:
        """``command`` runs a worker; ``--parent`` and our process id are added to it."""
        self._command = [*command, "--parent", str(os.getpid())]
        self._stop = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="worker", daemon=True)

    def start(self) -> None:
        self.process = self._begin()
        self._thread.start()

    def _watch(self) -> None:
        n_deaths = 0
        while not self._stop.wait(LOOK_EVERY_S):
            if self.process is None or self.process.poll() is None:
                continue
            wait_s = RESTART_AFTER_S[min(n_deaths, len(RESTART_AFTER_S) - 1)]
            n_deaths += 1
            logger.error("the worker ended; another starts in %g s", wait_s)
            if not self._stop.wait(wait_s):
                self.process = self._begin()

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own

    def stop(self) -> None:
        """Ask it to end, and wait for that a little."""
        self._stop.set()
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
