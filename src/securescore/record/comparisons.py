"""Averages of other organizations: cohorts of this installation, and what Microsoft reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from securescore.core.cohort import MIN_ORGANIZATIONS, CohortFilter
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record import trend_answers as t
from securescore.record.models import CohortDay, CustomComparison, ReportedAverage
from securescore.record.score_days import score_days

ALL = "all organizations"
CUSTOM = "custom:"
"""What the names of cohorts begin with whose members somebody chose."""
KEPT_DAYS = 45
"""An average older than this is not shown as that of a day."""

SEAT_BANDS = ((1, 100), (101, 300), (301, 1000), (1001, 5000), (5001, 20000))
MICROSOFT = "Microsoft"
BASES = {
    "AllTenants": "Microsoft: all organizations",
    "TotalSeats": "Microsoft: similar number of seats",
    "IndustryTypes": "Microsoft: same industry",
}


def seat_band(seats: int) -> str:
    """The cohort of organizations with a similar number of seats.

    >>> seat_band(800), seat_band(50000)
    ('301 to 1,000 seats', 'over 20,000 seats')
    """
    for low, high in SEAT_BANDS:
        if seats <= high:
            return f"{low:,} to {high:,} seats"
    return f"over {SEAT_BANDS[-1][1]:,} seats"


def cohort_of(comparison: CustomComparison) -> str:
    """The name under which the averages of a custom comparison are kept."""
    return f"{CUSTOM}{comparison.pk}"


def comparison(organization: Organization, on: date) -> tuple[a.Comparison, ...]:
    """Averages to compare with: the newest of each cohort up to a day, not older than 45 days."""
    named = _cohorts(organization)
    newest: dict[str, CohortDay] = {}
    for row in CohortDay.objects.filter(
        cohort__in=named,
        on__range=_kept_until(on),
        n_organizations__gte=MIN_ORGANIZATIONS,
    ).order_by("on"):
        newest[row.cohort] = row
    return tuple(
        _newest(newest[cohort], name) for cohort, (_, name) in named.items() if cohort in newest
    )


def comparison_trend(
    organization: Organization,
    start: date,
    end: date,
    *,
    days: Sequence[a.DayScore] | None = None,
) -> t.ComparisonTrend:
    """The own score of each day of a range, and the averages there are to compare it with."""
    named = _cohorts(organization)
    rows: dict[str, list[CohortDay]] = {}
    for row in CohortDay.objects.filter(
        cohort__in=named, on__range=(start, end), n_organizations__gte=MIN_ORGANIZATIONS
    ).order_by("on"):
        rows.setdefault(row.cohort, []).append(row)
    lines = [
        t.ComparisonLine(
            key=key,
            name=name,
            source=rows[cohort][-1].source,
            values=tuple((row.on, row.percentage) for row in rows[cohort]),
            n_organizations=rows[cohort][-1].n_organizations,
        )
        for cohort, (key, name) in named.items()
        if cohort in rows
    ]
    reported: dict[str, list[ReportedAverage]] = {}
    for average in ReportedAverage.objects.filter(
        organization=organization, on__range=(start, end)
    ).order_by("on"):
        reported.setdefault(average.basis, []).append(average)
    lines += [
        t.ComparisonLine(
            key=f"microsoft:{basis}",
            name=_reported_name(averages[-1]),
            source=MICROSOFT,
            values=tuple((row.on, row.percentage) for row in averages),
            n_organizations=None,
        )
        for basis, averages in sorted(reported.items())
    ]
    days = score_days(organization, start, end) if days is None else days
    return t.ComparisonTrend(tuple(days), tuple(lines))


def custom_comparisons(organization: Organization, on: date) -> tuple[t.CustomComparisonRow, ...]:
    """The custom comparisons of an organization by name, with their newest averages."""
    rows = list(CustomComparison.objects.filter(organization=organization))
    newest = {
        row.cohort: row
        for row in CohortDay.objects.filter(
            cohort__in=[cohort_of(one) for one in rows],
            on__range=_kept_until(on),
        ).order_by("on")
    }
    return tuple(
        t.CustomComparisonRow(
            id=str(one.pk),
            name=one.name,
            filters=CohortFilter.from_json(one.filters),
            created_by=one.created_by,
            created_at=one.created_at,
            newest=_newest(newest[cohort_of(one)], one.name) if cohort_of(one) in newest else None,
        )
        for one in rows
    )


def _kept_until(on: date) -> tuple[date, date]:
    """The days whose averages may stand for this one."""
    kept = timedelta(days=KEPT_DAYS)
    return max(on, date.min + kept) - kept, on


def _cohorts(organization: Organization) -> dict[str, tuple[str, str]]:
    """Cohorts of an organization in the order they are shown: (key, name) by cohort."""
    named = {}
    if organization.seats is not None:
        band = seat_band(organization.seats)
        named[band] = "seats", band
    named[ALL] = "all", ALL
    for one in CustomComparison.objects.filter(organization=organization):
        named[cohort_of(one)] = str(one.pk), one.name
    return named


def _newest(row: CohortDay, name: str) -> a.Comparison:
    return a.Comparison(name, row.percentage, row.n_organizations, row.source, row.on)


def _reported_name(average: ReportedAverage) -> str:
    name = BASES.get(average.basis, f"Microsoft: {average.basis}")
    if average.seats_from is not None and average.seats_to is not None:
        return f"Microsoft: {average.seats_from:,} to {average.seats_to:,} seats"
    return name
