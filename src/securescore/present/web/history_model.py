"""What the History shows, computed from the answers of the record; no request, no templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from securescore.core.points import Points
from securescore.present.charts.days import DayValue, Pin, gaps
from securescore.present.charts.lines import Axis, LinesChart, Series, lines_chart
from securescore.present.remembered import remembered
from securescore.present.web import words

if TYPE_CHECKING:
    from securescore.present.charts.svg import Svg
    from securescore.record.answers import DayScore, HistoryEvent
    from securescore.record.history_answers import DayMove

N_PINS = 5
RESOURCE_CAUSES = frozenset({"configuration", "user", "device"})
"""Causes whose changes resources flip by."""


@dataclass(frozen=True, slots=True)
class Course:
    """The line of a range: ``chart`` is None with fewer than two days of data."""

    chart: Svg | None
    first: DayScore | None
    last: DayScore | None
    change_pp: float | None
    gaps: tuple[tuple[date, date], ...]
    pins: tuple[DayMove, ...]
    values: str


@dataclass(frozen=True, slots=True)
class DayOfEvents:
    """The events of a day on one page.

    ``change`` and ``change_pp`` are those of the whole day against the day before, whatever is
    filtered; None where either day has no data.
    """

    on: date
    score: DayScore | None
    change: Points | None
    max_change: Points | None
    change_pp: float | None
    events: tuple[HistoryEvent, ...]

    @property
    def before(self) -> date:
        return self.on - timedelta(days=1)


@remembered(64, answers=2)
def course(days: Sequence[DayScore], moves: Sequence[DayMove], base: str) -> Course:
    """Points and percentage over a range, with the days that moved most pinned on it.

    Args:
        days: the day before the range and every day of it, in order.
        moves: what moved on each day, of what is shown.
        base: address of the history.
    """
    days = days[1:]
    known = [day for day in days if day.percentage is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        only = known[0] if known else None
        return Course(None, only, only, None, (), (), "")
    first, last = known[0], known[-1]
    pinned = sorted(sorted(moves, key=lambda m: (-m.weight, m.on))[:N_PINS], key=lambda m: m.on)
    percentages = tuple(DayValue(day.on, day.percentage) for day in days)
    chart = LinesChart(
        key="history",
        title="Score and points over time",
        description=(
            f"From {words.percent(first.percentage)} on {words.day(first.on)} to "
            f"{words.percent(last.percentage)} on {words.day(last.on)}. "
            "What happened stands in the list below."
        ),
        series=(
            Series("Score", "own", percentages),
            Series(
                "Points",
                "second",
                tuple(
                    DayValue(d.on, None if d.points is None else d.points.to_float()) for d in days
                ),
                on_end=True,
            ),
        ),
        axis=Axis("Score", "%"),
        end_axis=Axis("Points"),
        pins=tuple(
            Pin(
                move.on,
                str(number),
                f"{words.day(move.on)}: {words.signed_points(move.delta)} points, {move.title}"
                + (f" and {move.n_changes - 1} more" if move.n_changes > 1 else ""),
                f"{base}?{urlencode({'from': move.on, 'to': move.on})}",
            )
            for number, move in enumerate(pinned, 1)
        ),
        day_label=words.day_label,
    )
    return Course(
        chart=lines_chart(chart),
        first=first,
        last=last,
        change_pp=round((last.percentage or 0.0) - (first.percentage or 0.0), 2),
        gaps=gaps(percentages),
        pins=tuple(pinned),
        values=",".join(
            ""
            if day.percentage is None or day.points is None
            else f"{day.percentage}:{day.points.short()}"
            for day in days
        ),
    )


@remembered(64, answers=2)
def days_of_events(
    events: Sequence[HistoryEvent], days: Sequence[DayScore], zone: str
) -> tuple[DayOfEvents, ...]:
    """Events by day, in the order they come in.

    Args:
        events: newest first.
        days: the days of the range and the one before.
        zone: the organization's time zone.
    """
    score_of = {day.on: day for day in days}
    by_day: dict[date, list[HistoryEvent]] = {}
    for event in events:
        by_day.setdefault(words.local(event.at, zone).date(), []).append(event)
    return tuple(_day(on, tuple(found), score_of) for on, found in by_day.items())


def _day(on: date, events: tuple[HistoryEvent, ...], score_of: dict[date, DayScore]) -> DayOfEvents:
    now, before = score_of.get(on), score_of.get(on - timedelta(days=1))
    if now is None or before is None or now.points is None or before.points is None:
        return DayOfEvents(on, now, None, None, None, events)
    change_pp = None
    if now.percentage is not None and before.percentage is not None:
        change_pp = round(now.percentage - before.percentage, 2)
    return DayOfEvents(
        on,
        now,
        now.points - before.points,
        None
        if now.max_score is None or before.max_score is None
        else now.max_score - before.max_score,
        change_pp,
        events,
    )
