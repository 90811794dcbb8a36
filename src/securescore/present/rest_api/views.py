"""Operations: saved views of the list of actions that all members share.

A token is no person, so it has no views of its own and sees nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict
from pydantic import ConfigDict, Field, StrictBool, StrictStr

from securescore.ops.action_state import day_of
from securescore.ops.saved_views import (
    NAME_LENGTH,
    QUERY_LENGTH,
    change_view,
    delete_view,
    save_view,
)
from securescore.organizations.access import Access, Right
from securescore.present.action_facets import seen_by
from securescore.present.action_filter import action_query
from securescore.present.rest_api.answering import answer, list_answer, nothing
from securescore.present.rest_api.door import access_of, now
from securescore.present.rest_api.errors import invalid
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import list_of, shape
from securescore.present.rest_api.values import Sent
from securescore.record import query
from securescore.record.models import SavedView
from securescore.record.saved_views import saved_views

operations = Operations("Saved views")
QUERY = (
    "What the list of the page shows, as its address says it: filters, group, sort, columns. "
    "Without page and view."
)
DEFAULT = (
    "Whether it opens first for everybody without a choice of their own; needs the scope "
    "`Organization.ReadWrite.All` too."
)


@dataclass(frozen=True, slots=True)
class SharedView:
    """A saved view of the list of actions that all members share."""

    id: int
    name: str
    query: str
    is_default: bool
    created_by: str


class ViewAsked(Sent):
    """A new shared view."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Open in Identity", "query": "category=Identity&sort=-points_left"}
            ]
        }
    )

    name: StrictStr = Field(
        min_length=1, max_length=NAME_LENGTH, description="Its name, unique among the shared."
    )
    query: StrictStr = Field(default="", max_length=QUERY_LENGTH, description=QUERY)
    is_default: StrictBool = Field(default=False, description=DEFAULT)


class ViewChanges(Sent):
    """Changes of a shared view; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Open, Identity"}]})

    name: StrictStr | None = Field(
        default=None, min_length=1, max_length=NAME_LENGTH, description="Another name."
    )
    query: StrictStr | None = Field(default=None, max_length=QUERY_LENGTH, description=QUERY)
    is_default: StrictBool | None = Field(default=None, description=DEFAULT)


@operations.get(
    "/views",
    name="listViews",
    summary="Shared views",
    gives=list_of(shape(SharedView)),
    is_list=True,
)
def views(request: HttpRequest) -> HttpResponse:
    """The saved views that all members share, by name. Views of one person are that person's."""
    rows = [
        SharedView(row.id, row.name, row.query, row.is_default, row.created_by)
        for row in saved_views(access_of(request).organization, None)
    ]
    return list_answer(request, rows, name="views", columns=shape(SharedView).model_fields)


@operations.send(
    "POST",
    "/views",
    name="addView",
    summary="Save a shared view",
    right=Right.EDIT,
    gives=shape(SharedView),
    status=201,
)
def add(request: HttpRequest, asked: ViewAsked) -> HttpResponse:
    """Saves a view for all members."""
    access = access_of(request)
    made = save_view(
        access,
        None,
        name=asked.name,
        query=_clean(access, asked.query),
        is_shared=True,
        is_default=asked.is_default,
        now=now(),
    )
    return answer(_view(made), 201)


@operations.send(
    "PATCH",
    "/views/{int:view_id}",
    name="changeView",
    summary="Change a shared view",
    right=Right.EDIT,
    gives=shape(SharedView),
)
def change(request: HttpRequest, view_id: int, changes: ViewChanges) -> HttpResponse:
    """Name, what it shows, whether it opens first. A view that somebody else made needs the scope
    `Organization.ReadWrite.All` too.
    """
    access = access_of(request)
    sent = changes.given(*ViewChanges.model_fields)
    given = {name: value for name, value in sent.items() if value is not None}
    if "query" in given:
        given["query"] = _clean(access, given["query"])
    return answer(_view(change_view(access, None, view_id, now=now(), **given)))


@operations.send(
    "DELETE",
    "/views/{int:view_id}",
    name="deleteView",
    summary="Delete a shared view",
    right=Right.EDIT,
    gives=None,
    status=204,
)
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """For all members. A view that somebody else made needs the scope
    `Organization.ReadWrite.All` too.
    """
    delete_view(access_of(request), None, view_id, now=now())
    return nothing()


def _clean(access: Access, given: str) -> str:
    """The query as the list writes it.

    Raises:
        ApiError: 422, it names something that the list does not have.
    """
    where = "body.query"
    try:
        asked = QueryDict(given.removeprefix("?"))
    except TooManyFieldsSent as error:
        raise invalid(where=where, what="it has too many parts") from error
    rows = query.actions(access.organization)
    seen = seen_by(access.person, rows, day_of(access.organization, now()))
    view = action_query(asked, rows, seen)
    if view.remarks:
        raise invalid(where=where, what=" ".join(view.remarks).rstrip("."))
    return urlencode(view.pairs())


def _view(of: SavedView) -> SharedView:
    return SharedView(of.pk, of.name, of.query, of.is_default, of.created_by)
