"""``python -m bench.pages``: pages and APIs over many organizations with years of history.

Measures, of the server started as a user starts it (``securescore serve``): queries of a page,
core-milliseconds a request (user and system time of the server's processes), and the time to the
last byte at 1 and at 50 clients. *first* is the first visit of each organization after something
was recorded (one client, a fresh server): nothing is remembered yet. All else is measured after
every organization was visited. Clients are *paced* (each asks once a second, as people and tools
do) or *closed* (each asks again at once, which measures how much the machine can serve: the
waiting time then is clients times core-ms over cores, whatever the code does).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from bench import fleet

HERE = Path(__file__).resolve().parent
HISTORY = HERE / "history.jsonl"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
COLUMNS = "{:<22} {:>7} {:>7} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8}"
START_TIMEOUT_S = 60
MODES = ((1, "first"), (1, "closed"), (50, "paced"), (50, "closed"))
FIRST_S = 120
ROUNDS = 6
"""Visits of each organization before warm pages are measured: every process gets to know it."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for; ``{slug}`` turns over the visited organizations."""

    name: str
    path: str
    header: str  # name of the credential in the fleet


PAGES = (
    Page("overview", "/o/{slug}/", "viewer"),
    Page("actions", "/o/{slug}/actions/", "viewer"),
    Page("action", "/o/{slug}/actions/AdminMFAV2/", "viewer"),
    Page("history", "/o/{slug}/history/", "viewer"),
    Page("metrics", "/o/{slug}/metrics/", "viewer"),
    Page("organizations", "/organizations/", "operator"),
    Page("secureScores?$top=90", "/v1.0/security/secureScores?$top=90", "token"),
    Page("api/v1/score", "/api/v1/score", "token"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One page under one load; times in milliseconds."""

    page: str
    clients: int
    mode: str
    n_requests: int
    core_ms: float
    p50: float
    p99: float
    per_s: float
    n_bytes: int


def main() -> int:
    """Make the fleet, serve it, measure it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages")
    parser.add_argument("--organizations", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=1_095)
    parser.add_argument("--visited", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--database", default="", help="another database than SQLite")
    parser.add_argument("--home", type=Path, help="keep the data here, and use it again")
    parser.add_argument("--no-history", action="store_true", help="do not append to history.jsonl")
    arguments = parser.parse_args()
    with _home(arguments.home) as home:
        fleet.set_up(home, arguments.database)
        made = _made(home, arguments)
        print(
            f"Python {platform.python_version()}, {os.cpu_count()} cores, load "
            f"{os.getloadavg()[0]:.1f}; {made.n_organizations:,} organizations, "
            f"{made.n_snapshots:,} days, {made.n_changes:,} changes\n"
        )
        queries = {page.name: _queries(page, made) for page in PAGES}
        titles = ("page", "queries", "clients", "mode", "requests", "core-ms", "p50", "p99", "kB")
        print(COLUMNS.format(*titles))
        readings = []
        for page in PAGES:
            with _server(home, arguments.database) as (port, pid):
                for clients, mode in MODES:
                    reading = asyncio.run(
                        _measure(page, made, port, pid, clients, mode, arguments.seconds)
                    )
                    readings.append(reading)
                    _show(reading, queries[page.name])
                    if mode == "first":
                        asyncio.run(_visit(page, made, port))
        if not arguments.no_history:
            _remember(readings, made)
    return 0


@contextmanager
def _home(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="securescore-bench-") as folder:
        yield Path(folder)


def _made(home: Path, arguments: argparse.Namespace) -> fleet.Fleet:
    stored = home / "fleet.json"
    if stored.exists():
        values = json.loads(stored.read_text(encoding="utf-8"))
        return fleet.Fleet(**{**values, "slugs": tuple(values["slugs"])})
    started = time.perf_counter()
    made = fleet.make(arguments.organizations, arguments.days, arguments.visited)
    values = {name: getattr(made, name) for name in made.__slots__}
    stored.write_text(json.dumps(values), encoding="utf-8")
    print(f"made in {time.perf_counter() - started:.0f} s")
    return made


def _headers(page: Page, made: fleet.Fleet) -> dict[str, str]:
    if page.header == "token":
        return {"Authorization": f"Bearer {made.token}"}
    return {"Cookie": made.viewer_cookie if page.header == "viewer" else made.operator_cookie}


def _queries(page: Page, made: fleet.Fleet) -> int:
    """How many queries a page makes, in this process."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from securescore.project.static import prepare

    prepare()
    settings.ALLOWED_HOSTS = ["*"]
    count = 0

    def counted(execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - Django's callback
        nonlocal count
        count += 1
        return execute(sql, params, many, context)

    headers = _headers(page, made)
    client = Client(headers={k: v for k, v in headers.items() if k != "Cookie"})
    if "Cookie" in headers:
        name, _, value = headers["Cookie"].partition("=")
        client.cookies[name] = value
    path = page.path.format(slug=made.slugs[0])
    client.get(path)  # what is loaded once is no part of a page
    with connection.execute_wrapper(counted):
        status = client.get(path).status_code
    if status != 200:
        sys.exit(f"{path} answered {status}")
    return count


@contextmanager
def _server(home: Path, database_url: str) -> Iterator[tuple[int, int]]:
    """``securescore serve`` on a free port; its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "SECURESCORE_HOME": str(home),
        "SECURESCORE_DATABASE_URL": database_url,
        "SECURESCORE_API_THROTTLE": "0",
    }
    command = [str(Path(sys.executable).parent / "securescore"), "serve", "--no-worker"]
    command += ["--port", str(port)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            _wait_for(port)
            yield port, process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)  # the benchmark waits for a process, nothing else tells
    sys.exit("the server did not start")


def _core_s(pid: int) -> float:
    """User and system time of a process and all below it."""
    family, total = {pid}, 0.0
    stats: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            stats[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])) * TICK_S)
    is_grown = True
    while is_grown:
        new = {p for p, (parent, _) in stats.items() if parent in family} - family
        family |= new
        is_grown = bool(new)
    for member in family:
        total += stats.get(member, (0, 0.0))[1]
    return total


