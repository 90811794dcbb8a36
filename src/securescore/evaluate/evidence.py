"""Evidence: the failing resources of a bucket as intervals, in Parquet files of one folder.

A resource that fails in consecutive snapshots is one row with the first and the last of them; a
snapshot in which the control was not measured neither ends an interval nor begins one.

Controls that are judged by group (``sharing.py``) share their resources: a set of resources is
written once, and each control names the sets that fail it, with one reason for all of a set.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from securescore.core.manifest import Manifest
from securescore.evaluate.engine import BATCH_ROWS, Engine, quoted

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

FAILING_SETS = pa.schema(
    [
        ("organization", pa.int32()),
        ("control_id", pa.string()),
        ("set_number", pa.int64()),
        ("reason", pa.string()),
        ("first_index", pa.int32()),
        ("until_index", pa.int32()),
    ]
)
MEMBERS = pa.schema(
    [("set_number", pa.int64()), ("resource_id", pa.string()), ("resource_name", pa.string())]
)
SCHEMAS = {"rows": SCHEMA, "failing_sets": FAILING_SETS, "members": MEMBERS}
REPEATED = ("control_id", "reason", "set_number")
"""Columns that repeat; ids and names do not, and a dictionary of them costs more than they do."""

RUNS = "_runs"
FEW_ROWS = 2_000
"""So few rows are quicker as tuples than as a stream of Arrow, which plans a query twice."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the intervals lie. ``organizations`` names the numbers in the files."""

    organizations: tuple[str, ...]
    path: Path | None

    def table(self) -> pa.Table:
        """All intervals, one row for each control and resource."""
        return pa.Table.from_batches(self.batches(), SCHEMA)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The same, batch by batch, for buckets of any size."""
        if self.path is None:
            return
        rows, failing_sets, members = (_file(self.path, name) for name in SCHEMAS)
        if rows.exists():
            with pq.ParquetFile(rows) as file:
                yield from file.iter_batches(BATCH_ROWS)
        if failing_sets.exists():
            with duckdb.connect(config={"threads": "1"}) as connection:
                for batch in connection.sql(
                    f"select {', '.join(SCHEMA.names)} from read_parquet({quoted(str(members))}) "
                    f"join read_parquet({quoted(str(failing_sets))}) using (set_number)"
                ).to_arrow_reader(BATCH_ROWS):
                    yield from pa.table(batch).cast(SCHEMA).to_batches()


def _batch(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


class EvidenceWriter:
    """Collects intervals control by control into the files of a folder. A context manager.

    With ``path`` None nothing is collected: counts are enough for a verification or a what-if.
    """

    def __init__(self, manifests: Sequence[Manifest], path: Path | None) -> None:
        self._path = path
        self._by_organization: dict[str, list[int]] = {}
        for index, manifest in enumerate(manifests):
            self._by_organization.setdefault(manifest.organization, []).append(index)
        self._registered: tuple[dict[int, int], frozenset[int]] | None = None
        self._is_history = False
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._pending: dict[str, list[pa.Table]] = {}
        self._n_pending: dict[str, int] = {}
        self._members: set[int] = set()

    @property
    def is_wanted(self) -> bool:
        return self._path is not None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._path.mkdir(parents=True, exist_ok=True)
            for name in SCHEMAS:
                _file(self._path, name).unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            for name in list(self._pending):
                self._flush(name)
        for writer in self._writers.values():
            writer.close()
        if error is not None and self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)

    @property
    def evidence(self) -> Evidence:
        return Evidence(tuple(self._by_organization), self._path)

    def add(
        self,
        engine: Engine,
        failing: str,
        representative: Mapping[int, int],
        measured: Collection[int],
        n_failing: int | None = None,
    ) -> None:
        """Collect the failing resources of ``failing``.

        Args:
            engine: with the relations that ``failing`` reads open.
            failing: a select with ``snapshot, control_id, resource_id, resource_name, reason``,
                failing rows only.
            representative: by manifest index, the snapshot whose rows are its own.
            measured: snapshots whose rows count (those in error do not).
            n_failing: how many rows it has, where that is known.
        """
        if not self.is_wanted:
            return
        self._open_runs(engine, representative, measured)
        hit = (
            "select r.organization, f.control_id, f.resource_id, f.resource_name, f.reason, "
            f"r.run, r.first_index, r.until_index from ({failing}) f "
            f"join {RUNS} r on r.snapshot = f.snapshot"
        )
        if self._is_history:
            key = "organization, control_id, resource_id"
            # Runs that follow each other have one value of "run - runs before".
            hit = (
                f"with hit as ({hit}), island as (select *, "
                f"run - row_number() over (partition by {key} order by run) as number from hit) "
                f"select {key}, arg_max(resource_name, run) as resource_name, "
                "arg_max(reason, run) as reason, min(first_index)::integer as first_index, "
                "nullif(arg_max(coalesce(until_index, -1), run), -1)::integer as until_index "
                f"from island group by {key}, number"
            )
        # The text of a name or reason is a customer's: a lone surrogate cannot come here
        # (landing refuses it), so it is valid UTF-8.
        columns = ", ".join(
            f"cast({field.name} as varchar) as {field.name}"
            if pa.types.is_string(field.type)
            else field.name
            for field in SCHEMA
        )
        sql = f"select {columns} from ({hit})"
        if n_failing is not None and n_failing <= FEW_ROWS:
            self._write("rows", [_batch(engine.rows(sql), SCHEMA)])
        else:
            self._write("rows", engine.batches(sql))

    def is_one_run(
        self, engine: Engine, representative: Mapping[int, int], measured: Collection[int]
    ) -> bool:
        """Whether no organization has two snapshots with different rows: then a set that fails
        does so for all of them, and :meth:`add_shared` can be used.
        """
        if not self.is_wanted:
            return False
        self._open_runs(engine, representative, measured)
        return not self._is_history

    def add_shared(self, engine: Engine, failing: str, members: str) -> None:
        """Collect sets of resources that fail; after :meth:`is_one_run`.

        Args:
            engine: with the relations open.
            failing: a select with ``snapshot, control_id, set_number, reason``.
            members: a select with ``set_number, resource_id, resource_name`` of at least these
                sets. A set whose members were collected already is not asked again.
        """
        rows = _batch(
            engine.rows(
                f"select {', '.join(FAILING_SETS.names)} "
                f"from ({failing}) join {RUNS} r using (snapshot)"
            ),
            FAILING_SETS,
        )
        self._write("failing_sets", [rows])
        new = set(rows.column("set_number").to_pylist()) - self._members
        if new:
            self._members |= new
            wanted = ", ".join(map(str, sorted(new)))
            self._write(
                "members",
                engine.batches(f"select * from ({members}) where set_number in ({wanted})"),
            )

    def _write(self, name: str, batches: Iterable[pa.RecordBatch]) -> None:
        if self._path is None:
            return
        schema = SCHEMAS[name]
        for batch in batches:
            rows = pa.table(batch).select(schema.names).cast(schema)
            self._pending.setdefault(name, []).append(rows)
            self._n_pending[name] = self._n_pending.get(name, 0) + rows.num_rows
            if self._n_pending[name] >= BATCH_ROWS:
                self._flush(name)

    def _flush(self, name: str) -> None:
        """Write what was collected: the few rows of many controls as one row group."""
        schema = SCHEMAS[name]
        if self._path is not None and name not in self._writers:
            # The fast compression: these files are read once and thrown away.
            self._writers[name] = pq.ParquetWriter(
                _file(self._path, name),
                schema,
                compression="lz4",
                write_statistics=False,
                use_dictionary=[column for column in schema.names if column in REPEATED],
            )
        self._writers[name].write_table(pa.concat_tables(self._pending.pop(name)))
        self._n_pending[name] = 0

    def _open_runs(
        self, engine: Engine, representative: Mapping[int, int], measured: Collection[int]
    ) -> None:
        wanted = (dict(representative), frozenset(measured))
        if self._registered != wanted:
            runs, self._is_history = self._runs(*wanted)
            engine.register(RUNS, runs)
            self._registered = wanted

    def _runs(
        self, representative: Mapping[int, int], measured: frozenset[int]
    ) -> tuple[pa.Table, bool]:
        """Runs of consecutive manifests of one organization that share a snapshot's rows."""
        columns: dict[str, list[int | None]] = {
            name: [] for name in ("organization", "snapshot", "run", "first_index", "until_index")
        }
        is_history = False
        for organization, indexes in enumerate(self._by_organization.values()):
            seen = [i for i in indexes if representative.get(i) in measured]
            begin, run = 0, 0
            for position in range(1, len(seen) + 1):
                snapshot = representative[seen[begin]]
                if position < len(seen) and representative[seen[position]] == snapshot:
                    continue
                is_history = is_history or begin > 0
                run += 1
                columns["organization"].append(organization)
                columns["snapshot"].append(snapshot)
                columns["run"].append(run)
                columns["first_index"].append(seen[begin])
                columns["until_index"].append(seen[position] if position < len(seen) else None)
                begin = position
        return pa.table(
            {name: pa.array(values, pa.int32()) for name, values in columns.items()}
        ), is_history
