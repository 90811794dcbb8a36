"""Operations: metrics and trends over a range of days, the figures of each card of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from ninja.params.functions import Query

from securescore.core.points import Points
from securescore.core.trend import LossGroup, PointChanges
from securescore.organizations.models import Organization
from securescore.present.rest_api.answering import answer, file_answer, wants_csv
from securescore.present.rest_api.door import access_of
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.score import day_range
from securescore.present.rest_api.shapes import shape
from securescore.present.rest_api.values import Day
from securescore.record import answers as a
from securescore.record import query
from securescore.record import trend_answers as t

operations = Operations("Metrics and trends")
FIRST = Query(None, alias="from", description="First day.")
LAST = Query(None, alias="to", description="Last day, included.")


@dataclass(frozen=True, slots=True)
class SpanChanges:
    """Points that came and went in a span of days, both included."""

    start: date
    end: date
    achieved: Points
    regressed: Points
    other: Points
    net: Points


@dataclass(frozen=True, slots=True)
class ScoreChanges:
    """Points that came and went between the first and the last day with data of a range."""

    start: a.DayScore | None
    end: a.DayScore | None
    total: SpanChanges | None
    weeks: tuple[SpanChanges, ...]


@dataclass(frozen=True, slots=True)
class WeekLost:
    """Points lost in one week, by whose doing; fewer than seven days at the ends of a range."""

    start: date
    end: date
    lost: dict[str, Points]
    total: Points


@dataclass(frozen=True, slots=True)
class Regressions:
    """Points lost by week and whose doing, after the first day with data of a range."""

    start: date | None
    end: date | None
    lost: dict[str, Points]
    weeks: tuple[WeekLost, ...]


class RiskTrend(shape(t.RiskAnswer)):  # type: ignore[misc]  # a base made at run time
    """Accepted risks by day, and those that hold now, the next review first."""


@operations.get(
    "/metrics/zone",
    name="getZoneTrend",
    summary="Days in each zone",
    gives=shape(t.ZoneAnswer),
    is_list=True,
)
def zone(request: HttpRequest, start: Day | None = FIRST, end: Day | None = LAST) -> HttpResponse:
    """How many days of a range were in which zone, by the limits as they are now, and when the
    zone changed. A day without data is in none. Without `from` and `to`: the year to the newest
    data. A file has a row for each day.
    """
    found = query.zone_trend(*_asked(request, start, end))
    if wants_csv(request):
        return file_answer(request, found.trend.days, "zone", ("on", "percentage", "zone"))
    return answer(found)


@operations.get(
    "/metrics/comparison",
    name="getComparisonTrend",
    summary="You and others by day",
    gives=shape(t.ComparisonTrend),
    is_list=True,
)
def comparison(
    request: HttpRequest, start: Day | None = FIRST, end: Day | None = LAST
) -> HttpResponse:
    """The own score of each day of a range, and every average there is to compare it with: similar
    seats, all organizations, custom comparisons, what Microsoft reported. Cohorts under ten
    organizations are never shown. A file has a row for each day and average.
    """
    found = query.comparison_trend(*_asked(request, start, end))
    if wants_csv(request):
        own = (("you", "you", day.on, day.percentage) for day in found.days if day.has_data)
        others = ((line.key, line.name, *value) for line in found.lines for value in line.values)
        columns = ("key", "name", "on", "percentage")
        rows = [dict(zip(columns, row, strict=True)) for row in (*own, *others)]
        return file_answer(request, rows, "comparison", columns)
    return answer(found)


@operations.get(
    "/metrics/score-changes",
    name="getScoreChanges",
    summary="Points achieved and regressed",
    gives=shape(ScoreChanges),
    is_list=True,
)
def score_changes(
    request: HttpRequest, start: Day | None = FIRST, end: Day | None = LAST
) -> HttpResponse:
    """Points achieved, regressed and otherwise changed in each week of a range; they sum to the
    difference between the first and the last day with data. A file has a row for each week.
    """
    found = query.score_changes(*_asked(request, start, end))
    weeks = tuple(_span(week) for week in found.weeks)
    if wants_csv(request):
        return file_answer(request, weeks, "score-changes", shape(SpanChanges).model_fields)
    total = None if found.total is None else _span(found.total)
    return answer(ScoreChanges(found.start, found.end, total, weeks))


@operations.get(
    "/metrics/regressions",
    name="getRegressionTrend",
    summary="Points lost by whose doing",
    gives=shape(Regressions),
    is_list=True,
)
def regressions(
    request: HttpRequest, start: Day | None = FIRST, end: Day | None = LAST
) -> HttpResponse:
    """Points lost in each week of a range by configuration, users, devices and the rest: status,
    catalog, licenses and data. A file has a row for each week.
    """
    found = query.regression_trend(*_asked(request, start, end))
    weeks = tuple(
        WeekLost(week.start, week.end, _by_group(week.lost), week.total) for week in found.weeks
    )
    if wants_csv(request):
        columns = ("start", "end", *LossGroup, "total")
        return file_answer(request, _flat(weeks), "regressions", columns)
    return answer(Regressions(found.start, found.end, dict(found.lost), weeks))


@operations.get(
    "/metrics/risk-acceptance",
    name="getRiskTrend",
    summary="Accepted risk by day",
    gives=RiskTrend,
    is_list=True,
)
def risk(request: HttpRequest, start: Day | None = FIRST, end: Day | None = LAST) -> HttpResponse:
    """How many risks were accepted on each day of a range, what they cost, how many were to be
    reviewed; and those that hold at its end. A file has a row for each day.
    """
    found = query.risk_trend(*_asked(request, start, end))
    if wants_csv(request):
        columns = ("on", "n_accepted", "points_left", "n_to_review")
        return file_answer(request, found.days, "risk-acceptance", columns)
    return answer(found)


def _asked(
    request: HttpRequest, start: date | None, end: date | None
) -> tuple[Organization, date, date]:
    organization = access_of(request).organization
    return organization, *day_range(organization, start, end)


def _span(of: PointChanges) -> SpanChanges:
    return SpanChanges(of.start, of.end, of.achieved, of.regressed, of.other, of.net)


def _by_group(lost: Mapping[LossGroup, Points]) -> dict[str, Points]:
    return {group.value: lost[group] for group in LossGroup}


def _flat(weeks: Iterable[WeekLost]) -> list[dict[str, object]]:
    return [
        {"start": week.start, "end": week.end, **week.lost, "total": week.total} for week in weeks
    ]
