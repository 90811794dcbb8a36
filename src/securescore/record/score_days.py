"""Days of an organization: the score of each, and the span of time it is in its own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from securescore.core.points import Points, percentage
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record.models import Snapshot

FIRST, LAST = date(1900, 1, 1), date(9000, 1, 1)
"""Nothing was recorded before or will be after; a database need not know such years."""


def span_of_days(time_zone: str, start: date, end: date) -> tuple[datetime, datetime]:
    """The first instant of ``start`` and the first one after ``end``, in UTC.

    >>> span_of_days("Europe/Berlin", date(2026, 3, 29), date(2026, 3, 29))[1].isoformat()
    '2026-03-29T22:00:00+00:00'
    """
    zone = ZoneInfo(time_zone)
    first = min(max(start, FIRST), LAST)
    after = min(max(end, FIRST), LAST) + timedelta(days=1)
    return (
        datetime.combine(first, time.min, zone).astimezone(UTC),
        datetime.combine(after, time.min, zone).astimezone(UTC),
    )


def score_days(organization: Organization, start: date, end: date) -> tuple[a.DayScore, ...]:
    """One entry for every day of the range; a day without data says so."""
    rows = {
        on: (points, maximum)
        for on, points, maximum in Snapshot.objects.filter(
            organization=organization, on__range=(start, end), is_last_of_day=True
        ).values_list("on", "points", "max_score")
    }
    days = []
    for offset in range((end - start).days + 1):
        on = start + timedelta(days=offset)
        if on in rows:
            points, maximum = rows[on]
            days.append(
                a.DayScore(on, Points(points), Points(maximum), percentage(points, maximum), True)
            )
        else:
            days.append(a.DayScore(on, None, None, None, False))
    return tuple(days)
