"""Evidence files: who fails which control, since when, until when. Parquet, content-addressed.

One file per organization holds all intervals, sorted by control, what still fails first, then by
name: whoever asks for one control reads its row groups only. It is rewritten only when the
failing set changed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from securescore.land.files import parquet_bytes, write_by_digest

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
SUFFIX = ".parquet"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

NAME = "coalesce(nullif(resource_name, ''), resource_id)"
"""What a resource is shown as."""

SORTED = f"""
select * from rows
order by control_id, until is not null, lower({NAME}), resource_id, since
"""

FAILING = f"""
select resource_id, {NAME}, coalesce(reason, ''), epoch_us(since)
from read_parquet($path)
where control_id = $control and until is null
  and ($search = '' or contains(lower({NAME} || ' ' || coalesce(reason, '')), lower($search)))
order by lower({NAME}), resource_id
limit $limit offset $offset
"""

N_FAILING = f"""
select count(*)
from read_parquet($path)
where control_id = $control and until is null
  and ($search = '' or contains(lower({NAME} || ' ' || coalesce(reason, '')), lower($search)))
"""

FLIPPED = f"""
with mine as (
  select resource_id, {NAME} as name, coalesce(reason, '') as reason,
    epoch_us(since) as since, epoch_us(until) as until
  from read_parquet($path)
  where control_id = $control
)
select resource_id, name, reason, since as moment, true as is_failing from mine
where since > $start and since <= $end
union all
select resource_id, name, reason, until as moment, false as is_failing from mine
where until > $start and until <= $end
order by moment, is_failing, lower(name), resource_id
"""

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


@dataclass(frozen=True, slots=True)
class Flip:
    """A resource that began to fail a control, or no longer fails it.

    Attributes:
        reason: why it fails, or failed until then.
        at: aware, UTC: the snapshot that was the first to see it.
        is_failing: True: it fails from then on; False: until then.
    """

    resource_id: str
    resource_name: str
    reason: str
    at: datetime
    is_failing: bool


class EvidenceStore:
    """Evidence files in a local folder: ``<root>/<organization>/<sha256>.parquet``."""

    def __init__(self, root: Path, *, is_durable: bool = True) -> None:
        """A store at ``root``; not durable: files may be lost in a power cut (demo)."""
        self.root = root
        self.is_durable = is_durable

    def path(self, organization: str, digest: str) -> Path:
        return self.root / organization / f"{digest}{SUFFIX}"

    def write(self, organization: str, rows: pa.Table) -> tuple[str, int]:
        """Store intervals; (digest, rows). Equal intervals give one file."""
        with _cursor(threads=2) as connection:
            connection.register("rows", rows.select(SCHEMA.names))
            rows = connection.sql(SORTED).to_arrow_table().cast(SCHEMA)
        content = parquet_bytes(rows, row_group_size=ROW_GROUP)
        folder = self.root / organization
        digest = write_by_digest(folder, SUFFIX, content, is_durable=self.is_durable)
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
        with _cursor(threads=2) as connection:
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
        asked = {
            "path": str(self.path(organization, digest)),
            "control": control_id,
            "search": search,
        }
        with _cursor(threads=1) as connection:
            found = connection.execute(N_FAILING, asked).fetchone()
            rows = connection.execute(FAILING, {**asked, "limit": limit, "offset": offset})
            return EvidencePageRows(
                tuple(
                    (resource_id, name, reason, _time(since))
                    for resource_id, name, reason, since in rows.fetchall()
                ),
                found[0] if found else 0,
            )

    def flipped(
        self, organization: str, digest: str, control_id: str, start: datetime, end: datetime
    ) -> tuple[Flip, ...]:
        """Resources that began or ceased to fail a control after ``start``, up to and with
        ``end``, in order of time. One that did both in between is there twice.
        """
        asked = {
            "path": str(self.path(organization, digest)),
            "control": control_id,
            "start": _microseconds(start),
            "end": _microseconds(end),
        }
        with _cursor(threads=1) as connection:
            return tuple(
                Flip(resource_id, name, reason, _time(at), is_failing)
                for resource_id, name, reason, at, is_failing in connection.execute(
                    FLIPPED, asked
                ).fetchall()
            )

    def sweep(self, organization: str, keep: str) -> None:
        """Remove all files of an organization but one."""
        for path in (self.root / organization).glob("*"):
            if path.name != f"{keep}{SUFFIX}":
                path.unlink(missing_ok=True)

    def delete_organization(self, organization: str) -> None:
        """Remove all evidence of an organization."""
        shutil.rmtree(self.root / organization, ignore_errors=True)


def _cursor(*, threads: int) -> duckdb.DuckDBPyConnection:
    """A connection of the caller's own to this process's empty database.

    It shares nothing that is registered. A database of its own takes 70 ms to open, this 1 ms.
    """
    return _database(os.getpid(), threads).cursor()


@lru_cache(maxsize=2)
def _database(_pid: int, threads: int) -> duckdb.DuckDBPyConnection:
    """A database does not survive a fork, hence one for each process."""
    return duckdb.connect(config={"threads": str(threads)})


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
