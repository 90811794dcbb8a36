"""Where uploaded files lie until their job has read them: ``<home>/incoming/<job>/<n>/<name>``.

The folder of a number keeps two files of one name apart and lets a file keep its name, which
messages about it show.
"""

from __future__ import annotations

import shutil
import unicodedata
import uuid
from pathlib import Path
from time import time

from django.conf import settings

from securescore.ops.workspace import Workspace
from securescore.record.models import Job

NAME_BYTES = 200
FALLBACK = "file"
OLD_S = 24 * 3600


def folder_of(work: Workspace, job_id: uuid.UUID) -> Path:
    """The folder of a job; it need not exist."""
    return work.home / "incoming" / str(job_id)


def place_for(work: Workspace, job_id: uuid.UUID, number: int, name: str) -> Path:
    """Where the file of that number goes; its folder is made."""
    folder = folder_of(work, job_id) / f"{number:04d}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / safe_name(name)


def safe_name(name: str) -> str:
    r"""A name that stays inside its folder and shows what it is.

    >>> safe_name("../../etc/passwd"), safe_name("a\\b\x00c.json"), safe_name("..")
    ('passwd', 'bc.json', 'file')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable()).strip()
    while len(shown.encode()) > NAME_BYTES:
        shown = shown[1:]  # the end says what kind of file it is
    return shown if shown.strip(".") else FALLBACK


def forget(work: Workspace, job_id: uuid.UUID) -> None:
    """Delete the files of a job."""
    shutil.rmtree(folder_of(work, job_id), ignore_errors=True)


def sweep(work: Workspace) -> int:
    """Delete files whose job ended, or never came to be; how many folders."""
    root = work.home / "incoming"
    found = [path for path in root.glob("*") if path.is_dir()]
    wanted = {
        str(pk)
        for pk in Job.objects.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING)).values_list(
            "pk", flat=True
        )
    }
    left = [path for path in found if path.name not in wanted and _is_old(path)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _is_old(path: Path) -> bool:
    """An upload that goes on has no job yet."""
    return path.stat().st_mtime < time() - OLD_S


def max_bytes() -> int:
    """How much may be uploaded at once."""
    megabytes: int = settings.SECURESCORE_MAX_UPLOAD_MB
    return megabytes * 1024 * 1024
