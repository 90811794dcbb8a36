"""Texts of Microsoft Graph without their HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securescore.importers.graph_secure_score.plain_text import MAX_CHARACTERS, plain_text


@pytest.mark.parametrize(
    "markup, expected",
    [
        ("", ""),
        ("  plain  text ", "plain text"),
        ("two\nlines", "two\nlines"),
        ("<p>two\nlines</p>", "two lines"),
        ("a < b & c", "a < b & c"),
        ("a &lt;b&gt; &amp; c&nbsp;d", "a <b> & c d"),
        ("<ol> <li>first</li><li></li><li>second</ol>end", "- first\n- second\nend"),
        ("before<script>alert('1')</script>after", "beforeafter"),
        ("<style>p {}</style>text", "text"),
        ("<a href='javascript:alert(1)' onclick=x>link</a>", "link"),
        ("a<br/>b<BR>c", "a\nb\nc"),
        ("<!-- hidden -->shown", "shown"),
        ("left\u202eright\x07", "leftright"),
    ],
)
def test_markup_becomes_text(markup: str, expected: str) -> None:
    assert expected == plain_text(markup)


def test_a_text_beyond_the_bound_is_cut() -> None:
    assert len(plain_text("x" * (2 * MAX_CHARACTERS))) == MAX_CHARACTERS


@given(st.text(alphabet="<>!-[]/&;abpli=\"'\n ", max_size=200))
def test_no_markup_makes_the_reader_fail(markup: str) -> None:
    lines = plain_text(markup).split("\n")

    assert all(line == line.strip() for line in lines)
