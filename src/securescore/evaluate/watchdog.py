"""A watchdog: one thread that interrupts whatever runs longer than it may.

A timer for each statement would start a thread for each of hundreds of statements of a
millisecond.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic


class Watchdog:
    """Calls ``interrupt`` when ``seconds`` pass between :meth:`start` and :meth:`stop`."""

    def __init__(self, seconds: float, interrupt: Callable[[], None]) -> None:
        self.has_expired = False
        self._seconds = seconds
        self._interrupt = interrupt
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch."""
        with self._changed:
            self.has_expired = False
            self._deadline = monotonic() + self._seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Cease to watch: nothing is interrupted afterwards."""
        with self._changed:
            self._deadline = None

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        with self._changed:
            while not self._is_closed:
                # Asleep it never misses a deadline: a later start has a later one.
                left = self._seconds if self._deadline is None else self._deadline - monotonic()
                if left > 0:
                    self._changed.wait(left)
                else:
                    self._deadline = None
                    self.has_expired = True
                    self._interrupt()