async def _measure(
    page: Page,
    made: fleet.Fleet,
    port: int,
    pid: int,
    clients: int,
    mode: str,
    seconds: float,
) -> Reading:
    slugs = cycle(made.slugs)
    times: list[float] = []
    n_bytes = 0

    async def client(number: int, stop_at: float, *, is_counted: bool) -> None:
        nonlocal n_bytes
        if mode == "paced":
            await asyncio.sleep(number / clients)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < stop_at and (mode != "first" or len(times) < len(made.slugs)):
            started = time.perf_counter()
            writer.write(_request(page, made, port, next(slugs)))
            size = await _read(reader, page)
            taken = time.perf_counter() - started
            if is_counted:
                times.append(1000 * taken)
                n_bytes = size
            if mode == "paced":  # whoever comes back after a while has to connect again
                writer.close()
                await asyncio.sleep(max(0.0, 1 - taken))
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    if mode == "first":
        seconds = FIRST_S
    else:
        soon = time.perf_counter() + 1.5
        await asyncio.gather(*(client(n, soon, is_counted=False) for n in range(clients)))
    before, started = _core_s(pid), time.perf_counter()
    await asyncio.gather(*(client(n, started + seconds, is_counted=True) for n in range(clients)))
    elapsed, core_s = time.perf_counter() - started, _core_s(pid) - before
    times.sort()
    return Reading(
        page=page.name,
        clients=clients,
        mode=mode,
        n_requests=len(times),
        core_ms=1000 * core_s / len(times),
        p50=statistics.median(times),
        p99=times[min(len(times) - 1, int(len(times) * 0.99))],
        per_s=len(times) / elapsed,
        n_bytes=n_bytes,
    )


async def _visit(page: Page, made: fleet.Fleet, port: int) -> None:
    """Visit every organization often enough for all processes to have seen it."""
    waiting = iter(list(made.slugs) * ROUNDS)

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for slug in waiting:
            writer.write(_request(page, made, port, slug))
            await _read(reader, page)
        writer.close()

    await asyncio.gather(*(client() for _ in range(4)))


def _request(page: Page, made: fleet.Fleet, port: int, slug: str) -> bytes:
    lines = "".join(f"{k}: {v}\r\n" for k, v in _headers(page, made).items())
    path = page.path.format(slug=slug)
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n{lines}\r\n"
    ).encode()


async def _read(reader: asyncio.StreamReader, page: Page) -> int:
    """Read one answer to its last byte; its size."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = head.split(" ", 2)[1]
    if status != "200":
        sys.exit(f"{page.path} answered {head}")
    if "transfer-encoding: chunked" in head:
        size = 0
        while chunk := int(await reader.readline(), 16):
            size += len(await reader.readexactly(chunk + 2)) - 2
        await reader.readline()
        return size
    length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
    await reader.readexactly(length)
    return length


def _show(reading: Reading, n_queries: int) -> None:
    print(
        COLUMNS.format(
            reading.page,
            n_queries,
            reading.clients,
            reading.mode,
            reading.n_requests,
            f"{reading.core_ms:.1f}",
            f"{reading.p50:.0f}",
            f"{reading.p99:.0f}",
            f"{reading.n_bytes / 1000:.0f}",
        ),
        flush=True,
    )


def _remember(readings: list[Reading], made: fleet.Fleet) -> None:
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "what": "pages",
        "organizations": made.n_organizations,
        "days": made.n_snapshots,
        "load": round(os.getloadavg()[0], 1),
        "readings": [
            {
                name: round(value, 1) if isinstance(value, float) else value
                for name in reading.__slots__
                if (value := getattr(reading, name)) is not None
            }
            for reading in readings
        ],
    }
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    sys.exit(main())
