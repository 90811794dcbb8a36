"""A PostgreSQL server of the tests' own: made in a temporary folder, gone when they end.

It listens on a Unix socket in a folder that only its owner (and root) can enter, never on a
port, so several runs on one machine do not meet and nobody else reaches it. It forgets on a
crash (fsync off): it holds nothing but test data.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

USER = "securescore"
SOCKET_NUMBER = 5432  # part of the socket's file name; no port is opened
SYSTEM_ACCOUNT = "postgres"  # PostgreSQL refuses to run as root
START_TIMEOUT_S = 60
DEBIAN_VERSIONS = Path("/usr/lib/postgresql")

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "50",
    "listen_addresses": "",
    "logging_collector": "off",
    "timezone": "UTC",
}


class PostgresMissing(Exception):
    """The server's programs are not installed; the message says how to install them."""


def postgres_programs() -> Path:
    """The folder of ``initdb`` and ``pg_ctl``: named, on the PATH, or where Debian puts them.

    Raises:
        PostgresMissing: nowhere.
    """
    named = os.environ.get("SECURESCORE_POSTGRESQL_BIN")
    on_path = shutil.which("initdb")
    debian = DEBIAN_VERSIONS.glob("*/bin")
    candidates = [
        *([Path(named)] if named else []),
        *([Path(on_path).resolve().parent] if on_path else []),
        *sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True),
    ]
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    msg = (
        "PostgreSQL's server is not installed: run 'make system-packages', "
        "or name the folder of initdb in SECURESCORE_POSTGRESQL_BIN"
    )
    raise PostgresMissing(msg)


@dataclass(slots=True)
class TemporaryPostgres:
    """One cluster; ``start`` before use, ``stop`` afterwards (twice is harmless)."""

    folder: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp(prefix="securescore-postgresql-"))
    )

    @property
    def url(self) -> str:
        """What ``SECURESCORE_DATABASE_URL`` takes."""
        where = urlencode({"host": str(self.folder), "port": SOCKET_NUMBER})
        return f"postgresql://{USER}@/postgres?{where}"

    def start(self) -> None:
        """Create the cluster and wait until it answers.

        Raises:
            PostgresMissing: it is not installed.
            subprocess.CalledProcessError: it does not start; its output says why.
        """
        if os.geteuid() == 0:
            shutil.chown(self.folder, SYSTEM_ACCOUNT)
        locale = ("--locale=C.UTF-8", "--encoding=UTF8")
        access = ("--auth=trust", f"--username={USER}")
        self._run("initdb", "--no-sync", *locale, *access, f"--pgdata={self.folder / 'data'}")
        settings = {**FAST, "port": str(SOCKET_NUMBER), "unix_socket_directories": self.folder}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._run(
            "pg_ctl",
            "start",
            "--wait",
            f"--timeout={START_TIMEOUT_S}",
            f"--pgdata={self.folder / 'data'}",
            f"--log={self.folder / 'log'}",
            f"--options={options}",
        )

    def stop(self) -> None:
        """Stop the server at once and remove its folder."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "--mode=immediate", f"--pgdata={self.folder / 'data'}")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        as_postgres = ("runuser", "-u", SYSTEM_ACCOUNT, "--") if os.geteuid() == 0 else ()
        subprocess.run(
            [*as_postgres, str(postgres_programs() / program), *arguments],
            check=True,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
