"""A second process that shares work with this one: both take the next share until none is left.

It ends by itself: when there are no more shares, and when this process is gone it finishes the
share it has. A pool would leave a process waiting for work that never comes.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Self

import django
from django.conf import settings
from django.utils.module_loading import import_string

from securescore.core.errors import RecordError
from securescore.ops.collector import calm_collector

WAIT_S = 0.5
CONTEXT = get_context("spawn")  # a fork would share the connections of the database


class Shares:
    """The shares of some work, 0 to ``n - 1``: each is taken once, by whoever asks first."""

    def __init__(self, n: int) -> None:
        self.n = n
        self._next = CONTEXT.Value("i", 0)
        self._n_done = CONTEXT.Value("i", 0)

    def __iter__(self) -> Iterator[int]:
        """Take shares until there is none; one counts as done when the next is asked for."""
        while (share := self._take()) < self.n:
            yield share
            with self._n_done.get_lock():
                self._n_done.value += 1

    @property
    def n_done(self) -> int:
        """How many were done, by both processes."""
        return int(self._n_done.value)

    def end(self) -> None:
        """Give nobody another one."""
        with self._next.get_lock():
            self._next.value = self.n

    def _take(self) -> int:
        with self._next.get_lock():
            share = int(self._next.value)
            self._next.value = min(share + 1, self.n)
        parent = parent_process()
        return self.n if parent is not None and not parent.is_alive() else share


class SecondProcess:
    """Runs a function beside this process; use as a context manager."""

    def __init__(self, work: str, shares: Shares, given: object) -> None:
        """Not started yet.

        Args:
            work: dotted name of a function of (shares, given); it finds Django set up.
            shares: what it takes its work from, as this process does.
            given: can be pickled, and read again before Django is set up.
        """
        self._shares = shares
        self._process = (
            CONTEXT.Process(target=_run, args=(work, shares, given), daemon=True)
            if settings.SECURESCORE_PROCESSES > 1
            else None
        )

    def __enter__(self) -> Self:
        if self._process is not None:
            self._process.start()
        return self

    def wait(self, report: Callable[[], None]) -> None:
        """Wait for its last share; ``report`` is called meanwhile.

        Raises:
            RecordError: it failed: what was its share is not made.
        """
        if self._process is None:
            return
        while self._process.is_alive():
            report()
            self._process.join(WAIT_S)
        if self._process.exitcode:
            raise RecordError(
                what=f"the second process ended with {self._process.exitcode}",
                what_to_do="read what it printed; SECURESCORE_PROCESSES=1 does without it",
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._shares.end()
        if self._process is not None:
            if error is not None:
                self._process.terminate()
            self._process.join()
            self._process.close()


def _run(work: str, shares: Shares, given: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it stops it
    django.setup()
    calm_collector()
    import_string(work)(shares, given)
