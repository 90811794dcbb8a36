"""Evidence files: who fails which control, since when, until when. Parquet, content-addressed.

One file per organization holds all intervals, sorted by control and resource, so that a page
reads one row group. It is rewritten only when the failing set changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("control_id", pa.string()),
        ("resource_id", pa.string()),
        ("resource_name", pa.string()),
        ("reason", pa.string()),
        ("since", pa.timestamp("us", tz="UTC")),
        ("until", pa.timestamp("us", tz="UTC")),
    ]
)
ROW_GROUP = 50_000

MERGE = """
select control_id, resource_id, resource_name, reason, since, until from old
where until is not null
union all
select o.control_id, o.resource_id,
  coalesce(n.resource_name, o.resource_name), coalesce(n.reason, o.reason), o.since,
  case when n.resource_id is not null then n.until else m.first_at end
from old o
left join measured m on m.control_id = o.control_id
left join new n on n.control_id = o.control_id and n.resource_id = o.resource_id
  and n.since = m.first_at
where o.until is null
union all
select n.control_id, n.resource_id, n.resource_name, n.reason, n.since, n.until
from new n
left join measured m on m.control_id = n.control_id
where not exists (
  select 1 from old o
  where o.control_id = n.control_id and o.resource_id = n.resource_id
    and o.until is null and n.since = m.first_at)
"""


@dataclass(frozen=True, slots=True)
class EvidencePageRows:
    """One page of the failing resources of a control, and how many there are."""

    rows: tuple[tuple[str, str, str, datetime], ...]
    n_failing: int


class EvidenceStore:
    """Evidence files in a local folder: ``<root>/<organization>/<sha256>.parquet``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, organization: str, digest: str) -> Path:
        return self.root / organization / f"{digest}.parquet"

    def write(self, organization: str, rows: pa.Table) -> tuple[str, int]:
        """Store intervals; (digest, rows). Equal intervals give one file."""
        rows = rows.select(SCHEMA.names).cast(SCHEMA)
        rows = rows.sort_by(
            [(name, "ascending") for name in ("control_id", "resource_id", "since")]
        )
        folder = self.root / organization
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, suffix=".tmp", delete=False) as file:
            temporary = Path(file.name)
            try:
                pq.write_table(rows, file, compression="zstd", row_group_size=ROW_GROUP)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                with suppress(OSError):
                    temporary.unlink()
                raise
        with temporary.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        temporary.replace(self.path(organization, digest))
        return digest, rows.num_rows

    def read(self, organization: str, digest: str) -> pa.Table:
        """All intervals of an organization."""
        return pq.read_table(self.path(organization, digest))

    def merged(
        self, old: pa.Table | None, new: pa.Table, measured: Mapping[str, datetime]
    ) -> pa.Table:
        """Old intervals continued by those of later snapshots.

        Args:
            old: what is stored, or None.
            new: intervals of the later snapshots, with the columns of :data:`SCHEMA`.
            measured: by control, the first of the later snapshots in which it was measured.
                An open interval of such a control goes on only if ``new`` holds it from then.
        """
        if old is None or old.num_rows == 0:
            return new
        first = pa.table(
            {
                "control_id": pa.array(list(measured), pa.string()),
                "first_at": pa.array(list(measured.values()), pa.timestamp("us", tz="UTC")),
            }
        )
        with duckdb.connect(config={"threads": "2"}) as connection:
            connection.register("old", old)
            connection.register("new", new)
            connection.register("measured", first)
            return connection.sql(MERGE).to_arrow_table()

    def failing(
        self,
        organization: str,
        digest: str,
        control_id: str,
        *,
        limit: int | None = None,
        offset: int = 0,
        search: str = "",
    ) -> EvidencePageRows:
        """Resources that fail now, by name; ``limit`` None gives all of them."""
        table = pq.read_table(
            self.path(organization, digest),
            columns=["resource_id", "resource_name", "reason", "since", "until"],
            filters=[("control_id", "=", control_id)],
        )
        rows = [
            (
                row["resource_id"],
                row["resource_name"] or row["resource_id"],
                row["reason"] or "",
                row["since"],
            )
            for row in table.to_pylist()
            if row["until"] is None
        ]
        if search:
            wanted = search.casefold()
            rows = [r for r in rows if wanted in f"{r[1]} {r[2]}".casefold()]
        rows.sort(key=lambda row: (row[1].casefold(), row[0]))
        end = None if limit is None else offset + limit
        return EvidencePageRows(tuple(rows[offset:end]), len(rows))

    def sweep(self, organization: str, keep: str) -> None:
        """Remove all files of an organization but one."""
        for path in (self.root / organization).glob("*"):
            if path.name != f"{keep}.parquet":
                path.unlink(missing_ok=True)

    def delete_organization(self, organization: str) -> None:
        """Remove all evidence of an organization."""
        shutil.rmtree(self.root / organization, ignore_errors=True)
