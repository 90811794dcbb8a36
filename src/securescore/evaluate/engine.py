"""The engine: a locked DuckDB connection with one view per table, and nothing else.

The connection reads the Parquet files it was given. Files, network, settings and extensions are
locked before any control runs; memory is bounded; a timer interrupts what runs too long.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from securescore.core.errors import ContractBroken, ControlTimedOut, EvaluateError
from securescore.core.table import ColumnType, Table
from securescore.evaluate.bucket import SNAPSHOTS, Part
from securescore.evaluate.sharing import Groups, SharedQuery
from securescore.evaluate.watchdog import Watchdog

FileOf = Callable[[str, str, int], Path]
"""Where the file of (table, digest) lies for the manifest with that index."""

BATCH_ROWS = 65_536

GROUP_BITS = 32
"""Numbers of groups are never used twice in an evaluation: each relation has its own range."""

CONTRACT = ("snapshot", "resource_id", "resource_name", "passed", "reason")

DUCKDB_TYPES: Mapping[ColumnType, str] = {
    ColumnType.UUID: "uuid",
    ColumnType.TEXT: "varchar",
    ColumnType.BOOL: "boolean",
    ColumnType.INT: "bigint",
    ColumnType.FLOAT: "double",
    ColumnType.TIMESTAMP: "timestamp",
    ColumnType.TEXTS: "varchar[]",
    ColumnType.UUIDS: "uuid[]",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one evaluation: memory of the engine, seconds of one control, threads.

    One thread: most queries are too small to share, and two take a fifth more core-seconds
    (measured). Who has many cores evaluates several buckets at a time.
    """

    memory: str = "2GB"
    control_s: float = 120.0
    threads: int = 1


