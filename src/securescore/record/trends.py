"""Trends over a range of days: zones, points that came and went, losses, accepted risk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from securescore.core.attribution import Cause
from securescore.core.points import Points
from securescore.core.rank import points_left
from securescore.core.status import Review, Status, decision_on, review_of
from securescore.core.trend import (
    AcceptedRisk,
    LossGroup,
    PartsOfDay,
    changes_by_week,
    loss_by_week,
    point_changes,
    risk_days,
    zones_of_days,
)
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record import trend_answers as t
from securescore.record.controls import Names
from securescore.record.decisions import read_decisions
from securescore.record.models import ControlChange
from securescore.record.score_days import score_days, span_of_days

Days = Sequence[a.DayScore]


def zone_trend(
    organization: Organization, start: date, end: date, *, days: Days | None = None
) -> t.ZoneAnswer:
    """How many days of the range were in each zone, by the limits as they are now.

    Args:
        organization: whose.
        start: first day of the range.
        end: its last day.
        days: the scores of exactly these days, where they are read already; so everywhere here.
    """
    days = score_days(organization, start, end) if days is None else days
    good, okay = organization.zone_good_from, organization.zone_okay_from
    trend = zones_of_days(((day.on, day.percentage) for day in days), good, okay)
    newest = next((day for day in reversed(trend.days) if day.zone is not None), None)
    return t.ZoneAnswer(
        good_from=good,
        okay_from=okay,
        zone_now=newest.zone.value if newest and newest.zone else "",
        percentage_now=newest.percentage if newest else None,
        trend=trend,
    )


def score_changes(
    organization: Organization, start: date, end: date, *, days: Days | None = None
) -> t.PointChangesAnswer:
    """Points achieved, regressed and otherwise changed after the first day with data of a range.

    They sum to the difference between the first and the last day with data.
    """
    days = score_days(organization, start, end) if days is None else days
    return _score_changes(days, _parts_of(organization, days))


def regression_trend(
    organization: Organization, start: date, end: date, *, days: Days | None = None
) -> t.LossAnswer:
    """Points lost in each week by whose doing, after the first day with data of a range."""
    days = score_days(organization, start, end) if days is None else days
    return _regression_trend(days, _parts_of(organization, days))


def own_metrics(organization: Organization, start: date, end: date) -> t.MetricsAnswer:
    """All trends of a range that follow from what is recorded for the organization alone; what
    they share is read once.
    """
    days = score_days(organization, start, end)
    parts = _parts_of(organization, days)
    return t.MetricsAnswer(
        days=days,
        zone=zone_trend(organization, start, end, days=days),
        comparison=t.ComparisonTrend(days, ()),
        changes=_score_changes(days, parts),
        losses=_regression_trend(days, parts),
        risk=risk_trend(organization, start, end, days=days),
    )


def _score_changes(days: Days, changes: Sequence[PartsOfDay]) -> t.PointChangesAnswer:
    known = [day for day in days if day.has_data]
    if not known:
        return t.PointChangesAnswer(None, None, None, ())
    first, last = known[0], known[-1]
    return t.PointChangesAnswer(
        start=first,
        end=last,
        total=point_changes((parts for _, parts in changes), first.on, last.on),
        weeks=changes_by_week(changes, first.on + timedelta(days=1), last.on),
    )


def _regression_trend(days: Days, changes: Sequence[PartsOfDay]) -> t.LossAnswer:
    known = [day for day in days if day.has_data]
    if not known:
        return t.LossAnswer(None, None, (), {})
    weeks = loss_by_week(changes, known[0].on + timedelta(days=1), known[-1].on)
    return t.LossAnswer(
        start=known[0].on,
        end=known[-1].on,
        weeks=weeks,
        lost={group.value: Points(sum(week.lost[group] for week in weeks)) for group in LossGroup},
    )


def risk_trend(
    organization: Organization, start: date, end: date, *, days: Days | None = None
) -> t.RiskAnswer:
    """Accepted risks on each day of a range, and those that hold at its end."""
    zone = ZoneInfo(organization.time_zone)
    first, after = span_of_days(organization.time_zone, start, end)
    days = score_days(organization, start, end) if days is None else days
    rows = list(
        ControlChange.objects.filter(
            Q(until=None) | Q(until__gte=first),
            organization=organization,
            status=Status.RISK_ACCEPTED.value,
            at__lt=after,
        ).order_by("at")
    )
    decisions = read_decisions(organization, sorted({row.control_id for row in rows}))
    risks, holding = [], []
    names = Names(organization)
    for row in rows:
        on = row.at.astimezone(zone).date()
        decision = decision_on(decisions.get(row.control_id, ()), row.at, on)
        maximum = None if row.max_score is None else Points(row.max_score)
        left = points_left(maximum, Points(row.points))
        review_on = decision.review_on if decision else None
        until = None if row.until is None or row.until >= after else row.until
        ends_on = until.astimezone(zone).date() if until else None
        risks.append(AcceptedRisk(on, ends_on, left, review_on))
        if until is None:
            holding.append(
                t.RiskToReview(
                    control_id=row.control_id,
                    title=names.title(row.control_id),
                    points_left=left,
                    review_on=review_on,
                    by=decision.by if decision else "",
                    is_due=review_of(review_on, end) is Review.DUE,
                    is_soon=review_of(review_on, end) is Review.SOON,
                )
            )
    by_day = risk_days(risks, [(day.on, day.has_data) for day in days])
    return t.RiskAnswer(
        days=by_day,
        now=next((day for day in reversed(by_day) if day.n_accepted is not None), None),
        risks=tuple(sorted(holding, key=lambda risk: (risk.review_on or date.max, risk.title))),
    )


def _parts_of(organization: Organization, days: Days) -> list[PartsOfDay]:
    """Every change that has a cause, after the first day with data up to the last."""
    known = [day.on for day in days if day.has_data]
    if len(known) < 2:  # noqa: PLR2004 - a change lies between two days
        return []
    zone = ZoneInfo(organization.time_zone)
    first, after = span_of_days(organization.time_zone, known[0] + timedelta(days=1), known[-1])
    day_of: dict[datetime, date] = {}
    found: list[PartsOfDay] = []
    for at, parts in (
        ControlChange.objects.filter(organization=organization, at__gte=first, at__lt=after)
        .exclude(cause="")
        .order_by()
        .values_list("at", "parts")
    ):
        if at not in day_of:
            day_of[at] = at.astimezone(zone).date()
        by_cause = {Cause(cause): Points(points) for cause, points in parts.items()}
        found.append((day_of[at], by_cause))
    return found
