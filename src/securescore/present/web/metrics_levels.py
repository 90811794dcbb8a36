"""Cards about where the score stands: its zone, and how it compares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from securescore.present.charts.days import SIZES, DayValue, Size
from securescore.present.charts.line import LineChart, line_chart
from securescore.present.charts.lines import (
    Axis,
    LinesChart,
    Series,
    legend_mark,
    lines_chart,
)
from securescore.present.charts.zones import Zones
from securescore.present.exports import Cell
from securescore.present.web import words

if TYPE_CHECKING:
    from securescore.record.answers import DayScore
    from securescore.record.trend_answers import (
        ComparisonLine,
        ComparisonTrend,
        MetricsAnswer,
        ZoneAnswer,
    )

from securescore.present.web.metrics_card import Card, Figure, Table, figure_of

CARRIED_DAYS = 45
"""An average holds until the next one, at most so long."""
MAX_CUSTOM_LOOKS = 4


def zone_card(answer: ZoneAnswer, sizes: Sequence[Size] = SIZES) -> Card:
    """The score on the organization's own zones, and the days in each."""
    trend = answer.trend
    known = [day for day in trend.days if day.percentage is not None]
    title = "Zone"
    if not known:
        return Card("zone", title, "", None, "No data in this range.")
    n_days = ", ".join(
        f"{words.counted(n, 'day')} {words.ZONES[zone].lower()}" for zone, n in trend.n_days.items()
    )
    sentence = (
        f"{words.ZONES[answer.zone_now]} now, at {words.percent(answer.percentage_now)}. "
        f"In this range: {n_days}."
    )
    notes = [
        f"{words.day(cross.on)}: from {words.ZONES[cross.old].lower()} to "
        f"{words.ZONES[cross.new].lower()}"
        for cross in trend.crossings[-5:]
    ]
    values = tuple(DayValue(day.on, day.percentage) for day in trend.days)
    if trend.n_without_data:
        notes.append(f"{words.counted(trend.n_without_data, 'day')} without data are in no zone.")
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        return Card("zone", title, sentence, None, "The line starts with the second day of data.")
    chart = LineChart(
        key="zone",
        title=title,
        description=f"{sentence} The same figures stand in the table.",
        days=values,
        zones=Zones(answer.okay_from, answer.good_from),
        day_label=words.day_label,
    )
    return Card(
        "zone",
        title,
        sentence,
        Figure(line_chart(chart, sizes)),
        "",
        notes=tuple(notes),
    )


def zone_table(answer: MetricsAnswer) -> Table:
    """Every day with its zone."""
    return Table(
        ("day", "percentage", "zone"),
        tuple(
            (day.on.isoformat(), day.percentage, day.zone.value if day.zone else "no data")
            for day in reversed(answer.zone.trend.days)
        ),
        frozenset({"percentage"}),
    )


def chosen_lines(answer: ComparisonTrend, chosen: Sequence[str]) -> list[ComparisonLine]:
    """The averages asked for by key; all of them where none is."""
    return [line for line in answer.lines if not chosen or line.key in chosen]


def carried(line: ComparisonLine, days: Sequence[DayScore]) -> tuple[DayValue, ...]:
    """An average on every day: it holds until the next, at most 45 days."""
    known = dict(line.values)
    made = []
    last: tuple[date, float] | None = None
    for day in days:
        if day.on in known:
            last = day.on, known[day.on]
        holds = last is not None and (day.on - last[0]).days <= CARRIED_DAYS
        made.append(DayValue(day.on, last[1] if last and holds else None))
    return tuple(made)


def look_of(line: ComparisonLine, n_custom: int) -> str:
    """How a line is drawn: dashes tell them apart without color."""
    if line.key == "seats":
        return "similar"
    if line.key == "all":
        return "all"
    if line.key.startswith("microsoft:"):
        return "microsoft"
    return f"custom-{n_custom % MAX_CUSTOM_LOOKS + 1}"


def comparison_card(
    answer: ComparisonTrend, chosen: Sequence[str], sizes: Sequence[Size] = SIZES
) -> Card:
    """The own score beside averages of others."""
    title = "Comparison trend"
    known = [day for day in answer.days if day.percentage is not None]
    if not known:
        return Card("comparison", title, "", None, "No data in this range.")
    lines = chosen_lines(answer, chosen)
    own = tuple(DayValue(day.on, day.percentage) for day in answer.days)
    if not lines:
        return Card(
            "comparison",
            title,
            "",
            None,
            "Nothing to compare with in this range. An average is shown from ten organizations on.",
        )
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        return Card("comparison", title, "", None, "The lines start with the second day of data.")
    series = [Series("You", "own", own)]
    n_custom = 0
    for line in lines:
        look = look_of(line, n_custom)
        n_custom += look.startswith("custom")
        series.append(Series(words.capital(line.name), look, carried(line, answer.days)))
    newest = [f"you {words.percent(known[-1].percentage)}"]
    newest += [f"{line.name} {words.percent(line.values[-1][1])}" for line in lines]
    sentence = words.capital(", ".join(newest)) + "."
    notes = [
        f"{words.capital(line.name)}: "
        + (
            f"{words.counted(line.n_organizations, 'organization')}, "
            if line.n_organizations is not None
            else ""
        )
        + f"{line.source}, {words.day(line.values[-1][0])}"
        for line in lines
    ]
    chart = LinesChart(
        key="comparison",
        title=title,
        description=f"{sentence} The same figures stand in the table.",
        series=tuple(series),
        axis=Axis("Score", "%"),
        day_label=words.day_label,
    )
    return Card(
        "comparison",
        title,
        sentence,
        figure_of(lines_chart(chart, sizes), series),
        "",
        legend=tuple((one.name, legend_mark(one.look)) for one in series),
        notes=tuple(notes),
    )


def comparison_table(answer: MetricsAnswer) -> Table:
    """Every day that has a score or an average; averages stand on the days they are of."""
    lines = answer.comparison.lines
    of_line = [dict(line.values) for line in lines]
    rows: list[tuple[Cell, ...]] = []
    for day in reversed(answer.days):
        values = [known.get(day.on) for known in of_line]
        if day.percentage is not None or any(value is not None for value in values):
            rows.append((day.on.isoformat(), day.percentage, *values))
    heads = ("you", *(line.name for line in lines))
    return Table(("day", *heads), tuple(rows), frozenset(heads))
