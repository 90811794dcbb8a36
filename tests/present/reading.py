"""Reading a page as a person does: by heading, label and text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import html

MakePerson = Callable[..., Any]
"""Name, role, organizations: a user."""
SignIn = Callable[[str], Any]
"""A role: a client signed in with it."""
Get = Callable[[str], Any]
"""A path: the response."""


def parsed(response: Any) -> html.HtmlElement:
    """The page as a tree."""
    return html.fromstring(response.content.decode())


def text_of(element: html.HtmlElement) -> str:
    """Its text as read, without the white space of the source."""
    return " ".join(element.text_content().split())


def region(page: html.HtmlElement, name: str) -> html.HtmlElement:
    """The section that a heading names."""
    for section in page.iter("section"):
        heading = page.get_element_by_id(section.get("aria-labelledby", ""), None)
        if heading is not None and text_of(heading) == name:
            return section
    msg = f"no section '{name}'"
    raise AssertionError(msg)


def rows_of(table: html.HtmlElement) -> list[list[str]]:
    """The cells of the body rows."""
    return [
        [text_of(cell) for cell in row.xpath("./td | ./th")] for row in table.xpath(".//tbody/tr")
    ]
