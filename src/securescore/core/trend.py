"""What became of a score over a range of days: zones, points gained and lost, accepted risk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from securescore.core.attribution import Cause
from securescore.core.points import Points
from securescore.core.zone import Zone, zone_of

WEEK = timedelta(days=7)
OWN_CAUSES = frozenset({Cause.CONFIGURATION, Cause.USER, Cause.DEVICE, Cause.STATUS})
"""What an organization's own people and machines do; the rest comes from outside."""


class LossGroup(StrEnum):
    """By what points were lost, as the regression trend tells them apart."""

    CONFIGURATION = "configuration"
    USER = "user"
    DEVICE = "device"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class ZoneDay:
    """A day with its percentage and zone; both None where there was no data."""

    on: date
    percentage: float | None
    zone: Zone | None


@dataclass(frozen=True, slots=True)
class ZoneCrossing:
    """A day whose zone is not that of the day with data before it."""

    on: date
    old: Zone
    new: Zone


@dataclass(frozen=True, slots=True)
class ZoneTrend:
    """How many days a score was in each zone.

    Attributes:
        days: every day of the range.
        n_days: by zone, every zone named; they sum to the days with data.
        n_without_data: days of which nothing is known: never counted to any zone.
        crossings: in order of time.
    """

    days: tuple[ZoneDay, ...]
    n_days: Mapping[Zone, int]
    n_without_data: int
    crossings: tuple[ZoneCrossing, ...]


def zones_of_days(
    days: Iterable[tuple[date, float | None]], good_from: float, okay_from: float
) -> ZoneTrend:
    """Zones by day.

    Args:
        days: every day of the range in order, with its percentage, None without data.
        good_from: limit in percent, as it is now.
        okay_from: the same.

    >>> from datetime import date
    >>> days = [(date(2026, 1, 1), 75.0), (date(2026, 1, 2), None)]
    >>> zones_of_days(days, 70, 40).n_days[Zone.GOOD]
    1
    """
    found = []
    crossings = []
    counts = dict.fromkeys(Zone, 0)
    before: Zone | None = None
    for on, percentage in days:
        zone = None if percentage is None else zone_of(percentage, good_from, okay_from)
        found.append(ZoneDay(on, percentage, zone))
        if zone is None:
            continue
        counts[zone] += 1
        if before is not None and zone is not before:
            crossings.append(ZoneCrossing(on, before, zone))
        before = zone
    n_known = sum(counts.values())
    return ZoneTrend(tuple(found), counts, len(found) - n_known, tuple(crossings))


@dataclass(frozen=True, slots=True)
class WeekLoss:
    """Points lost in one week, both days included; not more than seven days, fewer at the ends.

    ``lost`` names every group; the amounts are positive.
    """

    start: date
    end: date
    lost: Mapping[LossGroup, Points]

    @property
    def total(self) -> Points:
        return Points(sum(self.lost.values()))


@dataclass(frozen=True, slots=True)
class PointChanges:
    """Points that came and went in a span of days, both included.

    ``achieved`` came by what the organization itself did, ``regressed`` (negative) went by it,
    ``other`` is the doing of catalog, licenses and data. They sum to ``net``.
    """

    start: date
    end: date
    achieved: Points = Points(0)
    regressed: Points = Points(0)
    other: Points = Points(0)

    @property
    def net(self) -> Points:
        return self.achieved + self.regressed + self.other


PartsOfDay = tuple[date, Mapping[Cause, Points]]
"""The day of a change and its parts by cause."""


def weeks_of(start: date, end: date) -> tuple[tuple[date, date], ...]:
    """Weeks from Monday to Sunday that a range touches, cut off at its ends.

    >>> weeks_of(date(2026, 11, 20), date(2026, 11, 24))[0]
    (datetime.date(2026, 11, 20), datetime.date(2026, 11, 22))
    """
    weeks = []
    first = start
    while first <= end:
        last = min(first + timedelta(days=6 - first.weekday()), end)
        weeks.append((first, last))
        first = last + timedelta(days=1)
    return tuple(weeks)


