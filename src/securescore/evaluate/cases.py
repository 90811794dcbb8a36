"""Runs the cases of controls and views, and the cases that are generated from them.

All cases of one control are evaluated in one bucket, as if each were an organization of its own,
and then apart, in smaller buckets or each alone: a result that differs is a query that touches
its neighbours (DESIGN section 5). Generated besides: each required table missing -> unmeasured;
rows shuffled -> the same result.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from securescore.catalog.definition import Case, Catalog, ControlDefinition, View
from securescore.core.errors import CatalogError, LandError
from securescore.core.manifest import Manifest, TableVersion
from securescore.core.points import HUNDREDTHS
from securescore.core.result import ControlResult, State
from securescore.core.table import ColumnType, Table, TableSet
from securescore.evaluate.bucket import SNAPSHOTS, by_table, part_of
from securescore.evaluate.engine import Engine, Limits
from securescore.evaluate.evaluation import evaluate
from securescore.evaluate.guard import checked
from securescore.land.store import TableStore

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""Collection time of every case."""

LABELS = uuid.UUID("6f1f0c1e-6a43-5d0e-9d0c-0a2f5f3b7c11")
LIMITS = Limits(memory="512MB", control_s=20, threads=1)


@dataclass(frozen=True, slots=True)
class CaseFailure:
    """What was expected of a case and what came."""

    id: str
    case: str
    expected: str
    actual: str


def label_uuid(value: str) -> uuid.UUID:
    """The id that a short label stands for: itself if it is one, else always the same UUID."""
    try:
        return uuid.UUID(value)
    except ValueError:
        return uuid.uuid5(LABELS, value)


