"""A line of percentages over days, on zone bands.

A day without data is a hole in the line, never bridged. Zone names stand in a gutter of their
own at the end of the plot and axis numbers in one at its start, so neither ever meets the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from securescore.present.charts.scale import (
    DayLabel,
    Scale,
    day_ticks,
    english_day,
    percent_range,
    ticks,
)
from securescore.present.charts.svg import Svg, number, tag, together
from securescore.present.charts.zones import Zones, zone_mark


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
class LineChart:
    """What is drawn.

    Attributes:
        key: prefix of the ids in the page.
        title, description: what a screen reader says.
        days: every day of the range in order, none left out.
        zones: the organization's own limits.
        pins: at most nine.
        day_label: how a day is written.
    """

    key: str
    title: str
    description: str
    days: tuple[DayValue, ...]
    zones: Zones
    pins: tuple[Pin, ...] = ()
    day_label: DayLabel = english_day


@dataclass(frozen=True, slots=True)
class Size:
    """A view box and what fits in it."""

    name: str
    width: int
    height: int
    n_ticks: int


SIZES = (
    Size("wide", 760, 270, 12),
    Size("medium", 480, 230, 7),
    Size("narrow", 290, 210, 4),
)
AXIS, GUTTER, TOP, BOTTOM = 40, 58, 14, 24  # room around the plot, in units of the view box
BAND_LABEL_MIN = 20  # a thinner band gets no label


def line_chart(chart: LineChart, sizes: Sequence[Size] = SIZES) -> Svg:
    """The chart once per size; the style sheet shows the one that fits its place."""
    return together(*(_drawn(chart, size) for size in sizes))


def _drawn(chart: LineChart, size: Size) -> Svg:
    values = [day.value for day in chart.days if day.value is not None]
    low, high, step = percent_range(values, chart.zones.edges)
    right = size.width - GUTTER
    y = Scale(low, high, size.height - BOTTOM, TOP)
    start, end = chart.days[0].on, chart.days[-1].on
    x = Scale(start.toordinal(), max(end.toordinal(), start.toordinal() + 1), AXIS + 4, right - 6)
    prefix = f"{chart.key}-{size.name}"
    return tag(
        "svg",
        {
            "class": f"chart chart-line chart-{size.name}",
            "viewBox": f"0 0 {size.width} {size.height}",
            "role": "group",
            "aria-labelledby": f"{prefix}-title",
            "aria-describedby": f"{prefix}-desc",
            "data-plot": f"{number(x.start)} {number(x.end)} {TOP} {size.height - BOTTOM}",
            "data-range": f"{number(low)} {number(high)}",
        },
        tag("title", {"id": f"{prefix}-title"}, chart.title),
        tag("desc", {"id": f"{prefix}-desc"}, chart.description),
        _bands(chart.zones, y, (low, high), right),
        _grid(y, ticks(low, high, step), right),
        _day_axis(chart, x, size),
        _gaps(chart, x, size),
        tag("path", {"class": "line", "d": _path(chart.days, x, y)}),
        _last_point(chart.days, x, y),
        *_pins(chart, x, y, size),
    )


def _bands(zones: Zones, y: Scale, seen: tuple[float, float], right: float) -> Svg:
    parts = []
    for band in zones.bands():
        low, high = max(band.low, seen[0]), min(band.high, seen[1])
        if low >= high:
            continue
        top, height = y.at(high), y.at(low) - y.at(high)
        parts.append(
            tag(
                "rect",
                {
                    "class": f"band band-{band.zone}",
                    "x": AXIS,
                    "y": top,
                    "width": right - AXIS,
                    "height": height,
                },
            )
        )
        if height >= BAND_LABEL_MIN:
            middle = top + height / 2
            parts.append(zone_mark(band.zone, right + 13, middle, 8))
            parts.append(
                tag(
                    "text",
                    {"class": f"zone-name zone-{band.zone}", "x": right + 22, "y": middle + 4},
                    band.word,
                )
            )
    return tag("g", {"class": "bands", "aria-hidden": "true"}, *parts)


def _grid(y: Scale, values: Sequence[float], right: float) -> Svg:
    parts = []
    for value in values:
        at = y.at(value)
        parts.append(tag("path", {"class": "grid", "d": f"M{AXIS} {number(at)}H{number(right)}"}))
        parts.append(
            tag(
                "text",
                {"class": "axis", "x": AXIS - 7, "y": at + 4, "text-anchor": "end"},
                f"{number(value)}%",
            )
        )
    return tag("g", {"class": "y-axis", "aria-hidden": "true"}, *parts)


def _day_axis(chart: LineChart, x: Scale, size: Size) -> Svg:
    base = size.height - BOTTOM
    parts = []
    for day, style in day_ticks(chart.days[0].on, chart.days[-1].on, size.n_ticks):
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
                chart.day_label(day, style),
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


def _gaps(chart: LineChart, x: Scale, size: Size) -> Svg:
    height = size.height - BOTTOM - TOP
    parts = []
    for first, last in gaps(chart.days):
        start, end = x.at(first.toordinal() - 1), x.at(last.toordinal() + 1)
        parts.append(
            tag(
                "rect",
                {"class": "gap", "x": start, "y": TOP, "width": end - start, "height": height},
            )
        )
    return tag("g", {"class": "gaps", "aria-hidden": "true"}, *parts) if parts else Svg("")


def _path(days: Sequence[DayValue], x: Scale, y: Scale) -> str:
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


def _last_point(days: Sequence[DayValue], x: Scale, y: Scale) -> Svg:
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


def _pins(chart: LineChart, x: Scale, y: Scale, size: Size) -> list[Svg]:
    """Numbered discs above the line, or below where there is no room; never on each other."""
    value_on = {day.on: day.value for day in chart.days}
    drawn: list[Svg] = []
    taken: list[tuple[float, float]] = []
    for pin in chart.pins:
        value = value_on.get(pin.on)
        if value is None:
            continue
        at, line_y = x.at(pin.on.toordinal()), y.at(value)
        lift = -20.0
        if line_y + lift < TOP + 8:
            lift = 20.0
        while any(abs(at - tx) < 18 and abs(line_y + lift - ty) < 18 for tx, ty in taken):  # noqa: PLR2004 - pixels that a pin needs
            lift += 19 if lift > 0 else -19
            if line_y + lift < TOP:
                lift = 20.0
            if line_y + lift > size.height - BOTTOM:
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
