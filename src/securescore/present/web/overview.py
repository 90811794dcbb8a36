"""The Overview: one number, where it comes from, where it went, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from securescore.organizations.access import Right, access_to, require
from securescore.present.action_facets import seen_by
from securescore.present.charts.bar import bar
from securescore.present.charts.gauge import Gauge, GaugeMark, gauge
from securescore.present.charts.zones import Zones
from securescore.present.exports import Column, csv_response, json_response
from securescore.present.remembered import remembered
from securescore.present.web import words
from securescore.present.web.addresses import address
from securescore.present.web.data import answers
from securescore.present.web.frame import frame, page
from securescore.present.web.overview_model import (
    INCLUDABLE,
    absent_categories,
    category_lines,
    included_views,
    trend,
)
from securescore.present.web.ranges import LABELS, DayRange, clipped, range_of
from securescore.present.web.review import review_lines
from securescore.present.web.written import Piece, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securescore.organizations.models import Organization
    from securescore.record.answers import (
        ActionRow,
        Comparison,
        DayScore,
        HistoryEvent,
        ScoreAnswer,
    )

N_TOP = 8
N_UNLOCKS = 4


def _included(request: HttpRequest) -> tuple[str, ...]:
    """``include=planned,license`` or repeated, as a form without script sends it."""
    asked = ",".join(request.GET.getlist("include")).split(",")
    return tuple(key for key in INCLUDABLE if key in asked)


def _dial(score: ScoreAnswer, zones: Zones, included: tuple[str, ...]) -> Gauge:
    views = included_views(score, included)
    zone = words.ZONES.get(score.zone, "")
    return Gauge(
        key="score-gauge",
        value=score.percentage,
        text=words.percent(score.percentage),
        caption=f"{score.points.short()} / {score.max_score.short()} points",
        zone=score.zone,
        description=(
            f"Score {words.percent(score.percentage)}, "
            f"{score.points.short()} of {score.max_score.short()} points, zone {zone.lower()}; "
            f"good from {zones.good_from:g}%, okay from {zones.okay_from:g}%"
        ),
        zones=zones,
        marks=tuple(
            GaugeMark(view.label, view.percentage)
            for view in views
            if view.is_on and view.percentage is not None
        ),
    )


def top_actions(rows: Sequence[ActionRow], n: int = N_TOP) -> list[ActionRow]:
    """The best-ranked actions that are scored, give points and are nobody's settled decision."""
    open_rows = [
        r
        for r in rows
        if r.points_left > 0
        and r.state in words.SCORED_STATES
        and r.status in {"to address", "planned"}
    ]
    return sorted(open_rows, key=lambda row: row.rank)[:n]


