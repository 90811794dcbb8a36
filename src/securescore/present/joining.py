"""Joins stored documents into one answer without opening them.

A stored document is a gzip member whose compressed blocks end on a byte and refer to nothing
before them. So the blocks of many documents, with uncompressed blocks for the text between them,
are one valid gzip stream: an answer of 90 days is put together in about 2 ms, where
decompressing, joining and compressing it again takes 110 ms. Checksums of parts become that of
the whole by arithmetic over GF(2), as zlib's ``crc32_combine`` does it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

if TYPE_CHECKING:
    from django.http import HttpRequest

HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no time, unknown system
LAST_BLOCK = b"\x03\x00"
TRAILER = struct.Struct("<II")  # checksum and length of what was compressed
STORED = struct.Struct("<BHH")  # not the last, not compressed; length and its complement
MAX_STORED = 0xFFFF
END = len(LAST_BLOCK) + TRAILER.size
GZIP = 31  # zlib's word for a gzip member with the largest window
ACCEPTS_GZIP = re.compile(r"\bgzip\b")
POLYNOMIAL = 0xEDB88320
ONE = 1 << 31  # the polynomial 1: bits are mirrored


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored document, still compressed."""

    body: bytes


def compressed(text: bytes) -> bytes:
    """A document as it is stored."""
    writer = zlib.compressobj(wbits=GZIP)
    body = writer.compress(text) + writer.flush(zlib.Z_FULL_FLUSH) + writer.flush()
    return HEADER + body[len(HEADER) :]


def plain(parts: Iterable[bytes | Stored]) -> bytes:
    """All parts as text, for callers that do not take gzip."""
    return b"".join(
        zlib.decompress(part.body, GZIP) if isinstance(part, Stored) else part for part in parts
    )


def joined(parts: Iterable[bytes | Stored]) -> bytes:
    """All parts as one gzip stream."""
    made = [HEADER]
    checksum = length = 0
    for part in parts:
        if isinstance(part, Stored):
            made.append(part.body[len(HEADER) : -END])
            of_part, n = TRAILER.unpack(part.body[-TRAILER.size :])
            checksum = _times(_shift(n), checksum) ^ of_part
            length += n
            continue
        for start in range(0, len(part), MAX_STORED):
            text = part[start : start + MAX_STORED]
            made += (STORED.pack(0, len(text), len(text) ^ MAX_STORED), text)
        checksum = zlib.crc32(part, checksum)
        length += len(part)
    made += (LAST_BLOCK, TRAILER.pack(checksum, length & 0xFFFFFFFF))
    return b"".join(made)


def joined_response(
    request: HttpRequest, parts: Sequence[bytes | Stored], content_type: str, status: int = 200
) -> HttpResponse:
    """An answer of these parts. Where none is stored the middleware compresses the whole."""
    has_stored = any(isinstance(part, Stored) for part in parts)
    if not (has_stored and ACCEPTS_GZIP.search(request.headers.get("Accept-Encoding", ""))):
        return HttpResponse(plain(parts), content_type=content_type, status=status)
    response = HttpResponse(joined(parts), content_type=content_type, status=status)
    response.headers["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ("Accept-Encoding",))
    return response


def _times(one: int, other: int) -> int:
    """The product of two polynomials modulo the checksum's."""
    product = 0
    bit = ONE
    while one:
        if one & bit:
            product ^= other
            one ^= bit
        bit >>= 1
        other = (other >> 1) ^ POLYNOMIAL if other & 1 else other >> 1
    return product


@lru_cache(maxsize=4096)
def _shift(n: int) -> int:
    """The power of x by the bits of ``n`` bytes: documents of neighboring days are alike long."""
    power, square = ONE, ONE >> 8  # 1 and x^8
    while n:
        if n & 1:
            power = _times(square, power)
        square = _times(square, square)
        n >>= 1
    return power
