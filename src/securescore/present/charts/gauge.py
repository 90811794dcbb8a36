"""The score as a dial: three zones as a thin outer arc, the score as a thick inner one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from securescore.present.charts.svg import Svg, number, tag
from securescore.present.charts.zones import Zones

SWEEP = 240.0  # degrees, open below
RADIUS, ZONE_RADIUS = 76.0, 91.0
CENTER_X, CENTER_Y = 100.0, 100.0
GAP_PP = 0.7  # between two zones


@dataclass(frozen=True, slots=True)
class GaugeMark:
    """Another view of the score as a notch on the dial."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Gauge:
    """``value`` in percent, 0..100, or None where there is nothing to divide by."""

    key: str
    value: float | None
    text: str
    caption: str
    zone: str
    description: str
    zones: Zones
    marks: tuple[GaugeMark, ...] = ()


def _point(share: float, radius: float) -> tuple[float, float]:
    """Share 0..1 of the sweep, clockwise from lower left."""
    angle = math.radians(90 + (360 - SWEEP) / 2 + share * SWEEP)
    return CENTER_X + radius * math.cos(angle), CENTER_Y + radius * math.sin(angle)


def _arc(start: float, end: float, radius: float) -> str:
    """Path of the arc from ``start`` to ``end`` percent."""
    x1, y1 = _point(start / 100, radius)
    x2, y2 = _point(end / 100, radius)
    large = 1 if (end - start) / 100 * SWEEP > 180 else 0  # noqa: PLR2004 - half a turn
    return (
        f"M{number(x1)} {number(y1)}A{number(radius)} {number(radius)} 0 {large} 1 "
        f"{number(x2)} {number(y2)}"
    )


def gauge(dial: Gauge) -> Svg:
    """The dial; its number is real text in the middle."""
    parts: list[Svg] = [
        tag("title", {"id": f"{dial.key}-title"}, dial.description),
        tag("path", {"class": "gauge-track", "d": _arc(0, 100, RADIUS)}),
    ]
    for band in dial.zones.bands():
        low = band.low + (GAP_PP if band.low > 0 else 0)
        high = band.high - (GAP_PP if band.high < 100 else 0)  # noqa: PLR2004 - percent
        if high > low:
            parts.append(
                tag(
                    "path",
                    {"class": f"gauge-zone arc-{band.zone}", "d": _arc(low, high, ZONE_RADIUS)},
                )
            )
    if dial.value is not None and dial.value > 0:
        parts.append(
            tag(
                "path",
                {
                    "class": f"gauge-value arc-{dial.zone}",
                    "d": _arc(0, min(dial.value, 100.0), RADIUS),
                },
            )
        )
    for mark in dial.marks:
        x1, y1 = _point(mark.value / 100, RADIUS - 8)
        x2, y2 = _point(mark.value / 100, RADIUS + 8)
        parts.append(
            tag(
                "path",
                {
                    "class": "gauge-mark",
                    "d": f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}",
                },
            )
        )
    parts.append(
        tag(
            "text",
            {"class": "gauge-number", "x": CENTER_X, "y": 106, "text-anchor": "middle"},
            dial.text,
        )
    )
    parts.append(
        tag(
            "text",
            {"class": "gauge-caption", "x": CENTER_X, "y": 128, "text-anchor": "middle"},
            dial.caption,
        )
    )
    return tag(
        "svg",
        {
            "class": "chart gauge",
            "viewBox": "0 0 200 152",
            "role": "img",
            "aria-labelledby": f"{dial.key}-title",
        },
        *parts,
    )
