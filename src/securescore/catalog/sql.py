"""The SQL of controls and views as a tree: what it reads, and whether it is one plain select.

Shared by the lint (which explains rules to authors) and by the guard of the evaluator (which
refuses). Both look at sqlglot's tree of DuckDB's dialect; the evaluator runs the text that is
generated from the tree it inspected, so that nothing can hide between two parsers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from securescore.core.errors import ControlForbidden

DIALECT = "duckdb"
MAX_LENGTH = 20_000
"""Characters of one query; our longest has under 4,000."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; equal to another of the same canonical text.

    Attributes:
        tree: one select or a union of selects.
        relations: names of tables and views it reads, without its own CTEs.
        identifiers: names of all columns that occur anywhere in it, lower case.
        text: canonical text of the tree: what is run and what a digest covers.
    """

    tree: exp.Query = field(compare=False)
    relations: frozenset[str] = field(compare=False)
    identifiers: frozenset[str] = field(compare=False)
    text: str


@lru_cache(maxsize=4096)
def parse_query(sql: str) -> Query:
    """Parse one query.

    Raises:
        ControlForbidden: not parseable, more than one statement, or not a select.
    """
    if len(sql) > MAX_LENGTH:
        raise ControlForbidden(what=f"the SQL is longer than {MAX_LENGTH} characters")
    try:
        statements = sqlglot.parse(sql, read=DIALECT)
    except (SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else "too deeply nested"
        raise ControlForbidden(what=f"the SQL cannot be parsed: {first}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ControlForbidden(what="the SQL is not one select")
    tree = statements[0]
    own = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    relations = {
        table.name.lower()
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and table.name.lower() not in own
    }
    identifiers = {column.name.lower() for column in tree.find_all(exp.Column)}
    for join in tree.find_all(exp.Join):
        identifiers |= {name.name.lower() for name in join.args.get("using") or ()}
    return Query(
        tree,
        frozenset(relations),
        frozenset(identifiers),
        tree.sql(dialect=DIALECT, comments=False),
    )
