"""Elements of SVG as text: escaped, numbers short, attributes in the order given.

No ``style`` anywhere: the Content Security Policy forbids it. Geometry stands in attributes,
looks come from classes.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

Attribute = str | int | float | None


class Svg(str):
    """Markup that is safe to put into a page as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """What Jinja2 and Django ask before they escape."""
        return str(self)


def number(value: float) -> str:
    """One decimal at most, no trailing zero, no negative zero.

    >>> number(12.0), number(12.345), number(-0.01)
    ('12', '12.3', '0')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def tag(name: str, attributes: dict[str, Attribute] | None = None, *children: Svg | str) -> Svg:
    """One element; children that are not :class:`Svg` are text and get escaped.

    >>> tag("text", {"x": 1.5, "class": "a", "y": None}, "a<b")
    '<text x="1.5" class="a">a&lt;b</text>'
    """
    written = "".join(
        f" {key}={quoteattr(value if isinstance(value, str) else number(value))}"
        for key, value in (attributes or {}).items()
        if value is not None
    )
    if not children:
        return Svg(f"<{name}{written}/>")
    inner = "".join(child if isinstance(child, Svg) else escape(child) for child in children)
    return Svg(f"<{name}{written}>{inner}</{name}>")


def together(*parts: Svg) -> Svg:
    """Elements side by side."""
    return Svg("".join(parts))
