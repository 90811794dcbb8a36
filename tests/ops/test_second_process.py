"""Work that two processes share: each share once, no process left behind, no failure unseen."""

from __future__ import annotations

import os
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from securescore.core.errors import RecordError
from securescore.ops.second_process import SecondProcess, Shares

N = 5


def note_shares(shares: Shares, folder: str) -> None:
    """Write down who took which share."""
    for share in shares:
        Path(folder, f"{share}-{os.getpid()}").touch()


def fail(shares: Shares, folder: str) -> None:
    next(iter(shares))
    raise ValueError(folder)


def taken(folder: Path) -> list[int]:
    return sorted(int(path.name.partition("-")[0]) for path in folder.iterdir())


@pytest.fixture
def two_processes(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SECURESCORE_PROCESSES = 2
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "securescore.project.settings")


def test_a_share_is_given_once_whoever_asks() -> None:
    shares = Shares(3)
    one, other = iter(shares), iter(shares)

    assert [next(one), next(other), next(one)] == [0, 1, 2]
    assert list(other) == []
    assert shares.n_done == 2  # the last one was not asked for another


def test_after_the_end_nobody_gets_one() -> None:
    shares = Shares(3)
    next(iter(shares))

    shares.end()

    assert list(shares) == []


@pytest.mark.usefixtures("two_processes")
def test_the_second_process_takes_what_this_one_leaves(tmp_path: Path) -> None:
    shares = Shares(N)
    reported: list[int] = []
    first = next(iter(shares))

    with SecondProcess(f"{__name__}.note_shares", shares, str(tmp_path)) as second:
        second.wait(lambda: reported.append(shares.n_done))

    assert first == 0
    assert taken(tmp_path) == [1, 2, 3, 4]
    assert shares.n_done == N - 1
    assert reported
    assert not any(path.name.endswith(f"-{os.getpid()}") for path in tmp_path.iterdir())


@pytest.mark.usefixtures("two_processes")
def test_a_failure_of_the_second_process_is_an_error_here(tmp_path: Path) -> None:
    shares = Shares(N)

    with (
        SecondProcess(f"{__name__}.fail", shares, str(tmp_path)) as second,
        pytest.raises(RecordError, match="the second process ended with 1"),
    ):
        second.wait(lambda: None)


def test_with_one_process_this_one_does_everything(tmp_path: Path) -> None:
    shares = Shares(N)

    with SecondProcess(f"{__name__}.fail", shares, str(tmp_path)) as second:
        note_shares(shares, str(tmp_path))
        second.wait(lambda: None)

    assert taken(tmp_path) == list(range(N))


@pytest.mark.usefixtures("two_processes")
def test_an_error_here_ends_the_second_process_too(tmp_path: Path) -> None:
    shares = Shares(N)
    second = SecondProcess(f"{__name__}.note_shares", shares, str(tmp_path))

    with pytest.raises(ZeroDivisionError), second:
        raise ZeroDivisionError

    assert list(shares) == []
    assert [] == [child for child in active_children() if child.name.startswith("SpawnProcess")]
