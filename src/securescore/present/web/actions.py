"""The list of recommended actions, and the same rows as files."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from securescore.core.points import Points
from securescore.organizations.access import Right, access_to, require
from securescore.present.action_filter import (
    CHANGED,
    FACETS,
    GROUPS,
    LICENSED,
    PER_PAGE,
    ActionQuery,
    FacetValue,
    action_query,
    facet_values,
    left_of,
)
from securescore.present.exports import Column, csv_response, json_response
from securescore.present.web import words
from securescore.present.web.data import answers
from securescore.present.web.frame import frame, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from securescore.record.answers import ActionRow


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter menu."""

    name: str
    label: str
    values: tuple[FacetValue, ...]

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


def _float(points: Points | None) -> float | None:
    return None if points is None else points.to_float()


COLUMNS: tuple[Column[ActionRow], ...] = (
    Column("rank", lambda r: r.rank),
    Column("id", lambda r: r.id),
    Column("title", lambda r: r.title),
    Column("category", lambda r: r.category),
    Column("product", lambda r: r.product),
    Column("status", lambda r: r.status),
    Column("state", lambda r: r.state),
    Column("points", lambda r: _float(r.points)),
    Column("max_score", lambda r: _float(r.max_score)),
    Column("points_left", lambda r: _float(r.points_left)),
    Column("score_impact", lambda r: r.score_impact),
    Column("passed", lambda r: r.passed),
    Column("total", lambda r: r.total),
    Column("has_license", lambda r: r.has_license),
    Column("regressed_on", lambda r: r.regressed_on.isoformat() if r.regressed_on else None),
    Column("tier", lambda r: r.tier),
    Column("user_impact", lambda r: r.user_impact),
    Column("implementation_cost", lambda r: r.implementation_cost),
    Column("basis", lambda r: r.basis),
    Column("tool", lambda r: r.tool),
    Column("last_synced", lambda r: r.last_synced.isoformat() if r.last_synced else None),
)


def _facets(query: ActionQuery, rows: Sequence[ActionRow]) -> tuple[Facet, ...]:
    products = sorted({row.product for row in rows if row.product}, key=str.lower)
    labels: dict[str, Mapping[str, str]] = {
        "category": {name: name for name in words.CATEGORIES},
        "status": {name: words.capital(name) for name in words.STATUSES},
        "product": {name: name for name in products},
        "state": words.STATES,
        "licensed": LICENSED,
        "changed": CHANGED,
    }
    made = (
        Facet(name, label, facet_values(query, rows, name, labels[name]))
        for name, label in FACETS.items()
    )
    # A filter with a single value can only show everything or nothing: leave it out.
    return tuple(
        facet
        for facet in made
        if facet.n_chosen or len(facet.values) > 1 or (facet.values and facet.name == "changed")
    )


def group_label(group: str, value: str) -> str:
    """The head of a group of rows."""
    if group == "state":
        return words.STATES.get(value, value)
    return words.capital(value) or "Without a product"


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
    """``/o/{slug}/actions/`` and ``.csv``, ``.json`` of what is filtered."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    organization = access.organization
    rows = answers().actions(organization)
    query = action_query(request.GET, rows)
    matching = query.ordered(row for row in rows if query.matches(row))
    if form == "csv":
        return csv_response(f"{slug}-actions.csv", COLUMNS, matching)
    if form == "json":
        return json_response(COLUMNS, matching)

    n_pages = max(1, -(-len(matching) // PER_PAGE))
    number = min(query.page, n_pages)
    shown = matching[(number - 1) * PER_PAGE : number * PER_PAGE]
    score = answers().latest_score(organization)
    around = frame(request, access, "actions", score.as_of if score else None)
    response = page(
        request,
        "actions.html",
        around,
        {
            "query": query,
            "facets": _facets(query, rows),
            "groups": _groups(query, shown, matching) if query.group else [],
            "rows": shown,
            "n_matching": len(matching),
            "n_all": len(rows),
            "points_left": left_of(matching),
            "page_number": number,
            "n_pages": n_pages,
            "group_labels": GROUPS,
            "first_number": (number - 1) * PER_PAGE + 1,
        },
    )
    # What htmx shows as the address: without the empty fields that a form sends along.
    response.headers["HX-Push-Url"] = f"{request.path}{query.written()}".removesuffix("?")
    return response
