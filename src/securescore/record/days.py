"""What stood on each recorded day, for many days at once.

A constant number of queries for any number of days: each row of change is read once and stands
until the next of its control.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from securescore.catalog.load import built_in_catalog
from securescore.core.control import Basis, Scoring
from securescore.core.points import Points
from securescore.core.result import State
from securescore.organizations.models import Organization
from securescore.organizations.traits import licenses_of
from securescore.record.comparisons import SEAT_BANDS, seat_band
from securescore.record.controls import control_of
from securescore.record.kept import kept
from securescore.record.models import (
    CohortDay,
    ControlChange,
    ReportedControl,
    Snapshot,
)

SCORED = (State.MEASURED, State.STALE, State.ERROR)
USERS = "entra_users"
MIN_ORGANIZATIONS = 10
CARRIED = timedelta(days=45)
"""An average is shown for so long after its day."""


@dataclass(frozen=True, slots=True, eq=False)
class DayControl:
    """One scored control as it stood on a day; the same object on every day it stood so, and
    equal to no other one: what is made of it is kept by what it is.

    ``why`` is text without markup, empty where nothing is known; ``tool`` is empty for what we
    evaluate ourselves. ``max_score`` is None where a tool reported none.
    """

    id: str
    category: str
    why: str
    state: str
    status: str
    is_all_or_nothing: bool
    tool: str
    points: Points
    max_score: Points | None
    n_passed: int | None
    n_total: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class DayRecord:
    """Everything that stood on one day: that of its last snapshot.

    Attributes:
        on: day of the organization's time zone.
        n_users: users that were read; 0 where they were not.
        seats: licensed seats; 0 where unknown.
        licenses: service plans.
        controls: the scored ones by id, each with the time its data was read (None: unknown).
    """

    on: date
    points: Points
    max_score: Points
    n_users: int
    seats: int
    licenses: tuple[str, ...]
    controls: Sequence[tuple[DayControl, datetime | None]]


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day of the list: what it is filtered and ordered by."""

    on: date
    points: Points
    max_score: Points


@dataclass(frozen=True, slots=True)
class Average:
    """The average percentage of others on a day. ``seats`` (from, to): None for all
    organizations; its upper end is None for the largest.
    """

    percentage: float
    seats: tuple[int, int | None] | None


