"""Proof from a query's tree that its rows are unique, so that nothing has to be counted.

Counting distinct ids of a million resources costs more than judging them, and nearly every
control selects from one relation with a known key and joins others on their whole keys: then no
row can appear twice. Where the proof is not found, the caller counts: a duplicate is never missed.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

Key = frozenset[str]


def proven_key(tree: exp.Query, keys: Mapping[str, Key]) -> Key | None:
    """Columns of the result that identify a row, or None where that cannot be told.

    Args:
        tree: the query.
        keys: by relation it may read, the columns that are known to identify its rows.
    """
    if not isinstance(tree, exp.Select):
        return None
    known = dict(keys)
    with_ = tree.args.get("with_") or tree.args.get("with")
    for cte in with_.expressions if with_ else ():
        found = proven_key(cte.this, known) if not cte.args.get("columns") else None
        known.pop(cte.alias_or_name.lower(), None)  # its name hides a relation's
        if found is not None:
            known[cte.alias_or_name.lower()] = found
    if any(_multiplies(projection) for projection in tree.expressions):
        return None
    group = tree.args.get("group")
    if group is not None:
        return _grouped_key(tree, group)
    return _joined_key(tree, known)


def _multiplies(projection: exp.Expression) -> bool:
    """Whether a projection makes several rows of one."""
    return any(
        isinstance(node, (exp.Unnest, exp.Explode, exp.Star, exp.GenerateSeries))
        for node in projection.walk()
    )


def _grouped_key(tree: exp.Select, group: exp.Expression) -> Key | None:
    if any(value for name, value in group.args.items() if name != "expressions"):
        return None  # rollup, cube, grouping sets, group by all
    outputs = {_column(p): p.alias_or_name.lower() for p in tree.expressions if _column(p)}
    names = [outputs.get(_column(by)) for by in group.expressions]
    if not names or None in names:
        return None
    return frozenset(name for name in names if name)


def _joined_key(tree: exp.Select, known: Mapping[str, Key]) -> Key | None:
    """The key of the first relation, if every join finds at most one row for each of its rows."""
    source = tree.args.get("from_") or tree.args.get("from")
    if source is None or tree.args.get("laterals"):
        return None
    joins = tree.args.get("joins") or []
    base = _relation_key(source.this, known)
    if base is None or not all(_finds_one_row(join, known) for join in joins):
        return None
    alias = source.this.alias_or_name.lower()
    shared = {name.name.lower() for join in joins for name in join.args.get("using") or ()}
    outputs: dict[str, str] = {}
    for projection in tree.expressions:
        column = _column(projection)
        is_of_base = column and (
            column[0] == alias or (not column[0] and (not joins or column[1] in shared))
        )
        if column and is_of_base:
            outputs.setdefault(column[1], projection.alias_or_name.lower())
    if not base <= outputs.keys():
        return None
    return frozenset(outputs[name] for name in base)


def _finds_one_row(join: exp.Join, known: Mapping[str, Key]) -> bool:
    if join.args.get("kind") not in (None, "", "INNER") or join.args.get("method"):
        return False
    if join.args.get("side") not in (None, "", "LEFT"):
        return False
    key = _relation_key(join.this, known)
    if key is None:
        return False
    alias = join.this.alias_or_name.lower()
    fixed = {name.name.lower() for name in join.args.get("using") or ()}
    condition = join.args.get("on")
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        if isinstance(part, exp.EQ):
            for own, other in ((part.this, part.expression), (part.expression, part.this)):
                column = _column(own)
                tables = {c.table.lower() for c in other.find_all(exp.Column)}
                if column and column[0] == alias and not tables & {alias, ""}:
                    fixed.add(column[1])
    return key <= fixed


def _relation_key(relation: exp.Expression, known: Mapping[str, Key]) -> Key | None:
    if relation.args.get("joins") or relation.args.get("laterals"):
        return None
    if isinstance(relation, exp.Table):
        return known.get(relation.name.lower())
    if isinstance(relation, exp.Subquery):
        return proven_key(relation.this, known)
    return None


def _column(node: exp.Expression) -> tuple[str, str] | None:
    """Table and name of a bare column, lower case; None for anything else."""
    bare = node.this if isinstance(node, exp.Alias) else node
    if not isinstance(bare, exp.Column):
        return None
    return bare.table.lower(), bare.name.lower()
