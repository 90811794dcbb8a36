"""An input file, opened once and understood the same way by every importer.

It decides what counts as a readable file: regular, not empty, UTF-8 with or without a byte
order mark, plain or gzip, within a size. Whole values come from :meth:`Document.load`, long
lists are streamed by :meth:`Document.items`, JSON lines by :meth:`Document.lines`, and
:meth:`Document.records` chooses among the three. Whatever goes wrong is a
:class:`DocumentError` that names the file and the place. It knows nothing of formats.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import ijson

from securescore.core.errors import ImportFormatError
from securescore.importers import strict_json
from securescore.importers.unpacking import (
    GZIP_MAGIC,
    UTF16_BOMS,
    ZIP_MAGIC,
    first_bytes,
    size,
    unpacked,
)

MAX_BYTES = 4 * 1024**3  # uncompressed: what we are ready to stream
MAX_LOAD_BYTES = 200 * 1024**2  # uncompressed: what we are ready to hold (about 10 x as objects)
HEAD_BYTES = 256 * 1024  # what recognizing a format may look at
TOO_DEEP = f"objects and lists are nested more than {strict_json.MAX_DEPTH} times"


class Form(StrEnum):
    """How records are laid out in a file."""

    ARRAY = "array"
    OBJECT = "object"
    LINES = "lines"
    OTHER = "other"


class DocumentError(ImportFormatError):
    """A file cannot be imported, and this is the file."""

    def __init__(
        self, document: Document, *, what: str, place: str = "", what_to_do: str = ""
    ) -> None:
        self.document = document
        self.place = place
        where = f"{document.name}, {place}" if place else document.name
        super().__init__(what=what, where=where, what_to_do=what_to_do)


class Document:
    """A file given to ``import``.

    Args:
        path: the file.
        max_bytes: unpacked bytes that may be streamed.
        max_load_bytes: unpacked bytes that may be held in memory at once.

    Raises:
        DocumentError: not a regular readable file, empty, or packed in a way we do not open.
    """

    def __init__(
        self, path: Path, *, max_bytes: int = MAX_BYTES, max_load_bytes: int = MAX_LOAD_BYTES
    ) -> None:
        self.path = path
        self.name = path.name
        self.max_bytes = max_bytes
        self.max_load_bytes = min(max_load_bytes, max_bytes)
        self.is_gzip = False
        start = first_bytes(self.path, self.error)
        self.is_gzip = start.startswith(GZIP_MAGIC)
        if start.startswith(ZIP_MAGIC):
            raise self.error(
                what="it is a zip archive", what_to_do="unpack it and import its files"
            )
        with self._unpacked(max_bytes) as stream:
            start = stream.read(4)
        if start.startswith(UTF16_BOMS):
            raise self.error(
                what="the text is UTF-16, expected UTF-8",
                place="byte 0",
                what_to_do="save it as UTF-8 (PowerShell: Out-File -Encoding utf8)",
            )
        if not start:
            raise self.error(what="the file is empty", what_to_do="export it again")

    def __repr__(self) -> str:
        return f"Document({str(self.path)!r})"

    def error(self, *, what: str, place: str = "", what_to_do: str = "") -> DocumentError:
        """The error to raise for something in this file.

        Args:
            what: what is wrong, and what was expected.
            place: ``line 3, column 7``, ``value[2].createdDateTime``; empty for the whole file.
            what_to_do: an imperative sentence.
        """
        return DocumentError(self, what=what, place=place, what_to_do=what_to_do)

    def open(self) -> BinaryIO:
        """The unpacked bytes without byte order mark, stopped at ``max_bytes``."""
        return self._unpacked(self.max_bytes)

    @cached_property
    def head(self) -> bytes:
        """At most ``HEAD_BYTES`` unpacked bytes from the beginning, to recognize a format."""
        with self.open() as stream:
            return stream.read(HEAD_BYTES)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the unpacked content, hexadecimal: equal for a file and its gzip."""
        sha256 = hashlib.sha256()
        with self.open() as stream:
            while piece := stream.read(1024 * 1024):
                sha256.update(piece)
        return sha256.hexdigest()

    @cached_property
    def keys(self) -> frozenset[str]:
        """Paths of the keys within :attr:`head`, empty where it is not JSON.

        A key of the top object is ``module_version``, one below it ``MetaData.Tool``, one of
        the objects of a list ``item.class_uid`` or ``value.item.controlScores.item.score``;
        in JSON lines the paths begin at the object of the line. Keys of a file longer than
        ``HEAD_BYTES`` may be out of sight.
        """
        found: set[str] = set()
        try:
            for prefix, event, value in ijson.parse(io.BytesIO(self.head), multiple_values=True):
                if event == "map_key":
                    found.add(f"{prefix}.{value}" if prefix else str(value))
                elif event.startswith("start_") and prefix.count(".") > strict_json.MAX_DEPTH:
                    break
        except ijson.JSONError:
            # The head usually ends in the middle of a value: what came before it counts.
            return frozenset(found)
        return frozenset(found)

    @cached_property
    def form(self) -> Form:
        """How the records are laid out, judged by the first character and the first line."""
        start = self.head.lstrip()[:1]
        if start == b"[":
            return Form.ARRAY
        if start != b"{":
            return Form.OTHER
        with self.open() as stream:
            line = b""
            while not line.strip():
                line = stream.readline(self.max_load_bytes + 1)
            try:
                strict_json.parsed(line.decode())
            except (strict_json.BadJson, UnicodeDecodeError):
                return Form.OBJECT
            while following := stream.readline(HEAD_BYTES):
                if following.strip():
                    return Form.LINES
        return Form.OBJECT

    def load(self, *, repeatable: AbstractSet[str] = frozenset()) -> object:
        """The whole file as one value; see :func:`strict_json.parsed` for what is refused.

        Args:
            repeatable: keys that may stand twice in one object with equal values, for a tool
                that is known to write them so.
        """
        with self._unpacked(self.max_load_bytes) as stream:
            content = stream.read()
        return self._parsed(self._decoded(content), repeatable=repeatable)

    def lines(self) -> Iterator[tuple[int, object]]:
        """The values of a file of JSON lines with the numbers of their lines, from 1.

        Empty lines are passed over. Each value is as strict as :meth:`load`.
        """
        with self.open() as stream:
            number = 0
            while line := stream.readline(self.max_load_bytes + 1):
                number += 1
                if len(line) > self.max_load_bytes:
                    raise self.error(
                        what=f"the line is longer than {size(self.max_load_bytes)}",
                        place=f"line {number}",
                        what_to_do="check that it is a file of JSON lines",
                    )
                if line.strip():
                    yield number, self._parsed(self._decoded(line, number), number)

    def items(self, key: str = "") -> Iterator[object]:
        """The elements of one list, streamed: memory is that of one element.

        Args:
            key: empty for a file that is a list, else the path of the key that holds the list
                (``value``, ``Raw.transport_rule``).

        Raises:
            DocumentError: not JSON, cut off, a repeated key, NaN or too deep within an element,
                or there is no such list. Repeated keys outside the elements go unseen.
        """
        strict, repeated_key = strict_json.noting_repeats()
        n_items = 0
        with self.open() as stream:
            try:
                for item in ijson.items(
                    stream, f"{key}.item" if key else "item", map_type=strict, use_float=True
                ):
                    place = f"{key}[{n_items}]"
                    repeated = repeated_key(item)
                    if repeated is not None:
                        what = f"the key '{repeated}' appears twice in one object"
                        raise self._bad_json(what, place)
                    if strict_json.is_deeper_than(item, strict_json.MAX_DEPTH):
                        raise self._bad_json(TOO_DEEP, place)
                    try:
                        strict_json.refuse_unstorable_text(item)
                    except strict_json.BadJson as error:
                        raise self._bad_json(error.what, place) from None
                    n_items += 1
                    yield item
            except ijson.JSONError as error:
                place = f"{key}[{n_items}]"
                raise self._stream_error(error, place, stream.tell()) from None
            except RecursionError:
                raise self._bad_json(TOO_DEEP, f"{key}[{n_items}]") from None
        if n_items == 0:
            self._require_list(key)

    def records(self, *keys: str) -> Iterator[tuple[str, object]]:
        """Each record with its place, whatever the layout.

        A list yields its elements (``[3]``), JSON lines their values (``line 4``), an object
        with one of ``keys`` the elements of that list (``value[3]``), any other object itself.
        JSON lines whose values are such objects yield their elements (``line 4, value[3]``).
        """
        if self.form is Form.ARRAY:
            for n, item in enumerate(self.items()):
                yield f"[{n}]", item
        elif self.form is Form.LINES:
            for number, value in self.lines():
                yield from _unwrapped(value, keys, f"line {number}")
        elif (key := next((k for k in keys if k in self.keys), None)) and self._is_large():
            for n, item in enumerate(self.items(key)):
                yield f"{key}[{n}]", item
        else:
            yield from _unwrapped(self.load(), keys, "")

    # -- reading ------------------------------------------------------------------------------

    def _unpacked(self, max_bytes: int) -> BinaryIO:
        return unpacked(self.path, is_gzip=self.is_gzip, max_bytes=max_bytes, complain=self.error)

    def _is_large(self) -> bool:
        """Whether the unpacked content is longer than may be held."""
        n_bytes = 0
        with self.open() as stream:
            while piece := stream.read(1024 * 1024):
                n_bytes += len(piece)
                if n_bytes > self.max_load_bytes:
                    return True
        return False

    def _decoded(self, content: bytes, line: int = 0) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            place = f"byte {error.start}" + (f" of line {line}" if line else "")
            raise self.error(
                what="the text is not UTF-8", place=place, what_to_do="save the file as UTF-8"
            ) from None

    def _parsed(
        self, text: str, line: int = 0, *, repeatable: AbstractSet[str] = frozenset()
    ) -> object:
        try:
            return strict_json.parsed(text, repeatable)
        except strict_json.BadJson as error:
            place = f"line {line}" if line else ""
            if error.position >= 0:
                before = text[: error.position]
                column = error.position - (before.rfind("\n") + 1) + 1
                place = f"line {line or before.count(chr(10)) + 1}, column {column}"
            raise self._bad_json(error.what, place, is_truncated=error.is_truncated) from None

    def _bad_json(self, what: str, place: str, *, is_truncated: bool = False) -> DocumentError:
        return self.error(
            what=what,
            place=place,
            what_to_do="the file is cut off: copy or export it again"
            if is_truncated
            else "export the file again with the tool that wrote it",
        )

    def _stream_error(self, error: ijson.JSONError, place: str, n_bytes: int) -> DocumentError:
        reason = str(error.args[0] if error.args else "")
        if "premature EOF" in reason or "incomplete" in reason.lower():
            what = "the text ends in the middle of a value"
            return self._bad_json(what, f"{place}, byte {n_bytes}", is_truncated=True)
        if "UTF8" in reason:
            return self.error(
                what="the text is not UTF-8", place=place, what_to_do="save the file as UTF-8"
            )
        first_line = reason.removeprefix("b'").split("\\n")[0].splitlines()[0]
        return self._bad_json(f"not JSON that we accept: {first_line.strip()}", place)

    def _require_list(self, key: str) -> None:
        with self.open() as stream:
            for prefix, event, _ in ijson.parse(stream):
                if prefix == key and event == "start_array":
                    return
        raise self.error(
            what=f"expected a list in '{key}'" if key else "expected a list",
            place=key,
            what_to_do="export the file again with the tool that wrote it",
        )


def documents(
    paths: list[Path], on_error: Callable[[Path, ImportFormatError], None]
) -> Iterator[Document]:
    """Each file of ``paths``, in order, opened; a folder gives the files directly in it by name.

    Args:
        paths: files and folders.
        on_error: called for each file that cannot be opened; the others go on.
    """
    for path in paths:
        is_folder = path.is_dir()
        for file in sorted(p for p in path.iterdir() if p.is_file()) if is_folder else [path]:
            try:
                yield Document(file)
            except ImportFormatError as error:
                on_error(file, error)


def _unwrapped(value: object, keys: tuple[str, ...], place: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key in keys:
            if isinstance(value.get(key), list):
                before = f"{place}, " if place else ""
                for n, item in enumerate(value[key]):
                    yield f"{before}{key}[{n}]", item
                return
    yield place, value
