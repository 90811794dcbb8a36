"""Operations: the organization, its score, its days, what is covered and what it is compared to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from ninja.params.functions import Query

from securescore.core.errors import AccessDenied
from securescore.organizations.access import Access
from securescore.organizations.models import Organization
from securescore.organizations.traits import licenses_of
from securescore.present.rest_api.answering import answer, list_answer
from securescore.present.rest_api.door import access_of, now
from securescore.present.rest_api.errors import invalid
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import Score, list_of, shape
from securescore.present.rest_api.values import Day
from securescore.record import answers as a
from securescore.record import query
from securescore.record.plain import score_json

MAX_DAYS = 3_660  # ten years, as on the pages
DEFAULT_DAYS = 365
operations = Operations("Score")


@dataclass(frozen=True, slots=True)
class OrganizationAnswer:
    """The organization that the token names."""

    id: str
    name: str
    slug: str
    is_demo: bool
    time_zone: str
    seats: int | None
    industry: str
    region: str
    licenses: tuple[str, ...]
    zone_good_from: float
    zone_okay_from: float
    stale_after_days: int
    needs_approval: bool
    first_day: date | None
    last_day: date | None
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoverageAnswer:
    """What is measured, and what would bring the rest."""

    as_of: datetime
    coverage: a.Coverage
    unlocks: tuple[a.Unlock, ...]


@operations.get(
    "/organization",
    name="getOrganization",
    summary="The organization",
    gives=shape(OrganizationAnswer),
)
def organization(request: HttpRequest) -> HttpResponse:
    """The organization that the token names, and what the token may do there."""
    access = access_of(request)
    return answer(organization_answer(access))


def organization_answer(access: Access) -> OrganizationAnswer:
    """What is said about an organization."""
    found = access.organization
    days = query.first_and_last_day(found)
    return OrganizationAnswer(
        id=str(found.pk),
        name=found.name,
        slug=found.slug,
        is_demo=found.is_demo,
        time_zone=found.time_zone,
        seats=found.seats,
        industry=found.industry,
        region=found.region,
        licenses=licenses_of(found.licenses, found.licenses_found),
        zone_good_from=found.zone_good_from,
        zone_okay_from=found.zone_okay_from,
        stale_after_days=found.stale_after_days,
        needs_approval=found.needs_approval,
        first_day=days[0] if days else None,
        last_day=days[1] if days else None,
        rights=tuple(sorted(access.rights)),
    )


@operations.get("/score", name="getScore", summary="The score of a day", gives=Score, errors=(404,))
def score(
    request: HttpRequest, on: Day | None = Query(None, description="A day; without it, the newest.")
) -> HttpResponse:
    """The newest score, or the last of the day `on`: points, views, categories, coverage.

    404 where nothing was recorded on that day.
    """
    organization = access_of(request).organization
    found = query.score_on(organization, on) if on else query.latest_score(organization)
    return answer(score_json(_found(found, on)))


@operations.get(
    "/score/days",
    name="listScoreDays",
    summary="The score by day",
    gives=list_of(shape(a.DayScore)),
    is_list=True,
)
def score_days(
    request: HttpRequest,
    start: Day | None = Query(None, alias="from", description="First day."),
    end: Day | None = Query(None, alias="to", description="Last day, included."),
) -> HttpResponse:
    """One entry for each day, ten years at most. Without `from` and `to`: the year to the newest
    data.
    """
    organization = access_of(request).organization
    first, last = day_range(organization, start, end)
    return list_answer(
        request,
        query.score_history(organization, first, last),
        name="score",
        columns=shape(a.DayScore).model_fields,
    )


@operations.get(
    "/coverage",
    name="getCoverage",
    summary="What is measured",
    gives=shape(CoverageAnswer),
    errors=(404,),
)
def coverage(request: HttpRequest) -> HttpResponse:
    """How many controls are in which state, and what would bring those that are not measured."""
    found = _found(query.latest_score(access_of(request).organization), None)
    return answer({"as_of": found.as_of, "coverage": found.coverage, "unlocks": found.unlocks})


@operations.get(
    "/comparison",
    name="getComparison",
    summary="Averages of others",
    gives=list_of(shape(a.Comparison)),
    is_list=True,
)
def comparison(
    request: HttpRequest, on: Day | None = Query(None, description="A day; without it, the newest.")
) -> HttpResponse:
    """The newest average of each cohort up to a day. Cohorts under ten organizations are never
    shown.
    """
    organization = access_of(request).organization
    days = query.first_and_last_day(organization)
    day = on or (days[1] if days else None)
    rows = query.comparison(organization, day) if day else ()
    return list_answer(request, rows, name="comparison", columns=shape(a.Comparison).model_fields)


def day_range(
    organization: Organization,
    start: date | None,
    end: date | None,
    *,
    n_days: int = DEFAULT_DAYS,
) -> tuple[date, date]:
    """The days that ``from`` and ``to`` name; without them, so many to the newest data.

    Raises:
        ApiError: 422, out of order or too many.
    """
    if end is None:
        days = query.first_and_last_day(organization)
        end = days[1] if days else (start or now().date())
    if start is None:
        start = end - timedelta(days=min(n_days, (end - date.min).days))
    if start > end:
        raise invalid(
            where="query.from",
            what=f"{start} is after {end}",
            what_to_do="Give the earlier day first",
        )
    if (end - start).days > MAX_DAYS:
        raise invalid(
            where="query.from",
            what="a range has ten years at most",
            what_to_do="Ask for several ranges",
        )
    return start, end


def _found(found: a.ScoreAnswer | None, on: date | None) -> a.ScoreAnswer:
    if found is None:
        what = f"nothing was recorded on {on}" if on else "nothing is recorded yet"
        raise AccessDenied(what=what, what_to_do="see /api/v1/score/days, or import a file")
    return found
