"""Files named by the SHA-256 of their bytes: written beside their place, moved there in one step.

A file never changes afterwards. What a killed process leaves ends in ``.tmp`` and is named by
nothing.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from threading import get_ident

import pyarrow as pa
import pyarrow.parquet as pq


def parquet_bytes(rows: pa.Table, *, row_group_size: int | None = None) -> memoryview:
    """The rows as a Parquet file, in memory. Equal rows in equal order give equal bytes."""
    stream = pa.BufferOutputStream()
    pq.write_table(
        rows, stream, compression="zstd", store_schema=True, row_group_size=row_group_size
    )
    return memoryview(stream.getvalue())


def write_by_digest(
    folder: Path, suffix: str, content: memoryview, *, is_durable: bool = True
) -> str:
    """Keep ``content`` as ``<folder>/<sha256><suffix>``; nothing is written if it is there.

    Args:
        folder: made if it is not there.
        suffix: with its dot.
        content: the whole file.
        is_durable: wait until the bytes are on the disk; a file that is there already is.

    Returns:
        The digest in lower-case hex.
    """
    digest = hashlib.sha256(content).hexdigest()
    place = folder / f"{digest}{suffix}"
    if place.exists():
        return digest
    draft = folder / f"{digest}.{os.getpid()}-{get_ident()}.tmp"
    try:
        file = draft.open("wb")
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        file = draft.open("wb")
    with file:
        try:
            file.write(content)
            if is_durable:
                os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
    draft.replace(place)
    return digest


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
