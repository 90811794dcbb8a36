"""What the record answers about trends and comparisons.

Units are those of :mod:`securescore.record.answers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from securescore.core.cohort import CohortFilter
from securescore.core.points import Points
from securescore.core.trend import PointChanges, RiskDay, WeekLoss, ZoneTrend
from securescore.record.answers import Comparison, DayScore


@dataclass(frozen=True, slots=True)
class ZoneAnswer:
    """Days in each zone over a range; ``zone_now`` is that of its last day with data."""

    good_from: float
    okay_from: float
    zone_now: str
    percentage_now: float | None
    trend: ZoneTrend


@dataclass(frozen=True, slots=True)
class PointChangesAnswer:
    """Points that came and went between the first and the last day with data of a range."""

    start: DayScore | None
    end: DayScore | None
    total: PointChanges | None
    weeks: tuple[PointChanges, ...]


@dataclass(frozen=True, slots=True)
class LossAnswer:
    """Points lost by week and whose doing, after the first day with data of a range."""

    start: date | None
    end: date | None
    weeks: tuple[WeekLoss, ...]
    lost: dict[str, Points]  # by group, over the range


@dataclass(frozen=True, slots=True)
class RiskToReview:
    """An accepted risk with its review date, as it stands at the end of a range: past it
    (``is_due``), or to be reviewed within 30 days (``is_soon``).
    """

    control_id: str
    title: str
    points_left: Points
    review_on: date | None
    by: str
    is_due: bool
    is_soon: bool


@dataclass(frozen=True, slots=True)
class RiskAnswer:
    """Accepted risks by day, and those that hold now, the next review first."""

    days: tuple[RiskDay, ...]
    now: RiskDay | None
    risks: tuple[RiskToReview, ...]


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """Averages of others over a range.

    ``key`` is ``seats``, ``all``, the id of a custom comparison, or ``microsoft:<basis>``.
    ``n_organizations`` is that of the newest day; None where it is not known.
    """

    key: str
    name: str
    source: str
    values: tuple[tuple[date, float], ...]
    n_organizations: int | None


@dataclass(frozen=True, slots=True)
class ComparisonTrend:
    """The own score of each day, and every average there is to compare it with."""

    days: tuple[DayScore, ...]
    lines: tuple[ComparisonLine, ...]


@dataclass(frozen=True, slots=True)
class MetricsAnswer:
    """Everything of the page of metrics over one range of days."""

    days: tuple[DayScore, ...]
    zone: ZoneAnswer
    comparison: ComparisonTrend
    changes: PointChangesAnswer
    losses: LossAnswer
    risk: RiskAnswer


@dataclass(frozen=True, slots=True)
class CustomComparisonRow:
    """A custom comparison and its newest average."""

    id: str
    name: str
    filters: CohortFilter
    created_by: str
    created_at: datetime
    newest: Comparison | None