class Engine:
    """One connection over the files of one bucket. Use as a context manager."""

    def __init__(self, files: Sequence[Path], limits: Limits) -> None:
        self._limits = limits
        self._materialized: dict[str, frozenset[str]] = {}
        self._opened: dict[str, tuple[tuple[int, str], ...]] = {}
        self._snapshots: pa.Table | None = None
        self._groups: dict[tuple[str, tuple[str, ...], str], Groups] = {}
        self._n_groups = 0
        self._stacked: dict[tuple[str, tuple[str, ...]], str] = {}
        self._connection = duckdb.connect(
            config={
                "autoload_known_extensions": "false",
                "autoinstall_known_extensions": "false",
                "threads": str(limits.threads),
                "memory_limit": limits.memory,
                "preserve_insertion_order": "false",
            }
        )
        self._watchdog = Watchdog(limits.control_s, self._connection.interrupt)
        allowed = ", ".join(quoted(str(path)) for path in sorted(set(files)))
        self._connection.execute(f"set allowed_paths = [{allowed}]")
        self._connection.execute("set temp_directory = ''")
        self._connection.execute("set enable_external_access = false")
        self._connection.execute("set lock_configuration = true")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watchdog.close()
        self._connection.close()

    def run(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Run our own statement, without the limits of a control."""
        return self._connection.execute(sql)

    def table(self, sql: str) -> pa.Table:
        """Our own select as Arrow, without the limits of a control."""
        return self._connection.sql(sql).to_arrow_table()

    def register(self, name: str, rows: pa.Table) -> None:
        """Make an Arrow table a relation of the engine (copied)."""
        self._connection.register("_arrow", rows)
        self._connection.execute(f"create or replace temp table {name} as select * from _arrow")
        self._connection.unregister("_arrow")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """All rows of one select of a control, within its limits.

        Raises:
            ControlTimedOut: its seconds or the memory are used up.
            EvaluateError: any other error of the SQL.
        """
        with self._limited():
            return self._connection.execute(sql).fetchall()

    def arrow(self, sql: str) -> pa.Table:
        """The same as Arrow."""
        with self._limited():
            return self._connection.sql(sql).to_arrow_table()

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The same, batch by batch, so that millions of rows need no memory of their own; the
        query is planned twice.
        """
        with self._limited():
            yield from self._connection.sql(sql).to_arrow_reader(BATCH_ROWS)

    def groups(self, shared: SharedQuery, relation: str, reads: AbstractSet[str]) -> Groups:
        """The groups of a shared query, for all controls that share it.

        Args:
            shared: what depends on which columns.
            relation: the rows: a relation that is open, or a checked query in parentheses.
            reads: relations whose change makes the groups old.
        """
        self._n_groups += 1
        name = f"_groups_{self._n_groups}"
        sql = shared.groups(relation, self._n_groups << GROUP_BITS)
        return self._keep_groups(shared, Groups(name, shared.members(name)), sql, reads)

    def groups_through(
        self, shared: SharedQuery, view: SharedQuery, below: Groups, reads: AbstractSet[str]
    ) -> Groups:
        """The same where the relation is a view, which is asked of the groups ``below`` itself."""
        self._n_groups += 1
        groups = Groups(f"_groups_{self._n_groups}", below.members)
        return self._keep_groups(shared, groups, view.over(below.name), reads | {below.name})

    def _keep_groups(
        self, shared: SharedQuery, groups: Groups, sql: str, reads: AbstractSet[str]
    ) -> Groups:
        self.materialize(groups.name, (), sql, reads | {shared.relation}, is_unique=True)
        self._groups[shared.relation, shared.columns, shared.resource_id] = groups
        return groups

    def known_groups(self, shared: SharedQuery) -> Groups | None:
        """The groups if they were made and are not old."""
        known = self._groups.get((shared.relation, shared.columns, shared.resource_id))
        return known if known and self.has_relation(known.name) else None

    def n_rows(self, relation: str) -> int:
        """Rows of an open relation."""
        [n] = self.run(f'select count(*) from "{relation}"').fetchone() or (0,)
        return int(n)

    def has_relation(self, name: str) -> bool:
        """Whether a table of that name was materialized."""
        return name in self._materialized

    def materialize(
        self,
        name: str,
        key: Sequence[str],
        sql: str,
        reads: AbstractSet[str] = frozenset(),
        *,
        is_unique: bool = False,
    ) -> None:
        """Run a view of the catalog once for all controls that follow.

        Args:
            name: the view.
            key: columns that must identify its rows.
            sql: its checked query.
            reads: relations it reads; it is dropped when one of them is opened anew.
            is_unique: the key is proven; do not count.

        Raises:
            ContractBroken: its key is not unique: every control on it would count twice.
        """
        columns = ", ".join(key)
        with self._limited():
            self._connection.execute(f'create or replace temp table "{name}" as {sql}')
            self._materialized[name] = frozenset(reads)
            if is_unique:
                return
            repeated = self._connection.execute(
                f'select 1 from "{name}" group by {columns} having count(*) > 1 limit 1'
            ).fetchone()
        if repeated:
            raise ContractBroken(what=f"the view {name} has two rows of one {columns}")

    def check_contract(self, sql: str) -> None:
        """The five columns of a result, ``passed`` boolean.

        Raises:
            ContractBroken: other columns or another type.
        """
        with self._limited():
            described = self._connection.execute(f"describe {sql}").fetchall()
        types = {str(row[0]): str(row[1]) for row in described}
        if tuple(types) != CONTRACT:
            raise ContractBroken(
                what=f"the result has the columns {', '.join(types)}",
                what_to_do=f"select {', '.join(CONTRACT)}, in this order",
            )
        if types["passed"] != "BOOLEAN":
            raise ContractBroken(what=f"'passed' is {types['passed']}, not a boolean")

    @contextmanager
    def _limited(self) -> Iterator[None]:
        self._watchdog.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise ControlTimedOut(
                what=f"it ran longer than {self._limits.control_s:g} seconds"
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise ControlTimedOut(what=f"it needed more than {self._limits.memory}") from error
        except duckdb.Error as error:
            if self._watchdog.has_expired:
                raise ControlTimedOut(
                    what=f"it ran longer than {self._limits.control_s:g} seconds"
                ) from error
            raise EvaluateError(what=f"the SQL fails: {_first_line(error)}") from error
        finally:
            self._watchdog.stop()

    def open_part(self, part: Part, tables: Mapping[str, Table], paths: FileOf) -> None:
        """Make one view per table of the part. What the last part opened and this one sees the
        same stays, and so do the views of the catalog that were made from it.
        """
        self.drop_views(
            {name for name in part.tables if self._open_table(name, part, tables[name], paths)}
        )

    def drop_views(self, changed: AbstractSet[str]) -> None:
        """Drop the materialized views of these names and all that read one of these relations."""
        gone = set(changed)
        for name, reads in list(self._materialized.items()):  # in the order they were made
            if name in gone or reads & gone:
                gone.add(name)
                del self._materialized[name]
                self.run(f'drop table if exists "{name}"')

    def open_snapshots(self, rows: pa.Table) -> None:
        """The relation ``snapshots``: ``snapshot`` (integer), ``as_of``."""
        if self._snapshots is None or not self._snapshots.equals(rows):
            self.register(SNAPSHOTS, rows)
            self._snapshots = rows
            self.drop_views({SNAPSHOTS})

    def _open_table(self, name: str, part: Part, table: Table, paths: FileOf) -> bool:
        """Open a table of a part; False if it is open with the same files already."""
        seen = tuple(
            (snapshot, version.digest)
            for snapshot, versions in part.versions.items()
            for version in versions[name]
        )
        if self._opened.get(name) == seen:
            return False
        self._opened[name] = seen
        pairs = [(snapshot, str(paths(name, digest, snapshot))) for snapshot, digest in seen]
        self.run(f'drop view if exists "{name}"')
        if len(pairs) == 1:
            # One snapshot: read the file as it is, a constant costs nothing. Measured: it
            # halves the peak memory of an organization with a million users.
            snapshot, path = pairs[0]
            self._create(
                f'temp view "{name}" as select {snapshot}::integer as snapshot',
                table,
                f"read_parquet({quoted(path)})",
            )
            return True
        files = tuple(sorted({path for _, path in pairs}))
        stacked = self._stack(table, files)
        number = {path: index for index, path in enumerate(files)}
        mapping = pa.table(
            {
                "file_number": pa.array([number[path] for _, path in pairs], pa.uint64()),
                "snapshot": pa.array([snapshot for snapshot, _ in pairs], pa.int32()),
            }
        )
        self.register(f"_map_{name}", mapping)
        self.run(
            f'create temp view "{name}" as select m.snapshot, t.* exclude (file_number) '
            f"from {stacked} t join _map_{name} m using (file_number)"
        )
        return True

    def _stack(self, table: Table, files: tuple[str, ...]) -> str:
        """All versions of a table under each other, read once for all controls of the bucket."""
        key = (table.name, files)
        if key not in self._stacked:
            stacked = f"_stack_{table.name}_{len(self._stacked)}"
            listed = ", ".join(quoted(path) for path in files)
            self._create(
                f"temp table {stacked} as select file_index as file_number",
                table,
                f"read_parquet([{listed}], union_by_name=true)",
            )
            self._stacked[key] = stacked
        return self._stacked[key]

    def _create(self, first: str, table: Table, files: str) -> None:
        """Create what ``first`` begins, with all columns of the table out of ``files``. Where no
        file has a column, because it was added to the table since, it is NULL.
        """
        try:
            self.run(f"create {first}, {_columns(table, table.columns)} from {files} t")
        except duckdb.BinderException:
            there = {str(row[0]) for row in self.run(f"describe from {files}").fetchall()}
            self.run(f"create {first}, {_columns(table, there)} from {files} t")


def _columns(table: Table, there: Collection[str]) -> str:
    values = {name: f't."{name}"' if name in there else "null" for name in table.columns}
    return ", ".join(
        f'cast({value} as {DUCKDB_TYPES[table.columns[name].type]}) as "{name}"'
        for name, value in values.items()
    )


def quoted(value: str) -> str:
    """A literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    """The engine's message without the SQL it quotes (which may hold a literal of a person)."""
    return str(error).splitlines()[0][:200]
