"""Several lines over the same days, on one axis or on two that are named.

Lines differ by dashes as well as by color; their names stand in the legend beside the chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    last_point,
    pin_marks,
)
from securescore.present.charts.scale import (
    DayLabel,
    Scale,
    english_day,
    percent_range,
    ticks,
    value_range,
)
from securescore.present.charts.svg import Svg, number, tag, together

TOP = 30  # names of the axes stand above the plot
NO_GUTTER = 14


@dataclass(frozen=True, slots=True)
class Axis:
    """How values are read. ``unit`` is ``%`` for percentages, else empty.

    ``from_zero`` keeps zero in view: what is drawn is an amount, not a level.
    """

    name: str
    unit: str = ""
    from_zero: bool = False

    def range_of(self, values: Sequence[float]) -> tuple[float, float, float]:
        """Low, high and step of its ticks."""
        if self.unit == "%":
            return percent_range(values, ())
        return value_range(values, from_zero=self.from_zero)


@dataclass(frozen=True, slots=True)
class Series:
    """One line.

    Attributes:
        name: as in the legend.
        look: class of the line: ``own``, ``second``, ``similar``, ``all``, ``custom-1`` ...
        days: every day of the range.
        on_end: read on the axis at the end.
        is_area: filled down to the lowest value of the axis.
    """

    name: str
    look: str
    days: tuple[DayValue, ...]
    on_end: bool = False
    is_area: bool = False


@dataclass(frozen=True, slots=True)
class LinesChart:
    """What is drawn; the first series is the one that pins and shaded gaps belong to."""

    key: str
    title: str
    description: str
    series: tuple[Series, ...]
    axis: Axis
    end_axis: Axis | None = None
    pins: tuple[Pin, ...] = ()
    day_label: DayLabel = english_day


@lru_cache(maxsize=KEPT_CHARTS)
def lines_chart(chart: LinesChart, sizes: Sequence[Size] = SIZES) -> Svg:
    """The chart once per size; the style sheet shows the one that fits its place."""
    return together(*(_drawn(chart, replace(size, top=TOP)) for size in sizes))


def legend_mark(look: str) -> Svg:
    """A short piece of a line, for beside its name."""
    return tag(
        "svg",
        {"class": "legend-mark", "viewBox": "0 0 28 8", "aria-hidden": "true"},
        tag("path", {"class": f"line line-{look}", "d": "M2 4H26"}),
    )


def _drawn(chart: LinesChart, size: Size) -> Svg:
    right = size.width - (GUTTER if chart.end_axis else NO_GUTTER)
    first, last = chart.series[0].days[0].on, chart.series[0].days[-1].on
    x = Scale(first.toordinal(), max(last.toordinal(), first.toordinal() + 1), AXIS + 4, right - 6)
    low, high, step = chart.axis.range_of(_values(chart, on_end=False))
    y = Scale(low, high, size.height - size.bottom, size.top)
    ranges = [f"{number(low)} {number(high)}"]
    parts = [_axis(chart.axis, ticks(low, high, step), y, size, right)]
    end_y = y
    if chart.end_axis is not None:
        low, high, step = chart.end_axis.range_of(_values(chart, on_end=True))
        end_y = Scale(low, high, size.height - size.bottom, size.top)
        ranges.append(f"{number(low)} {number(high)}")
        parts.append(_end_axis(chart.end_axis, ticks(low, high, step), end_y, size, right))
    parts.append(day_axis(first, last, chart.day_label, x, size))
    parts.append(gap_areas(chart.series[0].days, x, size))
    parts.extend(
        _line(series, x, end_y if series.on_end else y, size) for series in reversed(chart.series)
    )
    main = chart.series[0]
    prefix = f"{chart.key}-{size.name}"
    return tag(
        "svg",
        {
            "class": f"chart chart-lines chart-{size.name}",
            "viewBox": f"0 0 {size.width} {size.height}",
            "role": "group",
            "aria-labelledby": f"{prefix}-title",
            "aria-describedby": f"{prefix}-desc",
            "data-plot": f"{number(x.start)} {number(x.end)} {size.top} "
            f"{size.height - size.bottom}",
            "data-ranges": ";".join(ranges[-1 if s.on_end else 0] for s in chart.series),
        },
        tag("title", {"id": f"{prefix}-title"}, chart.title),
        tag("desc", {"id": f"{prefix}-desc"}, chart.description),
        *parts,
        last_point(main.days, x, end_y if main.on_end else y),
        *pin_marks(chart.pins, main.days, x, y, size),
    )


def _values(chart: LinesChart, *, on_end: bool) -> list[float]:
    return [
        day.value
        for series in chart.series
        if series.on_end is on_end
        for day in series.days
        if day.value is not None
    ]


def _axis(axis: Axis, values: Sequence[float], y: Scale, size: Size, right: float) -> Svg:
    parts = [
        tag("text", {"class": "axis axis-name", "x": 4, "y": size.top - 16}, axis.name),
    ]
    for value in values:
        at = y.at(value)
        parts.append(tag("path", {"class": "grid", "d": f"M{AXIS} {number(at)}H{number(right)}"}))
        parts.append(
            tag(
                "text",
                {"class": "axis", "x": AXIS - 7, "y": at + 4, "text-anchor": "end"},
                f"{number(value)}{axis.unit}",
            )
        )
    return tag("g", {"class": "y-axis", "aria-hidden": "true"}, *parts)


def _end_axis(axis: Axis, values: Sequence[float], y: Scale, size: Size, right: float) -> Svg:
    parts = [
        tag(
            "text",
            {
                "class": "axis axis-name",
                "x": size.width - 4,
                "y": size.top - 16,
                "text-anchor": "end",
            },
            axis.name,
        ),
    ]
    for value in values:
        at = y.at(value)
        parts.append(tag("path", {"class": "tick", "d": f"M{number(right)} {number(at)}h4"}))
        parts.append(
            tag(
                "text",
                {"class": "axis", "x": right + 9, "y": at + 4},
                f"{number(value)}{axis.unit}",
            )
        )
    return tag("g", {"class": "y-axis y-axis-end", "aria-hidden": "true"}, *parts)


def _line(series: Series, x: Scale, y: Scale, size: Size) -> Svg:
    line = tag(
        "path", {"class": f"line line-{series.look}", "d": day_path(series.days, x, y) or None}
    )
    if not series.is_area:
        return line
    return together(_area(series, x, y, size.height - size.bottom), line)


def _area(series: Series, x: Scale, y: Scale, base: float) -> Svg:
    """Each run of days, closed at the bottom of the plot."""
    steps: list[str] = []
    run: list[str] = []
    ends: list[float] = []
    for day in (*series.days, DayValue(series.days[-1].on, None)):
        if day.value is not None:
            at = x.at(day.on.toordinal())
            run.append(f"L{number(at)} {number(y.at(day.value))}")
            ends.append(at)
        elif run:
            floor = number(base)
            steps.append(f"M{number(ends[0])} {floor}{''.join(run)}L{number(ends[-1])} {floor}z")
            run, ends = [], []
    return tag("path", {"class": f"area area-{series.look}", "d": "".join(steps) or None})