@login_required
@require_GET
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/``."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    organization = access.organization
    score = answers().latest_score(organization)
    around = frame(request, access, "overview", score.as_of if score else None)
    if score is None:
        return page(request, "overview_empty.html", around, {})

    rows = answers().actions(organization)
    seen, days = _days(request, organization, score)
    last_day = words.local(score.as_of, organization.time_zone).date()
    included = _included(request)
    shown = _shown(
        score,
        rows,
        days,
        answers().largest_events(organization, seen.start, seen.end),
        answers().comparison(organization, last_day),
        asked=Asked(
            slug=slug,
            name=organization.name,
            zone=organization.time_zone,
            has_seats=organization.seats is not None,
            range=seen,
            included=included,
            query=request.GET.urlencode(),
            person=access.person,
            today=words.local(timezone.now(), organization.time_zone).date(),
        ),
        language=get_language() or "",
    )
    return page(
        request,
        "overview.html",
        around,
        {
            "content": shown.content,
            "can_choose_range": shown.can_choose_range,
            "included": included,
            "range": seen,
            "range_labels": LABELS,
        },
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """Which Overview is asked for, beside the answers of the record: all that it shows."""

    slug: str
    name: str
    zone: str
    has_seats: bool
    range: DayRange
    included: tuple[str, ...]
    query: str
    person: str
    today: date


@dataclass(frozen=True, slots=True)
class Shown:
    """The cards of the Overview, written."""

    content: Piece
    can_choose_range: bool


@remembered(256, answers=5)
def _shown(
    score: ScoreAnswer,
    rows: Sequence[ActionRow],
    days: Sequence[DayScore],
    events: Sequence[HistoryEvent],
    compared: Sequence[Comparison],
    *,
    asked: Asked,
    language: str,
) -> Shown:
    del language  # of the thread; part of the key only
    zones = Zones(score.zone_okay_from, score.zone_good_from)
    statuses, happened = review_lines(
        rows, seen_by(asked.person, rows, asked.today), address("actions", asked.slug)
    )
    over_time = trend(
        days, events, zones=zones, zone=asked.zone, base=address("history", asked.slug)
    )
    unlocks = score.unlocks
    share = 100 * score.verified_points / score.max_score if score.max_score else None
    values = {
        "slug": asked.slug,
        "name": asked.name,
        "zone": asked.zone,
        "has_seats": asked.has_seats,
        "query": QueryDict(asked.query),
        "range": asked.range,
        "score": score,
        "gauge": gauge(_dial(score, zones, asked.included)),
        "views": included_views(score, asked.included),
        "trend": over_time,
        "categories": category_lines(score, rows, asked.included),
        "absent": absent_categories(score),
        "statuses": statuses,
        "happened": happened,
        "comparison": [(one, bar(one.percentage, look="dashed")) for one in compared],
        "own_bar": bar(score.percentage),
        "verified_bar": bar(share),
        "unlocks": unlocks[:N_UNLOCKS],
        "n_more_unlocks": max(len(unlocks) - N_UNLOCKS, 0),
        "top": top_actions(rows),
        "n_actions": len(rows),
    }
    return Shown(
        content=written("fragments/overview.html", values),
        can_choose_range=not (over_time.chart is None and over_time.last is not None),
    )


def _days(
    request: HttpRequest, organization: Organization, score: ScoreAnswer
) -> tuple[DayRange, tuple[DayScore, ...]]:
    known = answers().first_and_last_day(organization)
    last = known[1] if known else words.local(score.as_of, organization.time_zone).date()
    asked = range_of({k: v for k, v in request.GET.items() if isinstance(v, str)}, last)
    seen = clipped(asked, known[0] if known else None)
    return seen, answers().score_history(organization, seen.start, seen.end)


DAY_COLUMNS: tuple[Column[DayScore], ...] = (
    Column("day", lambda d: d.on.isoformat()),
    Column("has_data", lambda d: d.has_data),
    Column("percentage", lambda d: d.percentage),
    Column("points", lambda d: None if d.points is None else d.points.to_float()),
    Column("max_score", lambda d: None if d.max_score is None else d.max_score.to_float()),
)


@login_required
@require_GET
def score_days(request: HttpRequest, slug: str, form: str = "page") -> HttpResponse:
    """``/o/{slug}/score/`` and ``.csv``, ``.json``: the days behind the line, newest first."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    score = answers().latest_score(access.organization)
    seen: DayRange | None = None
    days: tuple[DayScore, ...] = ()
    if score is not None:
        seen, days = _days(request, access.organization, score)
    newest_first = days[::-1]
    if form == "csv":
        return csv_response(f"{slug}-score.csv", DAY_COLUMNS, newest_first)
    if form == "json":
        return json_response(DAY_COLUMNS, newest_first)
    around = frame(request, access, "overview", score.as_of if score else None)
    template = "fragments/score_days.html" if request.htmx else "score_days.html"  # type: ignore[attr-defined]  # set by django-htmx
    return page(
        request,
        template,
        around,
        {"days": newest_first, "range": seen, "query": request.GET.urlencode()},
    )
