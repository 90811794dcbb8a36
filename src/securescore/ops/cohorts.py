"""Averages of similar organizations, computed once a day and kept.

A day's average never changes the days before it, so a new day costs that day alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min, QuerySet

from securescore.core.cohort import (
    MIN_ORGANIZATIONS,
    WHOLE_PERCENT,
    CohortFilter,
    CohortMember,
    cohort_average,
)
from securescore.core.points import rounded_half_up
from securescore.organizations.models import Organization
from securescore.organizations.traits import licenses_of
from securescore.record.comparisons import ALL, CUSTOM, cohort_of, seat_band
from securescore.record.kept import touch, touch_all
from securescore.record.models import CohortDay, CustomComparison, Snapshot

CARRIED_DAYS = 45
"""A score counts in its cohort for so long after its day."""

CUSTOM_DAYS = 760
"""A new custom comparison reaches this far back: a bit more than the two years of the pages."""

SOURCE = "this installation"
CHUNK = 5000


def compute_cohorts(start: date | None, end: date | None) -> int:
    """Compute all averages anew; how many cohort days were written.

    One organization counts with its newest score of the last 45 days. Days on which fewer than
    ten organizations recorded something have no entry.
    """
    with transaction.atomic():
        CohortDay.objects.all().delete()
        touch_all()
        return _write(_cohorts(), start, end, start)


def refresh_cohorts(since: date) -> int:
    """Compute the averages from a day on; those of earlier days stay as they are.

    Call it with the first day of which something new was recorded.
    """
    with transaction.atomic():
        CohortDay.objects.filter(on__gte=since).delete()
        touch_all()
        return _write(_cohorts(), since - timedelta(days=CARRIED_DAYS), None, since)


def compute_new_days(last_run: datetime | None) -> int:
    """Compute the averages of the days of which something was recorded since; all of them where
    none was computed yet. How many cohort days were written.
    """
    if last_run is None or not CohortDay.objects.exists():
        return compute_cohorts(None, None)
    first = Snapshot.objects.filter(created_at__gte=last_run).aggregate(on=Min("on"))["on"]
    return refresh_cohorts(first) if first is not None else 0


def compute_comparison(comparison: CustomComparison, last: date) -> int:
    """Compute the averages of one custom comparison; how many days there are.

    They stand on the same days as those of all organizations.
    """
    cohort = cohort_of(comparison)
    with transaction.atomic():
        CohortDay.objects.filter(cohort=cohort).delete()
        touch(comparison.organization)
        pks = matching(comparison.organization, CohortFilter.from_json(comparison.filters))
        if len(pks) < MIN_ORGANIZATIONS:
            return 0
        first = last - timedelta(days=CUSTOM_DAYS)
        days = CohortDay.objects.filter(cohort=ALL, on__range=(first, last)).order_by("on")
        rows = Snapshot.objects.filter(organization__in=pks, on__gte=first, on__lte=last)
        averages = _Averages({pk: [cohort] for pk in pks})
        made = averages.on_days(rows, list(days.values_list("on", flat=True)))
        CohortDay.objects.bulk_create(made, batch_size=CHUNK)
    return len(made)


def forget_comparison(comparison: CustomComparison) -> None:
    """Take the averages of a custom comparison away."""
    CohortDay.objects.filter(cohort=cohort_of(comparison)).delete()
    touch(comparison.organization)


def matching(organization: Organization, asked: CohortFilter) -> list[UUID]:
    """The other organizations that a comparison holds: those that have a score.

    The organization itself is left out: it is compared with others.
    """
    with_score = Organization.objects.exclude(newest_share=None).exclude(pk=organization.pk)
    return [pk for pk, member in _members(with_score) if asked.holds(member)]


def _members(organizations: QuerySet[Organization]) -> list[tuple[UUID, CohortMember]]:
    rows = organizations.order_by("pk").values_list(
        "pk", "seats", "industry", "region", "licenses", "licenses_found"
    )
    return [
        (pk, CohortMember(seats, industry, region, frozenset(licenses_of(named, found))))
        for pk, seats, industry, region, named, found in rows
    ]


def _cohorts() -> dict[UUID, list[str]]:
    """The cohorts of each organization: all, its seat band, and the custom comparisons."""
    members = _members(Organization.objects.all())
    found = {
        pk: [ALL, *([seat_band(member.seats)] if member.seats else [])] for pk, member in members
    }
    for comparison in CustomComparison.objects.all():
        asked = CohortFilter.from_json(comparison.filters)
        for pk, member in members:
            if pk != comparison.organization_id and asked.holds(member):
                found[pk].append(cohort_of(comparison))
    return found


def _write(
    cohorts: Mapping[UUID, Sequence[str]],
    start: date | None,
    end: date | None,
    since: date | None,
) -> int:
    rows = Snapshot.objects.all()
    if start is not None:
        rows = rows.filter(on__gte=start)
    if end is not None:
        rows = rows.filter(on__lte=end)
    made = _Averages(cohorts).on_busy_days(rows, since)
    CohortDay.objects.bulk_create(made, batch_size=CHUNK)
    return len(made)


@dataclass
class _Averages:
    """The newest score of every organization while the days go by."""

    cohorts: Mapping[UUID, Sequence[str]]

    def __post_init__(self) -> None:
        self.newest: dict[UUID, tuple[date, int]] = {}

    def on_busy_days(self, rows: QuerySet[Snapshot], since: date | None) -> list[CohortDay]:
        """On each day, from ``since`` on, on which ten organizations recorded something."""
        made: list[CohortDay] = []
        day: date | None = None
        n_new = 0
        for pk, on, points, maximum in _scores(rows):
            if on != day:
                if day is not None and n_new >= MIN_ORGANIZATIONS and (not since or day >= since):
                    made.extend(self._day(day))
                day, n_new = on, 0
            n_new += 1
            self.newest[pk] = (on, rounded_half_up(points * 10_000, maximum))
        if day is not None and (not since or day >= since):
            made.extend(self._day(day))  # of the newest day, whoever has recorded yet
        return made

    def on_days(self, rows: QuerySet[Snapshot], days: Sequence[date]) -> list[CohortDay]:
        """On given days, ascending."""
        made: list[CohortDay] = []
        position = 0
        for pk, on, points, maximum in _scores(rows):
            while position < len(days) and days[position] < on:
                made.extend(self._day(days[position]))
                position += 1
            self.newest[pk] = (on, rounded_half_up(points * 10_000, maximum))
        for day in days[position:]:
            made.extend(self._day(day))
        return made

    def _day(self, day: date) -> list[CohortDay]:
        oldest = day - timedelta(days=CARRIED_DAYS)
        shares: dict[str, list[int]] = {}
        for pk, (on, share) in self.newest.items():
            if on >= oldest:
                for cohort in self.cohorts.get(pk, ()):
                    shares.setdefault(cohort, []).append(share)
        made = []
        for cohort in sorted(shares):
            step = WHOLE_PERCENT if cohort.startswith(CUSTOM) else 1
            average = cohort_average(shares[cohort], step=step)
            if average is not None:
                made.append(
                    CohortDay(
                        cohort=cohort,
                        on=day,
                        percentage=average[0],
                        n_organizations=average[1],
                        source=SOURCE,
                    )
                )
        return made


def _scores(rows: QuerySet[Snapshot]) -> QuerySet[Snapshot, tuple[UUID, date, int, int]]:
    return (
        rows.filter(is_last_of_day=True, max_score__gt=0)
        .order_by("on")
        .values_list("organization_id", "on", "points", "max_score")
    )
