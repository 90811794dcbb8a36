"""Notes: Markdown as far as it is harmless, under hostile input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from securescore.present.web.notes import SCHEMES, rendered

ELEMENTS = {
    *("p", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "a", "br", "hr", "div"),
}
ATTRIBUTES = {("a", "href"), ("a", "rel"), ("a", "title"), ("ol", "start")}


def check(text: str) -> html.HtmlElement:
    """The rendered notes, after a look at every element and attribute."""
    tree = html.fromstring(f"<div>{rendered(text)}</div>")
    for element in tree.iter():
        assert element.tag in ELEMENTS, element.tag
        for name, value in element.attrib.items():
            assert (element.tag, name) in ATTRIBUTES
            if name == "href":
                assert value.split(":", 1)[0].lower() in SCHEMES
    return tree


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "a <b onclick=x>b</b> <!-- c --> <?php ?> <![CDATA[x]]>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x) [y](file:///etc/passwd) [z](//evil.example) [w](/account/)",
        "<javascript:alert(1)>",
        "![x](https://evil.example/pixel.png)",
        '![x](x "onerror=\'alert(1)")',
        "[x]: javascript:alert(1)\n\n[x]",
        '[x](https://a.example/" onmouseover="alert(1))',
        "```<script>\nx\n```",
        "# heading\n\nunder\n=====",
        "| a | b |\n|---|---|\n| c | d |",
        "&lt;script&gt; &amp;lt;",
        "\u202e\u0000\ufffe",
        "[" * 2000,
        "> " * 500 + "x",
        "* " * 500 + "x",
        "*a " * 3000,
        "`" * 5000,
        "[a](" * 1500,
    ],
)
def test_nothing_but_the_plain_subset_comes_out(text: str) -> None:
    check(text)


@given(st.text(st.sampled_from("<>[]()!*_`#\"'&;:/\\ \n\tax=-1"), max_size=200))
def test_whatever_is_typed_only_the_plain_subset_comes_out(text: str) -> None:
    check(text)


def test_what_notes_are_for_is_there() -> None:
    tree = check(
        "**bold** and *soft*\n\n- one\n- [two](https://example.com/a?b=c)\n\n1. three\n\n`code`"
    )

    assert [e.tag for e in tree.iter("strong", "em", "ul", "ol", "a", "code")] == [
        "strong",
        "em",
        "ul",
        "a",
        "ol",
        "code",
    ]


@pytest.mark.parametrize(
    "address", ["https://example.com/", "http://example.com/", "mailto:ana@example.com"]
)
def test_links_lead_out_and_vouch_for_nothing(address: str) -> None:
    [link] = check(f"[x]({address}) ").iter("a")

    assert (link.get("href"), link.get("rel")) == (address, "noopener nofollow")


def test_a_heading_is_no_heading_of_the_page() -> None:
    assert "# Title" in check("# Title").text_content()


def test_a_line_end_is_a_line_end() -> None:
    assert len(list(check("a\nb").iter("br"))) == 1
