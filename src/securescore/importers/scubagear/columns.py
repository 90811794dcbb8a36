"""From the properties that PowerShell wrote to the columns of a table.

Most columns carry the property's own name in snake case, so a table needs to say only the
type of each: ``bulk_threshold`` is read from ``BulkThreshold``, ``is_enabled`` from
``Enabled``. It knows nothing of any one table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from securescore.importers.node import Node

Read = Callable[[Node], object]


@dataclass(frozen=True, slots=True)
class From:
    """A column that is read from a property of another name, the first one that is there."""

    properties: tuple[str, ...]
    read: Read = Node.text


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of one table are read from one object.

    Attributes:
        by_name: what reads each column, in the order of the table.
        constant: columns whose value is known without reading.
        absent: reason by column that the export never holds.
        optional: columns whose property is gone in some organizations: NULL, and not missing.
    """

    by_name: Mapping[str, From | Read]
    constant: Mapping[str, object] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()

    def row(self, node: Node) -> dict[str, object]:
        """The row of an object; a column without property is None."""
        by_plain_name = {_plain(name): name for name in reversed(node.members())}
        row: dict[str, object] = dict.fromkeys(self.absent)
        row.update(self.constant)
        for column, how in self.by_name.items():
            found = _property(column, how, by_plain_name)
            read = how.read if isinstance(how, From) else how
            row[column] = None if found is None else read(node[found])
        return row

    def unwritten(self, nodes: Sequence[Node]) -> list[str]:
        """Columns whose property none of the objects has; none where there is no object."""
        names = [{_plain(name): name for name in node.members()} for node in nodes]
        return [
            column
            for column, how in self.by_name.items()
            if names
            and column not in self.optional
            and all(_property(column, how, known) is None for known in names)
        ]


def columns(
    *,
    flags: str = "",
    texts: str = "",
    numbers: str = "",
    lists: str = "",
    **special: From | Read,
) -> dict[str, From | Read]:
    """Columns from blank-separated names by type, and special ones by name."""
    by_name: dict[str, From | Read] = {}
    kinds: tuple[tuple[str, Read], ...] = (
        (flags, Node.flag),
        (texts, Node.text),
        (numbers, Node.number),
        (lists, named_texts),
    )
    for names, read in kinds:
        by_name.update(dict.fromkeys(names.split(), read))
    by_name.update(special)
    return by_name


def named_texts(node: Node) -> list[str]:
    """The entries of a list as texts; an entry that is an object gives its name.

    PowerShell writes rich values (a location, a range of addresses) as texts in one version
    and as objects in another. An object without a name counts all the same: whether the list
    is empty decides most controls, so it becomes its own JSON.
    """
    found = []
    for entry in node.elements(may_be_single=True):
        if isinstance(entry.value, dict):
            name = next(
                (
                    value
                    for key in ("Name", "DisplayName", "Address", "Value")
                    if isinstance(value := entry.value.get(key), str) and value.strip()
                ),
                None,
            )
            found.append(name or json.dumps(entry.value, sort_keys=True))
        else:
            text = entry.text()
            if text:
                found.append(text)
    return found


def separated(node: Node, separator: str | None = ",") -> list[str]:
    """The parts of a text with separators, or of each text of a list. None: blanks."""
    return [part.strip() for text in node.texts() for part in text.split(separator) if part.strip()]


def is_empty(value: object) -> bool:
    """Whether a condition says nothing: null, an empty list or text, or an object of such."""
    if isinstance(value, dict):
        return all(is_empty(inner) for key, inner in value.items() if "@odata" not in key)
    return value is None or value in ([], "")


def _property(column: str, how: From | Read, by_plain_name: Mapping[str, str]) -> str | None:
    if isinstance(how, From):
        wanted = [_plain(name) for name in how.properties]
    else:
        wanted = [_plain(column), _plain(column.removeprefix("is_"))]
    return next((by_plain_name[name] for name in wanted if name in by_plain_name), None)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
