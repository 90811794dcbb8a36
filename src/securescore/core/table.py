"""What a table is: its columns, its key and what kind of fact it holds.

A source declares its tables with these values; landing checks rows against them, the
case runner builds rows from them, the lint compares control SQL with them. This module
knows nothing of files, Arrow or DuckDB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from securescore.core.errors import InputError


class ColumnType(StrEnum):
    """The types a landed column may have. Ids are native UUIDs, never text GUIDs."""

    UUID = "uuid"
    TEXT = "text"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    TIMESTAMP = "timestamp"  # aware, UTC, microseconds
    TEXTS = "texts"  # list of text
    UUIDS = "uuids"  # list of UUID


class TableKind(StrEnum):
    """Whose doing a change of the table is: it names the cause of a score change (S10)."""

    CONFIGURATION = "configuration"
    USER = "user"
    DEVICE = "device"
    LICENSE = "license"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``default`` is what a row (or a case) that leaves it out gets."""

    type: ColumnType
    doc: str = ""
    default: object = None


@dataclass(frozen=True, slots=True)
class Table:
    """A typed table that a source lands.

    Attributes:
        name: ``<source>_<things>``.
        kind: whose doing a change is.
        key: columns that identify a row within one organization; never NULL, unique.
        columns: every column by name. ``snapshot`` is added by the engine and is not here.
        read_from: endpoint or command.
        permission: what has to be granted to read it, shown when it is missing.
    """

    name: str
    kind: TableKind
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    doc: str = ""
    read_from: str = ""
    permission: str = ""

    def __post_init__(self) -> None:
        unknown = [name for name in self.key if name not in self.columns]
        if unknown or "snapshot" in self.columns:
            msg = f"table {self.name}: key {unknown} is not a column, or 'snapshot' is declared"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class TableSet:
    """All known tables by name; asking for an unknown one is an input error."""

    by_name: Mapping[str, Table] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Iterable[Table]) -> TableSet:
        by_name: dict[str, Table] = {}
        for table in tables:
            if table.name in by_name:
                msg = f"table {table.name} is declared twice"
                raise ValueError(msg)
            by_name[table.name] = table
        return cls(MappingProxyType(dict(sorted(by_name.items()))))

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __getitem__(self, name: str) -> Table:
        try:
            return self.by_name[name]
        except KeyError:
            raise InputError(
                what=f"there is no table '{name}'",
                where=name,
                what_to_do="use one of: " + ", ".join(self.by_name),
            ) from None


def columns(**types: str | Column) -> dict[str, Column]:
    """Columns from ``name="type"`` or ``name=Column(...)``, in the order written.

    >>> columns(id="uuid", name="text")["id"].type.value
    'uuid'
    """
    return {
        name: value if isinstance(value, Column) else Column(ColumnType(value))
        for name, value in types.items()
    }


def flag(*, default: bool | None = None, doc: str = "") -> Column:
    """A boolean column."""
    return Column(ColumnType.BOOL, doc, default)


def texts(doc: str = "") -> Column:
    """A list of texts, empty by default."""
    return Column(ColumnType.TEXTS, doc, ())


def uuids(doc: str = "") -> Column:
    """A list of ids, empty by default."""
    return Column(ColumnType.UUIDS, doc, ())


def text(*, default: str | None = None, doc: str = "") -> Column:
    """A text column."""
    return Column(ColumnType.TEXT, doc, default)


def number(*, default: int | None = None, doc: str = "") -> Column:
    """An integer column."""
    return Column(ColumnType.INT, doc, default)
