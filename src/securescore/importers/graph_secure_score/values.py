"""Reads the values of a Graph answer: numbers as exact hundredths, texts without HTML.

Graph writes points as JSON numbers and a few counters as texts. Any other text where a number
belongs ("12,5") is refused: a spreadsheet or a script has rewritten the answer, and nobody can
say what its comma meant.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from securescore.core.control import Category
from securescore.core.points import HUNDREDTHS
from securescore.importers.document import DocumentError
from securescore.importers.graph_secure_score.plain_text import plain_text
from securescore.importers.node import Node

MAX_NUMBER = 1_000_000  # points; the largest real maximum has four digits
MAX_COUNT = 10**12
MAX_ID_CHARACTERS = 200
UNCHANGED = "import the JSON that Microsoft Graph answered, unchanged"

_CATEGORIES = {category.value.lower(): category.value for category in Category}


def wrong(node: Node, what: str, what_to_do: str = UNCHANGED) -> DocumentError:
    """The error to raise for a value whose type is right and whose content is not."""
    return node.document.error(what=what, place=node.path, what_to_do=what_to_do)


def number(node: Node) -> Decimal | None:
    """A JSON number, exactly as it was written; None for null.

    A JSON number of up to 15 digits survives the float that the parser made of it: its shortest
    form is the text of the file.

    Raises:
        DocumentError: a text (localized or not), or beyond ``MAX_NUMBER``.
    """
    value = node.value
    if value is None:
        return None
    if isinstance(value, str):
        raise wrong(node, "expected a number such as 12.5, found a text")
    if isinstance(value, bool) or not isinstance(value, int | float):
        node.fail("a number such as 12.5")
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise wrong(node, f"expected a number from {-MAX_NUMBER} to {MAX_NUMBER}")
    return Decimal(str(value))


def points(node: Node) -> Decimal:
    """Points, 0 or more.

    Raises:
        DocumentError: not a number, not there, or below 0.
    """
    found = number(node)
    if found is None:
        node.fail("a number of points")
    if found < 0:
        raise wrong(node, f"expected points from 0, found {found}")
    return found


def hundredths(value: Decimal) -> int:
    """Points in hundredths, halves up (S2).

    >>> hundredths(Decimal("4.33")), hundredths(Decimal("4.325"))
    (433, 433)
    """
    return int((value * HUNDREDTHS).to_integral_value(ROUND_HALF_UP))


def count(node: Node) -> int | None:
    """A counter: Graph writes it as a text ("45") or as a number; None for null and "".

    Raises:
        DocumentError: neither, or below 0.
    """
    value = node.value
    if isinstance(value, str):
        if not value.strip():
            return None
        if not (value.isascii() and value.isdecimal()):
            raise wrong(node, "expected a whole number such as 45, found another text")
        value = int(value) if len(value) <= len(str(MAX_COUNT)) else MAX_COUNT + 1
    elif value is not None:
        value = Node(node.document, node.path, value).number()
    if value is not None and not 0 <= value <= MAX_COUNT:
        raise wrong(node, "expected a whole number from 0, found one that counts nothing")
    return value


def flag(node: Node) -> bool | None:
    """A flag: Graph writes ``on`` as the text "true"; None for null and "".

    Raises:
        DocumentError: another text or another type.
    """
    value = node.value
    if isinstance(value, str):
        known = {"true": True, "false": False, "": None}
        if value.strip().lower() not in known:
            raise wrong(node, "expected true or false, found another text")
        return known[value.strip().lower()]
    return node.flag()


def control_id(node: Node) -> str:
    """A control's id.

    Raises:
        DocumentError: not a text, blank, with unprintable characters or too long for one.
    """
    found = node.required_text().strip()
    if len(found) > MAX_ID_CHARACTERS or not found.isprintable():
        raise wrong(node, f"expected an id of at most {MAX_ID_CHARACTERS} printable characters")
    return found


def category(node: Node) -> str:
    """One of the five categories (S3), whatever its casing.

    Raises:
        DocumentError: another word.
    """
    found = _CATEGORIES.get(node.required_text().strip().lower())
    if found is None:
        raise wrong(node, "expected one of the categories " + ", ".join(_CATEGORIES.values()))
    return found


def text(node: Node) -> str | None:
    """A text without HTML; None for null and for nothing left."""
    return plain_text(node.text() or "") or None


def word(node: Node) -> str | None:
    """One of Graph's free words, lower case; None for null, blank and "Unknown".

    Casing is free in real answers (``Moderate``, ``moderate``), and two words mean the same
    (``medium``): one is kept.
    """
    found = (text(node) or "").lower()
    if found in {"", "unknown"}:
        return None
    return "moderate" if found == "medium" else found
