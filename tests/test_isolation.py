"""The tests themselves: no network, a home folder of their own, warnings as errors."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest


def test_a_test_opens_no_socket_to_the_world() -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match=r"socket\.connect"):
        client.connect(("192.0.2.1", 80))


def test_a_test_opens_no_socket_on_loopback_without_the_mark() -> None:
    with socket.socket() as server, pytest.raises(RuntimeError, match=r"socket\.bind"):
        server.bind(("127.0.0.1", 0))


def test_a_test_resolves_no_name() -> None:
    with pytest.raises(RuntimeError, match=r"socket\.getaddrinfo"):
        socket.getaddrinfo("example.com", 80)


@pytest.mark.network
def test_a_marked_test_may_use_loopback_and_nothing_else() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())

        with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
            client.connect(("192.0.2.1", 80))


def test_the_home_folder_is_a_temporary_one() -> None:
    home = Path(os.environ["SECURESCORE_HOME"])

    assert home.parent == Path(tempfile.gettempdir())


def test_a_warning_is_an_error() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)


DJANGO_FREE = ("core", "catalog", "collect", "land", "evaluate", "sources", "importers")

IMPORT_ALL_WITHOUT_DJANGO = """
import importlib, pkgutil, sys

class NoDjango:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "django":
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)

sys.meta_path.insert(0, NoDjango())
for package in sys.argv[1:]:
    found = importlib.import_module(f"securescore.{package}")
    for module in pkgutil.walk_packages(found.__path__, found.__name__ + "."):
        importlib.import_module(module.name)
        print(module.name)
"""


def test_everything_up_to_evaluation_imports_without_django() -> None:
    source = str(Path(__file__).resolve().parent.parent / "src")
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL_WITHOUT_DJANGO, *DJANGO_FREE],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": source},
    )

    assert done.stderr == ""
    assert "securescore.core.points" in done.stdout
