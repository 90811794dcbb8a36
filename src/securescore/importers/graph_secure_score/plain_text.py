"""Makes plain text of the HTML that Microsoft writes into its descriptions.

What is kept has no markup, no scripts and no styles, so that whoever shows it later cannot be
made to show more. Lists keep their dashes and blocks their lines; nothing else survives.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

MAX_CHARACTERS = 20_000  # the longest real text has about 4,000; a parser needs a bound
_BLOCKS = frozenset(
    {"blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"}
    | {"ol", "p", "pre", "section", "table", "tr", "ul"}
)
_HIDDEN = frozenset({"script", "style", "template", "title"})
# What no person reads: controls but for line ends and tabs, and marks that turn the writing.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def plain_text(markup: str) -> str:
    r"""The text of ``markup`` without its tags; a text without markup but for blanks.

    Args:
        markup: HTML or plain text of any length; what is beyond ``MAX_CHARACTERS`` is left out.

    Returns:
        Lines without surrounding blanks and without empty ones.

    >>> plain_text("<p>Open&nbsp;<b>Exchange</b></p><ul><li>first<li>second</ul>")
    'Open Exchange\n- first\n- second'
    >>> plain_text("a < b")
    'a < b'
    """
    text = markup[:MAX_CHARACTERS]
    if "<" in text or "&" in text:
        text = _stripped(text)
    text = _INVISIBLE.sub("", text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line not in {"", "-"})


def _stripped(markup: str) -> str:
    reader = _TextOfHtml()
    try:
        reader.feed(markup)
        reader.close()
    except AssertionError:
        # The parser's answer to a broken `<![...` declaration: what it read so far is good.
        return reader.text()
    return reader.text()


class _TextOfHtml(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._n_hidden = 0

    def text(self) -> str:
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs  # an attribute is never text
        if tag in _HIDDEN:
            self._n_hidden += 1
        elif tag == "li":
            self._pieces.append("\n- ")
        elif tag in _BLOCKS:
            self._pieces.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _HIDDEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._n_hidden = max(0, self._n_hidden - 1)
        elif tag in _BLOCKS:
            self._pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._n_hidden:
            # Line ends inside HTML mean a blank; only tags make lines.
            self._pieces.append(data.replace("\n", " ").replace("\r", " "))