def loss_by_week(changes: Iterable[PartsOfDay], start: date, end: date) -> tuple[WeekLoss, ...]:
    """Points lost in each week, by whose doing; a week without loss is there too.

    Args:
        changes: of the range, in any order. A part that is negative is a loss, even where
            another part of the same change made up for it.
        start: first day of the range.
        end: its last day.
    """
    weeks = weeks_of(start, end)
    sums = [dict.fromkeys(LossGroup, Points(0)) for _ in weeks]
    for on, parts in changes:
        of_week = sums[_number_of_week(on, start)]
        for cause, points in parts.items():
            if points < 0:
                of_week[_group(cause)] += -points
    return tuple(
        WeekLoss(first, last, lost) for (first, last), lost in zip(weeks, sums, strict=True)
    )


def changes_by_week(
    changes: Iterable[PartsOfDay], start: date, end: date
) -> tuple[PointChanges, ...]:
    """Points achieved, regressed and otherwise changed in each week of a range."""
    weeks = weeks_of(start, end)
    parts_of: list[list[Mapping[Cause, Points]]] = [[] for _ in weeks]
    for on, parts in changes:
        parts_of[_number_of_week(on, start)].append(parts)
    return tuple(
        point_changes(parts, first, last)
        for (first, last), parts in zip(weeks, parts_of, strict=True)
    )


def point_changes(
    changes: Iterable[Mapping[Cause, Points]], start: date, end: date
) -> PointChanges:
    """Points achieved, regressed and otherwise changed."""
    achieved = regressed = other = Points(0)
    for parts in changes:
        for cause, points in parts.items():
            if cause not in OWN_CAUSES:
                other += points
            elif points > 0:
                achieved += points
            else:
                regressed += points
    return PointChanges(start, end, achieved, regressed, other)


_GROUPS = {
    Cause.CONFIGURATION: LossGroup.CONFIGURATION,
    Cause.USER: LossGroup.USER,
    Cause.DEVICE: LossGroup.DEVICE,
}


def _group(cause: Cause) -> LossGroup:
    return _GROUPS.get(cause, LossGroup.REST)


def _number_of_week(on: date, start: date) -> int:
    monday = start - timedelta(days=start.weekday())
    return (on - monday).days // 7


@dataclass(frozen=True, slots=True)
class AcceptedRisk:
    """One action while its risk is accepted, from one day on until another (not included).

    Attributes:
        points_left: what it is short of its maximum.
        review_on: when it is to be looked at again.
        until: None: still.
    """

    start: date
    until: date | None
    points_left: Points
    review_on: date | None


@dataclass(frozen=True, slots=True)
class RiskDay:
    """Accepted risks at the end of a day; all None where there was no data."""

    on: date
    n_accepted: int | None
    points_left: Points | None
    n_to_review: int | None


def risk_days(
    risks: Iterable[AcceptedRisk], days: Sequence[tuple[date, bool]]
) -> tuple[RiskDay, ...]:
    """How many risks are accepted on each day, what they cost, how many are to be reviewed.

    Args:
        risks: in any order; those of one action do not overlap.
        days: ascending, each with whether there is data.

    >>> from datetime import date
    >>> risk = AcceptedRisk(date(2026, 1, 1), None, Points(500), date(2026, 1, 2))
    >>> [d.n_to_review for d in risk_days([risk], [(date(2026, 1, n), True) for n in (1, 2)])]
    [0, 1]
    """
    steps: list[tuple[date, int, int, int]] = []  # day, change of count, of points, of reviews
    for risk in risks:
        if risk.until is not None and risk.until <= risk.start:
            continue
        steps.append((risk.start, 1, risk.points_left, 0))
        due = None if risk.review_on is None else max(risk.review_on, risk.start)
        is_due = due is not None and (risk.until is None or due < risk.until)
        if due is not None and is_due:
            steps.append((due, 0, 0, 1))
        if risk.until is not None:
            steps.append((risk.until, -1, -risk.points_left, -1 if is_due else 0))
    steps.sort(key=lambda step: step[0])
    made = []
    position = n_accepted = points_left = n_to_review = 0
    for on, has_data in days:
        while position < len(steps) and steps[position][0] <= on:
            _, more, points, reviews = steps[position]
            n_accepted, points_left = n_accepted + more, points_left + points
            n_to_review += reviews
            position += 1
        made.append(
            RiskDay(on, n_accepted, Points(points_left), n_to_review)
            if has_data
            else RiskDay(on, None, None, None)
        )
    return tuple(made)
