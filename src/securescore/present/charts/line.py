"""A line of percentages over days, on zone bands.

A day without data is a hole in the line, never bridged. Zone names stand in a gutter of their
own at the end of the plot and axis numbers in one at its start, so neither ever meets the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from securescore.present.charts.days import (
    AXIS,
    GUTTER,
    KEPT_CHARTS,
    SIZES,
    DayValue,
    Pin,
    Size,
    day_axis,
    day_path,
    gap_areas,
    gaps,
    last_point,
    pin_marks,
)
from securescore.present.charts.scale import (
    DayLabel,
    Scale,
    english_day,
    percent_range,
    ticks,
)
from securescore.present.charts.svg import Svg, number, tag, together
from securescore.present.charts.zones import Zones, zone_mark


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


__all__ = ["DayValue", "LineChart", "Pin", "gaps", "line_chart"]

BAND_LABEL_MIN = 20  # a thinner band gets no label


@lru_cache(maxsize=KEPT_CHARTS)
def line_chart(chart: LineChart, sizes: Sequence[Size] = SIZES) -> Svg:
    """The chart once per size; the style sheet shows the one that fits its place."""
    return together(*(_drawn(chart, size) for size in sizes))


def _drawn(chart: LineChart, size: Size) -> Svg:
    values = [day.value for day in chart.days if day.value is not None]
    low, high, step = percent_range(values, chart.zones.edges)
    right = size.width - GUTTER
    y = Scale(low, high, size.height - size.bottom, size.top)
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
            "data-plot": f"{number(x.start)} {number(x.end)} {size.top} "
            f"{size.height - size.bottom}",
            "data-range": f"{number(low)} {number(high)}",
        },
        tag("title", {"id": f"{prefix}-title"}, chart.title),
        tag("desc", {"id": f"{prefix}-desc"}, chart.description),
        _bands(chart.zones, y, (low, high), right),
        _grid(y, ticks(low, high, step), right),
        day_axis(start, end, chart.day_label, x, size),
        gap_areas(chart.days, x, size),
        tag("path", {"class": "line", "d": day_path(chart.days, x, y)}),
        last_point(chart.days, x, y),
        *pin_marks(chart.pins, chart.days, x, y, size),
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
