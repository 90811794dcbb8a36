"""Notes are Markdown, a plain subset: what people type can format text and link, nothing else.

No HTML, no images (a page makes no request elsewhere), no headings (the page has its own). A link
leads to http, https or mail, says that we do not vouch for it, and shows its text as typed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.renderer import RendererProtocol
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

SCHEMES = frozenset({"http", "https", "mailto"})
LEFT_OUT = ("html_block", "html_inline", "image", "heading", "lheading", "reference")
MAX_NESTING = 12


def may_link_to(address: str) -> bool:
    """Whether a note may lead there.

    >>> may_link_to("https://example.com/a"), may_link_to("javascript:alert(1)"), may_link_to("/x")
    (True, False, False)
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme.lower() == "mailto":
        return bool(parts.path)
    return parts.scheme.lower() in SCHEMES and bool(parts.netloc)


def _link_open(
    renderer: RendererProtocol,
    tokens: Sequence[Token],
    place: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    del env
    tokens[place].attrSet("rel", "noopener nofollow")
    return renderer.renderToken(tokens, place, options, {})  # type: ignore[attr-defined, no-any-return]  # RendererHTML has it, the protocol does not say so


def _fence(
    renderer: RendererProtocol,
    tokens: Sequence[Token],
    place: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    """A block of code without the class that its first line would name."""
    tokens[place].info = ""
    tokens[place].type = "code_block"
    return renderer.code_block(tokens, place, options, env)  # type: ignore[attr-defined, no-any-return]  # RendererHTML has it, the protocol does not say so


class _Notes(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's hook
        return may_link_to(url)


@cache
def _markdown() -> MarkdownIt:
    made = _Notes(
        "commonmark", {"html": False, "linkify": False, "breaks": True, "maxNesting": MAX_NESTING}
    ).disable(LEFT_OUT)
    made.add_render_rule("link_open", _link_open)
    made.add_render_rule("fence", _fence)
    return made


def rendered(text: str) -> SafeString:
    r"""Notes as HTML that is safe to show, whatever was typed.

    >>> str(rendered("**Done** by <b>Bo</b>"))
    '<p><strong>Done</strong> by &lt;b&gt;Bo&lt;/b&gt;</p>\n'
    """
    # Every token is escaped and HTML is off; tests/present/test_notes.py tries to break out.
    return SafeString(_markdown().render(text))
