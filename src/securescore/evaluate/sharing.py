"""Queries whose judgment many resources share: a mail policy is good or bad for all its mailboxes.

Where ``passed`` and ``reason`` depend on a few columns of the first relation and not on who the
resource is, the query is asked of the distinct values of these columns, a handful, instead of a
million resources. Like the proof of unique rows this looks at the query's tree only: where it
cannot tell, the query is asked row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from securescore.catalog.sql import DIALECT
from securescore.evaluate.unique import Key, proven_key

GROUP, N_RESOURCES, N_NAMED = "_group", "_n_resources", "_n_named"
"""Columns of groups of resources: number, resources, resources with an id."""

PLAIN = frozenset({"expressions", "from_", "from", "joins", "where", "with_", "with"})
"""What a select may have for its rows to be judged by group."""


@dataclass(frozen=True, slots=True)
class SharedQuery:
    """A query that can be asked of groups of its resources.

    Attributes:
        relation, alias: the first relation; each of its rows is at most one resource.
        columns: of the relation, what the judgment depends on beside ``snapshot``; sorted.
        resource_id, resource_name: expressions over columns of the relation.
        before, after: what stands around the first relation in the query over groups.
    """

    relation: str
    alias: str
    columns: tuple[str, ...]
    resource_id: str
    resource_name: str
    before: str
    after: str

    def over(self, groups: str) -> str:
        """The query over the relation ``groups`` (``snapshot``, the columns, number of the
        group, counts): ``snapshot``, number, counts, ``passed``, ``reason``.
        """
        return f"{self.before} from {groups} as {self.alias} {self.after}"

    def groups(self, relation: str, first: int) -> str:
        """The groups of the rows of ``relation``, numbered from ``first``."""
        columns = ", ".join(("snapshot", *(f'"{name}"' for name in self.columns)))
        return (
            f"select {columns}, {first} + row_number() over () as {GROUP}, "
            f"count(*) as {N_RESOURCES}, count({self.resource_id}) as {N_NAMED} "
            f"from {relation} as {self.alias} group by {columns}"
        )

    def members(self, groups: str) -> str:
        """Number of the group, id and name of every resource."""
        same = "".join(
            f' and g."{name}" is not distinct from {self.alias}."{name}"' for name in self.columns
        )
        return (
            f"select g.{GROUP} as set_number, cast({self.resource_id} as varchar) as resource_id, "
            f"cast({self.resource_name} as varchar) as resource_name "
            f'from "{self.relation}" as {self.alias} join {groups} g '
            f"on g.snapshot = {self.alias}.snapshot{same}"
        )


def shared_query(tree: exp.Query, keys: Mapping[str, Key]) -> SharedQuery | None:
    """How to ask ``tree`` by group, or None where its judgment looks at each resource.

    Args:
        tree: a query with the columns of a control's result.
        keys: by relation it may read, the columns that are known to identify its rows.
    """
    if not isinstance(tree, exp.Select) or any(
        value for name, value in tree.args.items() if name not in PLAIN
    ):
        return None
    key = proven_key(tree, keys)
    if key is None or not key <= {"snapshot", "resource_id"}:
        return None
    source = (tree.args.get("from_") or tree.args["from"]).this
    joins = tree.args.get("joins") or []
    with_ = tree.args.get("with_") or tree.args.get("with")
    hidden = {cte.alias_or_name.lower() for cte in with_.expressions} if with_ else set()
    name = source.name.lower()
    if not isinstance(source, exp.Table) or name not in keys or name in hidden:
        return None
    projected = {p.alias_or_name.lower(): p.unalias() for p in tree.expressions}
    where = tree.args.get("where")
    judging = [
        projected["passed"],
        projected["reason"],
        *([where] if where else []),
        *(join.args["on"] for join in joins if join.args.get("on")),
    ]
    who = [projected["resource_id"], projected["resource_name"]]
    alias = source.alias_or_name.lower()
    if any(join.args.get("using") for join in joins) or any(
        isinstance(node, (exp.Query, exp.AggFunc, exp.Window, exp.Star))
        for part in (*judging, *who)
        for node in part.walk()
    ):
        return None
    columns = {column for part in judging for column in part.find_all(exp.Column)}
    people = {column for part in who for column in part.find_all(exp.Column)}
    if joins and not all(column.table for column in columns | people):
        return None
    of_relation = {
        column.name.lower() for column in columns if column.table.lower() in ("", alias)
    } - {"snapshot"}
    is_about_relation = all(column.table.lower() in ("", alias) for column in people)
    ids = {column.name.lower() for column in projected["resource_id"].find_all(exp.Column)}
    if not is_about_relation or of_relation & (ids | keys[name]):
        return None
    counts = ", ".join(f"{alias}.{column}" for column in (GROUP, N_RESOURCES, N_NAMED))
    return SharedQuery(
        relation=name,
        alias=alias,
        columns=tuple(sorted(of_relation)),
        resource_id=_qualified(projected["resource_id"], alias),
        resource_name=_qualified(projected["resource_name"], alias),
        before=f"{_text(with_)} select {_text(projected['snapshot'])}, {counts}, "
        f"{_text(projected['passed'])} as passed, {_text(projected['reason'])} as reason",
        after=" ".join(_text(part) for part in (*joins, where)),
    )


def _text(part: exp.Expression | None) -> str:
    return part.sql(dialect=DIALECT, comments=False) if part else ""


def _qualified(part: exp.Expression, alias: str) -> str:
    copy = part.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", exp.to_identifier(alias))
    return _text(copy)
