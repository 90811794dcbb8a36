"""What control SQL may say: one plain select over the relations it was given, with functions
from a list. Everything else is refused before it reaches the engine.

The engine's own lock (no files, no network, no settings, no extensions) stands behind this; the
two are tested together by attempts to break out. Refused here although the engine would run it:
``create table`` and ``drop view``, ``copy`` inside the allowed folder, ``glob()``,
``duckdb_settings()``, recursion, and what depends on a clock or on chance.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import lru_cache

from sqlglot import exp

from securescore.catalog.sql import Query, parse_query
from securescore.core.errors import ControlForbidden

TABLE_FUNCTIONS = frozenset({"unnest", "explode", "generate_series"})
"""Table functions, by the names of sqlglot's nodes (``range`` is a generate_series there)."""

FUNCTIONS = frozenset(
    """
    abs and any any_value arg_max arg_min array array_agg array_all array_any array_concat
    array_contains array_contains_all array_distinct array_filter array_max array_min
    array_overlaps array_size array_sort array_to_string avg case cast ceil coalesce concat
    concat_ws count count_if date_add date_diff date_sub date_trunc datediff datetrunc
    dense_rank ends_with exists explode filter first floor generate_series greatest group_concat
    if lag last lead least left length levenshtein list_aggregate list_has_all list_has_any
    list_sum logical_and logical_or lower lpad max min mod mode not nullif or printf rank
    regexp_extract regexp_full_match regexp_like regexp_replace replace reverse right round
    row_number rpad sort_array split split_part starts_with str_position struct substring suffix
    sum timestamp_add timestamp_diff timestamp_sub transform trim try_cast unnest upper xor
    """.split()  # noqa: SIM905 - a list of ninety strings is harder to read and to change
)
"""Deterministic functions over values: no clock, no chance, no files, no settings. The names
are those of sqlglot's nodes, or DuckDB's where sqlglot has no node."""

REFUSED_NODES: tuple[type[exp.Expression], ...] = (
    exp.Command,
    exp.Into,
    exp.Lock,
    exp.TableSample,
    exp.Placeholder,
    exp.Parameter,
    exp.SessionParameter,
    exp.Pragma,
    exp.Pivot,
)


def checked(sql: str, relations: AbstractSet[str]) -> Query:
    """The parsed query, if it is allowed.

    Args:
        sql: one select in DuckDB's dialect.
        relations: names it may read (tables, views, ``snapshots``), lower case.

    Raises:
        ControlForbidden: what it asks for and may not have.
    """
    query = _allowed(sql)
    unknown = query.relations - relations
    if unknown:
        raise ControlForbidden(
            what=f"it reads {', '.join(sorted(unknown))}, which it was not given",
            what_to_do="name the table in requires, or correct the name",
        )
    return query


@lru_cache(maxsize=4096)  # the SQL of a catalog, in every bucket that is judged by it
def _allowed(sql: str) -> Query:
    query = parse_query(sql)
    for node in query.tree.walk():
        if isinstance(node, REFUSED_NODES):
            raise ControlForbidden(what=f"{type(node).__name__.lower()} is not allowed")
        if isinstance(node, exp.With) and node.args.get("recursive"):
            raise ControlForbidden(what="recursion is not allowed")
        if isinstance(node, exp.Table):
            _check_table(node)
        elif isinstance(node, exp.Func):
            _check_function(node)
    return query


def _check_table(node: exp.Table) -> None:
    if node.args.get("db") or node.args.get("catalog"):
        raise ControlForbidden(what=f"a qualified relation ({node.sql()}) is not allowed")
    is_function = isinstance(node.this, exp.Func) and _name(node.this) in TABLE_FUNCTIONS
    if not isinstance(node.this, exp.Identifier) and not is_function:
        raise ControlForbidden(
            what=f"{node.sql(dialect='duckdb')[:60]} is not a table it was given"
        )


def _check_function(node: exp.Func) -> None:
    name = _name(node)
    if name not in FUNCTIONS:
        raise ControlForbidden(
            what=f"the function {name} is not allowed",
            what_to_do="use a function of values; the guide on writing controls lists them",
        )


def _name(node: exp.Func) -> str:
    name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
    return str(name).lower()
