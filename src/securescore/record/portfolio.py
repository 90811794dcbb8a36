"""Many organizations at once: a page of them, their average, all that match for an export.

The number of queries does not depend on the number of organizations, and snapshots are read for
those shown only. Of all others the newest score is read, for the average, the filters and the
order: one look into an index for each (measured in ``bench/``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from securescore.core.points import Points, percentage
from securescore.core.zone import zone_of
from securescore.organizations.models import Organization
from securescore.record.models import ControlChange, Snapshot

CHANGE_DAYS = 30
SPARKLINE_DAYS = 90
SPARKLINE_POINTS = 30
STALE_AFTER = timedelta(hours=48)
CHUNK = 100
SORTS = ("name", "score", "data", "seats", "regressed")


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
class _Light:
    """What filters, order and average need of an organization."""

    organization: Organization
    share: float | None
    zone: str
    data_at: datetime | None


def portfolio_page(
    mine: QuerySet[Organization], wanted: Wanted, *, page: int, per_page: int, now: datetime
) -> Portfolio:
    """One page of ``mine``, those that one may see."""
    matching = _matching(mine, wanted, now)
    n_all = mine.count() if wanted.is_filtered else len(matching)
    n_pages = max(1, -(-len(matching) // per_page))
    page = min(max(page, 1), n_pages)
    shown = matching[(page - 1) * per_page : page * per_page]
    weighed = [
        (light.share, light.organization.seats)
        for light in matching
        if light.share is not None and light.organization.seats
    ]
    n_seats = sum(seats for _, seats in weighed)
    average = (
        round(sum(share * seats for share, seats in weighed) / n_seats, 2) if n_seats else None
    )
    return Portfolio(
        rows=portfolio([light.organization for light in shown]),
        n_all=n_all,
        n_matching=len(matching),
        page=page,
        n_pages=n_pages,
        average=average,
        n_averaged=len(weighed),
        n_seats=n_seats,
    )


def portfolio_rows(
    mine: QuerySet[Organization], wanted: Wanted, *, now: datetime
) -> Iterator[PortfolioRow]:
    """All that match, in order, a hundred at a time: for an export."""
    matching = [light.organization for light in _matching(mine, wanted, now)]
    for start in range(0, len(matching), CHUNK):
        yield from _rows(matching[start : start + CHUNK])


def industries(mine: QuerySet[Organization]) -> tuple[str, ...]:
    """The industries there are among them, by name."""
    found = mine.exclude(industry="").order_by("industry").values_list("industry", flat=True)
    return tuple(found.distinct())


def _matching(mine: QuerySet[Organization], wanted: Wanted, now: datetime) -> list[_Light]:
    if wanted.q:
        mine = mine.filter(name__icontains=wanted.q)
    if wanted.industries:
        mine = mine.filter(industry__in=wanted.industries)
    newest = Snapshot.objects.filter(organization=OuterRef("pk")).order_by("-at")
    needs_time = wanted.is_stale or wanted.sort.lstrip("-") == "data"
    rows = mine.annotate(
        newest_points=Subquery(newest.values("points")[:1]),
        newest_max=Subquery(newest.values("max_score")[:1]),
    )
    if needs_time:
        rows = rows.annotate(data_at=Subquery(newest.values("manifest__as_of")[:1]))
    found = []
    for row in rows:
        points: int | None = row.newest_points
        share = None if points is None else percentage(points, row.newest_max)
        at = getattr(row, "data_at", None)
        found.append(
            _Light(
                row,
                share,
                ""
                if points is None
                else zone_of(share, row.zone_good_from, row.zone_okay_from).value,
                datetime.fromisoformat(at) if at else None,
            )
        )
    if wanted.zones:
        found = [light for light in found if light.zone in wanted.zones]
    if wanted.is_stale:
        found = [one for one in found if one.data_at is None or now - one.data_at > STALE_AFTER]
    return _sorted(found, wanted.sort)


def _sorted(found: list[_Light], sort: str) -> list[_Light]:
    """By name, then by what was asked for; what has none of it stands last either way."""
    found.sort(key=lambda light: (light.organization.name.casefold(), str(light.organization.pk)))
    name = sort.lstrip("-")
    if name == "name" or name not in SORTS:
        return found[::-1] if sort == "-name" else found
    if name == "regressed":
        newest = _newest([light.organization.pk for light in found])
        fallen = _regressed({pk: snapshot.at for pk, snapshot in newest.items()})
    else:
        fallen = {}

    def key(light: _Light) -> Any:
        return {
            "regressed": fallen.get(light.organization.pk, 0),
            "seats": light.organization.seats,
            "data": light.data_at,
            "score": light.share,
        }[name]

    known = [light for light in found if key(light) is not None]
    unknown = [light for light in found if key(light) is None]
    known.sort(key=key, reverse=sort.startswith("-"))
    return known + unknown


def portfolio(organizations: Sequence[Organization]) -> tuple[PortfolioRow, ...]:
    """A row for each organization: three queries for a hundred of them."""
    return tuple(
        row
        for start in range(0, len(organizations), CHUNK)
        for row in _rows(organizations[start : start + CHUNK])
    )


def _rows(organizations: Sequence[Organization]) -> tuple[PortfolioRow, ...]:
    newest = _newest([organization.pk for organization in organizations])
    history = _history({pk: snapshot.on for pk, snapshot in newest.items()})
    fallen = _regressed({pk: snapshot.at for pk, snapshot in newest.items()})
    return tuple(
        _row(o, newest[o.pk], history.get(o.pk, []), fallen.get(o.pk, 0))
        if o.pk in newest
        else PortfolioRow(
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
        for o in organizations
    )


@dataclass(frozen=True, slots=True)
class _Newest:
    on: date
    at: datetime
    points: int
    max_score: int
    categories: dict[str, list[int]]
    coverage: dict[str, int]
    data_at: datetime


def _newest(ids: Sequence[UUID]) -> dict[UUID, _Newest]:
    newest = Snapshot.objects.filter(organization=OuterRef("pk")).order_by("-at").values("pk")[:1]
    wanted = Organization.objects.filter(pk__in=ids).annotate(newest=Subquery(newest))
    return {
        pk: _Newest(on, at, points, maximum, categories, coverage, datetime.fromisoformat(data_at))
        for pk, on, at, points, maximum, categories, coverage, data_at in Snapshot.objects.filter(
            pk__in=wanted.values("newest")
        ).values_list(
            "organization_id",
            "on",
            "at",
            "points",
            "max_score",
            "categories",
            "coverage",
            "manifest__as_of",
        )
    }


def _history(last: dict[UUID, date]) -> dict[UUID, list[tuple[date, int, int]]]:
    """The 90 days up to the newest of each."""
    found: dict[UUID, list[tuple[date, int, int]]] = {}
    if not last:
        return found
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


def _regressed(last: dict[UUID, datetime]) -> dict[UUID, int]:
    """How many controls of each fell within 30 days before its newest snapshot."""
    if not last:
        return {}
    since = min(last.values()) - timedelta(days=CHANGE_DAYS)
    fallen: dict[UUID, set[str]] = {}
    rows = ControlChange.objects.filter(
        organization_id__in=list(last), is_regression=True, at__gt=since
    ).order_by()
    for pk, control_id, at in rows.values_list("organization_id", "control_id", "at"):
        if last[pk] - timedelta(days=CHANGE_DAYS) < at <= last[pk]:
            fallen.setdefault(pk, set()).add(control_id)
    return {pk: len(ids) for pk, ids in fallen.items()}


def _row(
    organization: Organization,
    newest: _Newest,
    days: Sequence[tuple[date, int, int]],
    n_regressed: int,
) -> PortfolioRow:
    now = percentage(newest.points, newest.max_score)
    earlier = [d for d in days if d[0] <= newest.on - timedelta(days=CHANGE_DAYS)]
    before = percentage(earlier[-1][1], earlier[-1][2]) if earlier else None
    line = [percentage(points, maximum) for _, points, maximum in days]
    step = max(1, len(line) // SPARKLINE_POINTS)
    shares = {
        name: share
        for name, (points, maximum, *_) in newest.categories.items()
        if (share := percentage(points, maximum)) is not None
    }
    worst = min(shares, key=lambda name: (shares[name], name), default="")
    return PortfolioRow(
        organization.slug,
        organization.name,
        organization.is_demo,
        percentage=now,
        zone=zone_of(now, organization.zone_good_from, organization.zone_okay_from).value,
        points=Points(newest.points),
        max_score=Points(newest.max_score),
        as_of=newest.data_at,
        change_30_days_pp=None if now is None or before is None else round(now - before, 2),
        sparkline=tuple(line[::-step][::-1]),
        seats=organization.seats,
        industry=organization.industry,
        region=organization.region,
        time_zone=organization.time_zone,
        n_regressed=n_regressed,
        n_stale=newest.coverage.get("stale", 0),
        n_unmeasured=newest.coverage.get("unmeasured", 0),
        worst_category=worst,
        worst_percentage=shares.get(worst),
    )