def day_lines(
    organization: Organization,
    *,
    before: date | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> tuple[DayLine, ...]:
    """The recorded days, newest first; one query."""
    rows = Snapshot.objects.filter(organization=organization, is_last_of_day=True)
    if before is not None:
        rows = rows.filter(on__lt=before)
    end = None if limit is None else offset + limit
    return tuple(
        DayLine(on, Points(points), Points(maximum))
        for on, points, maximum in rows.order_by("-on").values_list("on", "points", "max_score")[
            offset:end
        ]
    )


page_of_lines = kept(day_lines)  # what clients ask for again and again; whole lists are not kept


def n_days(organization: Organization) -> int:
    """How many days are recorded."""
    return Snapshot.objects.filter(organization=organization, is_last_of_day=True).count()


def day_line(organization: Organization, on: date) -> DayLine | None:
    """One day of the list; None if nothing was recorded on it."""
    row = (
        Snapshot.objects.filter(organization=organization, is_last_of_day=True, on=on)
        .values_list("points", "max_score")
        .first()
    )
    return DayLine(on, Points(row[0]), Points(row[1])) if row else None


def day_records(organization: Organization, days: Iterable[date]) -> Iterator[DayRecord]:
    """What stood on each of these days, oldest first; three queries however many days."""
    wanted = set(days)
    if not wanted:
        return
    snapshots = [
        snapshot
        for snapshot in Snapshot.objects.filter(
            organization=organization, is_last_of_day=True, on__range=(min(wanted), max(wanted))
        )
        .order_by("at")
        .only("organization", "at", "on", "points", "max_score", "manifest")
        if snapshot.on in wanted
    ]
    if not snapshots:
        return
    first, last = snapshots[0].at, snapshots[-1].at
    rows = (
        ControlChange.objects.filter(organization=organization, at__lte=last)
        .filter(Q(until=None) | Q(until__gt=first))
        .order_by("at")
        .defer("parts", "missing")
    )
    reported = {r.control_id: r for r in ReportedControl.objects.filter(organization=organization)}
    waiting = iter(rows)
    upcoming = next(waiting, None)
    standing: dict[str, DayControl] = {}
    requires = {d.id: d.requires for d in built_in_catalog().controls.values()}
    judged = frozenset(table for tables in requires.values() for table in tables)
    for snapshot in snapshots:
        while upcoming is not None and upcoming.at <= snapshot.at:
            standing.pop(upcoming.control_id, None)
            if upcoming.state in SCORED:
                standing[upcoming.control_id] = _control(upcoming, reported)
            upcoming = next(waiting, None)
        read = _Read(snapshot, requires, judged)
        yield DayRecord(
            on=snapshot.on,
            points=Points(snapshot.points),
            max_score=Points(snapshot.max_score),
            n_users=read.n_users,
            seats=organization.seats or 0,
            licenses=licenses_of(organization.licenses, organization.licenses_found),
            controls=[(control, read.time_of(control)) for _, control in sorted(standing.items())],
        )


@kept
def averages(
    organization: Organization, days: tuple[date, ...]
) -> Mapping[date, tuple[Average, ...]]:
    """Of each day, the newest averages up to it: of all organizations, then of similar ones.

    One query. Cohorts of fewer than ten organizations are never told.
    """
    if not days:
        return {}
    wanted: dict[str, tuple[int, int | None] | None] = {"all organizations": None}
    if organization.seats is not None:
        wanted[seat_band(organization.seats)] = _seats(organization.seats)
    series: dict[str, tuple[list[date], list[float]]] = {name: ([], []) for name in wanted}
    for cohort, on, percentage in (
        CohortDay.objects.filter(
            cohort__in=list(wanted),
            n_organizations__gte=MIN_ORGANIZATIONS,
            on__range=(min(days) - CARRIED, max(days)),
        )
        .order_by("on")
        .values_list("cohort", "on", "percentage")
    ):
        series[cohort][0].append(on)
        series[cohort][1].append(percentage)
    return {
        on: tuple(
            Average(percentages[position - 1], wanted[name])
            for name, (known, percentages) in series.items()
            if (position := bisect_right(known, on)) and known[position - 1] >= on - CARRIED
        )
        for on in days
    }


class _Read:
    """When the tables of a snapshot were read, from its manifest."""

    def __init__(
        self, snapshot: Snapshot, requires: Mapping[str, tuple[str, ...]], judged: frozenset[str]
    ) -> None:
        self.requires = requires
        self.n_users = 0
        self.times: dict[str, datetime] = {}
        self.reports: dict[str, datetime] = {}
        self.report: datetime | None = None
        self.oldest: dict[tuple[str, ...], datetime | None] = {}
        for table, _digest, n_rows, collected_at, source, *_rest in snapshot.manifest["tables"]:
            at = datetime.fromisoformat(collected_at)
            if table == USERS:
                self.n_users += n_rows
            if table in judged:
                self.times[table] = min(at, self.times.get(table, at))
            else:  # a table of results that a tool reported
                self.reports[source] = max(at, self.reports.get(source, at))
                self.report = max(at, self.report or at)

    def time_of(self, control: DayControl) -> datetime | None:
        """That of the oldest table a control was judged from, or of its tool's newest report."""
        if control.tool:
            return self.reports.get(control.tool.lower(), self.report)
        wanted = self.requires.get(control.id, ())
        if wanted not in self.oldest:
            times = [self.times[table] for table in wanted if table in self.times]
            self.oldest[wanted] = min(times, default=None)
        return self.oldest[wanted]


def _control(row: ControlChange, reported: dict[str, ReportedControl]) -> DayControl:
    definition = built_in_catalog().controls.get(row.control_id)
    control = control_of(definition, row, reported)
    is_reported = row.basis == Basis.REPORTED
    why = definition.why if definition else ""
    if not why and control.title != control.id:
        why = control.title
    return DayControl(
        id=row.control_id,
        category=control.category.value,
        why=" ".join(why.split()),
        state=row.state,
        status=row.status,
        is_all_or_nothing=control.scoring is Scoring.ALL,
        tool=(control.tool or "another tool") if is_reported else "",
        points=Points(row.points),
        max_score=None if row.max_score is None else Points(row.max_score),
        n_passed=row.n_passed,
        n_total=row.n_total,
        reason=row.reason,
    )


def _seats(seats: int) -> tuple[int, int | None]:
    """The bounds of the cohort of that many seats.

    >>> _seats(800), _seats(50000)
    ((301, 1000), (20001, None))
    """
    for low, high in SEAT_BANDS:
        if seats <= high:
            return low, high
    return SEAT_BANDS[-1][1] + 1, None
