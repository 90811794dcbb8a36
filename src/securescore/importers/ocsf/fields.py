"""Reads single values of a finding: texts, ids, times, with the place of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from securescore.importers.document import DocumentError
from securescore.importers.node import Node

MAX_ID_CHARACTERS = 200
MAX_WORD_CHARACTERS = 40
MAX_TEXT_CHARACTERS = 20_000
MAX_REFERENCES = 20
FIRST_YEAR, LAST_YEAR = 2000, 2100
# OCSF asks for milliseconds, Prowler writes seconds; 10^11 seconds are the year 5138, and
# 10^11 milliseconds are 1973.
MILLISECONDS_FROM = 10**11
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The zone of a time of day, or PowerShell's /Date(ms)/, which counts from an instant.
_ZONE = re.compile(r"\d:\d\d.*(?:[zZ]|[+-]\d\d(?::?\d\d)?)$|\)/$")
_NO_SLUG = re.compile(r"[^a-z0-9]+")
_AGAIN = "export the file again with the tool that wrote it"
# Names of the sources of this program: a file must not pass for one of them.
RESERVED_SOURCES = frozenset({"demo", "scubagear"})


def wrong(node: Node, what: str, what_to_do: str = _AGAIN) -> DocumentError:
    """The error to raise for a value whose type is right and whose content is not."""
    return node.document.error(what=what, place=node.path, what_to_do=what_to_do)


def text(node: Node) -> str | None:
    """A text without blanks around it; None for null and blank.

    A text longer than ``MAX_TEXT_CHARACTERS`` is cut: a report must not fill the evidence.
    """
    return (node.text() or "").strip()[:MAX_TEXT_CHARACTERS] or None


def references(*nodes: Node) -> tuple[str, ...]:
    """What the texts name, each once, in their order; blank ones are left out."""
    named = (text(node) for node in nodes)
    return tuple(dict.fromkeys(name for name in named if name))[:MAX_REFERENCES]


def short(node: Node, word: str) -> str:
    """A word of a few printable characters.

    Raises:
        DocumentError: it is none.
    """
    if len(word) > MAX_WORD_CHARACTERS or not word.isprintable():
        raise wrong(node, f"expected a word of at most {MAX_WORD_CHARACTERS} characters")
    return word


def check_id(node: Node) -> str:
    """The id of a check.

    Raises:
        DocumentError: too long for one, or with unprintable characters.
    """
    found = node.required_text().strip()
    if len(found) > MAX_ID_CHARACTERS or not found.isprintable():
        what = f"expected an id of at most {MAX_ID_CHARACTERS} printable characters"
        raise wrong(node, what)
    return found


def tool_of(product_name: Node) -> str:
    """The source of the findings: the product's name in lower case, ``prowler``.

    Raises:
        DocumentError: no name, or the name of a source of this program.
    """
    found = _NO_SLUG.sub("-", product_name.required_text().lower()).strip("-")
    if not found or found in RESERVED_SOURCES or len(found) > MAX_WORD_CHARACTERS:
        raise wrong(product_name, "expected the name of a scanner such as Prowler")
    return found


def observed_at(record: Node) -> tuple[datetime, bool]:
    """When a finding was made (aware, UTC), and whether the file says in which time zone.

    A number counts before a text: Prowler writes the local time of its machine without a zone
    beside the right number. Newer files have ``time_dt``, files before 4.5 ``event_time``.

    Raises:
        DocumentError: there is no time, or not one of this century.
    """
    info = record["finding_info"]
    for node in (record["time"], info["created_time"]):
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return _of_number(node, node.value), True
    for node in (
        record["time_dt"],
        record["event_time"],
        info["created_time_dt"],
        info["created_time"],
    ):
        if text(node):
            return instant(node)
    raise wrong(record["time"], "expected the time of the finding, found nothing")


def instant(node: Node) -> tuple[datetime, bool]:
    """An instant written as text (aware, UTC), and whether it has a time zone.

    Raises:
        DocumentError: not a text of a time, or not one of this century.
    """
    found = node.instant()
    if found is None or not FIRST_YEAR <= found.year < LAST_YEAR:
        raise wrong(node, f"expected a time from {FIRST_YEAR} to {LAST_YEAR}")
    return found, bool(_ZONE.search(text(node) or ""))


def members_if_object(node: Node) -> Iterator[tuple[str, Node]]:
    """The members of an object; none of a text or list, as other tools write there."""
    return node.entries() if isinstance(node.value, dict) else iter(())


def _of_number(node: Node, value: float) -> datetime:
    seconds = value / 1000 if abs(value) >= MILLISECONDS_FROM else value
    first = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()
    last = datetime(LAST_YEAR, 1, 1, tzinfo=UTC).timestamp()
    if not first <= seconds < last:
        raise wrong(node, f"expected a time from {FIRST_YEAR} to {LAST_YEAR}")
    return _EPOCH + timedelta(seconds=seconds)
