"""The cards of Metrics & trends in their order; no request, no templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from securescore.present.charts.days import SIZES, DayValue, Size, gaps

if TYPE_CHECKING:
    from securescore.record.answers import DayScore
    from securescore.record.trend_answers import (
        MetricsAnswer,
    )

from securescore.present.remembered import remembered
from securescore.present.web.metrics_card import Card, Table
from securescore.present.web.metrics_changes import (
    changes_card,
    changes_table,
    regressions_card,
    regressions_table,
)
from securescore.present.web.metrics_levels import (
    comparison_card,
    comparison_table,
    zone_card,
    zone_table,
)
from securescore.present.web.metrics_risk import risk_card, risk_table


@remembered(64)
def cards(answer: MetricsAnswer, chosen: tuple[str, ...], base: str) -> tuple[Card, ...]:
    """The five cards, in the order they are shown; ``base`` is the address of the history."""
    return (
        zone_card(answer.zone),
        comparison_card(answer.comparison, chosen),
        changes_card(answer.changes),
        regressions_card(answer.losses, base),
        risk_card(answer.risk),
    )


def card_of(
    key: str,
    answer: MetricsAnswer,
    chosen: Sequence[str],
    base: str,
    sizes: Sequence[Size] = SIZES,
) -> Card:
    """One card by its key, which is one of :data:`TABLES`."""
    made: Mapping[str, Callable[[], Card]] = {
        "zone": lambda: zone_card(answer.zone, sizes),
        "comparison": lambda: comparison_card(answer.comparison, chosen, sizes),
        "changes": lambda: changes_card(answer.changes, sizes),
        "regressions": lambda: regressions_card(answer.losses, base, sizes),
        "risk": lambda: risk_card(answer.risk, sizes),
    }
    return made[key]()


TABLES: Mapping[str, Callable[[MetricsAnswer], Table]] = {
    "zone": zone_table,
    "comparison": comparison_table,
    "changes": changes_table,
    "regressions": regressions_table,
    "risk": risk_table,
}
"""The figures of each card by its key."""


def gaps_of(days: Sequence[DayScore]) -> tuple[tuple[date, date], ...]:
    """First and last day of each run of days without data, between days that have some."""
    return gaps([DayValue(day.on, day.percentage) for day in days])
