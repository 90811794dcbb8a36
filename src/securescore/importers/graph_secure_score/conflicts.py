"""Two records that cannot both be right: whose fault is it, one file's or the command's?"""

from __future__ import annotations

from typing import Protocol

from securescore.core.errors import ImportFormatError
from securescore.importers.document import Document


class Located(Protocol):
    """A record that knows where it stands."""

    @property
    def document(self) -> Document: ...

    @property
    def place(self) -> str: ...


def conflict(first: Located, second: Located, *, what: str, what_to_do: str) -> ImportFormatError:
    """The error of two records: of their file if they share it, else of all files together.

    Nothing says which of two files is the wrong one, so none of them is imported.
    """
    if first.document is second.document:
        return second.document.error(
            what=f"{what}: here and at {first.place}", place=second.place, what_to_do=what_to_do
        )
    return ImportFormatError(
        what=what,
        where=f"{first.document.name}, {first.place} and {second.document.name}, {second.place}",
        what_to_do=what_to_do,
    )
