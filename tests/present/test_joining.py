"""Joined documents are what joining their texts gives, for every reader of gzip."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securescore.present.joining import Stored, compressed, joined, plain

TEXTS = st.binary(max_size=300) | st.integers(0, 200_000).map(lambda n: b"security" * (n // 8))


@given(st.lists(st.tuples(TEXTS, st.booleans()), max_size=6))
def test_the_whole_is_the_text_of_its_parts(texts: list[tuple[bytes, bool]]) -> None:
    parts = [Stored(compressed(text)) if is_stored else text for text, is_stored in texts]
    expected = b"".join(text for text, _ in texts)
    packed = joined(parts)
    reader = zlib.decompressobj(31)  # of one member: httpx and browsers stop behind it

    assert expected == gzip.decompress(packed)  # checks the checksum and the length
    assert expected == reader.decompress(packed)
    assert reader.eof
    assert expected == plain(parts)


def test_a_stored_document_is_a_gzip_file() -> None:
    assert b"text" == gzip.decompress(compressed(b"text"))


def test_a_damaged_document_is_noticed_by_the_reader() -> None:
    body = bytearray(compressed(b"text" * 100))
    body[-5] ^= 1
    with pytest.raises(zlib.error):
        plain([Stored(bytes(body))])
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(joined([Stored(bytes(body))]))
