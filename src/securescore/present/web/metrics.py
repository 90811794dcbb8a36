"""Metrics & trends: five cards over one range of days, each with its figures and its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from securescore.core.errors import AccessDenied
from securescore.organizations.access import Access, Right, access_to, require
from securescore.present.charts.days import SIZES
from securescore.present.charts.standalone import standalone
from securescore.present.charts.svg import Svg
from securescore.present.exports import Column, csv_response, json_response
from securescore.present.remembered import remembered
from securescore.present.web.addresses import address
from securescore.present.web.data import answers
from securescore.present.web.frame import frame, page
from securescore.present.web.history import seen_range
from securescore.present.web.metrics_card import Figure
from securescore.present.web.metrics_model import (
    TABLES,
    card_of,
    cards,
    gaps_of,
)
from securescore.present.web.ranges import LABELS, DayRange
from securescore.present.web.written import Piece, written

if TYPE_CHECKING:
    from securescore.present.exports import Cell
    from securescore.record.trend_answers import MetricsAnswer


@login_required
@require_GET
def metrics(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/metrics/?range=&compare=``."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    around = frame(request, access, "metrics", answers().data_as_of(access.organization))
    found = _answer(request, access)
    if found is None:
        return page(request, "history_empty.html", around, {"here": "metrics"})
    seen, answer = found
    chosen = _compared(request)
    return page(
        request,
        "metrics.html",
        around,
        {
            "content": _content(
                answer,
                slug=slug,
                remarks=seen.remarks,
                chosen=tuple(chosen),
                may_administer=access.may(Right.ADMINISTER),
                query=_query(request),
                kept=tuple(
                    (k, request.GET[k]) for k in ("range", "from", "to") if request.GET.get(k)
                ),
                language=get_language() or "",
            ),
            "range": seen,
            "range_labels": LABELS,
            "compare_kept": [("compare", key) for key in chosen],
        },
    )


@remembered(256)
def _content(
    answer: MetricsAnswer,
    *,
    slug: str,
    remarks: tuple[str, ...],
    chosen: tuple[str, ...],
    may_administer: bool,
    query: str,
    kept: tuple[tuple[str, str], ...],
    language: str,
) -> Piece:
    """The page below its head, written; all that it shows is given."""
    del language  # of the thread; part of the key only
    known = [line.key for line in answer.comparison.lines]
    unknown = [key for key in chosen if key not in known]
    values = {
        "slug": slug,
        "remarks": (
            *remarks,
            *(f"No comparison “{key[:40]}” has data in this range." for key in unknown),
        ),
        "cards": cards(answer, tuple(k for k in chosen if k in known), address("history", slug)),
        "gaps": gaps_of(answer.days),
        "lines": answer.comparison.lines,
        "chosen": chosen,
        "risks": answer.risk.risks,
        "losses": answer.losses,
        "may_administer": may_administer,
        "query": query,
        "kept": kept,
    }
    return written("fragments/metrics.html", values)


@login_required
@require_GET
def card_table(request: HttpRequest, slug: str, card: str, form: str = "page") -> HttpResponse:
    """``/o/{slug}/metrics/{card}/`` and ``.csv``, ``.json``: the figures of a card."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    if card not in TABLES:
        raise AccessDenied(what="there is no such card", where=card)
    found = _answer(request, access)
    table = TABLES[card](found[1]) if found else None
    if form != "page":
        columns = [_column(i, head) for i, head in enumerate(table.heads)] if table else []
        rows = table.rows if table else ()
        if form == "csv":
            return csv_response(f"{slug}-{card}.csv", columns, rows)
        return json_response(columns, rows)
    around = frame(request, access, "metrics", answers().data_as_of(access.organization))
    if found is None or table is None:
        return page(request, "history_empty.html", around, {"here": "metrics"})
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx
    known = [line.key for line in found[1].comparison.lines]
    chosen = [key for key in _compared(request) if key in known]
    sizes = SIZES[:1] if is_fragment else SIZES
    return page(
        request,
        "fragments/metrics_table.html" if is_fragment else "metrics_table.html",
        around,
        {
            "table": table,
            "card": card_of(card, found[1], chosen, address("history", slug), sizes),
            "range": found[0],
            "range_labels": LABELS,
            "compare_kept": [("compare", key) for key in chosen],
            "query": _query(request),
        },
    )


@login_required
@require_GET
def card_svg(request: HttpRequest, slug: str, card: str) -> HttpResponse:
    """``/o/{slug}/metrics/{card}.svg``: the picture of a card as a file."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    if card not in TABLES:
        raise AccessDenied(what="there is no such card", where=card)
    found = _answer(request, access)
    figure: Figure | None = None
    if found is not None:
        known = [line.key for line in found[1].comparison.lines]
        chosen = [key for key in _compared(request) if key in known]
        figure = card_of(card, found[1], chosen, address("history", slug), SIZES[:1]).figure
    if figure is None:
        raise AccessDenied(what="there is no picture yet", where=card)
    response = HttpResponse(standalone(Svg(figure.svg)), content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{card}.svg"'
    return response


def _answer(request: HttpRequest, access: Access) -> tuple[DayRange, MetricsAnswer] | None:
    known = answers().first_and_last_day(access.organization)
    seen = seen_range(request, known)
    if seen is None:
        return None
    return seen, answers().metrics(access.organization, seen.start, seen.end)


def _compared(request: HttpRequest) -> list[str]:
    """``compare=seats,{id}`` or repeated, as a form without script sends it."""
    asked = ",".join(request.GET.getlist("compare")).replace("\0", "").split(",")
    return list(dict.fromkeys(key for key in asked if key))


def _query(request: HttpRequest) -> str:
    kept = [(k, v) for k in ("range", "from", "to") if (v := request.GET.get(k))]
    kept += [("compare", key) for key in _compared(request)]
    return urlencode(kept)


def _column(place: int, head: str) -> Column[tuple[Cell, ...]]:
    return Column(head, lambda row: row[place])
