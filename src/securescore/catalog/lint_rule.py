"""What a lint rule is: a number, a sentence, and a function over one control or view.

A rule sees its subject with the whole catalog and all tables, and says what is wrong in words an
author can act on. It cannot see intent; what a rule overlooks stands in its docstring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from securescore.catalog.definition import Case, Catalog, ControlDefinition, View
from securescore.catalog.sql import DIALECT, parse_query
from securescore.core.errors import CatalogError, ControlForbidden
from securescore.core.table import TableSet

SNAPSHOTS = "snapshots"
CONTRACT = ("snapshot", "resource_id", "resource_name", "passed", "reason")

UNREADABLE = (CatalogError, ControlForbidden)
"""What following views raises: a cycle (L021), or SQL that is not one select (L009)."""

Schema = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One broken rule: its number, the file in the catalog, what is wrong there."""

    number: str
    file: str
    what: str


@dataclass(frozen=True)
class Subject:
    """One control or view as the rules see it.

    Attributes:
        schema: columns of every relation that SQL may read, by name; filled once for all.
    """

    catalog: Catalog
    tables: TableSet
    schema: Schema = field(repr=False)
    control: ControlDefinition | None = None
    view: View | None = None

    @property
    def file(self) -> str:
        """The file inside the catalog's folder."""
        if self.view is not None:
            return f"views/{self.view.name}.yaml"
        control = self.definition.control
        return f"controls/{control.product}/{control.id}.yaml"

    @property
    def definition(self) -> ControlDefinition:
        """The control; only where the subject is one."""
        if self.control is None:
            msg = "the subject is a view"
            raise TypeError(msg)
        return self.control

    @property
    def cases(self) -> tuple[Case, ...]:
        return self.view.cases if self.view is not None else self.definition.cases

    @cached_property
    def queries(self) -> Mapping[str, str]:
        """SQL by the field that holds it: ``sql``, ``by_policy.sql``."""
        if self.view is not None:
            return {"sql": self.view.sql}
        found = {"sql": self.definition.sql}
        if self.definition.by_policy is not None:
            found["by_policy.sql"] = self.definition.by_policy.sql
        return found

    @cached_property
    def trees(self) -> Mapping[str, exp.Query]:
        """Parsed SQL by field; what cannot be parsed is left out (L009 says so)."""
        return {name: tree for name, sql in self.queries.items() if (tree := tree_of(sql))}

    @property
    def migrations(self) -> tuple[Mapping[str, Any], ...]:
        """Rows of migrations.csv."""
        return tuple(self.catalog.document.get("migrations", ()))


Check = Callable[[Subject], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A numbered rule. Its sentence is the docstring of its function."""

    number: str
    check: Check

    @property
    def sentence(self) -> str:
        """What must hold, and what the rule cannot see; one paragraph."""
        return " ".join((self.check.__doc__ or "").split())


def tree_of(sql: str) -> exp.Query | None:
    """The tree of ``sql``; None where it is not one select."""
    try:
        return parse_query(sql).tree
    except ControlForbidden:
        return None


def schema_of(catalog: Catalog, tables: TableSet) -> Schema:
    """Columns of all tables, of ``snapshots`` and of the views, by relation.

    The types do not matter here. A view whose SQL is wrong gets no columns: its own findings
    say why, and what reads it is not blamed.
    """
    schema: Schema = {
        name: dict.fromkeys(("snapshot", *table.columns), "text")
        for name, table in tables.by_name.items()
    }
    schema[SNAPSHOTS] = dict.fromkeys(("snapshot", "as_of"), "text")
    pending = dict(catalog.views)
    while pending:
        ready = [
            name
            for name, view in pending.items()
            if not (tree_of(view.sql) and parse_query(view.sql).relations & pending.keys())
        ]
        if not ready:
            break  # a cycle: L021
        for name in ready:
            tree = tree_of(pending.pop(name).sql)
            if tree is not None:
                resolved, _ = resolve(tree, schema)
                schema[name] = dict.fromkeys(resolved.named_selects if resolved else (), "text")
    return schema


def resolve(tree: exp.Query, schema: Schema) -> tuple[exp.Query | None, str]:
    """The tree with every column under the relation it comes from, or None and the complaint."""
    try:
        return (
            qualify(
                tree.copy(),
                schema={**schema},
                dialect=DIALECT,
                identify=False,
                quote_identifiers=False,
            ),
            "",
        )
    except SqlglotError as error:
        return None, str(error).splitlines()[0]


def branches(tree: exp.Query) -> Iterator[exp.Select]:
    """The selects that a union is made of; a plain select itself."""
    if isinstance(tree, exp.SetOperation):
        yield from branches(tree.left)
        yield from branches(tree.right)
    elif isinstance(tree, exp.Subquery):
        yield from branches(tree.this)
    elif isinstance(tree, exp.Select):
        yield tree


def conjuncts(condition: exp.Expr | None) -> list[exp.Expr]:
    """The operands of the outermost AND."""
    if condition is None:
        return []
    condition = condition.unnest()
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
