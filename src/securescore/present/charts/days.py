"""What charts over days share: view boxes, the axis of days, holes, lines, pins.

A day without data is a hole in the line, never bridged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from securescore.present.charts.scale import DayLabel, Scale, day_ticks
from securescore.present.charts.svg import Svg, number, tag, together

KEPT_CHARTS = 128
"""Drawings kept of each kind of chart: equal values make an equal drawing (40 kB each)."""


@dataclass(frozen=True, slots=True)
class DayValue:
    """A day and its percentage, None where there is none."""

    on: date
    value: float | None


@dataclass(frozen=True, slots=True)
class Pin:
    """A thing that happened: a number on the line. ``href`` makes it a link."""

    on: date
    mark: str
    title: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Size:
    """A view box, the room above and below the plot, and how many labels fit."""

    name: str
    width: int
    height: int
    n_ticks: int
    top: int = 14
    bottom: int = 24


SIZES = (
    Size("wide", 760, 270, 12),
    Size("medium", 480, 230, 7),
    Size("narrow", 290, 210, 4),
)
AXIS, GUTTER = 40, 58  # room beside the plot, in units of the view box


def day_axis(first: date, last: date, label: DayLabel, x: Scale, size: Size) -> Svg:
    """Ticks and labels below the plot."""
    base = size.height - size.bottom
    parts = []
    for day, style in day_ticks(first, last, size.n_ticks):
        at = x.at(day.toordinal())
        parts.append(tag("path", {"class": "tick", "d": f"M{number(at)} {base}v4"}))
        parts.append(
            tag(
                "text",
                {
                    "class": f"axis axis-{style}",
                    "x": max(at, AXIS + 10),
                    "y": base + 17,
                    "text-anchor": "middle",
                },
                label(day, style),
            )
        )
    return tag("g", {"class": "x-axis", "aria-hidden": "true"}, *parts)


def gaps(days: Sequence[DayValue]) -> tuple[tuple[date, date], ...]:
    """First and last day of each run of days without data, between days that have some."""
    found: list[tuple[date, date]] = []
    first: date | None = None
    seen = False
    for before, day in zip((None, *days), days, strict=False):
        if day.value is None:
            first = first or day.on
        else:
            if first is not None and seen and before is not None:
                found.append((first, before.on))
            first, seen = None, True
    return tuple(found)


def gap_areas(days: Sequence[DayValue], x: Scale, size: Size) -> Svg:
    """Days without data, shaded."""
    height = size.height - size.bottom - size.top
    parts = []
    for first, last in gaps(days):
        start, end = x.at(first.toordinal() - 1), x.at(last.toordinal() + 1)
        parts.append(
            tag(
                "rect",
                {"class": "gap", "x": start, "y": size.top, "width": end - start, "height": height},
            )
        )
    return tag("g", {"class": "gaps", "aria-hidden": "true"}, *parts) if parts else Svg("")


def day_path(days: Sequence[DayValue], x: Scale, y: Scale) -> str:
    """Straight lines from day to day; a new ``M`` after each hole; level runs are one line.

    A lone day is a line of no length: its round caps draw a dot.
    """
    steps: list[str] = []
    run: list[tuple[str, str]] = []
    for day in (*days, DayValue(days[-1].on, None)):
        if day.value is not None:
            point = (number(x.at(day.on.toordinal())), number(y.at(day.value)))
            level = len(run) > 1 and run[-1][1] == run[-2][1] == point[1]
            if level:
                run[-1] = point
            else:
                run.append(point)
        elif run:
            steps.append(f"M{run[0][0]} {run[0][1]}")
            steps.extend(f"L{px} {py}" for px, py in run[1:])
            if len(run) == 1:
                steps.append("h0")
            run = []
    return "".join(steps)


def last_point(days: Sequence[DayValue], x: Scale, y: Scale) -> Svg:
    """A disc on the newest day with data."""
    for day in reversed(days):
        if day.value is not None:
            return tag(
                "circle",
                {
                    "class": "last",
                    "cx": x.at(day.on.toordinal()),
                    "cy": y.at(day.value),
                    "r": 4,
                },
            )
    return Svg("")


def pin_marks(
    pins: Sequence[Pin], days: Sequence[DayValue], x: Scale, y: Scale, size: Size
) -> list[Svg]:
    """Numbered discs above the line, or below where there is no room; never on each other."""
    value_on = {day.on: day.value for day in days}
    drawn: list[Svg] = []
    taken: list[tuple[float, float]] = []
    for pin in pins:
        value = value_on.get(pin.on)
        if value is None:
            continue
        at, line_y = x.at(pin.on.toordinal()), y.at(value)
        lift = -20.0
        if line_y + lift < size.top + 8:
            lift = 20.0
        while any(abs(at - tx) < 18 and abs(line_y + lift - ty) < 18 for tx, ty in taken):  # noqa: PLR2004 - pixels that a pin needs
            lift += 19 if lift > 0 else -19
            if line_y + lift < size.top:
                lift = 20.0
            if line_y + lift > size.height - size.bottom:
                break
        taken.append((at, line_y + lift))
        disc = together(
            tag("title", {}, pin.title),
            tag(
                "path", {"class": "pin-stem", "d": f"M{number(at)} {number(line_y)}v{number(lift)}"}
            ),
            tag("circle", {"class": "pin", "cx": at, "cy": line_y + lift, "r": 8}),
            tag(
                "text",
                {"class": "pin-mark", "x": at, "y": line_y + lift + 4, "text-anchor": "middle"},
                pin.mark,
            ),
        )
        if pin.href:
            drawn.append(tag("a", {"href": pin.href, "aria-label": pin.title}, disc))
        else:
            drawn.append(tag("g", {}, disc))
    return drawn
