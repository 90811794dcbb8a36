"""One horizontal bar: a share of a whole, with what could be added and notches.

Drawn in percentages of its place, so it needs no view box and never scales its ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from securescore.present.charts.svg import Svg, tag


@dataclass(frozen=True, slots=True)
class Notch:
    """A line across the bar at a percentage: another view, a limit, somebody else's score."""

    name: str
    value: float


def _percent(value: float) -> str:
    return f"{min(max(value, 0.0), 100.0):.2f}".rstrip("0").rstrip(".") + "%"


def bar(
    value: float | None,
    *,
    look: str = "plain",
    height: int = 8,
    notches: Sequence[Notch] = (),
) -> Svg:
    """A bar of ``value`` percent; None draws the empty track.

    Args:
        value: 0..100.
        look: class of the filled part: ``plain``, ``good``, ``okay``, ``bad``, ``dashed``.
        height: in CSS pixels.
        notches: lines across it. The numbers stand as text beside the bar, so it is hidden from
            screen readers.
    """
    parts: list[Svg] = [
        tag("rect", {"class": "bar-track", "width": "100%", "height": height, "rx": height / 2})
    ]
    if value is not None and value > 0:
        parts.append(
            tag(
                "rect",
                {
                    "class": f"bar-value bar-{look}",
                    "width": _percent(value),
                    "height": height,
                    "rx": height / 2,
                },
            )
        )
    parts.extend(
        tag(
            "line",
            {
                "class": "bar-notch",
                "x1": _percent(notch.value),
                "x2": _percent(notch.value),
                "y1": 0,
                "y2": height,
            },
        )
        for notch in notches
    )
    return tag(
        "svg",
        {"class": "chart bar", "width": "100%", "height": height, "aria-hidden": "true"},
        *parts,
    )
