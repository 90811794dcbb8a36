"""Operations: custom comparisons, the groups of organizations that one compares oneself with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from pydantic import ConfigDict, Field, StrictInt

from securescore.core.cohort import MAX_SEATS, MIN_ORGANIZATIONS, CohortFilter
from securescore.ops.comparing import (
    add_comparison,
    change_comparison,
    comparison_of,
    n_compared,
    remove_comparison,
)
from securescore.organizations.access import Access, Right
from securescore.organizations.traits import known_traits
from securescore.present.rest_api.answering import answer, list_answer, nothing
from securescore.present.rest_api.door import access_of, now
from securescore.present.rest_api.errors import ApiError
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import Shape, list_of, shape
from securescore.present.rest_api.values import Line, Sent
from securescore.record import answers as a
from securescore.record import query

operations = Operations("Comparisons")
SEATS_MIN = "Fewest seats; null for no limit."
SEATS_MAX = "Most seats; null for no limit."
CHOSEN = ("industries", "regions", "licenses")
MOST_CHOSEN = 200


@dataclass(frozen=True, slots=True)
class CohortAnswer:
    """Which organizations belong to a comparison; empty lets everyone in."""

    seats_min: int | None
    seats_max: int | None
    industries: tuple[str, ...]
    regions: tuple[str, ...]
    licenses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparisonAnswer:
    """A custom comparison and its newest average."""

    id: str
    name: str
    filters: CohortAnswer
    created_by: str
    created_at: datetime
    newest: a.Comparison | None


class CohortAsked(Sent):
    """Which other organizations of this installation are meant; what is left out is no limit."""

    seats_min: StrictInt | None = Field(default=None, ge=0, le=MAX_SEATS, description=SEATS_MIN)
    seats_max: StrictInt | None = Field(default=None, ge=0, le=MAX_SEATS, description=SEATS_MAX)
    industries: list[Line] = Field(
        default=[], max_length=MOST_CHOSEN, description="One of these industries."
    )
    regions: list[Line] = Field(
        default=[], max_length=MOST_CHOSEN, description="One of these regions."
    )
    licenses: list[Line] = Field(
        default=[], max_length=MOST_CHOSEN, description="At least one of these service plans."
    )


class ComparisonAsked(Sent):
    """A name and whom it holds."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Law firms", "filters": {"seats_min": 100, "industries": ["Law"]}}
            ]
        }
    )

    name: Line = Field(min_length=1, description="Its name, unique in the organization.")
    filters: CohortAsked = Field(description="Which organizations belong to it.")


class CohortSize(Shape):
    """How many organizations a comparison would hold."""

    n_organizations: int | None = Field(
        description=f"How many; null for fewer than {MIN_ORGANIZATIONS}: how few is not told."
    )


@operations.get(
    "/comparisons",
    name="listComparisons",
    summary="Custom comparisons",
    gives=list_of(shape(ComparisonAnswer)),
    is_list=True,
)
def comparisons(request: HttpRequest) -> HttpResponse:
    """The custom comparisons of the organization, by name, each with its newest average."""
    rows = _rows(access_of(request))
    columns = shape(ComparisonAnswer).model_fields
    return list_answer(request, rows, name="comparisons", columns=columns)


@operations.send(
    "POST",
    "/comparisons",
    name="addComparison",
    summary="Add a custom comparison",
    right=Right.ADMINISTER,
    gives=shape(ComparisonAnswer),
    status=201,
)
def add(request: HttpRequest, asked: ComparisonAsked) -> HttpResponse:
    """Adds it with the averages of the last two years. One that holds fewer than ten other
    organizations, or differs by fewer than ten from another one, is refused: it would show others'
    scores. Averages are in whole percent.
    """
    access = access_of(request)
    made = add_comparison(access, asked.name, _filters(asked.filters, {}, "filters"), now=now())
    return answer(_row(access, made.pk), 201)


@operations.send(
    "POST",
    "/comparisons/preview",
    name="previewComparison",
    summary="How many a comparison would hold",
    right=Right.ADMINISTER,
    gives=CohortSize,
)
def preview(request: HttpRequest, asked: CohortAsked) -> HttpResponse:
    """Looks before one adds; nothing is kept."""
    n = n_compared(access_of(request).organization, _filters(asked, {}))
    return answer({"n_organizations": n})


@operations.send(
    "PUT",
    "/comparisons/{uuid:comparison_id}",
    name="changeComparison",
    summary="Change a custom comparison",
    right=Right.ADMINISTER,
    gives=shape(ComparisonAnswer),
)
def change(request: HttpRequest, comparison_id: UUID, asked: ComparisonAsked) -> HttpResponse:
    """Sets name and filters; other filters compute the averages anew."""
    access = access_of(request)
    kept = comparison_of(access, comparison_id).filters
    filters = _filters(asked.filters, kept, "filters")
    changed = change_comparison(access, comparison_id, asked.name, filters, now=now())
    return answer(_row(access, changed.pk))


@operations.send(
    "DELETE",
    "/comparisons/{uuid:comparison_id}",
    name="removeComparison",
    summary="Delete a custom comparison",
    right=Right.ADMINISTER,
    gives=None,
    status=204,
)
def remove(request: HttpRequest, comparison_id: UUID) -> HttpResponse:
    """Takes it and its averages away."""
    remove_comparison(access_of(request), comparison_id, now=now())
    return nothing()


def _filters(asked: CohortAsked, kept: Mapping[str, list[str]], *place: str) -> CohortFilter:
    """The filters of a body. What no organization has is refused by name, as the form offers only
    what some have; what was chosen once stays choosable.
    """
    traits = known_traits()
    details = [
        {
            "where": ".".join(("body", *place, f"{name}[{i}]")),
            "what": "no organization of this installation has it",
        }
        for name in CHOSEN
        for i, value in enumerate(getattr(asked, name))
        if value not in getattr(traits, name) and value not in kept.get(name, ())
    ]
    if details:
        first = details[0]
        raise ApiError(
            422, f"{first['where']}: {first['what']}.", more={"details": details[:MOST_CHOSEN]}
        )
    return CohortFilter(
        seats_min=asked.seats_min,
        seats_max=asked.seats_max,
        **{name: frozenset(getattr(asked, name)) for name in CHOSEN},
    )


def _rows(access: Access) -> list[ComparisonAnswer]:
    today = now().astimezone(ZoneInfo(access.organization.time_zone)).date()
    return [
        ComparisonAnswer(
            id=row.id,
            name=row.name,
            filters=_cohort(row.filters),
            created_by=row.created_by,
            created_at=row.created_at,
            newest=row.newest,
        )
        for row in query.custom_comparisons(access.organization, today)
    ]


def _row(access: Access, comparison_id: UUID) -> ComparisonAnswer:
    return next(row for row in _rows(access) if row.id == str(comparison_id))


def _cohort(filters: CohortFilter) -> CohortAnswer:
    return CohortAnswer(
        filters.seats_min,
        filters.seats_max,
        *(tuple(sorted(getattr(filters, name))) for name in CHOSEN),
    )
