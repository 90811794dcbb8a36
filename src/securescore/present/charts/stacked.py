"""Stacked bars over spans of days: what came stands above zero, what went below.

A bar may lead somewhere; it is as high as the plot to point at, however little it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from securescore.present.charts.days import AXIS, KEPT_CHARTS, SIZES, Size, day_axis
from securescore.present.charts.scale import DayLabel, Scale, english_day, ticks, value_range
from securescore.present.charts.svg import Svg, number, tag, together

TOP, NO_GUTTER = 30, 14


@dataclass(frozen=True, slots=True)
class Group:
    """What one color and pattern stands for. ``look`` is the class of its parts."""

    name: str
    look: str


@dataclass(frozen=True, slots=True)
class StackedBar:
    """One span of days, both included.

    Attributes:
        values: one per group; negative ones are drawn below zero.
        label: what a screen reader says, and what is shown when it is pointed at.
        href: where it leads; empty: nowhere.
        mark: a line across the bar, such as a sum; None: none.
    """

    start: date
    end: date
    values: tuple[float, ...]
    label: str
    href: str = ""
    mark: float | None = None


@dataclass(frozen=True, slots=True)
class StackedChart:
    """What is drawn; the bars are in order of time and do not overlap."""

    key: str
    title: str
    description: str
    groups: tuple[Group, ...]
    bars: tuple[StackedBar, ...]
    axis_name: str
    day_label: DayLabel = english_day


@lru_cache(maxsize=KEPT_CHARTS)
def stacked_chart(chart: StackedChart, sizes: Sequence[Size] = SIZES) -> Svg:
    """The chart once per size; the style sheet shows the one that fits its place."""
    return together(*(_drawn(chart, replace(size, top=TOP)) for size in sizes))


def group_mark(look: str) -> Svg:
    """A small square, for beside the name of a group."""
    return tag(
        "svg",
        {"class": "legend-mark legend-square", "viewBox": "0 0 12 12", "aria-hidden": "true"},
        tag("rect", {"class": f"part part-{look}", "width": 12, "height": 12, "rx": 2}),
    )


def _drawn(chart: StackedChart, size: Size) -> Svg:
    right = size.width - NO_GUTTER
    extremes = [0.0]
    for bar in chart.bars:
        extremes.append(sum(value for value in bar.values if value > 0))
        extremes.append(sum(value for value in bar.values if value < 0))
    low, high, step = value_range(extremes, from_zero=True)
    y = Scale(low, high, size.height - size.bottom, size.top)
    first, last = chart.bars[0].start, chart.bars[-1].end
    x = Scale(first.toordinal(), last.toordinal() + 1, AXIS + 4, right - 4)
    prefix = f"{chart.key}-{size.name}"
    return tag(
        "svg",
        {
            "class": f"chart chart-stacked chart-{size.name}",
            "viewBox": f"0 0 {size.width} {size.height}",
            "role": "group",
            "aria-labelledby": f"{prefix}-title",
            "aria-describedby": f"{prefix}-desc",
        },
        tag("title", {"id": f"{prefix}-title"}, chart.title),
        tag("desc", {"id": f"{prefix}-desc"}, chart.description),
        _axis(chart.axis_name, ticks(low, high, step), y, size, right),
        day_axis(first, last, chart.day_label, x, size),
        *(_bar(chart, bar, x, y, size) for bar in chart.bars),
        tag("path", {"class": "zero", "d": f"M{AXIS} {number(y.at(0))}H{number(right)}"}),
    )


def _axis(name: str, values: Sequence[float], y: Scale, size: Size, right: float) -> Svg:
    parts = [tag("text", {"class": "axis axis-name", "x": 4, "y": size.top - 16}, name)]
    for value in values:
        at = y.at(value)
        parts.append(tag("path", {"class": "grid", "d": f"M{AXIS} {number(at)}H{number(right)}"}))
        parts.append(
            tag(
                "text",
                {"class": "axis", "x": AXIS - 7, "y": at + 4, "text-anchor": "end"},
                number(value).replace("-", "\N{MINUS SIGN}"),
            )
        )
    return tag("g", {"class": "y-axis", "aria-hidden": "true"}, *parts)


def _bar(chart: StackedChart, bar: StackedBar, x: Scale, y: Scale, size: Size) -> Svg:
    start = x.at(bar.start.toordinal())
    end = x.at((bar.end + timedelta(days=1)).toordinal())
    gap = min(3.0, (end - start) * 0.2)
    width = max(end - start - gap, 0.5)
    parts = [
        tag("title", {}, bar.label),
        tag(
            "rect",
            {
                "class": "hit",
                "x": start,
                "y": size.top,
                "width": max(end - start, 0.5),
                "height": size.height - size.bottom - size.top,
            },
        ),
    ]
    up = down = 0.0
    for group, value in zip(chart.groups, bar.values, strict=True):
        if not value:
            continue
        if value > 0:
            top, bottom, up = y.at(up + value), y.at(up), up + value
        else:
            top, bottom, down = y.at(down), y.at(down + value), down + value
        parts.append(
            tag(
                "rect",
                {
                    "class": f"part part-{group.look}",
                    "x": start + gap / 2,
                    "y": top,
                    "width": width,
                    "height": max(bottom - top, 0.5),
                },
            )
        )
    if bar.mark is not None:
        at = number(y.at(bar.mark))
        parts.append(
            tag("path", {"class": "net", "d": f"M{number(start + gap / 2)} {at}h{number(width)}"})
        )
    if bar.href:
        return tag("a", {"class": "bar-link", "href": bar.href, "aria-label": bar.label}, *parts)
    return tag("g", {"class": "bar-plain"}, *parts)
