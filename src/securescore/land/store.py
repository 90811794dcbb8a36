"""The store of landed tables: ``<root>/<organization>/<table>/<sha256>.parquet``.

A file is named by its bytes (:mod:`securescore.land.files`) and never changes. What no manifest
names is garbage of a killed run: :func:`TableStore.sweep` removes it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from securescore.core.errors import LandError
from securescore.core.table import Table
from securescore.land.arrow import sorted_by_key, to_arrow
from securescore.land.files import digest_of, parquet_bytes, write_by_digest

SUFFIX = ".parquet"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
GRACE_S = 3600
"""Age a file must have before the sweep may take it: a running import is not garbage."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A landed version of a table: the SHA-256 of its file, its rows, its bytes."""

    digest: str
    n_rows: int
    n_bytes: int


class TableStore:
    """Landed tables in a local folder."""

    def __init__(self, root: Path, *, is_durable: bool = True) -> None:
        """A store at ``root``; not durable: files may be lost in a power cut (demo, cases)."""
        self.root = root
        self.is_durable = is_durable

    def path(self, organization: str, table: str, digest: str) -> Path:
        """Where that version lies (it need not exist)."""
        if not NAME.fullmatch(organization) or not NAME.fullmatch(table):
            raise LandError(what="not a name of an organization or table", where=table)
        return self.root.joinpath(organization, table, f"{digest}{SUFFIX}")

    def write(self, organization: str, table: Table, rows: Iterable[Mapping[str, Any]]) -> Landed:
        """Land rows. The same rows in any order give the same digest and one file.

        Raises:
            LandError: a row does not fit (see :func:`securescore.land.arrow.to_arrow`).
        """
        return self._write(organization, table.name, to_arrow(table, rows))

    def write_arrow(self, organization: str, table: Table, rows: pa.Table) -> Landed:
        """Land rows that are Arrow already; they must have the table's schema."""
        return self._write(organization, table.name, sorted_by_key(table, rows))

    def _write(self, organization: str, name: str, rows: pa.Table) -> Landed:
        folder = self.path(organization, name, "").parent
        content = parquet_bytes(rows)
        digest = write_by_digest(folder, SUFFIX, content, is_durable=self.is_durable)
        return Landed(digest, rows.num_rows, content.nbytes)

    def read(self, organization: str, table: str, digest: str) -> pa.Table:
        """One version whole, for evidence and tests.

        Raises:
            LandError: the file is not there.
        """
        path = self.path(organization, table, digest)
        if not path.exists():
            raise LandError(what="the landed file is gone", where=str(path.name))
        return pq.read_table(path)

    def is_intact(self, organization: str, table: str, digest: str) -> bool:
        """Whether the file is there and its bytes still have that digest."""
        path = self.path(organization, table, digest)
        return path.exists() and digest_of(path) == digest

    def sweep(
        self, organization: str, used: AbstractSet[tuple[str, str]], *, grace_s: int = GRACE_S
    ) -> int:
        """Remove files of an organization that no manifest names.

        Args:
            organization: whose files.
            used: (table, digest) of everything that is named.
            grace_s: younger files are left: they may belong to a running import.

        Returns:
            How many files were removed.
        """
        removed = 0
        oldest_kept = time() - grace_s
        for path in (self.root / organization).glob("*/*"):
            is_used = path.suffix == SUFFIX and (path.parent.name, path.stem) in used
            if not is_used and path.stat().st_mtime <= oldest_kept:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def delete_organization(self, organization: str) -> None:
        """Remove everything that was landed for an organization."""
        if not NAME.fullmatch(organization):
            raise LandError(what="not a name of an organization", where=organization)
        shutil.rmtree(self.root / organization, ignore_errors=True)
