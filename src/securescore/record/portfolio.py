"""Many organizations at once: a page of them, their average, all that match for an export.

Filters, order, average and number are one query each over the organizations' own rows, which hold
the newest score (:mod:`securescore.record.newest`). Snapshots are read for those shown only, two
queries for a hundred of them, and again only for those of which something was recorded since
(measured in ``bench/``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import reduce
from itertools import islice
from operator import or_
from uuid import UUID

from django.db.models import BigIntegerField, Count, F, FloatField, Q, QuerySet, Sum
from django.db.models.functions import Cast, Lower

from securescore.core.points import Points, percentage
from securescore.core.zone import Zone, zone_of
from securescore.organizations.models import Organization
from securescore.record.kept import kept_of_each
from securescore.record.models import Snapshot
from securescore.record.newest import CHANGE_DAYS

SPARKLINE_DAYS = 90
SPARKLINE_POINTS = 30
STALE_AFTER = timedelta(hours=48)
CHUNK = 100
READ = (
    "id",
    "slug",
    "name",
    "is_demo",
    "seats",
    "industry",
    "region",
    "time_zone",
    "zone_good_from",
    "zone_okay_from",
    "revision",
    "newest_at",
    "newest_data_at",
    "newest_points",
    "newest_max_score",
    "newest_share",
    "newest_n_regressed",
)
"""Columns of a row: the others take three times as long to read (lists of licenses)."""

ORDERED_BY = {
    "score": "newest_share",
    "data": "newest_data_at",
    "seats": "seats",
    "regressed": "newest_n_regressed",
}
SORTS = ("name", *ORDERED_BY)


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """One organization in the list of all; what needs a score is None or 0 without one."""

    slug: str
    name: str
    is_demo: bool
    percentage: float | None
    zone: str
    points: Points | None
    max_score: Points | None
    as_of: datetime | None  # of the data
    change_30_days_pp: float | None
    sparkline: tuple[float | None, ...]
    seats: int | None = None
    industry: str = ""
    region: str = ""
    time_zone: str = "UTC"
    n_regressed: int = 0  # controls that fell within 30 days
    n_stale: int = 0  # controls
    n_unmeasured: int = 0  # controls
    worst_category: str = ""
    worst_percentage: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which organizations, in which order. ``sort`` is one of :data:`SORTS`, ``-`` in front for
    the largest first.
    """

    q: str = ""
    zones: frozenset[str] = frozenset()
    industries: frozenset[str] = frozenset()
    is_stale: bool = False  # data older than 48 hours, or none
    sort: str = "name"

    @property
    def is_filtered(self) -> bool:
        return bool(self.q or self.zones or self.industries or self.is_stale)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A page of organizations.

    ``average`` is the mean percentage of all that match and have a score, each weighted by its
    seats; ``n_averaged`` of them have seats and count.
    """

    rows: tuple[PortfolioRow, ...]
    n_all: int
    n_matching: int
    page: int
    n_pages: int
    average: float | None
    n_averaged: int
    n_seats: int


@dataclass(frozen=True, slots=True)
class NewestScore:
    """The newest score of an organization, without its history; None without a score."""

    id: str
    slug: str
    name: str
    is_demo: bool
    percentage: float | None
    zone: str
    points: Points | None
    max_score: Points | None
    as_of: datetime | None  # of the data


def portfolio_page(
    mine: QuerySet[Organization], wanted: Wanted, *, page: int, per_page: int, now: datetime
) -> Portfolio:
    """One page of ``mine``, those that one may see."""
    matching = _matching(mine, wanted, now)
    weighed = Q(newest_share__isnull=False, seats__gt=0)
    sums = matching.aggregate(
        n=Count("*"),
        n_averaged=Count("newest_share", filter=weighed),
        n_seats=Sum(Cast("seats", BigIntegerField()), filter=weighed),
        shares=Sum(Cast("newest_share", BigIntegerField()) * F("seats"), filter=weighed),
    )
    n_pages = max(1, -(-sums["n"] // per_page))
    page = min(max(page, 1), n_pages)
    shown = _ordered(matching, wanted.sort)[(page - 1) * per_page : page * per_page]
    n_seats = sums["n_seats"] or 0
    return Portfolio(
        rows=_rows(list(shown)),
        n_all=mine.count() if wanted.is_filtered else sums["n"],
        n_matching=sums["n"],
        page=page,
        n_pages=n_pages,
        average=round(sums["shares"] / (100 * n_seats), 2) if n_seats else None,
        n_averaged=sums["n_averaged"],
        n_seats=n_seats,
    )


def portfolio_rows(
    mine: QuerySet[Organization], wanted: Wanted, *, now: datetime
) -> Iterator[PortfolioRow]:
    """All that match, in order, a hundred at a time: for an export."""
    matching = _ordered(_matching(mine, wanted, now), wanted.sort).iterator(CHUNK)
    while some := list(islice(matching, CHUNK)):
        yield from _rows(some)


def newest_scores(mine: QuerySet[Organization]) -> tuple[NewestScore, ...]:
    """The newest score of each, in the order of the query, which is the only one."""
    return tuple(
        NewestScore(
            id=str(o.pk),
            slug=o.slug,
            name=o.name,
            is_demo=o.is_demo,
            percentage=_percentage(o),
            zone=_zone(o),
            points=_points(o.newest_points),
            max_score=_points(o.newest_max_score),
            as_of=o.newest_data_at,
        )
        for o in mine.only(*READ)
    )


def industries(mine: QuerySet[Organization]) -> tuple[str, ...]:
    """The industries there are among them, by name."""
    found = mine.exclude(industry="").order_by("industry").values_list("industry", flat=True)
    return tuple(found.distinct())


def _matching(
    mine: QuerySet[Organization], wanted: Wanted, now: datetime
) -> QuerySet[Organization]:
    if wanted.q:
        mine = mine.filter(name__icontains=wanted.q)
    if wanted.industries:
        mine = mine.filter(industry__in=wanted.industries)
    if wanted.zones:
        mine = mine.alias(percentage=Cast("newest_share", FloatField()) / 100.0).filter(
            reduce(or_, (_IN_ZONE[Zone(zone)] for zone in sorted(wanted.zones)))
        )
    if wanted.is_stale:
        old = Q(newest_data_at__lt=now - STALE_AFTER)
        mine = mine.filter(old | Q(newest_data_at__isnull=True))
    return mine


_IN_ZONE = {
    Zone.GOOD: Q(percentage__gte=F("zone_good_from")),
    Zone.OKAY: Q(percentage__gte=F("zone_okay_from"), percentage__lt=F("zone_good_from")),
    Zone.BAD: Q(percentage__lt=F("zone_okay_from"))
    | Q(newest_points__isnull=False, newest_share__isnull=True),
}
"""As :func:`securescore.core.zone.zone_of` decides; who has no snapshot is in no zone."""


def _ordered(found: QuerySet[Organization], sort: str) -> QuerySet[Organization]:
    """By what was asked for, then by name; what has none of it stands last either way."""
    found = found.only(*READ)
    name, is_descending = sort.removeprefix("-"), sort.startswith("-")
    if name in ORDERED_BY:
        column = F(ORDERED_BY[name])
        first = column.desc(nulls_last=True) if is_descending else column.asc(nulls_last=True)
        return found.order_by(first, Lower("name"), "pk")
    if sort == "-name":
        return found.order_by(Lower("name").desc(), "-pk")
    return found.order_by(Lower("name"), "pk")


def _rows(organizations: Sequence[Organization]) -> tuple[PortfolioRow, ...]:
    trends = _trends([o for o in organizations if o.newest_at is not None])
    return tuple(_row(o, trends.get(o.pk)) for o in organizations)


@dataclass(frozen=True, slots=True)
class _Trend:
    """What only snapshots say: of the newest one, and of the 90 days up to it."""

    before: float | None  # percentage of 30 days ago
    sparkline: tuple[float | None, ...]
    n_stale: int
    n_unmeasured: int
    worst_category: str
    worst_percentage: float | None


@kept_of_each
def _trends(organizations: Sequence[Organization]) -> dict[UUID, _Trend]:
    newest = {
        pk: (on, categories, coverage)
        for pk, on, categories, coverage in Snapshot.objects.filter(
            organization__in=[o.pk for o in organizations], at=F("organization__newest_at")
        )
        .order_by()
        .values_list("organization_id", "on", "categories", "coverage")
    }
    history = _history({pk: on for pk, (on, _, _) in newest.items()})
    return {
        pk: _trend(on, categories, coverage, history.get(pk, []))
        for pk, (on, categories, coverage) in newest.items()
    }


def _trend(
    on: date,
    categories: Mapping[str, Sequence[int]],
    coverage: Mapping[str, int],
    days: Sequence[tuple[date, int, int]],
) -> _Trend:
    earlier = [d for d in days if d[0] <= on - timedelta(days=CHANGE_DAYS)]
    step = max(1, len(days) // SPARKLINE_POINTS)
    shares = {
        name: share
        for name, (points, maximum, *_) in categories.items()
        if (share := percentage(points, maximum)) is not None
    }
    worst = min(shares, key=lambda name: (shares[name], name), default="")
    return _Trend(
        before=percentage(earlier[-1][1], earlier[-1][2]) if earlier else None,
        sparkline=tuple(percentage(points, maximum) for _, points, maximum in days[::-step][::-1]),
        n_stale=coverage.get("stale", 0),
        n_unmeasured=coverage.get("unmeasured", 0),
        worst_category=worst,
        worst_percentage=shares.get(worst),
    )


def _history(last: dict[UUID, date]) -> dict[UUID, list[tuple[date, int, int]]]:
    """The 90 days up to the newest of each."""
    found: dict[UUID, list[tuple[date, int, int]]] = {}
    if not last:
        return found  # no condition at all would read every snapshot
    ranges = [
        Q(organization_id=pk, on__range=(on - timedelta(days=SPARKLINE_DAYS), on))
        for pk, on in last.items()
    ]
    rows = Snapshot.objects.filter(reduce(or_, ranges), is_last_of_day=True).order_by()
    for pk, on, points, maximum in rows.values_list("organization_id", "on", "points", "max_score"):
        found.setdefault(pk, []).append((on, points, maximum))
    for days in found.values():
        days.sort()
    return found


def _percentage(organization: Organization) -> float | None:
    share = organization.newest_share
    return None if share is None else share / 100


def _points(hundredths: int | None) -> Points | None:
    return None if hundredths is None else Points(hundredths)


def _zone(organization: Organization) -> str:
    if organization.newest_points is None:
        return ""
    return zone_of(
        _percentage(organization), organization.zone_good_from, organization.zone_okay_from
    ).value


def _row(o: Organization, trend: _Trend | None) -> PortfolioRow:
    now = _percentage(o)
    row = PortfolioRow(
        o.slug,
        o.name,
        o.is_demo,
        percentage=None,
        zone="",
        points=None,
        max_score=None,
        as_of=None,
        change_30_days_pp=None,
        sparkline=(),
        seats=o.seats,
        industry=o.industry,
        region=o.region,
        time_zone=o.time_zone,
    )
    if trend is None:
        return row
    return replace(
        row,
        percentage=now,
        zone=_zone(o),
        points=_points(o.newest_points),
        max_score=_points(o.newest_max_score),
        as_of=o.newest_data_at,
        change_30_days_pp=None
        if now is None or trend.before is None
        else round(now - trend.before, 2),
        sparkline=trend.sparkline,
        n_regressed=o.newest_n_regressed or 0,
        n_stale=trend.n_stale,
        n_unmeasured=trend.n_unmeasured,
        worst_category=trend.worst_category,
        worst_percentage=trend.worst_percentage,
    )
