"""Organizations: all that one may see, with search, filters, order and export."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from securescore.organizations.access import organizations_of
from securescore.present.charts.sparkline import sparkline
from securescore.present.exports import Column, csv_response, json_response
from securescore.present.web import words
from securescore.present.web.data import answers
from securescore.record.portfolio import SORTS, PortfolioRow, Wanted

if TYPE_CHECKING:
    from django.http import QueryDict

PER_PAGE = 50
MAX_PAGE_DIGITS = 6
COLUMNS: tuple[Column[PortfolioRow], ...] = (
    Column("organization", lambda r: r.name),
    Column("slug", lambda r: r.slug),
    Column("percentage", lambda r: r.percentage),
    Column("zone", lambda r: r.zone or None),
    Column("points", lambda r: None if r.points is None else r.points.to_float()),
    Column("max_score", lambda r: None if r.max_score is None else r.max_score.to_float()),
    Column("change_30_days_pp", lambda r: r.change_30_days_pp),
    Column("regressed_30_days", lambda r: r.n_regressed),
    Column("stale_controls", lambda r: r.n_stale),
    Column("unmeasured_controls", lambda r: r.n_unmeasured),
    Column("worst_category", lambda r: r.worst_category or None),
    Column("worst_category_percentage", lambda r: r.worst_percentage),
    Column("data_at", lambda r: r.as_of.isoformat() if r.as_of else None),
    Column("seats", lambda r: r.seats),
    Column("industry", lambda r: r.industry or None),
    Column("region", lambda r: r.region or None),
)


@login_required
@require_GET
def organizations(request: HttpRequest, form: str = "") -> HttpResponse:
    """``/organizations/`` and its ``.csv`` and ``.json``, which keep the query."""
    mine = organizations_of(request.user)
    wanted, remarks = _wanted(request.GET)
    now = timezone.now()
    if form:
        rows = answers().portfolio_rows(mine, wanted, now=now)
        if form == "csv":
            return csv_response("organizations.csv", COLUMNS, rows)
        return json_response(COLUMNS, rows)
    asked = request.GET.get("page", "1")
    is_number = asked.isascii() and asked.isdigit() and len(asked) <= MAX_PAGE_DIGITS
    found = answers().portfolio_page(
        mine, wanted, page=int(asked) if is_number else 1, per_page=PER_PAGE, now=now
    )
    query = _query(wanted)
    return render(
        request,
        "organizations.html",
        {
            "found": found,
            "rows": [(row, _spark(row), words.since(row.as_of, now)) for row in found.rows],
            "wanted": wanted,
            "sort": _Sort(wanted),
            "remarks": remarks,
            "industries": answers().industries(mine),
            "query": query,
            "address": lambda number: "?" + urlencode([*query, ("page", number)]),
            "may_create": request.user.is_superuser,
        },
    )


class _Sort:
    """What the heads of the table need to know about the order."""

    def __init__(self, wanted: Wanted) -> None:
        self.sort = wanted.sort
        self.sort_name = wanted.sort.lstrip("-")
        self._wanted = wanted

    def sorted_by(self, name: str) -> str:
        """The address of the list in that order; again, the other way round."""
        first = name if name == "name" else f"-{name}"
        other = name if first.startswith("-") else f"-{name}"
        sort = other if self.sort == first else first
        return "?" + urlencode(_query(replace(self._wanted, sort=sort)))


def _wanted(asked: QueryDict) -> tuple[Wanted, tuple[str, ...]]:
    remarks = []
    sort = asked.get("sort", "") or "name"
    if sort.removeprefix("-") not in SORTS:
        remarks.append(f"There is no order “{sort[:40]}”; this is by name.")
        sort = "name"
    zones = {zone for zone in asked.getlist("zone") if zone}
    if unknown := sorted(zones - words.ZONES.keys()):
        remarks.append(f"There is no zone “{unknown[0][:40]}”.")
    return (
        Wanted(
            q=_plain(asked.get("q", "")),
            zones=frozenset(zones & words.ZONES.keys()),
            industries=frozenset(_plain(one) for one in asked.getlist("industry") if one),
            is_stale=asked.get("stale") == "yes",
            sort=sort,
        ),
        tuple(remarks),
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())[:200]


def _query(wanted: Wanted) -> list[tuple[str, str]]:
    return [
        *([("q", wanted.q)] if wanted.q else []),
        *(("zone", zone) for zone in sorted(wanted.zones)),
        *(("industry", industry) for industry in sorted(wanted.industries)),
        *([("stale", "yes")] if wanted.is_stale else []),
        *([("sort", wanted.sort)] if wanted.sort != "name" else []),
    ]


def _spark(row: PortfolioRow) -> object:
    known = [value for value in row.sparkline if value is not None]
    title = (
        f"from {words.percent(known[0])} to {words.percent(known[-1])} in 90 days"
        if known
        else "no trend"
    )
    return sparkline(row.sparkline, title=title)
