"""Operations: recommended actions, one of them, and the resources that cost its points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.params.functions import Query
from pydantic import BaseModel, Field, create_model

from securescore.core.errors import AccessDenied
from securescore.ops.action_state import day_of
from securescore.organizations.access import Right
from securescore.present.action_facets import DUE, REVIEW, WAITING, seen_by
from securescore.present.action_filter import (
    CATEGORIES,
    CHANGED,
    FACETS,
    GROUPS,
    LICENSED,
    SEARCH_LENGTH,
    SORTS,
    STATES,
    STATUSES,
    action_query,
    left_of,
)
from securescore.present.rest_api.answering import (
    MOST_PER_PAGE,
    PER_PAGE,
    answer,
    file_answer,
    page_answer,
    paging,
    wants_csv,
)
from securescore.present.rest_api.door import access_of
from securescore.present.rest_api.errors import ApiError
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import Action, one_of, page_of, shape, some_of
from securescore.present.rest_api.values import Line, Number
from securescore.record import answers as a
from securescore.record import query
from securescore.record.plain import plain

operations = Operations("Actions")
MEMBERS = tuple(Action.model_fields)
FIXED: Mapping[str, tuple[str, ...]] = {
    "category": CATEGORIES,
    "status": STATUSES,
    "state": STATES,
    "licensed": tuple(LICENSED),
    "changed": tuple(CHANGED),
    "due": tuple(DUE),
    "review": tuple(REVIEW),
    "waiting": tuple(WAITING),
}
"""Filters whose values are always the same; those of others are what the actions have."""


def _asked() -> type[BaseModel]:
    """The parameters of the list, made of the filters, groups and sorts that the page has."""
    members: dict[str, Any] = {
        "q": (Line, Field(default="", description="Words; an action has all of them.")),
        **{
            facet: (
                list[one_of(*FIXED[facet])] if facet in FIXED else list[Line],  # type: ignore[misc]  # made of the filters
                Field(default=[], description=f"{label}; repeated for several."),
            )
            for facet, label in FACETS.items()
        },
        "group": (
            one_of("", *GROUPS),
            Field(default="", description="Sorts by this first."),
        ),
        "sort": (
            one_of(*(sign + name for name in SORTS for sign in ("", "-"))),
            Field(default="rank", description="The order; `-` descends."),
        ),
        "members": (
            list[one_of(*MEMBERS)],  # type: ignore[misc]  # made of the members of an action
            Field(
                default=[],
                description="Only these members of an action, repeated for several: the columns of "
                "a file.",
            ),
        ),
        "page": (Number, Field(default=1, description="From 1.")),
        "per_page": (
            Number,
            Field(default=PER_PAGE, description=f"Entries on a page; {MOST_PER_PAGE} at most."),
        ),
    }
    made: type[BaseModel] = create_model("ActionsAsked", **members)
    return made


ActionsAsked: Any = _asked()


class ActionPage(page_of(some_of(Action))):  # type: ignore[misc]  # a base made at run time
    """A page of recommended actions."""

    n_all: int = Field(description="How many actions there are without filters.")
    points_left: float = Field(description="Points left of all that match, on all pages.")


@operations.get(
    "/actions", name="listActions", summary="Recommended actions", gives=ActionPage, is_list=True
)
def actions(request: HttpRequest, asked: ActionsAsked = Query(...)) -> HttpResponse:
    """The actions that match, filtered and sorted as on the page.

    Values of one filter add up, filters narrow. A value that no action has is refused by name.
    """
    access = access_of(request)
    rows = query.actions(access.organization)
    today = day_of(access.organization, timezone.now())
    view = action_query(_as_on_the_page(request), rows, seen_by(access.person, rows, today))
    if view.remarks:
        raise ApiError(
            422,
            " ".join(view.remarks),
            more={"details": [{"where": "query", "what": remark} for remark in view.remarks]},
        )
    matching = view.ordered(row for row in rows if view.matches(row))
    members = tuple(asked.members) or MEMBERS
    return page_answer(
        request,
        _only(matching, members),
        page=asked.page,
        per_page=asked.per_page,
        name="actions",
        columns=members,
        more={"n_all": len(rows), "points_left": left_of(matching)},
    )


def _as_on_the_page(request: HttpRequest) -> Any:
    """The parameters that the page knows too; columns of the page are nothing to the API."""
    asked = request.GET.copy()
    for name in ("members", "page", "per_page"):
        asked.pop(name, None)
    return asked


def _only(rows: Sequence[a.ActionRow], members: tuple[str, ...]) -> Sequence[object]:
    if members == MEMBERS:
        return rows
    return [{name: plain(getattr(row, name)) for name in members} for row in rows]


# Ids of scanners' checks may hold slashes: the longer addresses come first.
@operations.get(
    "/actions/{path:control_id}/evidence",
    name="listEvidence",
    summary="Resources that cost the points of an action",
    gives=page_of(shape(a.ResourceOutcome)),
    right=Right.EVIDENCE,
    is_list=True,
)
def evidence(
    request: HttpRequest,
    control_id: str,
    q: Line = Query("", description="Words in the name or the reason."),
    page: Number = Query(1, description="From 1."),
    per_page: Number = Query(PER_PAGE, description=f"Entries on a page; {MOST_PER_PAGE} at most."),
) -> HttpResponse:
    """The resources that do not pass now, with the reason and since when. Names people."""
    organization = access_of(request).organization
    row = next((row for row in query.actions(organization) if row.id == control_id), None)
    if row is None:
        raise _no_such(control_id)
    search = " ".join(q.split())[:SEARCH_LENGTH]
    columns = shape(a.ResourceOutcome).model_fields
    if wants_csv(request):
        every = query.evidence(organization, control_id, per_page=None, search=search)
        return file_answer(request, every.resources, "evidence", columns)
    size = min(per_page, MOST_PER_PAGE)
    found = query.evidence(organization, control_id, page=page, per_page=size, search=search)
    return answer({"items": found.resources, **paging(request, page, size, found.n_failing)})


def _no_such(control_id: str) -> AccessDenied:
    return AccessDenied(
        what=f"there is no action '{control_id[:200]}'", what_to_do="see /api/v1/actions"
    )


@operations.get(
    "/actions/{path:control_id}",
    name="getAction",
    summary="One action",
    gives=shape(a.ActionAnswer),
)
def action(request: HttpRequest, control_id: str) -> HttpResponse:
    """Everything about one action but the names of its resources."""
    found = query.action(access_of(request).organization, control_id)
    if found is None:
        raise _no_such(control_id)
    return answer(found)
