"""A value inside a document together with its place, so that every complaint names the place.

Importers walk a loaded JSON value through :class:`Node`: asking for a text, a flag or a number
either gives one, or None where the file has null or nothing, or a :class:`DocumentError` such
as ``export.json, conditional_access_policies[3].State: expected a text, found a list``.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from securescore.importers.document import Document

INT64 = range(-(2**63), 2**63)
# PowerShell 5 writes instants as milliseconds since 1970: /Date(1613679244000)/
_POWERSHELL_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN_KEY = re.compile(r"[\w@.\-]+")


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands. ``value`` None: null, or not there."""

    document: Document
    path: str
    value: object

    @property
    def is_null(self) -> bool:
        """Null or not there."""
        return self.value is None

    def has(self, key: str) -> bool:
        """Whether the object has the key at all, null included."""
        return key in self.members()

    def __getitem__(self, key: str) -> Node:
        """The member of an object; a null object has null members."""
        return self._child(key, self.members().get(key))

    def members(self) -> dict[str, object]:
        """The object, empty for null."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            self.fail("an object")
        return self.value

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Keys and members of an object, none for null."""
        for key, value in self.members().items():
            yield key, self._child(key, value)

    def elements(self, *, may_be_single: bool = False) -> list[Node]:
        """The elements of a list without its nulls, none for null.

        Args:
            may_be_single: PowerShell writes a list of one as its element alone; then an object
                or a plain value is a list of one.
        """
        if self.value is None:
            return []
        if isinstance(self.value, list):
            return [
                Node(self.document, f"{self.path}[{n}]", value)
                for n, value in enumerate(self.value)
                if value is not None
            ]
        if not may_be_single:
            self.fail("a list")
        return [self]

    def text(self) -> str | None:
        """A text."""
        if self.value is not None and not isinstance(self.value, str):
            self.fail("a text")
        return self.value

    def required_text(self) -> str:
        """A text that is neither null nor blank."""
        text = self.text()
        if text is None or not text.strip():
            self.fail("a text")
        return text

    def flag(self) -> bool | None:
        """A boolean. The text ``"True"`` is not one."""
        if self.value is not None and not isinstance(self.value, bool):
            self.fail("true or false")
        return self.value

    def number(self) -> int | None:
        """A whole number of 64 bits. The text ``"5"`` is not one."""
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self.fail("a whole number")
        if self.value != int(self.value) or int(self.value) not in INT64:
            self.fail("a whole number of 64 bits")
        return int(self.value)

    def id(self) -> uuid.UUID | None:
        """A GUID in its usual form."""
        text = self.text()
        if text is None:
            return None
        try:
            return uuid.UUID(text)
        except ValueError:
            self.fail("an id such as 00000000-0000-0000-0000-000000000000")

    def required_id(self) -> uuid.UUID:
        """A GUID that is not null."""
        found = self.id()
        if found is None:
            self.fail("an id")
        return found

    def instant(self) -> datetime | None:
        """An instant as ISO 8601 or ``/Date(ms)/``; aware, UTC. Without zone it is UTC."""
        text = self.text()
        if text is None:
            return None
        expected = "a date and time such as 2026-05-04T17:15:48Z"
        try:
            if matched := _POWERSHELL_DATE.fullmatch(text.strip()):
                return _EPOCH + timedelta(milliseconds=int(matched.group(1)))
            found = datetime.fromisoformat(text.strip())
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(expected)

    def texts(self, *, may_be_single: bool = True) -> list[str]:
        """The texts of a list, none for null."""
        return [node.text() or "" for node in self.elements(may_be_single=may_be_single)]

    def fail(self, expected: str) -> NoReturn:
        """Say that the value is not what was ``expected`` ("a text").

        Raises:
            DocumentError: always.
        """
        raise self.document.error(
            what=f"expected {expected}, found {_kind(self.value)}",
            place=self.path,
            what_to_do="export the file again with the tool that wrote it",
        )

    def _child(self, key: str, value: object) -> Node:
        name = key if _PLAIN_KEY.fullmatch(key) else f"'{key[:40]}'"
        return Node(self.document, f"{self.path}.{name}" if self.path else name, value)


def _kind(value: object) -> str:
    """What it is, without saying what it contains: that may be personal."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}
    if isinstance(value, str) and not value.strip():
        return "an empty text"
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a value")
