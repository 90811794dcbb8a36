"""Pieces of pages that are written once and kept compressed, and the pages that have them.

A piece follows from answers of the record; around it stands what belongs to a person, a request
or a form. A template puts a piece where it belongs as a mark, and the page is joined from the
pieces as they are kept and the rest as it is now: nothing is escaped, encoded or compressed twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.template.loader import render_to_string

from securescore.present.joining import Stored, compressed, joined_response, plain

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

HTML = "text/html; charset=utf-8"
MARK = re.compile("<!--([0-9a-f]{32})-->")  # no text of people: what they wrote is escaped

_used: ContextVar[dict[str, Piece] | None] = ContextVar("used", default=None)


class Piece:
    """A written piece of a page. All that it shows was given to it: no person, no token."""

    __slots__ = ("_key", "stored")

    def __init__(self, html: str) -> None:
        self.stored = Stored(compressed(html.encode()))
        self._key = uuid4().hex

    def __html__(self) -> str:
        """Its mark on a page that is joined, else itself."""
        used = _used.get()
        if used is None:
            return plain([self.stored]).decode()
        used[self._key] = self
        return f"<!--{self._key}-->"


def written(template: str, values: Mapping[str, Any]) -> Piece:
    """The piece that a template writes of these values."""
    return Piece(render_to_string(template, dict(values)))


def written_page(
    request: HttpRequest, template: str, values: Mapping[str, Any], status: int
) -> HttpResponse:
    """A page with its pieces."""
    used: dict[str, Piece] = {}
    token = _used.set(used)
    try:
        html = render_to_string(template, dict(values), request)
    finally:
        _used.reset(token)
    parts: list[bytes | Stored] = []
    for place, text in enumerate(MARK.split(html)):
        if place % 2:
            parts.append(used[text].stored)
        elif text:
            parts.append(Stored(compressed(text.encode())) if used else text.encode())
    return joined_response(request, parts, HTML, status)
