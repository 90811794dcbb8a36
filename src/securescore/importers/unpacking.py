"""The bytes of an input file: plain or gzip, with or without a mark, never more than a limit.

It decides what may be opened at all and stops what unpacks without end. It makes no errors of
its own: the document that opens the file knows its name and makes them.
"""

from __future__ import annotations

import gzip
import io
import stat
import zlib
from pathlib import Path
from typing import BinaryIO, Protocol

from securescore.core.errors import ImportFormatError

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
MAGIC_BYTES = 4


class Complain(Protocol):
    """Makes the error for something in a file; ``Document.error`` is one."""

    def __call__(self, *, what: str, place: str = "", what_to_do: str = "") -> ImportFormatError:
        """The error to raise."""


class CappedBytes(io.RawIOBase):
    """The bytes of a file after unpacking, without byte order mark, up to a number of bytes.

    Args:
        file: the file, open for reading; closed with this.
        is_gzip: whether to unpack it.
        max_bytes: unpacked bytes after which it complains.
        complain: makes the error to raise.
    """

    def __init__(
        self, file: BinaryIO, *, is_gzip: bool, max_bytes: int, complain: Complain
    ) -> None:
        self._is_gzip = is_gzip
        self._complain = complain
        self._stream = gzip.GzipFile(fileobj=file) if is_gzip else file
        self._file = file
        self._max_bytes = max_bytes
        self._n_read = 0
        self._waiting: bytes | None = None

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        """Unpacked bytes read so far: at the end, where the file was cut off."""
        return self._n_read

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed: Any buffer
        if self._waiting is None:
            start = self._read(len(UTF8_BOM))
            self._waiting = start.removeprefix(UTF8_BOM)
        piece = self._waiting[: len(buffer)] or self._read(len(buffer))
        self._waiting = self._waiting[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def _read(self, n_bytes: int) -> bytes:
        try:
            piece = self._stream.read(n_bytes)
        except EOFError:
            raise self._complain(
                what="the gzip file is cut off",
                place=f"after {self._n_read} unpacked bytes",
                what_to_do="copy or export the file again",
            ) from None
        except (gzip.BadGzipFile, zlib.error):
            raise self._complain(
                what="the gzip file is damaged",
                place=f"after {self._n_read} unpacked bytes",
                what_to_do="copy or export the file again",
            ) from None
        except OSError as error:
            raise self._complain(
                what=f"the file cannot be read: {error.strerror or 'input/output error'}",
                what_to_do="check the disk and the permissions of the file",
            ) from None
        self._n_read += len(piece)
        if self._n_read > self._max_bytes:
            raise self._complain(
                what=f"the file is larger than {size(self._max_bytes)}"
                + (" when unpacked" if self._is_gzip else ""),
                what_to_do="split it, or check that it is the file you meant",
            )
        return piece

    def close(self) -> None:
        # A gzip stream leaves the file that it was given open.
        self._stream.close()
        self._file.close()
        super().close()


def first_bytes(path: Path, complain: Complain) -> bytes:
    """The first ``MAGIC_BYTES`` of a file as they are on the disk.

    Raises:
        ImportFormatError: it is not there, not a regular file, or may not be read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise complain(what="it is a folder", what_to_do="name the files in it")
        if not stat.S_ISREG(mode):
            # A pipe would block and could be read once only.
            raise complain(
                what="it is not a regular file", what_to_do="save the content into a file first"
            )
        with path.open("rb") as stream:
            return stream.read(MAGIC_BYTES)
    except FileNotFoundError:
        raise complain(what="there is no such file", what_to_do="check the path") from None
    except OSError as error:
        raise _unreadable(error, complain) from None


def unpacked(path: Path, *, is_gzip: bool, max_bytes: int, complain: Complain) -> BinaryIO:
    """The unpacked bytes of a file, to be closed by the caller.

    Raises:
        ImportFormatError: it may not be read; while reading also: damaged, cut off, too large.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise _unreadable(error, complain) from None
    capped = CappedBytes(file, is_gzip=is_gzip, max_bytes=max_bytes, complain=complain)
    return io.BufferedReader(capped, 64 * 1024)


def size(n_bytes: int) -> str:
    """A number of bytes for a person, rounded down.

    >>> size(200 * 1024**2), size(99)
    ('200 MiB', '99 bytes')
    """
    for unit, bytes_each in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if n_bytes >= bytes_each:
            return f"{n_bytes // bytes_each} {unit}"
    return f"{n_bytes} bytes"


def _unreadable(error: OSError, complain: Complain) -> ImportFormatError:
    return complain(
        what=f"the file cannot be read: {error.strerror}",
        what_to_do="check the permissions of the file",
    )
