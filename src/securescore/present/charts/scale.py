"""From values to places: axis ranges, ticks, days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10

DayLabel = Callable[[date, str], str]  # day, style: "day", "month" or "year"

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MIN_SPAN_PP = 20.0  # a flat line shall not look like an earthquake
STEPS_PP = (5.0, 10.0, 20.0, 25.0)


def english_day(day: date, style: str) -> str:
    """Labels for those who bring none: ``3 May``, ``May``, ``2026``."""
    if style == "year":
        return str(day.year)
    month = MONTHS[day.month - 1]
    return month if style == "month" else f"{day.day} {month}"


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear: ``low`` lands on ``start``, ``high`` on ``end`` (which may be smaller)."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def percent_range(values: Sequence[float], edges: Sequence[float]) -> tuple[float, float, float]:
    """The y axis of percentages: low, high, step.

    It comes from the data, spans at least 20 points, and keeps the nearest zone edge in view:
    otherwise one band fills the chart and says nothing. 0 <= low < high <= 100.

    >>> percent_range([43.1, 58.8], [40, 70])
    (35.0, 65.0, 5.0)
    >>> percent_range([12.0, 12.0], [40, 70])
    (10.0, 45.0, 10.0)
    """
    if not values:
        return 0.0, 100.0, 20.0
    low, high = min(values), max(values)
    if edges and not any(low - 2 <= edge <= high + 2 for edge in edges):
        near = min(edges, key=lambda edge: min(abs(edge - low), abs(edge - high)))
        low, high = min(low, near), max(high, near)
    low, high = low - 2, high + 2
    if high - low < MIN_SPAN_PP:
        middle = (low + high) / 2
        low, high = middle - MIN_SPAN_PP / 2, middle + MIN_SPAN_PP / 2
        if low < 0:
            low, high = 0.0, MIN_SPAN_PP
        if high > 100:  # noqa: PLR2004 - percent
            low, high = 100 - MIN_SPAN_PP, 100.0
    low = max(0.0, 5.0 * (low // 5))
    high = min(100.0, -5.0 * (-high // 5))
    step = next((s for s in STEPS_PP if (high - low) / s <= 6), STEPS_PP[-1])  # noqa: PLR2004 - as many labels as fit
    return low, high, step


def ticks(low: float, high: float, step: float) -> tuple[float, ...]:
    """Multiples of ``step`` within the range.

    >>> ticks(35, 65, 10)
    (40, 50, 60)
    """
    first = -step * (-low // step)
    count = int((high - first) // step) + 1
    return tuple(first + i * step for i in range(max(count, 0)))


def day_ticks(start: date, end: date, n_max: int) -> tuple[tuple[date, str], ...]:
    """Days to label and the style of each label; at most ``n_max`` (>= 2), about evenly apart.

    Over 70 days: first days of months (the year in January), else days a fixed number apart.
    """
    n_days = (end - start).days
    if n_days <= 70:  # noqa: PLR2004 - about ten weeks
        step = max(1, -(-n_days // n_max))
        if n_days > 7:  # noqa: PLR2004 - whole weeks read better
            step = 7 * max(1, -(-step // 7))
        return tuple((start + timedelta(days=i), "day") for i in range(0, n_days + 1, step))[:n_max]
    months = []
    day = start.replace(day=1)
    while day <= end:
        if day >= start:
            months.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    every = next(e for e in (1, 2, 3, 4, 6, 12, 24, 60, 1200) if len(months) / e <= n_max)
    return tuple(
        (month, "year" if month.month == 1 else "month")
        for month in months
        if (month.month - 1) % min(every, 12) == 0
        and (every <= 12 or month.year % (every // 12) == 0)  # noqa: PLR2004 - as many labels as fit
    )


def value_range(
    values: Sequence[float], *, from_zero: bool = False, n_steps: int = 5
) -> tuple[float, float, float]:
    """The y axis of points or counts: low, high, step; steps are 1, 2 or 5 of some power of ten.

    >>> value_range([377.3, 522.6])
    (350.0, 550.0, 50.0)
    >>> value_range([-3.0, 12.0], from_zero=True)
    (-5.0, 15.0, 5.0)
    """
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    if from_zero or 0 <= low < high / 4:
        low = min(low, 0.0)
    if from_zero:
        high = max(high, 0.0)
    span = max(high - low, 1.0)
    power = 10.0 ** floor(log10(span / n_steps))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power * n_steps >= span)
    step = max(step, 1.0)
    first, last = step * floor(low / step), step * ceil(high / step)
    if first == last:
        last += step
    return float(first), float(last), step
