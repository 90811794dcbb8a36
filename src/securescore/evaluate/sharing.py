"""Queries whose judgment many resources share: a mail policy is good or bad for all its mailboxes.

Where ``passed`` and ``reason`` depend on a few columns of the first relation and not on who the
resource is, the query is asked of the distinct values of these columns, a handful, instead of a
million resources. Where the relation is a view that can itself be asked so, it is asked of the
groups of what it reads, and so on. Like the proof of unique rows this looks at the query's tree
only: where it cannot tell, the query is asked row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from securescore.catalog.sql import Query
from securescore.evaluate.unique import Key, proven_key

GROUP, N_RESOURCES, N_NAMED = "_group", "_n_resources", "_n_named"
"""Columns of groups of resources: number, resources, resources with an id."""

PLAIN = frozenset({"expressions", "from_", "from", "joins", "where", "with_", "with"})
"""What a select may have for its rows to be judged by group."""

NOT_OF_ONE_ROW = (exp.Query, exp.AggFunc, exp.Window, exp.Star)
"""What an expression may not hold, to be a matter of one row."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of resources.

    Attributes:
        name: the relation: ``snapshot``, what the resources of a group have in common, number and
            counts of each group.
        members: a select of the number of the group, id and name of every resource.
    """

    name: str
    members: str


@dataclass(frozen=True, slots=True)
class SharedQuery:
    """A query that can be asked of groups of its resources.

    Attributes:
        text: the query.
        relation: the first relation, which it reads once; each row is at most one resource.
        columns: of the relation, what the judgment depends on beside ``snapshot``; sorted.
        resource_id, resource_name: columns of the relation.
        resource: the column of the result that holds ``resource_id``.
        judgment: the columns of the result that do not say who the resource is.
    """

    text: str
    relation: str
    columns: tuple[str, ...]
    resource_id: str
    resource_name: str
    resource: str
    judgment: tuple[str, ...]

    def over(self, groups: str) -> str:
        """The same query, asked of the relation ``groups`` (see :meth:`groups`) in place of the
        first relation: number and counts of each group, and its judgment.
        """
        columns = "".join(f', "{name}"' for name in self.columns)
        judgment = "".join(f', q."{name}"' for name in self.judgment)
        return (
            f'with "{self.relation}" as (select snapshot{columns}, '
            f'{GROUP} as "{self.resource_id}", null as "{self.resource_name}" from {groups}) '
            f"select q.snapshot, g.{GROUP}, g.{N_RESOURCES}, g.{N_NAMED}{judgment} "
            f'from ({self.text}) q join {groups} g on g.{GROUP} = q."{self.resource}"'
        )

    def groups(self, relation: str, first: int) -> str:
        """The groups of the rows of ``relation``, numbered from ``first``."""
        columns = ", ".join(("snapshot", *(f'"{name}"' for name in self.columns)))
        return (
            f"select {columns}, {first} + row_number() over () as {GROUP}, "
            f'count(*) as {N_RESOURCES}, count("{self.resource_id}") as {N_NAMED} '
            f"from {relation} group by {columns}"
        )

    def members(self, groups: str) -> str:
        """Number of the group, id and name of every resource."""
        same = "".join(f' and g."{name}" is not distinct from r."{name}"' for name in self.columns)
        return (
            f'select g.{GROUP} as set_number, cast(r."{self.resource_id}" as varchar) '
            f'as resource_id, cast(r."{self.resource_name}" as varchar) as resource_name '
            f'from "{self.relation}" r join {groups} g on g.snapshot = r.snapshot{same}'
        )


def shared_query(
    query: Query,
    keys: Mapping[str, Key],
    resource_id: str = "resource_id",
    resource_name: str = "resource_name",
) -> SharedQuery | None:
    """How to ask ``query`` by group, or None where its judgment looks at each resource.

    Args:
        query: that of a control, or of a view.
        keys: by relation it may read, the columns that are known to identify its rows.
        resource_id: the column of its result that says who a resource is.
        resource_name: the one that names it; all others but ``snapshot`` are the judgment.
    """
    tree = query.tree
    if not isinstance(tree, exp.Select) or any(
        value for name, value in tree.args.items() if name not in PLAIN
    ):
        return None
    key = proven_key(tree, keys)
    if key is None or not key <= {"snapshot", resource_id}:
        return None
    source = (tree.args.get("from_") or tree.args["from"]).this
    relation, alias = source.name.lower(), source.alias_or_name.lower()
    joins = tree.args.get("joins") or []
    reads = [table.name.lower() for table in tree.find_all(exp.Table)]
    if relation not in query.relations or relation not in keys or reads.count(relation) != 1:
        return None
    projected = {p.alias_or_name.lower(): p.unalias() for p in tree.expressions}
    if not {"snapshot", resource_id, resource_name} <= projected.keys():
        return None
    judgment = sorted(projected.keys() - {"snapshot", resource_id, resource_name})
    who = [projected[resource_id], projected[resource_name]]
    where = tree.args.get("where")
    judging = [
        *(projected[name] for name in judgment),
        *([where] if where else []),
        *(join.args["on"] for join in joins if join.args.get("on")),
    ]
    columns = [column for part in (*who, *judging) for column in part.find_all(exp.Column)]
    is_plain = (
        all(isinstance(part, exp.Column) for part in who)
        and not any(join.args.get("using") for join in joins)
        and not any(isinstance(node, NOT_OF_ONE_ROW) for part in judging for node in part.walk())
        and (not joins or all(column.table for column in columns))
    )
    own = [column.name.lower() for column in columns if column.table.lower() in ("", alias)]
    if not is_plain or any(part.table.lower() not in ("", alias) for part in who):
        return None
    own_id, own_name = (part.name.lower() for part in who)
    judged_by = own.copy()
    judged_by.remove(own_id)
    judged_by.remove(own_name)
    if {own_id, own_name, *keys[relation]} & (set(judged_by) - {"snapshot"}):
        return None
    return SharedQuery(
        text=query.text,
        relation=relation,
        columns=tuple(sorted(set(judged_by) - {"snapshot"})),
        resource_id=own_id,
        resource_name=own_name,
        resource=resource_id,
        judgment=tuple(judgment),
    )
