"""The card about accepted risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from securescore.present.charts.days import SIZES, DayValue, Size
from securescore.present.charts.lines import (
    Axis,
    LinesChart,
    Series,
    legend_mark,
    lines_chart,
)
from securescore.present.web import words
from securescore.present.web.risk_words import reviews

if TYPE_CHECKING:
    from securescore.record.trend_answers import (
        MetricsAnswer,
        RiskAnswer,
    )

from securescore.present.web.metrics_card import Card, Table, figure_of


def risk_card(answer: RiskAnswer, sizes: Sequence[Size] = SIZES) -> Card:
    """How many risks are accepted, what they cost, which are to be reviewed."""
    title = "Risk acceptance trend"
    now = answer.now
    if now is None or now.points_left is None:
        return Card("risk", title, "", None, "No data in this range.")
    to_review = reviews(
        sum(risk.is_due for risk in answer.risks), sum(risk.is_soon for risk in answer.risks)
    )
    sentence = (
        f"{words.counted(now.n_accepted or 0, 'risk')} accepted, worth "
        f"{now.points_left.short()} points; "
        + (", ".join(to_review) or "none past its review date or due within 30 days")
        + "."
    )
    known = [day for day in answer.days if day.n_accepted is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        return Card("risk", title, sentence, None, "The line starts with the second day of data.")
    if not any(day.n_accepted for day in known):
        return Card("risk", title, "", None, "No risk was accepted in this range.")
    series = [
        Series(
            "Points of accepted risks",
            "own",
            tuple(
                DayValue(d.on, None if d.points_left is None else d.points_left.to_float())
                for d in answer.days
            ),
            is_area=True,
        ),
        Series(
            "Accepted risks",
            "second",
            tuple(DayValue(d.on, d.n_accepted) for d in answer.days),
            on_end=True,
        ),
        Series(
            "Past their review date",
            "third",
            tuple(DayValue(d.on, d.n_to_review) for d in answer.days),
            on_end=True,
        ),
    ]
    chart = LinesChart(
        key="risk",
        title=title,
        description=f"{sentence} The same figures stand in the table.",
        series=tuple(series),
        axis=Axis("Points", from_zero=True),
        end_axis=Axis("Risks", from_zero=True),
        day_label=words.day_label,
    )
    return Card(
        "risk",
        title,
        sentence,
        figure_of(lines_chart(chart, sizes), series, ("points", "risks", "risks")),
        "",
        legend=tuple((one.name, legend_mark(one.look)) for one in series),
    )


def risk_table(answer: MetricsAnswer) -> Table:
    """Every day with data."""
    return Table(
        ("day", "accepted", "points", "past_review_date"),
        tuple(
            (
                day.on.isoformat(),
                day.n_accepted,
                None if day.points_left is None else day.points_left.to_float(),
                day.n_to_review,
            )
            for day in reversed(answer.risk.days)
            if day.n_accepted is not None
        ),
    )
