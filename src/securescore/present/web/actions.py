"""The list of recommended actions, and the same rows as files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from securescore.core.points import Points
from securescore.organizations.access import Right, access_to, require
from securescore.present.action_columns import FILE_COLUMNS
from securescore.present.action_facets import (
    FACETS,
    N_MAIN_FACETS,
    Seen,
    keys_of,
    labels_of,
    seen_by,
)
from securescore.present.action_filter import (
    EVERYTHING,
    PER_PAGE,
    ActionQuery,
    action_query,
    left_of,
)
from securescore.present.exports import csv_response, json_response
from securescore.present.remembered import remembered
from securescore.present.web import words
from securescore.present.web.action import today_in
from securescore.present.web.data import answers
from securescore.present.web.frame import frame, page
from securescore.present.web.view_pages import opened_view
from securescore.present.xlsx import xlsx_response
from securescore.record.saved_views import saved_views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from securescore.record.answers import ActionRow


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: how many rows it would show beside the other filters."""

    value: str
    label: str
    count: int
    is_chosen: bool


def facet_values(
    query: ActionQuery, rows: Sequence[ActionRow], facet: str, labels: Mapping[str, str]
) -> tuple[FacetValue, ...]:
    """The values of one facet in the order of ``labels``; those that no row has are left out."""
    counts = Counter(
        key
        for row in rows
        if query.matches(row, without=facet)
        for key in keys_of(row, facet, query.seen)
    )
    present = {key for row in rows for key in keys_of(row, facet, query.seen)}
    present |= set(query.values(facet))
    return tuple(
        FacetValue(value, label, counts[value], value in query.values(facet))
        for value, label in labels.items()
        if value in present
    )


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter menu."""

    name: str
    label: str
    values: tuple[FacetValue, ...]
    is_main: bool

    @property
    def n_chosen(self) -> int:
        return sum(value.is_chosen for value in self.values)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one head; the counts are of the whole group, not of this page of it."""

    title: str
    rows: tuple[ActionRow, ...]
    n_all: int
    points_left: Points


@dataclass(frozen=True, slots=True)
class Listing:
    """What one view of the list shows of the actions of an organization.

    ``matching`` is all of it, ``rows`` this page. ``list_query`` is the address of the view, empty
    where everything is default.
    """

    query: ActionQuery
    list_query: str
    facets: tuple[Facet, ...]
    groups: tuple[Group, ...]
    matching: tuple[ActionRow, ...]
    rows: tuple[ActionRow, ...]
    points_left: Points
    page_number: int
    n_pages: int


@remembered(256)
def listing(rows: Sequence[ActionRow], query: ActionQuery, seen: Seen) -> Listing:
    """The listing of a view; ``seen`` is that of the query, which does not compare it."""
    matching = query.matching(rows)
    n_pages = max(1, -(-len(matching) // PER_PAGE))
    number = min(query.page, n_pages)
    shown = matching[(number - 1) * PER_PAGE : number * PER_PAGE]
    written = query.written()
    return Listing(
        query=query,
        list_query="" if written == "?" else written,
        facets=_facets_of(rows, query, seen),
        groups=tuple(_groups(query, shown, matching)) if query.group else (),
        matching=tuple(matching),
        rows=tuple(shown),
        points_left=left_of(matching),
        page_number=number,
        n_pages=n_pages,
    )


MEANT_ALONE = frozenset({"changed", "waiting", "review", "tag"})
"""Facets that tell actions apart even with a single value."""


def _facets_of(rows: Sequence[ActionRow], query: ActionQuery, seen: Seen) -> tuple[Facet, ...]:
    labels = labels_of(rows, seen) | {"state": dict(words.STATES)}
    made = [
        Facet(name, label, facet_values(query, rows, name, labels[name]), place < N_MAIN_FACETS)
        for place, (name, label) in enumerate(FACETS.items())
    ]
    # A filter with a single value can only show everything or nothing: leave it out.
    return tuple(
        facet
        for facet in made
        if facet.n_chosen or len(facet.values) > 1 or (facet.values and facet.name in MEANT_ALONE)
    )


WITHOUT = {"assignee": "Nobody", "tag": "Without tags", "product": "Without a product"}


def group_label(group: str, value: str) -> str:
    """The head of a group of rows."""
    if group == "state":
        return words.STATES.get(value, value)
    if not value:
        return WITHOUT.get(group, "Others")
    return value if group in {"assignee", "tag"} else words.capital(value)


def _groups(
    query: ActionQuery, shown: Sequence[ActionRow], matching: Sequence[ActionRow]
) -> list[Group]:
    made = []
    for value, rows in groupby(shown, key=query.group_of):
        every = [row for row in matching if query.group_of(row) == value]
        made.append(Group(group_label(query.group, value), tuple(rows), len(every), left_of(every)))
    return made


@login_required
@require_GET
def actions(request: HttpRequest, slug: str, form: str = "page") -> HttpResponse:
    """``/o/{slug}/actions/`` and ``.csv``, ``.json``, ``.xlsx`` of what is filtered.

    Without any query the page opens the saved view that opens first, if there is one.
    """
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    organization = access.organization
    views = saved_views(organization, request.user.pk)
    asked, view, remark = opened_view(request.GET, views, opens_first=form == "page")
    rows = answers().actions(organization)
    query = action_query(asked, rows, seen_by(access.person, rows, today_in(organization)))
    if form == "csv":
        return csv_response(f"{slug}-actions.csv", FILE_COLUMNS, query.matching(rows))
    if form == "json":
        return json_response(FILE_COLUMNS, query.matching(rows))
    if form == "xlsx":
        return xlsx_response(f"{slug}-actions.xlsx", "Actions", FILE_COLUMNS, query.matching(rows))

    score = answers().latest_score(organization)
    around = frame(request, access, "actions", score.as_of if score else None)
    response = page(
        request,
        "actions.html",
        around,
        {
            "listing": listing(rows, query, query.seen),
            "query": query,
            "n_all": len(rows),
            "views": views,
            "view": view,
            "is_view_changed": view is not None and not _is_same(query, view.query),
            "everything": f"?view={EVERYTHING}" if any(v.opens_first for v in views) else "?",
            "remarks": [remark] * bool(remark)
            + [f"{one} It was left out." for one in query.remarks],
            "can_edit": access.may(Right.EDIT),
            "can_administer": access.may(Right.ADMINISTER),
            "today": query.seen.today,
        },
    )
    # What htmx shows as the address: without the empty fields that a form sends along.
    response.headers["HX-Push-Url"] = f"{request.path}{query.written()}".removesuffix("?")
    return response


def _is_same(query: ActionQuery, saved: str) -> bool:
    return query.address(view="", page=1).removeprefix("?") == saved
