"""The tables of an organization as they are now, and which of them changed since they were read.

Rows are never changed in place: a row that changes is replaced, so that what was handed out
stays as it was.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime

from securescore.core.collection import Collected, Row
from securescore.sources import all_tables


class Ledger:
    """Rows by table and key."""

    def __init__(self, tables: Iterable[str]) -> None:
        """Empty tables of those names. A table may be ``missing`` with its reason instead."""
        self.rows: dict[str, dict[Hashable, Row]] = {name: {} for name in tables}
        self.missing: dict[str, str] = {}
        self._changed = set(self.rows)
        self._keys = {name: all_tables()[name].key for name in self.rows}
        self._defaults = {
            name: tuple(all_tables()[name].columns[column].default for column in key)
            for name, key in self._keys.items()
        }

    def put(self, table: str, *rows: Row) -> None:
        """Add rows, or replace those with the same key."""
        known = self.rows[table]
        for row in rows:
            key = self._key(table, row)
            if known.get(key) != row:
                known[key] = row
                self._changed.add(table)

    def change(self, table: str, *key: Hashable, **values: object) -> None:
        """Change columns of the row with that key; without a key, of the only row there is.

        Raises:
            KeyError: there is no such row.
        """
        known = self.rows[table]
        [only] = [key] if key else list(known)
        row = {**known[only], **values}
        if row != known[only]:
            known[only] = row
            self._changed.add(table)

    def drop(self, table: str, *key: Hashable) -> None:
        """Remove a row, if it is there."""
        if self.rows[table].pop(key, None) is not None:
            self._changed.add(table)

    def lock(self, reason: str, *tables: str) -> None:
        """From now on these tables cannot be read."""
        self.missing.update(dict.fromkeys(tables, reason))

    def unlock(self, *tables: str) -> None:
        """From now on these tables can be read."""
        for table in tables:
            del self.missing[table]
            self._changed.add(table)

    def is_changed(self, table: str) -> bool:
        """Whether the table changed since it was last handed out."""
        return table in self._changed

    def collected(
        self, source: str, tables: Iterable[str], at: datetime, *, whole: bool = False
    ) -> Collected:
        """What a source reads now; tables that did not change are only named.

        Args:
            source: name of the source.
            tables: those that it reads.
            at: aware, UTC.
            whole: hand out every table, as the first collection must.
        """
        rows: dict[str, list[Row]] = {}
        unchanged = set()
        missing = {}
        for table in tables:
            if table in self.missing:
                missing[table] = self.missing[table]
            elif whole or table in self._changed:
                rows[table] = list(self.rows[table].values())
                self._changed.discard(table)
            else:
                unchanged.add(table)
        return Collected(
            source=source,
            collected_at=at,
            tables=rows,
            unchanged=frozenset(unchanged),
            missing=missing,
        )

    def _key(self, table: str, row: Mapping[str, object]) -> Hashable:
        return tuple(
            row.get(column, default)
            for column, default in zip(self._keys[table], self._defaults[table], strict=True)
        )
