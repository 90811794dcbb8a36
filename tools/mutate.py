"""Mutation run over the SQL of controls and views: every changed predicate must break a case.

usage: python tools/mutate.py [--jobs N] [ID ...]      (all controls and views if no id is given)

For each control and view it drops each operand of AND and OR, each condition of WHERE, FILTER and
ON (never the equality of snapshots, which the lint demands), turns each comparison around and
moves its boundary, drops each member of IN and of each list, removes each NOT and flips each
literal boolean. What only words a reason is left alone. A mutant is killed when a value that a
case pins (points, failing, passed, total, rows) differs, or when the query breaks. A mutant of a
view is tried on the view's own cases, then on the cases of every control that reads it.

Mutants that cannot change a result stand in tools/equivalent_mutants.yaml with the reason. Exit
code 1 when another one survives, or when an entry of that file no longer matches a survivor.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from sqlglot import exp

from securescore.catalog.definition import Case, Catalog, ControlDefinition, View
from securescore.catalog.load import built_in_catalog
from securescore.catalog.sql import DIALECT, parse_query
from securescore.core.errors import EvaluateError
from securescore.core.manifest import Manifest
from securescore.core.outcome import points_of_counts
from securescore.core.points import Points
from securescore.evaluate.bucket import Part, by_table, part_of
from securescore.evaluate.cases import NOW, CaseRunner
from securescore.evaluate.engine import Engine, Limits
from securescore.sources import all_tables

EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")
LIMITS = Limits(memory="512MB", control_s=20, threads=1)
UNJUDGED = frozenset({"reason", "resource_name"})
"""Columns that explain: their wording is pinned by reasons, not by mutants."""

TURNED: Mapping[type[exp.Expr], tuple[type[exp.Expr], ...]] = {
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
    exp.LT: (exp.LTE, exp.GTE),
    exp.LTE: (exp.LT, exp.GT),
    exp.GT: (exp.GTE, exp.LTE),
    exp.GTE: (exp.GT, exp.LT),
}
Signature = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed query. ``change`` says what, in one line."""

    change: str
    sql: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a mutation run of one control or view came to."""

    id: str
    n_mutants: int
    survivors: tuple[str, ...]
    seconds: float


def mutants(sql: str) -> Iterator[Mutant]:
    """Every mutant of ``sql``, each text once."""
    tree = parse_query(sql).tree
    seen = {tree.sql(dialect=DIALECT)}
    for index, node in enumerate(tree.walk()):
        if _explains(node):
            continue
        for number in range(len(list(_replacements(node)))):
            copy = tree.copy()
            twin = list(copy.walk())[index]
            new = list(_replacements(twin))[number]
            before = _text(twin)
            after = _text(new) if new is not None else "(nothing)"
            if new is None:
                twin.pop()
            else:
                twin.replace(new)
            text = copy.sql(dialect=DIALECT)
            if text not in seen:
                seen.add(text)
                yield Mutant(f"{before}  ->  {after}", text)


def _text(node: exp.Expr) -> str:
    return " ".join(node.sql(dialect=DIALECT, comments=False).split())


def _explains(node: exp.Expr) -> bool:
    current: exp.Expr | None = node
    while current is not None:
        if isinstance(current, exp.Alias) and current.alias.lower() in UNJUDGED:
            return True
        current = current.parent
    return False


def _replacements(node: exp.Expr) -> Iterator[exp.Expr | None]:
    """What may stand in the place of ``node``; None removes it."""
    if isinstance(node, exp.Connector):
        if type(node.parent) is not type(node):
            yield from _without_operands(node)
    elif isinstance(node, (exp.Where, exp.Having)):
        if not isinstance(node.this, exp.And) and not _is_snapshots(node.this):
            yield type(node)(this=exp.true())
    elif type(node) in TURNED:
        if not _is_snapshots(node) and not _is_join_equality(node):
            for turned in TURNED[type(node)]:
                yield turned(this=node.this.copy(), expression=node.expression.copy())
    elif isinstance(node, (exp.In, exp.Array)):
        yield from _without_members(node)
    else:
        yield from _replaced_leaf(node)


def _replaced_leaf(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Not):
        yield node.this.copy()
    elif isinstance(node, exp.Is) and not isinstance(node.parent, exp.Not):
        yield exp.Not(this=exp.Paren(this=node.copy()))
    elif isinstance(node, exp.Like):
        yield exp.false()
    elif isinstance(node, exp.Boolean) and not isinstance(node.parent, exp.ArraySort):
        # One below ArraySort is sqlglot's own (where NULLs stand): no SQL says it.
        yield exp.Boolean(this=not node.this)


def _without_operands(node: exp.Connector) -> Iterator[exp.Expr]:
    operands = list(node.flatten(unnest=False))
    joined = exp.and_ if node.key == "and" else exp.or_
    for dropped in operands:
        if not _is_snapshots(dropped):
            yield joined(*(operand.copy() for operand in operands if operand is not dropped))


def _without_members(node: exp.Expr) -> Iterator[exp.Expr]:
    for index in range(len(node.expressions)):
        smaller = node.copy()
        smaller.expressions.pop(index)
        empty_in = isinstance(smaller, exp.In) and not smaller.expressions
        yield exp.false() if empty_in else smaller


def _is_snapshots(node: exp.Expr) -> bool:
    """``a.snapshot = b.snapshot``."""
    return (
        isinstance(node, exp.EQ)
        and isinstance(node.this, exp.Column)
        and isinstance(node.expression, exp.Column)
        and node.this.name == node.expression.name == "snapshot"
    )


def _is_join_equality(node: exp.Expr) -> bool:
    """An equality of two columns that ON or a correlated condition joins by: it is dropped, not
    turned (``<>`` there makes a product of two tables).
    """
    return (
        isinstance(node, exp.EQ)
        and isinstance(node.this, exp.Column)
        and isinstance(node.expression, exp.Column)
        and isinstance(node.parent, exp.And)
    )


class Query:
    """One query over the rows of the cases it can answer, in an engine that stays open."""

    def __init__(
        self, runner: CaseRunner, sql: str, manifests: Sequence[Manifest], tables: frozenset[str]
    ) -> None:
        self.catalog = runner.catalog
        self.sql = sql
        mentioned = self.catalog.identifiers_of(sql)
        self.part: Part = part_of(
            [by_table(manifest) for manifest in manifests],
            manifests,
            tables,
            needs_time=True,
            columns={name: mentioned & runner.tables[name].columns.keys() for name in tables},
        )
        self._runner = runner
        self._manifests = manifests

    @property
    def indexes(self) -> tuple[int, ...]:
        """Numbers of the cases that the query can answer."""
        return self.part.representatives

    @cached_property
    def _engine(self) -> Engine:
        def file(table: str, digest: str, index: int) -> Path:
            return self._runner.store.path(self._manifests[index].organization, table, digest)

        files = [
            file(version.table, version.digest, index)
            for index, manifest in enumerate(self._manifests)
            for version in manifest.versions
        ]
        engine = Engine(files, LIMITS)
        engine.open_part(self.part, self._runner.tables.by_name, file)
        engine.open_snapshots(
            pa.table(
                {
                    "snapshot": pa.array(self.indexes, pa.int32()),
                    "as_of": pa.array(
                        [NOW.replace(tzinfo=None) for _ in self.indexes], pa.timestamp("us")
                    ),
                }
            )
        )
        for view in self.catalog.views_of(self.sql):
            engine.materialize(view.name, view.key, parse_query(view.sql).text)
        return engine

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self._engine.rows(sql)

    def with_view(self, name: str, sql: str) -> None:
        """Make the view, and every view that reads it, again from another text."""
        changed = {name}
        for view in self.catalog.views_of(self.sql):
            if view.name == name or parse_query(view.sql).relations & changed:
                changed.add(view.name)
                text = sql if view.name == name else parse_query(view.sql).text
                self._engine.materialize(view.name, view.key, text)


class ControlBench:
    """The cases of one control, ready to be asked of mutants."""

    def __init__(self, runner: CaseRunner, definition: ControlDefinition) -> None:
        self.definition = definition
        catalog = runner.catalog
        names = catalog.tables_of(definition.sql)
        self._policy_sql = definition.by_policy.sql if definition.by_policy else None
        if self._policy_sql is not None:
            names |= catalog.tables_of(self._policy_sql)
        manifests = [
            runner.manifest(case, names, f"case{number}")
            for number, case in enumerate(definition.cases)
        ]
        self.main = Query(runner, definition.sql, manifests, catalog.tables_of(definition.sql))
        self.policy: Query | None = None
        if self._policy_sql is not None:
            self.policy = Query(
                runner, self._policy_sql, manifests, catalog.tables_of(self._policy_sql)
            )

    def main_signature(self, sql: str) -> Signature:
        """What the cases pin of the results of ``sql``."""
        rows = self.main.rows(f"select snapshot, resource_id::varchar, passed from ({sql})")
        found: dict[object, list[tuple[object, object]]] = {i: [] for i in self.main.indexes}
        for snapshot, resource, passed in rows:
            found[snapshot].append((resource, passed))
        return tuple(
            _pinned(self.definition, self.definition.cases[index], found[index])
            for index in self.main.indexes
        )

    def policy_signature(self, sql: str) -> Signature:
        """What ``sql`` decides for the cases that need it."""
        if self.policy is None:
            return ()
        needed = set(self.policy.indexes) - set(self.main.indexes)
        rows = self.policy.rows(f"select snapshot, passed from ({sql})")
        return tuple(sorted(str(row) for row in rows if row[0] in needed))

    def is_killed_by_view(self, name: str, sql: str) -> bool:
        """Whether a case of the control notices another text of the view ``name``."""
        parts: tuple[tuple[Query | None, Callable[[str], Signature]], ...] = (
            (self.main, self.main_signature),
            (self.policy, self.policy_signature),
        )
        return any(
            _notices(query, signature, name, sql)
            for query, signature in parts
            if query is not None and query.indexes and reads(query, name)
        )


def _notices(query: Query, signature: Callable[[str], Signature], name: str, sql: str) -> bool:
    expected = signature(query.sql)
    try:
        query.with_view(name, sql)
        return signature(query.sql) != expected
    except EvaluateError:
        return True
    finally:
        query.with_view(name, parse_query(query.catalog.views[name].sql).text)


def reads(query: Query, view: str) -> bool:
    """Whether the query reads the view, directly or through others."""
    return view in {found.name for found in query.catalog.views_of(query.sql)}


def _pinned(
    definition: ControlDefinition, case: Case, rows: Sequence[tuple[object, object]]
) -> Signature:
    ids = [resource for resource, _ in rows]
    if any(passed is None for _, passed in rows) or len(set(ids)) < len(ids):
        return ("broken",)
    n_passed = sum(bool(passed) for _, passed in rows)
    values: dict[str, Callable[[], object]] = {
        "points": lambda: points_of_counts(
            n_passed,
            len(rows),
            definition.control.max_score or Points(0),
            definition.control.scoring,
        ),
        "failing": lambda: sorted(str(resource) for resource, passed in rows if not passed),
        "passed": lambda: n_passed,
        "total": lambda: len(rows),
    }
    return tuple(str(values[key]()) for key in sorted(case.expect.keys() & values.keys()))


class ViewBench:
    """The cases of one view, and the controls that read it."""

    def __init__(self, runner: CaseRunner, view: View) -> None:
        self.view = view
        tables = runner.catalog.tables_of(view.sql)
        manifests = [
            replace(
                runner.manifest(case, tables, f"case{number}"),
                as_of=NOW + timedelta(seconds=number),
            )
            for number, case in enumerate(view.cases)
        ]
        self.query = Query(runner, view.sql, manifests, tables)
        self._runner = runner

    def signature(self, sql: str) -> Signature:
        """The rows of every case, in the columns that the case names."""
        key = ", ".join(self.view.key)
        if self.query.rows(f"select 1 from ({sql}) group by {key} having count(*) > 1 limit 1"):
            return ("repeated key",)
        found = []
        for index in self.query.indexes:
            wanted = self.view.cases[index].expect["rows"]
            columns = sorted({name for row in wanted for name in row}) or ["count(*)"]
            rows = self.query.rows(
                f"select {', '.join(columns)} from ({sql}) where snapshot = {index}"
            )
            found.append(tuple(sorted(str(row) for row in rows)))
        return tuple(found)

    @cached_property
    def readers(self) -> list[ControlBench]:
        """The controls that read the view."""
        return [
            ControlBench(self._runner, definition)
            for definition in self._runner.catalog.controls.values()
            if any(
                self.view in self._runner.catalog.views_of(sql)
                for sql in (
                    definition.sql,
                    definition.by_policy.sql if definition.by_policy else definition.sql,
                )
            )
        ]


def survivors_of_view(runner: CaseRunner, view: View) -> tuple[int, list[str]]:
    """How many mutants the view has, and the changes that no case notices."""
    bench = ViewBench(runner, view)
    expected = bench.signature(view.sql)
    found = list(mutants(view.sql))
    alive = [m for m in found if not _differs(bench.signature, m.sql, expected)]
    return len(found), [
        m.change
        for m in alive
        if not any(reader.is_killed_by_view(view.name, m.sql) for reader in bench.readers)
    ]


def survivors_of_control(
    runner: CaseRunner, definition: ControlDefinition
) -> tuple[int, list[str]]:
    """The same of a control: of its SQL and of its SQL by policies."""
    bench = ControlBench(runner, definition)
    n_mutants, alive = 0, []
    for query, signature in (
        (bench.main, bench.main_signature),
        (bench.policy, bench.policy_signature),
    ):
        if query is None or not query.indexes:
            continue
        expected = signature(query.sql)
        for mutant in mutants(query.sql):
            n_mutants += 1
            if not _differs(signature, mutant.sql, expected):
                alive.append(mutant.change)
    return n_mutants, alive


def _differs(signature: Callable[[str], Signature], sql: str, expected: Signature) -> bool:
    try:
        return signature(sql) != expected
    except EvaluateError:
        return True


def run_one(name: str) -> Report:
    """The mutation run of one control or view, in a process of its own."""
    catalog: Catalog = built_in_catalog()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        runner = CaseRunner(catalog, all_tables(), Path(scratch))
        if name in catalog.views:
            n_mutants, alive = survivors_of_view(runner, catalog.views[name])
        else:
            n_mutants, alive = survivors_of_control(runner, catalog.controls[name])
    return Report(name, n_mutants, tuple(alive), time.perf_counter() - begin)


def read_equivalent() -> dict[str, dict[str, str]]:
    """Reasons by control or view and by change."""
    if not EQUIVALENT.exists():
        return {}
    listed: Any = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or {}
    return {
        name: {entry["change"]: entry["reason"] for entry in entries}
        for name, entries in listed.items()
    }


def main(arguments: Sequence[str]) -> int:
    """Run, print a line per control and view with its survivors, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    catalog = built_in_catalog()
    names = options.ids or [*catalog.views, *catalog.controls]
    unknown = [n for n in names if n not in catalog.views and n not in catalog.controls]
    if unknown:
        print(f"no control or view is called {', '.join(unknown)}", file=sys.stderr)
        return 2
    equivalent = read_equivalent()
    n_mutants = n_alive = n_equivalent = n_outdated = 0
    with ProcessPoolExecutor(options.jobs) as pool:
        for report in pool.map(run_one, names):
            reasons = equivalent.get(report.id, {})
            alive = [change for change in report.survivors if change not in reasons]
            outdated = [change for change in reasons if change not in report.survivors]
            n_mutants += report.n_mutants
            n_alive += len(alive)
            n_equivalent += len(report.survivors) - len(alive)
            n_outdated += len(outdated)
            killed = report.n_mutants - len(report.survivors)
            print(
                f"{report.id}: {report.n_mutants} mutants, {killed} killed, "
                f"{len(report.survivors) - len(alive)} equivalent, {len(alive)} survived "
                f"({report.seconds:.1f} s)"
            )
            for change in alive:
                print(f"  survived: {change}")
            for change in outdated:
                print(f"  no longer a survivor, remove it from {EQUIVALENT.name}: {change}")
    print(
        f"{len(names)} controls and views, {n_mutants} mutants, {n_equivalent} equivalent, "
        f"{n_alive} survived"
    )
    return 1 if n_alive or n_outdated else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
