"""Cards about points that came and went, week by week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from securescore.core.points import Points
from securescore.core.trend import LossGroup
from securescore.present.charts.days import SIZES, Size
from securescore.present.charts.stacked import (
    Group,
    StackedBar,
    StackedChart,
    group_mark,
    stacked_chart,
)
from securescore.present.exports import Cell
from securescore.present.web import words

if TYPE_CHECKING:
    from securescore.record.trend_answers import (
        LossAnswer,
        MetricsAnswer,
        PointChangesAnswer,
    )

from securescore.present.web.metrics_card import Card, Figure, Table, span_in_words

LOSS_NAMES: Mapping[LossGroup, str] = {
    LossGroup.CONFIGURATION: "Configuration",
    LossGroup.USER: "Users",
    LossGroup.DEVICE: "Devices",
    LossGroup.REST: "The rest",
}


def changes_card(answer: PointChangesAnswer, sizes: Sequence[Size] = SIZES) -> Card:
    """Points achieved, regressed and otherwise changed, week by week."""
    title = "Score changes"
    if answer.total is None or answer.start is None or answer.end is None:
        return Card("changes", title, "", None, "No data in this range.")
    if not answer.weeks:
        return Card("changes", title, "", None, "A change needs two days of data.")
    total = answer.total
    sentence = (
        f"{words.signed_points(total.achieved)} points achieved, "
        f"{words.signed_points(total.regressed)} regressed"
        + (
            f", {words.signed_points(total.other)} by catalog, licenses and data"
            if total.other
            else ""
        )
        + f": net {words.signed_points(total.net)} points from {words.day(answer.start.on)} to "
        f"{words.day(answer.end.on)}."
    )
    groups = (
        Group("Achieved", "achieved"),
        Group("Regressed", "regressed"),
        Group("Catalog, licenses, data", "other"),
    )
    bars = tuple(
        StackedBar(
            week.start,
            week.end,
            (week.achieved.to_float(), week.regressed.to_float(), week.other.to_float()),
            f"{span_in_words(week.start, week.end)}: "
            f"{words.signed_points(week.achieved)} achieved, "
            f"{words.signed_points(week.regressed)} regressed, "
            f"net {words.signed_points(week.net)} points",
            mark=week.net.to_float() if week.achieved or week.regressed or week.other else None,
        )
        for week in answer.weeks
    )
    chart = StackedChart(
        key="changes",
        title=title,
        description=f"{sentence} The same figures stand in the table.",
        groups=groups,
        bars=bars,
        axis_name="Points a week",
        day_label=words.day_label,
    )
    return Card(
        "changes",
        title,
        sentence,
        Figure(stacked_chart(chart, sizes)),
        "",
        legend=tuple((group.name, group_mark(group.look)) for group in groups),
        notes=("The line across a bar is the net of its week.",),
    )


def changes_table(answer: MetricsAnswer) -> Table:
    """Every week, and their sum."""
    weeks = answer.changes.weeks
    rows: list[tuple[Cell, ...]] = [
        (
            week.start.isoformat(),
            week.end.isoformat(),
            week.achieved.to_float(),
            week.regressed.to_float(),
            week.other.to_float(),
            week.net.to_float(),
        )
        for week in reversed(weeks)
    ]
    return Table(("from", "to", "achieved", "regressed", "other", "net"), tuple(rows))


def regressions_card(answer: LossAnswer, base: str, sizes: Sequence[Size] = SIZES) -> Card:
    """Points lost a week, by whose doing; each bar leads to its week in the history."""
    title = "Regression trend"
    if answer.start is None or answer.end is None:
        return Card("regressions", title, "", None, "No data in this range.")
    if not answer.weeks:
        return Card("regressions", title, "", None, "A regression needs two days of data.")
    lost = Points(sum(answer.lost.values()))
    by_group = [
        f"{answer.lost[group.value].short()} by {name.lower()}"
        for group, name in LOSS_NAMES.items()
        if answer.lost[group.value]
    ]
    sentence = (
        f"{lost.short()} points were lost from {words.day(answer.start)} to "
        f"{words.day(answer.end)}: {', '.join(by_group)}."
        if lost
        else f"No points were lost from {words.day(answer.start)} to {words.day(answer.end)}."
    )
    groups = tuple(Group(name, group.value) for group, name in LOSS_NAMES.items())
    bars = []
    for week in answer.weeks:
        parts = [
            f"{name.lower()} {week.lost[group].short()}"
            for group, name in LOSS_NAMES.items()
            if week.lost[group]
        ]
        said = f"{week.total.short()} points lost ({', '.join(parts)})" if parts else "none lost"
        bars.append(
            StackedBar(
                week.start,
                week.end,
                tuple(week.lost[group].to_float() for group in LOSS_NAMES),
                f"{span_in_words(week.start, week.end)}: {said}",
                href=_losses_of(base, week.start, week.end) if week.total else "",
            )
        )
    chart = StackedChart(
        key="regressions",
        title=title,
        description=f"{sentence} The same figures stand in the table.",
        groups=groups,
        bars=tuple(bars),
        axis_name="Points lost a week",
        day_label=words.day_label,
    )
    return Card(
        "regressions",
        title,
        sentence,
        Figure(stacked_chart(chart, sizes)),
        "",
        legend=tuple((group.name, group_mark(group.look)) for group in groups),
        notes=("The rest: status, catalog, licenses and data.",),
    )


def _losses_of(base: str, start: date, end: date) -> str:
    """The address of what lost points in a week."""
    return f"{base}?{urlencode({'from': start, 'to': end, 'points': 'lost'})}"


def regressions_table(answer: MetricsAnswer) -> Table:
    """Every week, by whose doing."""
    rows: list[tuple[Cell, ...]] = [
        (
            week.start.isoformat(),
            week.end.isoformat(),
            *(week.lost[group].to_float() for group in LOSS_NAMES),
            week.total.to_float(),
        )
        for week in reversed(answer.losses.weeks)
    ]
    return Table(("from", "to", *(group.value for group in LOSS_NAMES), "all"), tuple(rows))
