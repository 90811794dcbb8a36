"""Lint rules over the SQL of controls and views, on sqlglot's tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from securescore.catalog.lint_rule import (
    CONTRACT,
    SNAPSHOTS,
    UNREADABLE,
    Rule,
    Subject,
    branches,
    conjuncts,
    resolve,
)
from securescore.catalog.sql import parse_query
from securescore.core.errors import ControlForbidden

TEXT_OR_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|\"[^\"]*\"")


def one_select(subject: Subject) -> Iterator[str]:
    """The SQL is one select that can be parsed. Which functions it may call is the evaluator's
    to refuse.
    """
    for name, sql in subject.queries.items():
        try:
            parse_query(sql)
        except ControlForbidden as error:
            yield f"{name}: {error.what}"


def requires_what_is_read(subject: Subject) -> Iterator[str]:
    """`requires` names exactly the tables that the SQL reads, directly or through views."""
    for name in subject.trees:
        if subject.view is not None:
            declared = subject.view.requires
        elif name == "sql":
            declared = subject.definition.requires
        else:
            declared = subject.definition.by_policy.requires if subject.definition.by_policy else ()
        try:
            read = subject.catalog.tables_of(subject.queries[name])
        except UNREADABLE:
            continue
        if missing := read - set(declared):
            yield f"{name} reads {_listed(missing)}, not named in requires"
        if unread := set(declared) - read:
            yield f"requires names {_listed(unread)}, which {name} does not read"


def known_relations(subject: Subject) -> Iterator[str]:
    """Every relation that the SQL reads is a table, a view or `snapshots`."""
    for name in subject.trees:
        relations = parse_query(subject.queries[name]).relations
        if (
            unknown := relations
            - subject.tables.by_name.keys()
            - subject.catalog.views.keys()
            - {SNAPSHOTS}
        ):
            yield f"{name} reads {_listed(unknown)}: there is no such table or view"


def known_columns(subject: Subject) -> Iterator[str]:
    """Every column that the SQL names is one of the relation it comes from, and only of one."""
    for name, tree in subject.trees.items():
        relations = parse_query(subject.queries[name]).relations
        if any(not subject.schema.get(relation) for relation in relations):
            continue  # L012, or a view that is wrong itself
        _, complaint = resolve(tree, subject.schema)
        if complaint:
            yield f"{name}: {complaint}"


def joins_carry_snapshot(subject: Subject) -> Iterator[str]:
    """Every join is on equal snapshots: `using (snapshot, ...)`, or `a.snapshot = b.snapshot` as
    one of the conditions. Lists that are unnested and rows of constants need none. It cannot see
    a condition that says the same in another way.
    """
    for name, tree in subject.trees.items():
        constants = _constants(tree)
        for join in tree.find_all(exp.Join):
            if _is_constant(join.this, constants) or join.method.upper() == "NATURAL":
                continue
            using = {column.name.lower() for column in join.args.get("using") or ()}
            if "snapshot" not in using and not _equates_snapshots(join.args.get("on")):
                yield f"{name}: the join with {join.this.alias_or_name} does not carry snapshot"


def subqueries_carry_snapshot(subject: Subject) -> Iterator[str]:
    """A subquery inside an expression (`exists`, a single value, `in`) is tied to the snapshot of
    the row it stands beside.
    """
    for name, tree in subject.trees.items():
        constants = _constants(tree)
        for select in tree.find_all(exp.Select):
            if not _is_in_expression(select) or _is_constant(select, constants):
                continue
            where = select.args.get("where")
            if not _equates_snapshots(where.this if where else None):
                yield f"{name}: a subquery over {_sources(select)} does not carry snapshot"


def no_not_in(subject: Subject) -> Iterator[str]:
    """`not in` over a subquery is refused: one NULL in it makes every row pass or fail. Write
    `not exists`.
    """
    for name, tree in subject.trees.items():
        for node in tree.find_all(exp.Not):
            inner = node.this.unnest()
            if isinstance(inner, exp.In) and inner.args.get("query"):
                yield f"{name}: not in (select ...): write not exists"
        for unequal in tree.find_all(exp.NEQ):
            if isinstance(unequal.expression, exp.All):
                yield f"{name}: <> all (select ...): write not exists"


def aggregates_by_snapshot(subject: Subject) -> Iterator[str]:
    """What is aggregated, or looked at through a window, is grouped or partitioned by snapshot:
    one query runs over many organizations.
    """
    for name, tree in subject.trees.items():
        for window in tree.find_all(exp.Window):
            if not any(_is_snapshot(part) for part in window.args.get("partition_by") or ()):
                yield f"{name}: a window is not partitioned by snapshot"
        for select in tree.find_all(exp.Select):
            group = select.args.get("group")
            grouped = group is not None and (
                group.args.get("all") or any(_is_snapshot(part) for part in group.expressions)
            )
            if not grouped and not _is_in_expression(select) and _aggregates(select):
                yield f"{name}: an aggregate over {_sources(select)} is not grouped by snapshot"


def organization_starts_from_snapshots(subject: Subject) -> Iterator[str]:
    """An answer for the organization starts from `snapshots` (directly, or through a CTE or view
    that does), so that one whose table is empty gets a row too. Without an aggregate another
    start is allowed where a case shows that nothing in scope is meant (`total: 0`), and in
    `by_policy`, where no row is undecided. It cannot see a `where` or an inner join that drops
    the row.
    """
    if subject.control is None:
        return
    is_scoped = any(case.expect.get("total") == 0 for case in subject.cases)
    for name, tree in subject.trees.items():
        if tree.find(exp.AggFunc) is None and (is_scoped or name != "sql"):
            continue
        for select in branches(tree):
            resource = next((e for e in select.selects if e.alias_or_name == "resource_id"), None)
            literals = [] if resource is None else list(resource.find_all(exp.Literal))
            speaks = name != "sql" or any(text.name == "organization" for text in literals)
            if speaks and not starts_from_snapshots(select, subject):
                yield f"{name}: an answer for the organization does not start from snapshots"


def contract(subject: Subject) -> Iterator[str]:
    """A control gives `snapshot, resource_id, resource_name, passed, reason`, in this order."""
    if subject.control is None:
        return
    for name, tree in subject.trees.items():
        if tuple(tree.named_selects) != CONTRACT:
            yield f"{name} gives {', '.join(tree.named_selects)}; write {', '.join(CONTRACT)}"


def no_order(subject: Subject) -> Iterator[str]:
    """No `order by` and no `limit` around the whole result: the engine imposes the order."""
    for name, tree in subject.trees.items():
        for part in ("order", "limit", "offset"):
            if tree.args.get(part):
                yield f"{name} ends with {part}"


def lower_case(subject: Subject) -> Iterator[str]:
    """SQL is written in lower case, outside of texts in quotes."""
    for name, sql in subject.queries.items():
        found = re.search(r"[A-Z]\w*", TEXT_OR_COMMENT.sub("", sql))
        if found:
            yield f"{name}: write {found.group().lower()}, not {found.group()}"


def view_grain(subject: Subject) -> Iterator[str]:
    """A view's key begins with `snapshot`, and the view gives every column of its key."""
    if subject.view is None:
        return
    if subject.view.key[:1] != ("snapshot",):
        yield "the key does not begin with snapshot"
    for tree in subject.trees.values():
        given = subject.schema.get(subject.view.name) or tree.named_selects
        if missing := set(subject.view.key) - set(given):
            yield f"the key names {_listed(missing)}, which the view does not give"


