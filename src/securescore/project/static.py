"""Static files, gathered, hashed and compressed into ``<home>/static``.

``prepare`` is called by whatever starts the server, so that a source checkout needs no step of
its own. It does nothing when the files are those of the last time.
"""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

STAMP = ".prepared"
LOCK = ".lock"


def sources_digest() -> str:
    """SHA-256 over name, size and time of every static file that the apps bring."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: str(found[0])):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def prepare() -> Path:
    """Gather the static files if they changed; returns the folder.

    Processes that start together take turns, so that none serves or deletes half of it.
    """
    folder = Path(settings.STATIC_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / STAMP
    with (folder / LOCK).open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed, or with the process
        digest = sources_digest()
        if not stamp.exists() or stamp.read_text(encoding="ascii") != digest:
            call_command("collectstatic", interactive=False, verbosity=0, clear=False)
            stamp.write_text(digest, encoding="ascii")
    return folder
