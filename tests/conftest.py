"""What every test gets: a home folder of its own run, a database, no network.

Django is set up here, before any test module is imported, so that the database can be chosen
(``--database=postgresql`` starts a server of the tests' own, see ``databases.py``). ``-p
no:django`` leaves Django out: the tests of core, catalog, collect, land, evaluate, sources and
importers pass without it.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}
BROWSER_FIXTURES = {"page", "browser", "context", "new_context"}

# Every run draws the same examples. `--hypothesis-profile=deep` looks for new ones; a failure it
# finds is printed with its seed and becomes an `@example`.
hypothesis.settings.register_profile(
    "deterministic", derandomize=True, database=None, deadline=None, max_examples=100
)
hypothesis.settings.register_profile(
    "quick", derandomize=True, database=None, deadline=None, max_examples=20
)
hypothesis.settings.register_profile(
    "deep", database=None, deadline=None, max_examples=2000, print_blob=True
)
hypothesis.settings.load_profile("deterministic")


# -- the network: a test that does not say so opens no socket -----------------------------------
class _Network:
    """What the running test may do. ``loopback``: connect to and listen on this machine."""

    allowed = "nothing"


def _refuse_sockets(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse, as an audit hook, what the running test did not ask for (C code included)."""
    if event not in {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"}:
        return
    host = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
    if isinstance(host, str | bytes) and event != "socket.getaddrinfo":
        return  # a Unix socket: the address is a path
    if isinstance(host, tuple):
        host = host[0]
    if _Network.allowed == "loopback" and host in {"127.0.0.1", "::1", "localhost", ""}:
        return
    if _Network.allowed == "anything":
        return
    msg = f"a test tried {event} {host!r}; mark it `network` if it needs loopback"
    raise RuntimeError(msg)


sys.addaudithook(_refuse_sockets)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    marked = any(item.get_closest_marker(name) for name in ("network", "browser"))
    _Network.allowed = "loopback" if marked else "nothing"
    try:
        return (yield)
    finally:
        _Network.allowed = "anything"


# -- the database and the home folder, chosen before Django reads its settings ------------------
def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="run the database tests on this one (postgresql: a server made for this run)",
    )


def pytest_configure(config: pytest.Config) -> None:
    _Network.allowed = "anything"  # workers of xdist and the browser driver are started now
    home = tempfile.mkdtemp(prefix="securescore-tests-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["SECURESCORE_HOME"] = home
    # A second process would not see the tests' database.
    os.environ["SECURESCORE_PROCESSES"] = "1"
    if not hasattr(config, "workerinput"):  # a worker uses the server of the run that started it
        os.environ.pop("SECURESCORE_DATABASE_URL", None)
        if config.getoption("--database") == "postgresql":
            _start_postgresql()
    if config.pluginmanager.hasplugin("django") and importlib.util.find_spec("django"):
        _set_up_django()


def _start_postgresql() -> None:
    from tests.databases import PostgresMissing, TemporaryPostgres

    server = TemporaryPostgres()
    atexit.register(server.stop)
    try:
        server.start()
    except PostgresMissing as missing:
        raise pytest.UsageError(str(missing)) from missing
    os.environ["SECURESCORE_DATABASE_URL"] = server.url


def _set_up_django() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "securescore.project.settings"
    django.setup()
    # A worker of xdist would inherit it and read the settings before it has a home of its own.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    _open_static_files_once()


def _open_static_files_once() -> None:
    """Keep what WhiteNoise read of static files, as long as the same files are there.

    Every client of Django's loads the middleware anew, and with it WhiteNoise opens all of them:
    two thirds of what a test of a page takes (measured).
    """
    from whitenoise.base import WhiteNoise, scantree

    read = WhiteNoise.update_files_dictionary
    known: dict[tuple[object, ...], dict[str, object]] = {}

    def update(self: WhiteNoise, root: str, prefix: str) -> None:
        there = tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in scantree(root))
        told = (self.max_age, self.allow_all_origins, self.charset, self.index_file)
        key = (root, prefix, there, told)
        if key not in known:
            others, self.files = self.files, {}
            read(self, root, prefix)
            known[key], self.files = self.files, others
        self.files.update(known[key])

    WhiteNoise.update_files_dictionary = update


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database or the browser, so that no author has to remember it."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & DATABASE_FIXTURES:
            item.add_marker(pytest.mark.database)
        if fixtures & BROWSER_FIXTURES:
            item.add_marker(pytest.mark.browser)


# -- what tests ask for -------------------------------------------------------------------------
@pytest.fixture(scope="session")
def samples() -> Path:
    """Real files of other tools (``SECURESCORE_SAMPLES``); they are not part of the repository."""
    named = os.environ.get("SECURESCORE_SAMPLES")
    folder = Path(named) if named else ROOT.parent / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("no sample files here: name their folder in SECURESCORE_SAMPLES")
    return folder


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """The system's Chromium, for pytest-playwright's ``page``; missing is a failure, no skip."""
    names = (os.environ.get("SECURESCORE_CHROMIUM"), "chromium", "chromium-browser")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("Chromium is not installed: run 'make system-packages'")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": found, "args": ["--disable-gpu", *sandbox]}
