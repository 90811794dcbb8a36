"""What a conversion gives: rows with the place each came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from securescore.importers.node import Node


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table.

    Attributes:
        rows: each with the object it was read from.
        missing_columns: reason by column that the export does not hold.
        notes: sentences for the person who imports.
    """

    rows: list[tuple[Node, dict[str, object]]]
    missing_columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def unique(self, key: tuple[str, ...]) -> list[dict[str, object]]:
        """The rows, each once.

        Raises:
            DocumentError: two different rows have one key, or a part of a key is missing.
        """
        by_key: dict[tuple[object, ...], dict[str, object]] = {}
        for node, row in self.rows:
            identity = tuple(row[column] for column in key)
            if any(part is None for part in identity):
                raise node.document.error(
                    what=f"expected an object that is named ({', '.join(key)})",
                    place=node.path,
                    what_to_do="export the file again with the tool that wrote it",
                )
            if by_key.setdefault(identity, row) != row:
                raise node.document.error(
                    what="it has the key of an earlier one and says something else",
                    place=node.path,
                    what_to_do="export the file again with the tool that wrote it",
                )
        return list(by_key.values())
