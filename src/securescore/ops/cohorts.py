"""Averages of similar organizations, computed once a day and kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from securescore.organizations.models import Organization
from securescore.record.models import CohortDay, Snapshot
from securescore.record.query import seat_band

MIN_ORGANIZATIONS = 10
"""Smaller cohorts would show one organization's score to another; they are never kept."""

ALL = "all organizations"
CARRIED_DAYS = 45
"""A score counts in its cohort for so long after its day."""


def compute_cohorts(start: date | None, end: date | None) -> int:
    """Compute the averages anew; how many cohort days were written.

    One organization counts with its newest score of the last 45 days. Days on which nothing was
    recorded have no entry.
    """
    CohortDay.objects.all().delete()
    bands = {
        pk: seat_band(seats) if seats else ""
        for pk, seats in Organization.objects.values_list("pk", "seats")
    }
    rows = (
        Snapshot.objects.filter(is_last_of_day=True, max_score__gt=0)
        .order_by("on")
        .values_list("organization_id", "on", "points", "max_score")
    )
    newest: dict[UUID, tuple[date, float]] = {}
    made: list[CohortDay] = []
    day: date | None = None
    n_new = 0
    for pk, on, points, maximum in rows:
        if (start and on < start) or (end and on > end):
            continue
        if day is not None and on != day and n_new >= MIN_ORGANIZATIONS:
            made.extend(_day(day, newest, bands))
        if on != day:
            n_new = 0
        day = on
        n_new += 1
        newest[pk] = (on, 100 * points / maximum)
    if day is not None and newest:
        made.extend(_day(day, newest, bands))
    CohortDay.objects.bulk_create(made)
    return len(made)


def _day(
    day: date, newest: Mapping[UUID, tuple[date, float]], bands: Mapping[UUID, str]
) -> list[CohortDay]:
    members: dict[str, list[float]] = {}
    for pk, (on, share) in newest.items():
        if (day - on).days <= CARRIED_DAYS:
            members.setdefault(ALL, []).append(share)
            if band := bands.get(pk):
                members.setdefault(band, []).append(share)
    return [
        CohortDay(
            cohort=cohort,
            on=day,
            percentage=round(sum(shares) / len(shares), 2),
            n_organizations=len(shares),
            source="this installation",
        )
        for cohort, shares in sorted(members.items())
        if len(shares) >= MIN_ORGANIZATIONS
    ]
