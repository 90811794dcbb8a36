"""Rows to Arrow: types, defaults, keys. A row that does not fit is named by its number.

Rows are sorted by their key, so that the same rows in another order are the same file. The
message never carries the row itself: it may hold personal data.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from securescore.core.errors import LandError
from securescore.core.table import Column, ColumnType, Table

CHUNK_ROWS = 50_000
"""Rows held as Python objects at a time."""

INT_RANGE = range(-(2**63), 2**63)

ARROW_TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.UUID: pa.uuid(),
    ColumnType.TEXT: pa.string(),
    ColumnType.BOOL: pa.bool_(),
    ColumnType.INT: pa.int64(),
    ColumnType.FLOAT: pa.float64(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.TEXTS: pa.list_(pa.string()),
    ColumnType.UUIDS: pa.list_(pa.uuid()),
}


def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a landed table: its columns in the order declared."""
    return pa.schema([(name, ARROW_TYPES[column.type]) for name, column in table.columns.items()])


def to_arrow(table: Table, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """All rows of one table, typed and sorted by key.

    Args:
        table: what the rows must fit.
        rows: any number; a column left out gets its default. Iterated once.

    Returns:
        An Arrow table with :func:`arrow_schema`, sorted by key, keys unique and never NULL.

    Raises:
        LandError: an unknown column, a value of another type, a NULL or repeated key; with the
            number of the row, counted from 1.
    """
    chunks = []
    iterator = iter(rows)
    first = 1
    while chunk := list(islice(iterator, CHUNK_ROWS)):
        chunks.append(_chunk(table, chunk, first))
        first += len(chunk)
    whole = pa.concat_tables(chunks or [_chunk(table, [], 1)])
    return sorted_by_key(table, whole.combine_chunks())


def sorted_by_key(table: Table, rows: pa.Table) -> pa.Table:
    """The rows in the order of their key.

    Raises:
        LandError: a key is NULL or stands twice.
    """
    keys = {name: _sortable(rows.column(name)) for name in table.key}
    for name, values in keys.items():
        if values.null_count:
            row = pc.index(pc.is_null(values), True).as_py() + 1
            raise _error(table, name, row, "the key is empty")
    if rows.num_rows <= 1:
        return rows
    order = pc.sort_indices(pa.table(keys), sort_keys=[(name, "ascending") for name in keys])
    repeated = None
    for values in keys.values():
        ordered = values.take(order)
        same = pc.equal(ordered.slice(1), ordered.slice(0, len(ordered) - 1))
        repeated = same if repeated is None else pc.and_(repeated, same)
    if repeated is not None and len(repeated) and pc.any(repeated).as_py():
        at = pc.index(repeated, True).as_py() + 1
        raise _error(table, ", ".join(table.key), order[at].as_py() + 1, "the key stands twice")
    return rows.take(order)


def _sortable(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if isinstance(values.type, pa.BaseExtensionType):
        return pa.chunked_array(
            [chunk.storage for chunk in values.chunks], type=values.type.storage_type
        ).cast(pa.binary())
    return values


def _chunk(table: Table, rows: list[Mapping[str, Any]], first: int) -> pa.Table:
    known = table.columns.keys()
    for number, row in enumerate(rows, first):
        if not row.keys() <= known:
            unknown = min(row.keys() - known)
            raise _error(table, unknown, number, "there is no such column")
    arrays = []
    for name, column in table.columns.items():
        convert = CONVERTERS[column.type]
        values = [row.get(name, column.default) for row in rows]
        if column.default is not None and column.type in _LISTS:
            values = [column.default if value is None else value for value in values]
        try:
            values = [None if value is None else convert(value) for value in values]
        except (TypeError, ValueError) as error:
            wrong = first + next(n for n, value in enumerate(values) if not _fits(convert, value))
            raise _error(table, name, wrong, f"not {column.type.value}") from error
        arrays.append(_array(column, values))
    return pa.table(arrays, schema=arrow_schema(table))


def _fits(convert: Callable[[Any], Any], value: Any) -> bool:
    try:
        return value is None or convert(value) is not None
    except (TypeError, ValueError):
        return False


_LISTS = (ColumnType.TEXTS, ColumnType.UUIDS)


def _array(column: Column, values: list[Any]) -> pa.Array:
    if column.type is ColumnType.UUID:
        return pa.ExtensionArray.from_storage(pa.uuid(), pa.array(values, pa.binary(16)))
    if column.type is ColumnType.UUIDS:
        storage = pa.array(values, pa.list_(pa.binary(16)))
        ids = pa.ExtensionArray.from_storage(pa.uuid(), storage.values)
        nulls = pa.array([value is None for value in values], pa.bool_())
        return pa.ListArray.from_arrays(storage.offsets, ids, mask=nulls)
    return pa.array(values, ARROW_TYPES[column.type])


def _uuid(value: Any) -> bytes:
    if isinstance(value, uuid.UUID):
        return value.bytes
    if isinstance(value, str):
        return uuid.UUID(value).bytes
    raise TypeError


def _text(value: Any) -> str:
    if isinstance(value, str):
        value.encode()  # a lone surrogate is no text: UnicodeEncodeError is a ValueError
        return value
    raise TypeError


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value in INT_RANGE:
        return int(value)
    raise TypeError


def _float(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise TypeError


def _timestamp(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    raise TypeError


def _list(item: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    def convert(value: Any) -> list[Any]:
        if isinstance(value, (list, tuple)):
            return [item(one) for one in value]
        raise TypeError

    return convert


CONVERTERS: Mapping[ColumnType, Callable[[Any], Any]] = {
    ColumnType.UUID: _uuid,
    ColumnType.TEXT: _text,
    ColumnType.BOOL: _bool,
    ColumnType.INT: _int,
    ColumnType.FLOAT: _float,
    ColumnType.TIMESTAMP: _timestamp,
    ColumnType.TEXTS: _list(_text),
    ColumnType.UUIDS: _list(_uuid),
}


def _error(table: Table, column: str, row: int, what: str) -> LandError:
    return LandError(what=what, where=f"{table.name}.{column}, row {row}")


def rows_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows as dictionaries, in order; for tests, previews and small tables."""
    for batch in table.to_batches():
        yield from batch.to_pylist()
