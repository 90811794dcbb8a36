"""Lint rules over the cases of controls and views: what must be shown by example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlglot import exp

from securescore.catalog.definition import Case
from securescore.catalog.lint_rule import Rule, Subject, branches, resolve
from securescore.catalog.lint_sql import starts_from_snapshots
from securescore.core.control import Scoring
from securescore.core.points import HUNDREDTHS
from securescore.core.table import ColumnType

LISTS = (ColumnType.TEXTS, ColumnType.UUIDS)


def has_pass(subject: Subject) -> Iterator[str]:
    """A control has a case that passes with something in scope."""
    if subject.control is not None and not any(
        _points(case) == _maximum(subject) and case.expect.get("total") != 0
        for case in _measured(subject)
    ):
        yield "no case passes with something in scope"


def has_fail(subject: Subject) -> Iterator[str]:
    """A control has a case with a failing resource."""
    if subject.control is not None and not any(
        case.expect.get("failing") for case in _measured(subject)
    ):
        yield "no case names a failing resource"


def has_nothing_in_scope(subject: Subject) -> Iterator[str]:
    """A control over resources has a case with nothing in scope (`total: 0`). One that speaks of
    the organization always has something in scope and needs none.
    """
    tree = subject.trees.get("sql")
    if subject.control is None or tree is None:
        return
    if any(starts_from_snapshots(branch, subject) for branch in branches(tree)):
        return
    if not any(case.expect.get("total") == 0 for case in _measured(subject)):
        yield "no case has nothing in scope (total: 0)"


def has_between(subject: Subject) -> Iterator[str]:
    """A proportional control has a case strictly between nothing and everything."""
    if subject.control is None or subject.definition.control.scoring is not Scoring.PROPORTIONAL:
        return
    points = [_points(case) for case in _measured(subject)]
    if not any(value is not None and 0 < value < _maximum(subject) for value in points):
        yield "no case earns some of the points but not all"


def pins_reason(subject: Subject) -> Iterator[str]:
    """At least one case says what the reason of a resource contains."""
    if subject.control is not None and not any(
        case.expect.get("reasons") for case in _measured(subject)
    ):
        yield "no case pins a reason"


def decides_null(subject: Subject) -> Iterator[str]:
    """Every column of a table that `passed` looks at directly is NULL in one case, unless it
    cannot be (keys, and lists with a default). Columns that come through views, CTEs and joins'
    conditions are not seen.
    """
    tree = subject.trees.get("sql")
    if subject.control is None or tree is None:
        return
    resolved, _ = resolve(tree, subject.schema)
    for table, column in sorted(_judged(resolved, subject)) if resolved else ():
        default = subject.tables[table].columns[column].default
        rows = [row for case in subject.cases for row in case.given.get(table, ())]
        if all(row.get(column, default) is not None for row in rows):
            yield f"no case decides a NULL in {table}.{column}"


def shows_by_policy(subject: Subject) -> Iterator[str]:
    """`by_policy` has a case where it decides and one where it does not, both with `missing`."""
    if subject.control is None or subject.definition.by_policy is None:
        return
    lacking = [case for case in subject.cases if case.missing]
    if not any(case.expect.get("state", "measured") == "measured" for case in lacking):
        yield "no case with missing tables is decided by by_policy"
    if not any(case.expect.get("state") == "unmeasured" for case in lacking):
        yield "no case with missing tables stays unmeasured"


def unique_names(subject: Subject) -> Iterator[str]:
    """No two cases of a file have one name."""
    for name, n_times in Counter(case.name for case in subject.cases).items():
        if n_times > 1:
            yield f"the case '{name}' stands {n_times} times"


def view_has_cases(subject: Subject) -> Iterator[str]:
    """A view has cases, and at least one of them gives rows."""
    if subject.view is not None and not any(case.expect.get("rows") for case in subject.cases):
        yield "no case of the view gives a row"


def _measured(subject: Subject) -> list[Case]:
    """Cases judged by the SQL itself: not missing a table."""
    return [case for case in subject.cases if not case.missing]


def _points(case: Case) -> int | None:
    points = case.expect.get("points")
    return None if points is None else round(float(points) * HUNDREDTHS)


def _maximum(subject: Subject) -> int:
    return int(subject.definition.control.max_score or 0)


def _judged(tree: exp.Query, subject: Subject) -> set[tuple[str, str]]:
    """(table, column) that ``passed`` names directly and that can be NULL."""
    found = set()
    for select in branches(tree):
        sources = {
            table.alias_or_name: table.name
            for table in select.find_all(exp.Table)
            if table.find_ancestor(exp.Select) is select and table.name in subject.tables
        }
        passed = next((e for e in select.selects if e.alias_or_name == "passed"), None)
        for column in passed.find_all(exp.Column) if passed is not None else ():
            table = sources.get(column.table)
            if table is None or column.name not in subject.tables[table].columns:
                continue
            spec = subject.tables[table].columns[column.name]
            is_list = spec.type in LISTS and spec.default is not None
            if column.name not in subject.tables[table].key and not is_list:
                found.add((table, column.name))
    return found


RULES = (
    Rule("L022", has_pass),
    Rule("L023", has_fail),
    Rule("L024", has_nothing_in_scope),
    Rule("L025", has_between),
    Rule("L026", pins_reason),
    Rule("L027", decides_null),
    Rule("L032", shows_by_policy),
    Rule("L035", view_has_cases),
    Rule("L037", unique_names),
)
