"""What a tool says of a control in words, kept beside its newest result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from securescore.catalog.definition import Link

MAX_LINKS = 10
MAX_URL = 2_000
MAX_TITLE = 90


@dataclass(frozen=True, slots=True)
class ReportedText:
    """What a tool says of a control, as plain text.

    Attributes:
        why: what it is about.
        fix: what to do, a step each line.
        user_effect: what people notice of it.
        addresses: of pages that the tool names.
    """

    why: str = ""
    fix: str = ""
    user_effect: str = ""
    addresses: tuple[str, ...] = ()


NO_TEXT = ReportedText()


def is_address(text: str) -> bool:
    """Whether a text is the address of a page that may be linked.

    >>> [is_address(text) for text in ("https://a.example/b", "javascript:x", "aws iam list")]
    [True, False, False]
    """
    if len(text) > MAX_URL or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in parts.netloc


def links_of(addresses: Iterable[str]) -> tuple[Link, ...]:
    """The addresses as links that say where they lead.

    >>> [link.title for link in links_of(["https://docs.example/iam/roles.html#why"])]
    ['docs.example/iam/roles.html']
    """
    made = []
    for address in [one for one in addresses if is_address(one)][:MAX_LINKS]:
        parts = urlsplit(address)
        title = f"{parts.hostname}{parts.path.rstrip('/')}"
        made.append(Link(title if len(title) <= MAX_TITLE else f"{title[:MAX_TITLE]}…", address))
    return tuple(made)