class CaseRunner:
    """Lands the rows of cases in a scratch folder and evaluates them."""

    def __init__(
        self, catalog: Catalog, tables: TableSet, scratch: Path, *, is_thorough: bool = False
    ) -> None:
        self.is_thorough = is_thorough
        self.catalog = catalog
        self.tables = tables
        self.store = TableStore(scratch, is_durable=False)

    def control_failures(self, definition: ControlDefinition) -> Iterator[CaseFailure]:
        """Failures of the cases of one control and of the cases generated from them."""
        alone = self._catalog_of(definition)
        names = self._names(definition)
        manifests = [
            self.manifest(case, names, f"case{number}")
            for number, case in enumerate(definition.cases)
        ]
        together = self._results(definition.id, manifests, alone)
        for case, (result, failing) in zip(definition.cases, together, strict=True):
            yield from self._compare(definition, case, result, failing)
        for neighbours in self._neighbourhoods(len(manifests)):
            apart = self._results(definition.id, [manifests[i] for i in neighbours], alone)
            for index, single in zip(neighbours, apart, strict=True):
                if single != together[index]:
                    name = definition.cases[index].name
                    yield CaseFailure(
                        definition.id,
                        f"{name} (beside {len(neighbours) - 1} other cases only)",
                        _text(together[index][0]),
                        _text(single[0]),
                    )
        yield from self._generated(definition, alone, names)

    def _neighbourhoods(self, n_cases: int) -> list[list[int]]:
        """Other buckets that every case is evaluated in: each alone where it is asked for, else
        the first alone and the others in two halves, which costs a third (measured).
        """
        if self.is_thorough:
            return [[index] for index in range(n_cases)]
        halves = [list(range(1, n_cases, 2)), list(range(2, n_cases, 2))]
        return [[0], *(half for half in halves if half)]

    def view_failures(self, view: View) -> Iterator[CaseFailure]:
        """Failures of the cases of one view."""
        tables = self.catalog.tables_of(view.sql)
        manifests = [
            self.manifest(case, tables, f"case{number}") for number, case in enumerate(view.cases)
        ]
        rows = self._view_rows(view, manifests)
        for case, actual in zip(view.cases, rows, strict=True):
            wanted = [
                {name: self._cell(value) for name, value in row.items()}
                for row in case.expect["rows"]
            ]
            columns = sorted({name for row in wanted for name in row})
            strange = [name for name in columns if actual and name not in actual[0]]
            if strange:
                raise CatalogError(
                    what=f"case '{case.name}' expects columns that view {view.name} does not have: "
                    + ", ".join(strange),
                    lint="L008",
                )
            got = sorted(str({name: row[name] for name in columns}) for row in actual)
            expected = sorted(str({name: row.get(name) for name in columns}) for row in wanted)
            if got != expected:
                yield CaseFailure(view.name, case.name, "\n".join(expected), "\n".join(got))

    def manifest(self, case: Case, names: frozenset[str], organization: str) -> Manifest:
        """The rows of a case, landed: tables left out are empty, those in ``missing`` absent.

        ``missing`` may also name a column as ``table.column``: the table is there without it.
        """
        absent = {name for name in case.missing if "." not in name}
        lacking = [name.split(".", 1) for name in case.missing if "." in name]
        unknown = (case.given.keys() | absent | {table for table, _ in lacking}) - names
        unknown |= {
            f"{table}.{column}"
            for table, column in lacking
            if table in names and column not in self.tables[table].columns
        }
        if unknown:
            raise CatalogError(
                what=f"case '{case.name}' gives {', '.join(sorted(unknown))}, which is not read",
                lint="L008",
            )
        versions = []
        for name in sorted(names - absent):
            table = self.tables[name]
            rows = [self._row(table, row) for row in case.given.get(name, ())]
            try:
                landed = self.store.write(organization, table, rows)
            except LandError as error:
                raise CatalogError(
                    what=error.message, where=f"case '{case.name}'", lint="L008"
                ) from error
            columns = {column: "not collected" for of, column in lacking if of == name}
            versions.append(
                TableVersion(name, landed.digest, landed.n_rows, NOW, missing_columns=columns)
            )
        missing = dict.fromkeys(sorted(absent), "not collected")
        return Manifest(organization, NOW, tuple(versions), missing)

    def _names(self, definition: ControlDefinition) -> frozenset[str]:
        names = self.catalog.tables_of(definition.sql)
        if definition.by_policy:
            names |= self.catalog.tables_of(definition.by_policy.sql)
        return names

    def _catalog_of(self, definition: ControlDefinition) -> Catalog:
        enabled = replace(definition, is_enabled=True)
        return replace(self.catalog, controls={definition.id: enabled})

    def _results(
        self, control_id: str, manifests: Sequence[Manifest], catalog: Catalog
    ) -> list[tuple[ControlResult, dict[str, str]]]:
        path = self.store.root / "evidence"
        found = evaluate(
            manifests, catalog, self.tables, self.store.path, limits=LIMITS, evidence_path=path
        )
        failing: list[dict[str, str]] = [{} for _ in manifests]
        for row in found.evidence.table().to_pylist():
            failing[row["first_index"]][row["resource_id"]] = row["reason"]
        return [
            (results[control_id], reasons)
            for results, reasons in zip(found.results, failing, strict=True)
        ]

    def _compare(
        self,
        definition: ControlDefinition,
        case: Case,
        result: ControlResult,
        failing: Mapping[str, str],
    ) -> Iterator[CaseFailure]:
        expect = case.expect
        state = expect.get("state", "measured")
        checks: list[tuple[str, Any, Any]] = [("state", state, str(result.state))]
        if "points" in expect:
            points = round(float(expect["points"]) * HUNDREDTHS)
            checks.append(("points", points, int(result.points)))
        if "failing" in expect:
            wanted = sorted(self._cell(value) for value in expect["failing"])
            checks.append(("failing", wanted, sorted(failing)))
        for name, actual in (("passed", result.n_passed), ("total", result.n_total)):
            if name in expect:
                checks.append((name, expect[name], actual))
        for name, expected, actual in checks:
            if expected != actual:
                yield CaseFailure(
                    definition.id,
                    case.name,
                    f"{name} {expected}",
                    f"{name} {actual} {result.reason}",
                )
        for label, part in expect.get("reasons", {}).items():
            # A control decided by policies has no resources: its reason is the result's own.
            reason = failing.get(self._cell(label), result.reason)
            if part not in reason:
                yield CaseFailure(
                    definition.id, case.name, f"a reason with '{part}'", f"'{reason}'"
                )

    def _generated(
        self, definition: ControlDefinition, catalog: Catalog, names: frozenset[str]
    ) -> Iterator[CaseFailure]:
        case = definition.cases[0]
        lacking = [
            replace(
                case,
                name=f"{table} not collected",
                given={name: rows for name, rows in case.given.items() if name != table},
                missing=(table,),
            )
            for table in sorted(self.catalog.tables_of(definition.sql))
        ]
        decided = definition.by_policy is not None
        for without in [] if decided else lacking:
            manifest = self.manifest(without, names, "generated")
            [(result, _)] = self._results(definition.id, [manifest], catalog)
            if result.state is not State.UNMEASURED:
                yield CaseFailure(definition.id, without.name, "unmeasured", str(result.state))
        shuffled = replace(
            case, given={name: tuple(reversed(rows)) for name, rows in case.given.items()}
        )
        pair = [self.manifest(c, names, "shuffled") for c in (case, shuffled)]
        if pair[0] != pair[1]:
            yield CaseFailure(definition.id, "rows reversed", str(pair[0]), str(pair[1]))

    def _view_rows(self, view: View, manifests: Sequence[Manifest]) -> list[list[dict[str, Any]]]:
        import pyarrow as pa

        part = part_of(
            [by_table(m) for m in manifests],
            [replace(m, as_of=NOW + timedelta(seconds=n)) for n, m in enumerate(manifests)],
            self.catalog.tables_of(view.sql),
            needs_time=True,
            columns={},
        )

        def file(table: str, digest: str, index: int) -> Path:
            return self.store.path(manifests[index].organization, table, digest)

        files = [file(v.table, v.digest, i) for i, m in enumerate(manifests) for v in m.versions]
        with Engine(files, LIMITS) as engine:
            engine.open_part(part, self.tables.by_name, file)
            indexes = range(len(manifests))
            engine.open_snapshots(
                pa.table(
                    {
                        "snapshot": pa.array(indexes, pa.int32()),
                        "as_of": pa.array(
                            [NOW.replace(tzinfo=None) for _ in indexes], pa.timestamp("us")
                        ),
                    }
                )
            )
            relations = self.tables.by_name.keys() | self.catalog.views.keys() | {SNAPSHOTS}
            for used in (*self.catalog.views_of(view.sql), view):
                engine.materialize(used.name, used.key, checked(used.sql, relations).text)
            rows = engine.arrow(f'select * from "{view.name}"').to_pylist()
        found: list[list[dict[str, Any]]] = [[] for _ in manifests]
        for row in rows:
            found[row.pop("snapshot")].append(
                {name: self._shown(value) for name, value in row.items()}
            )
        return found

    def _row(self, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
        converted = dict(row)
        for name, value in row.items():
            column = table.columns.get(name)
            if column is None or value is None:
                continue
            if column.type is ColumnType.UUID:
                converted[name] = label_uuid(str(value))
            elif column.type is ColumnType.UUIDS:
                converted[name] = [label_uuid(str(item)) for item in value]
        return converted

    def _shown(self, value: Any) -> Any:
        return str(value) if isinstance(value, uuid.UUID) else value

    def _cell(self, value: Any) -> Any:
        """A label of a case as it stands in a result: ids as UUID text, other text as it is."""
        if not isinstance(value, str) or value in PLAIN or not LABEL_STARTS.issuperset(value[:1]):
            return value
        rest = value[1:]
        return str(uuid.uuid5(LABELS, value)) if rest.isdigit() else value


PLAIN = frozenset({"organization"})
LABEL_STARTS = frozenset("abcdefghijklmnopqrstuvwxyz")
"""A label is a letter and a number: u1, g2, p3."""


def _text(result: ControlResult) -> str:
    return f"{result.state} {result.points} {result.n_passed}/{result.n_total} {result.reason}"
