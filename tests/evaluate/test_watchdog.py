"""The watchdog interrupts what is late, and only that."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from securescore.evaluate.watchdog import Watchdog

SOON_S, LATE_S, PATIENCE_S = 0.02, 600, 30


@pytest.fixture
def interrupted() -> threading.Event:
    return threading.Event()


@pytest.fixture
def impatient(interrupted: threading.Event) -> Iterator[Watchdog]:
    watchdog = Watchdog(SOON_S, interrupted.set)
    yield watchdog
    watchdog.close()


def test_what_is_late_is_interrupted(impatient: Watchdog, interrupted: threading.Event) -> None:
    impatient.start()

    assert interrupted.wait(PATIENCE_S)
    assert impatient.has_expired


def test_each_statement_has_its_own_time(impatient: Watchdog, interrupted: threading.Event) -> None:
    for _ in range(3):
        interrupted.clear()
        impatient.start()

        assert interrupted.wait(PATIENCE_S)
        impatient.stop()


def test_a_new_start_forgets_that_the_last_one_was_late(interrupted: threading.Event) -> None:
    watchdog = Watchdog(LATE_S, interrupted.set)
    watchdog.has_expired = True

    watchdog.start()

    assert not watchdog.has_expired
    watchdog.close()
    assert not interrupted.is_set()