def starts_from_snapshots(select: exp.Select, subject: Subject) -> bool:
    """Whether every snapshot gets a row of ``select``, as far as its ``from`` tells."""
    source = select.args.get("from_")
    relation = source.this if source is not None else None
    if isinstance(relation, exp.Subquery):
        return any(starts_from_snapshots(branch, subject) for branch in branches(relation.this))
    if not isinstance(relation, exp.Table):
        return False
    name = relation.name.lower()
    if name == SNAPSHOTS:
        return True
    root = select.root()
    own = {cte.alias_or_name.lower(): cte.this for cte in root.find_all(exp.CTE)}
    if name in own:
        return any(starts_from_snapshots(branch, subject) for branch in branches(own[name]))
    if name in subject.catalog.views:
        try:
            subject.catalog.views_of(subject.catalog.views[name].sql)
            tree = parse_query(subject.catalog.views[name].sql).tree
        except UNREADABLE:
            return False
        return any(starts_from_snapshots(branch, subject) for branch in branches(tree))
    return False


def _constants(tree: exp.Query) -> frozenset[str]:
    """Names of the CTEs that read no relation."""
    return frozenset(
        cte.alias_or_name.lower()
        for cte in tree.find_all(exp.CTE)
        if cte.this.find(exp.Table) is None
    )


def _is_constant(node: exp.Expr, constants: frozenset[str]) -> bool:
    return all(
        not isinstance(table.this, exp.Identifier) or table.name.lower() in constants
        for table in node.find_all(exp.Table)
    )


def _is_snapshot(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.name.lower() == "snapshot"


def _equates_snapshots(condition: exp.Expr | None) -> bool:
    return any(
        isinstance(part, exp.EQ)
        and _is_snapshot(part.this)
        and _is_snapshot(part.expression)
        and part.this.table != part.expression.table
        for part in conjuncts(condition)
    )


def _is_in_expression(select: exp.Select) -> bool:
    """Whether a select stands for a value: not in a from, a join, a CTE or at the top."""
    node: exp.Expr = select
    while isinstance(node.parent, exp.Subquery | exp.SetOperation):
        node = node.parent
    return node.parent is not None and not isinstance(
        node.parent, exp.From | exp.Join | exp.CTE | exp.With
    )


def _aggregates(select: exp.Select) -> bool:
    """Whether the select itself, not a subquery of it, aggregates."""
    for part in [*select.selects, select.args.get("having")]:
        if part is None:
            continue
        for node in part.find_all(exp.AggFunc):
            in_window = isinstance(node.parent, exp.Window) or (
                isinstance(node.parent, exp.Filter) and isinstance(node.parent.parent, exp.Window)
            )
            if node.find_ancestor(exp.Select) is select and not in_window:
                return True
    return False


def _sources(select: exp.Select) -> str:
    return _listed({table.name for table in select.find_all(exp.Table)}) or "no table"


def _listed(names: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(names))


RULES = (
    Rule("L009", one_select),
    Rule("L011", requires_what_is_read),
    Rule("L012", known_relations),
    Rule("L013", known_columns),
    Rule("L014", joins_carry_snapshot),
    Rule("L015", subqueries_carry_snapshot),
    Rule("L016", no_not_in),
    Rule("L017", organization_starts_from_snapshots),
    Rule("L018", contract),
    Rule("L019", aggregates_by_snapshot),
    Rule("L020", no_order),
    Rule("L038", view_grain),
    Rule("L039", lower_case),
)
