"""Evidence: the failing resources of a bucket as intervals, written as one Parquet file.

A resource that fails in consecutive snapshots is one row with the first and the last of them; a
snapshot in which the control was not measured neither ends an interval nor begins one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from securescore.core.manifest import Manifest
from securescore.evaluate.engine import Engine

SCHEMA = pa.schema(
    [
        ("organization", pa.int32()),
        ("control_id", pa.string()),
        ("resource_id", pa.string()),
        ("resource_name", pa.string()),
        ("reason", pa.string()),
        ("first_index", pa.int32()),
        ("until_index", pa.int32()),
    ]
)
"""``organization`` is its number in the order of first appearance in the bucket; ``first_index``
the manifest in which it began to fail; ``until_index`` the first measured manifest in which it
no longer failed, NULL if it still fails in the last one."""

RUNS = "_runs"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the intervals lie. ``organizations`` names the numbers in the file."""

    organizations: tuple[str, ...]
    path: Path | None

    def table(self) -> pa.Table:
        """All intervals; for small buckets and tests."""
        if self.path is None:
            return SCHEMA.empty_table()
        return pq.read_table(self.path)


def _writer(path: Path) -> pq.ParquetWriter:
    """Ids and names hardly repeat within a control and stand sorted: deltas instead of a
    dictionary take a fifth less time and space (measured).
    """
    return pq.ParquetWriter(
        path,
        SCHEMA,
        compression="zstd",
        use_dictionary=["control_id", "reason"],
        column_encoding={
            "resource_id": "DELTA_BYTE_ARRAY",
            "resource_name": "DELTA_LENGTH_BYTE_ARRAY",
        },
    )


class EvidenceWriter:
    """Collects intervals control by control into one Parquet file. A context manager.

    With ``path`` None nothing is collected: counts are enough for a verification or a what-if.
    """

    def __init__(self, manifests: Sequence[Manifest], path: Path | None) -> None:
        self._path = path
        self._by_organization: dict[str, list[int]] = {}
        for index, manifest in enumerate(manifests):
            self._by_organization.setdefault(manifest.organization, []).append(index)
        self._registered: tuple[dict[int, int], frozenset[int]] | None = None
        self._is_history = False
        self._writer = _writer(path) if path else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if error is not None and self._path is not None:
            self._path.unlink(missing_ok=True)

    @property
    def evidence(self) -> Evidence:
        return Evidence(tuple(self._by_organization), self._path)

    def add(
        self,
        engine: Engine,
        failing: str,
        representative: Mapping[int, int],
        measured: Collection[int],
    ) -> None:
        """Collect the failing resources of ``failing``.

        Args:
            engine: with the relations that ``failing`` reads open.
            failing: a select with ``snapshot, control_id, resource_id, resource_name, reason``,
                failing rows only.
            representative: by manifest index, the snapshot whose rows are its own.
            measured: snapshots whose rows count (those in error do not).
        """
        if self._writer is None:
            return
        wanted = (dict(representative), frozenset(measured))
        if self._registered != wanted:
            runs, self._is_history = self._runs(*wanted)
            engine.register(RUNS, runs)
            self._registered = wanted
        # The text of a name or reason is a customer's: a lone surrogate cannot come here
        # (landing refuses it), so it is valid UTF-8.
        hit = (
            "select r.organization, f.control_id, cast(f.resource_id as varchar) as resource_id, "
            "cast(f.resource_name as varchar) as resource_name, "
            "cast(f.reason as varchar) as reason, "
            "r.first, r.last, r.first_index, r.until_index "
            f"from ({failing}) f join {RUNS} r on r.snapshot = f.snapshot"
        )
        if not self._is_history:
            # Sorted before the ids become text (a UUID sorts as its text does): at a million
            # users the peak memory of the whole run is 946 instead of 1065 MiB.
            sql = (
                "select organization, control_id, cast(resource_id as varchar) as resource_id, "
                "cast(resource_name as varchar) as resource_name, "
                "cast(reason as varchar) as reason, first_index, until_index "
                "from (select r.organization, f.control_id, f.resource_id, f.resource_name, "
                "f.reason, r.first_index, r.until_index "
                f"from ({failing}) f join {RUNS} r on r.snapshot = f.snapshot "
                "order by r.organization, f.resource_id)"
            )
        else:
            key = "organization, control_id, resource_id"
            sql = (
                f"with hit as ({hit}), "
                "mark as (select *, coalesce(lag(last) over w, -1) <> first - 1 or first = 0 "
                f"as begins from hit window w as (partition by {key} order by first)), "
                f"island as (select *, sum(begins::integer) over (partition by {key} "
                "order by first) as number from mark) "
                f"select {key}, arg_max(resource_name, last) as resource_name, "
                "arg_max(reason, last) as reason, min(first_index)::integer as first_index, "
                "nullif(arg_max(coalesce(until_index, -1), last), -1)::integer as until_index "
                f"from island group by {key}, number order by {key}, first_index"
            )
        for batch in engine.batches(sql):
            self._writer.write_table(pa.table(batch).select(SCHEMA.names).cast(SCHEMA))

    def _runs(
        self, representative: Mapping[int, int], measured: frozenset[int]
    ) -> tuple[pa.Table, bool]:
        """Runs of consecutive manifests of one organization that share a snapshot's rows."""
        columns: dict[str, list[int | None]] = {
            name: []
            for name in ("organization", "snapshot", "first", "last", "first_index", "until_index")
        }
        is_history = False
        for organization, indexes in enumerate(self._by_organization.values()):
            seen = [i for i in indexes if representative.get(i) in measured]
            begin = 0
            for position in range(1, len(seen) + 1):
                snapshot = representative[seen[begin]]
                if position < len(seen) and representative[seen[position]] == snapshot:
                    continue
                is_history = is_history or begin > 0
                columns["organization"].append(organization)
                columns["snapshot"].append(snapshot)
                columns["first"].append(begin)
                columns["last"].append(position - 1)
                columns["first_index"].append(seen[begin])
                columns["until_index"].append(seen[position] if position < len(seen) else None)
                begin = position
        return pa.table(
            {name: pa.array(values, pa.int32()) for name, values in columns.items()}
        ), is_history
