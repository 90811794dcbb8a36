"""Zones as a chart shows them: a word and a shape beside the color (disc, square, triangle)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from securescore.present.charts.svg import Svg, number, tag

WORDS = MappingProxyType({"good": "Good", "okay": "Okay", "bad": "Bad"})


@dataclass(frozen=True, slots=True)
class Band:
    """A zone from ``low`` to ``high`` percent."""

    zone: str
    low: float
    high: float
    word: str


@dataclass(frozen=True, slots=True)
class Zones:
    """The limits of an organization in percent: okay from, good from; 0 <= okay <= good <= 100."""

    okay_from: float = 40
    good_from: float = 70

    @property
    def edges(self) -> tuple[float, float]:
        return self.okay_from, self.good_from

    def bands(self) -> tuple[Band, Band, Band]:
        return (
            Band("good", self.good_from, 100, WORDS["good"]),
            Band("okay", self.okay_from, self.good_from, WORDS["okay"]),
            Band("bad", 0, self.okay_from, WORDS["bad"]),
        )


def zone_mark(zone: str, x: float, y: float, size: float) -> Svg:
    """The shape of a zone around its middle: readable without color."""
    half = size / 2
    attributes: dict[str, str | int | float | None] = {"class": f"mark mark-{zone}"}
    if zone == "good":
        return tag("circle", attributes | {"cx": x, "cy": y, "r": half})
    if zone == "okay":
        return tag(
            "rect", attributes | {"x": x - half, "y": y - half, "width": size, "height": size}
        )
    corners = f"M{number(x)} {number(y - half)}l{number(half)} {number(size)}h{number(-size)}z"
    return tag("path", attributes | {"d": corners})


@cache
def zone_icon(zone: str) -> Svg:
    """The shape alone, for beside a word in a line of text."""
    return tag(
        "svg",
        {"class": f"zone-icon zone-{zone}", "viewBox": "0 0 10 10", "aria-hidden": "true"},
        zone_mark(zone, 5, 5, 8),
    )
