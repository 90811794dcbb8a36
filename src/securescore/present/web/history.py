"""The History: what happened, when and why, over any range of days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from securescore.organizations.access import Right, access_to, require
from securescore.present.charts.lines import legend_mark
from securescore.present.exports import Column, csv_response, json_response
from securescore.present.remembered import remembered
from securescore.present.web.addresses import address
from securescore.present.web.data import answers
from securescore.present.web.frame import frame, page
from securescore.present.web.history_filter import FACETS, HistoryQuery, history_query
from securescore.present.web.history_model import course, days_of_events
from securescore.present.web.ranges import LABELS, DayRange, clipped, range_of
from securescore.present.web.written import Piece, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securescore.organizations.models import Organization
    from securescore.record.answers import DayScore, HistoryEvent
    from securescore.record.history_answers import EventPage

EVENT_COLUMNS: tuple[Column[HistoryEvent], ...] = (
    Column("at", lambda e: e.at.isoformat()),
    Column("action", lambda e: e.control_id),
    Column("title", lambda e: e.title),
    Column("category", lambda e: e.category),
    Column("kind", lambda e: e.kind),
    Column("cause", lambda e: e.cause),
    Column("change", lambda e: None if e.is_decision else e.delta.to_float()),
    Column("points", lambda e: None if e.is_decision else e.points.to_float()),
    Column("max_score", lambda e: None if e.max_score is None else e.max_score.to_float()),
    Column("max_change", lambda e: None if e.is_decision else e.max_delta.to_float()),
    Column("parts", lambda e: "; ".join(f"{c} {p.short()}" for c, p in e.parts)),
    Column("state", lambda e: e.state),
    Column("detail", lambda e: e.detail),
    Column("moment", lambda e: e.moment),
    Column("old_status", lambda e: e.old_status),
    Column("status", lambda e: e.status),
    Column("by", lambda e: e.by),
    Column("approved_by", lambda e: e.approved_by),
    Column("note", lambda e: e.note),
    Column("review_on", lambda e: e.review_on.isoformat() if e.review_on else None),
    Column("ends_on", lambda e: e.ends_on.isoformat() if e.ends_on else None),
)


@login_required
@require_GET
def history(request: HttpRequest, slug: str, form: str = "page") -> HttpResponse:
    """``/o/{slug}/history/``, ``.csv`` and ``.json``: the same of what is filtered."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    organization = access.organization
    query = history_query(request.GET)
    known = answers().first_and_last_day(organization)
    seen = seen_range(request, known)
    if form != "page":
        events = _events(organization, seen, query, every=True).events if seen else ()
        if form == "csv":
            return csv_response(f"{slug}-history.csv", EVENT_COLUMNS, events)
        return json_response(EVENT_COLUMNS, events)
    around = frame(request, access, "history", answers().data_as_of(organization))
    if known is None or seen is None:
        return page(request, "history_empty.html", around, {"here": "history"})
    found = _events(organization, seen, query)
    days = answers().score_history(organization, seen.start - timedelta(days=1), seen.end)
    return page(
        request,
        "history.html",
        around,
        {
            "content": _content(
                found,
                days,
                slug=slug,
                zone=organization.time_zone,
                seen=seen,
                query=query,
                is_first_day_only=known[0] == known[1],
                language=get_language() or "",
            ),
            "range": seen,
            "range_labels": LABELS,
            "query": query,
            "found": found,
        },
    )


@remembered(256, answers=2)
def _content(
    found: EventPage,
    days: Sequence[DayScore],
    *,
    slug: str,
    zone: str,
    seen: DayRange,
    query: HistoryQuery,
    is_first_day_only: bool,
    language: str,
) -> Piece:
    """The page below its head, written; all that it shows is given."""
    del language  # of the thread; part of the key only
    values = {
        "slug": slug,
        "range": seen,
        "query": query,
        "facets": _facets(query),
        "course": course(days, found.moves, address("history", slug)),
        "found": found,
        "days": days_of_events(found.events, days, zone),
        "is_first_day_only": is_first_day_only,
        "legend": [("Score", legend_mark("own")), ("Points", legend_mark("second"))],
        "split_days": (min(seen.start, seen.end - timedelta(days=1)), seen.end),
        "action_title": _title_of(query, found),
    }
    return written("fragments/history.html", values)


def seen_range(request: HttpRequest, known: tuple[date, date] | None) -> DayRange | None:
    """The range of days that the address asks for; None before there is any data."""
    if known is None:
        return None
    given = {k: v for k, v in request.GET.items() if isinstance(v, str)}
    return clipped(range_of(given, known[1], shortest=0), known[0])


def _events(
    organization: Organization, seen: DayRange, query: HistoryQuery, *, every: bool = False
) -> EventPage:
    if every:
        return answers().history(organization, seen.start, seen.end, query.asked, per_page=None)
    return answers().history(organization, seen.start, seen.end, query.asked, page=query.page)


def _facets(query: HistoryQuery) -> list[dict[str, object]]:
    return [
        {
            "name": facet,
            "label": label,
            "n_chosen": len(query.values(facet)),
            "choices": [
                {"value": value, "label": text, "is_chosen": value in query.values(facet)}
                for value, text in values.items()
            ],
        }
        for facet, (label, values) in FACETS.items()
    ]


def _title_of(query: HistoryQuery, found: EventPage) -> str:
    """The title of the action whose history is shown; its id where nothing happened to it."""
    if not query.action:
        return ""
    return found.events[0].title if found.events else query.action
