"""What the Overview shows, computed from the answers of the record; no request, no templates."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from securescore.core.points import Points, percentage
from securescore.present.charts.bar import Notch, bar
from securescore.present.charts.line import DayValue, LineChart, Pin, gaps, line_chart
from securescore.present.charts.zones import Zones
from securescore.present.remembered import remembered
from securescore.present.web import words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from securescore.present.charts.svg import Svg
    from securescore.record.answers import (
        ActionRow,
        CategoryScore,
        DayScore,
        HistoryEvent,
        ScoreAnswer,
    )

INCLUDABLE: Mapping[str, str] = MappingProxyType(
    {"planned": "Planned", "license": "Current license", "achievable": "Achievable"}
)
"""Key in the address (UX section 1, fact 2) and label of the views one may include."""
VIEW_NAMES: Mapping[str, str] = MappingProxyType(
    {"planned": "planned", "license": "current_license", "achievable": "achievable"}
)
N_PINS = 5


@dataclass(frozen=True, slots=True)
class IncludedView:
    """One of the views beside the score."""

    key: str
    label: str
    percentage: float | None
    points: Points
    formula: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """One row of the breakdown."""

    score: CategoryScore
    views: tuple[tuple[str, float | None], ...]
    bar: Svg


@dataclass(frozen=True, slots=True)
class Happening:
    """A day on which much changed: a pin on the line and a line of text below."""

    mark: str
    on: date
    delta: Points
    first: HistoryEvent
    n_more: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The score over the days of a range.

    ``chart`` is None with fewer than two days of data. ``change_pp`` is last minus first.
    """

    chart: Svg | None
    first: DayScore | None
    last: DayScore | None
    change_pp: float | None
    gaps: tuple[tuple[date, date], ...]
    happenings: tuple[Happening, ...]
    start_values: str


def included_views(score: ScoreAnswer, chosen: Collection[str]) -> tuple[IncludedView, ...]:
    """The views that may be included, each with whether it is."""
    by_name = {view.name: view for view in score.views}
    return tuple(
        IncludedView(key, label, view.percentage, view.points, view.formula, key in chosen)
        for key, label in INCLUDABLE.items()
        if (view := by_name.get(VIEW_NAMES[key])) is not None
    )


def gain(rows: Iterable[ActionRow], view: str) -> Points:
    """Points that a view (S8) adds to those the rows have now; its formula is that of the record.

    Only scored rows count. Where the licenses are unknown they are taken as held.
    """
    added = 0
    for row in rows:
        if row.state not in words.SCORED_STATES:
            continue
        is_licensed = row.has_license is not False
        if (
            (view == "planned" and row.status == "planned")
            or (view == "license" and is_licensed)
            or (view == "achievable" and is_licensed and row.status != "risk accepted")
        ):
            added += row.points_left
    return Points(added)


def category_lines(
    score: ScoreAnswer, rows: Sequence[ActionRow], chosen: Collection[str]
) -> tuple[CategoryLine, ...]:
    """The categories that have something, each with the included views as notches."""
    by_category: dict[str, list[ActionRow]] = defaultdict(list)
    for row in rows:
        by_category[row.category].append(row)
    lines = []
    for category in score.categories:
        if not category.n_controls:
            continue
        views = tuple(
            (
                label,
                percentage(
                    category.points + gain(by_category[category.name], key), category.max_score
                ),
            )
            for key, label in INCLUDABLE.items()
            if key in chosen
        )
        notches = [Notch(label, value) for label, value in views if value is not None]
        lines.append(CategoryLine(category, views, bar(category.percentage, notches=notches)))
    return tuple(lines)


def absent_categories(score: ScoreAnswer) -> tuple[str, ...]:
    """Categories without any control, to be said in words."""
    present = {category.name for category in score.categories if category.n_controls}
    return tuple(name for name in words.CATEGORIES if name not in present)


def happenings(
    events: Sequence[HistoryEvent], zone: str, n_max: int = N_PINS
) -> tuple[Happening, ...]:
    """The days that moved most points, in order of time, numbered from 1.

    A day's weight is the sum of what came and what went, so that a day on which much fell and as
    much rose is not overlooked.
    """
    by_day: dict[date, list[HistoryEvent]] = defaultdict(list)
    for event in events:
        if event.delta:
            by_day[words.local(event.at, zone).date()].append(event)
    weight = {on: sum(abs(e.delta) for e in found) for on, found in by_day.items()}
    chosen = sorted(sorted(by_day, key=lambda on: (-weight[on], on))[:n_max])
    made = []
    for number, on in enumerate(chosen, 1):
        found = sorted(by_day[on], key=lambda e: (-abs(e.delta), e.control_id))
        delta = Points(sum(event.delta for event in found))
        made.append(Happening(str(number), on, delta, found[0], len(found) - 1))
    return tuple(made)


@remembered(64, answers=2)
def trend(
    days: Sequence[DayScore],
    events: Sequence[HistoryEvent],
    *,
    zones: Zones,
    zone: str,
    base: str,
) -> Trend:
    """The line of a range with its pins, and what the sentence under it needs.

    Args:
        days: every day of the range, in order.
        events: of the range, any order.
        zones: the organization's limits.
        zone: its time zone.
        base: address of the history.
    """
    known = [day for day in days if day.percentage is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        only = known[0] if known else None
        return Trend(None, only, only, None, (), (), "")
    first, last = known[0], known[-1]
    change = round((last.percentage or 0.0) - (first.percentage or 0.0), 2)
    happened = happenings(events, zone)
    values = tuple(DayValue(day.on, day.percentage) for day in days)
    chart = LineChart(
        key="score",
        title="Score over time",
        description=(
            f"From {words.percent(first.percentage)} on {words.day(first.on)} to "
            f"{words.percent(last.percentage)} on {words.day(last.on)}. "
            "The same figures stand in the table."
        ),
        days=values,
        zones=zones,
        pins=tuple(
            Pin(
                h.on,
                h.mark,
                f"{words.day(h.on)}: {words.signed_points(h.delta)} points, {h.first.title}",
                f"{base}?{urlencode({'from': h.on, 'to': h.on})}",
            )
            for h in happened
        ),
        day_label=words.day_label,
    )
    written = ",".join(
        ""
        if d.percentage is None or d.points is None or d.max_score is None
        else f"{words.percent(d.percentage)}:{d.points.short()}:{d.max_score.short()}"
        for d in days
    )
    return Trend(line_chart(chart), first, last, change, gaps(values), happened, written)
