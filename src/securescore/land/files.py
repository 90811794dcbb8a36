"""Files named by the SHA-256 of their bytes: written beside their place, moved there in one step.

A file never changes afterwards. What a killed process leaves ends in ``.tmp`` and is named by
nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


def write_by_digest(
    folder: Path, suffix: str, write: Callable[[IO[bytes]], None], *, is_durable: bool = True
) -> tuple[str, int]:
    """Let ``write`` fill a file and keep it as ``<folder>/<sha256><suffix>``.

    Args:
        folder: made if it is not there.
        suffix: with its dot.
        write: called once with the open file.
        is_durable: wait until the bytes are on the disk; a file that is there already is.

    Returns:
        The digest in lower-case hex, and the number of bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, suffix=".tmp", delete=False) as file:
        draft = Path(file.name)
        try:
            write(file)
            file.flush()
            digest = digest_of(draft)
            place = folder / f"{digest}{suffix}"
            if is_durable and not place.exists():
                os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
    n_bytes = draft.stat().st_size
    if place.exists():
        draft.unlink()
    else:
        draft.replace(place)
    return digest, n_bytes


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
