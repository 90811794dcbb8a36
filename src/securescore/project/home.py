"""Where this installation keeps its files, its key and its database address.

Settings are read from the environment only:

``SECURESCORE_HOME``           the data folder
``SECURESCORE_DATABASE_URL``   another database than ``<home>/securescore.sqlite3``
``SECURESCORE_SECRET_KEY``     the signing key, else ``<home>/secret.key`` (made once, 0600)
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import platformdirs
from django.core.exceptions import ImproperlyConfigured

SQLITE_WAIT_S = 20  # an import commits a day at a time; nobody waits this long for a writer
SQLITE_SETUP = (
    "pragma journal_mode=wal;"
    "pragma synchronous=normal;"  # safe with WAL: a power cut may lose the last commit, no more
    "pragma foreign_keys=on;"
    "pragma cache_size=-20000;"
    "pragma mmap_size=134217728;"
    "pragma temp_store=memory"
)


def home_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The data folder, absolute; it is not created here."""
    named = environ.get("SECURESCORE_HOME", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    return Path(platformdirs.user_data_dir("securescore", appauthor=False))


def secret_key(home: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The signing key: from the environment, else from ``<home>/secret.key``, made once.

    Two processes that start together agree: the file is created exclusively, the loser reads it.
    """
    named = environ.get("SECURESCORE_SECRET_KEY", "")
    if named:
        return named
    path = home / "secret.key"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = home / f".secret.key.{os.getpid()}"
    if not path.exists():
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # fails when the file is there; never replaces a key in use
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


def database(url: str, home: Path, *, conn_max_age_s: int) -> dict[str, Any]:
    """Django's settings of the database that ``url`` names.

    Args:
        url: empty (SQLite in the home folder), ``sqlite:///relative``, ``sqlite:////absolute``,
            a path that ends in ``.sqlite3``, or ``postgresql://user:password@host:port/name``
            (options in the query string).
        home: the data folder.
        conn_max_age_s: seconds a connection is kept; 0 closes it after each request.

    Raises:
        ImproperlyConfigured: another scheme.
    """
    parts = urlsplit(url)
    if not url or parts.scheme == "sqlite" or url.endswith(".sqlite3"):
        path = home / "securescore.sqlite3"
        if parts.scheme == "sqlite":
            path = Path(unquote(parts.path)[1:]).absolute()
        elif url:
            path = Path(url).expanduser().absolute()
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(path),
            "CONN_MAX_AGE": conn_max_age_s,
            "ATOMIC_REQUESTS": False,
            "OPTIONS": {
                # A reader that turns writer midway cannot wait for the lock: take it at the start.
                "transaction_mode": "IMMEDIATE",
                "timeout": SQLITE_WAIT_S,
                "init_command": SQLITE_SETUP,
            },
        }
    if parts.scheme in {"postgresql", "postgres"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": conn_max_age_s,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    msg = "SECURESCORE_DATABASE_URL: write sqlite:///path or postgresql://user:password@host/name"
    raise ImproperlyConfigured(msg)
