"""Any two days compared: their difference by cause, down to the resources that flipped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from securescore.core.attribution import Cause
from securescore.core.errors import AccessDenied
from securescore.organizations.access import Access, Right, access_to, require
from securescore.present.exports import Column, csv_response
from securescore.present.web import words
from securescore.present.web.data import answers
from securescore.present.web.frame import frame, page
from securescore.record.plain import plain

if TYPE_CHECKING:
    from securescore.record.history_answers import (
        FlippedResource,
        Split,
        SplitControl,
        SplitEnd,
        SplitPart,
    )

N_RESOURCES = 50
DEFAULT_SPLIT = timedelta(days=30)

FLIP_COLUMNS: tuple[Column[FlippedResource], ...] = (
    Column("at", lambda f: f.at.isoformat()),
    Column("resource_id", lambda f: f.resource_id),
    Column("resource_name", lambda f: f.resource_name),
    Column("is_failing", lambda f: f.is_failing),
    Column("reason", lambda f: f.reason),
)


@dataclass(frozen=True, slots=True)
class _TwoDays:
    """The days of a split and what of the address was not understood."""

    start: date
    end: date
    remarks: tuple[str, ...]

    @property
    def query(self) -> str:
        return urlencode({"from": self.start.isoformat(), "to": self.end.isoformat()})


def _two_days(request: HttpRequest, known: tuple[date, date]) -> _TwoDays:
    remarks = []
    days = []
    for key, default in (("from", known[1] - DEFAULT_SPLIT), ("to", known[1])):
        written = request.GET.get(key, "")
        try:
            days.append(date.fromisoformat(written) if written else max(default, known[0]))
        except ValueError:
            days.append(max(default, known[0]))
            remarks.append(f"“{written[:40]}” is no day; write it as YYYY-MM-DD.")
    start, end = days
    if start > end:
        start, end = end, start
        remarks.append("The first day was after the last; they are exchanged.")
    return _TwoDays(start, end, tuple(remarks))


@login_required
@require_GET
def split(request: HttpRequest, slug: str, form: str = "page") -> HttpResponse:
    """``/o/{slug}/history/split/?from=&to=``: the difference of two days by cause."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    organization = access.organization
    known = answers().first_and_last_day(organization)
    asked = _two_days(request, known) if known else None
    answer = answers().split_between(organization, asked.start, asked.end) if asked else None
    if form == "csv":
        rows = _split_rows(answer) if answer else ()
        return csv_response(f"{slug}-split.csv", SPLIT_COLUMNS, rows)
    if form == "json":
        return JsonResponse(plain(answer) if answer else {})
    around = frame(request, access, "history", answers().data_as_of(organization))
    if answer is None or asked is None or known is None:
        return page(request, "history_empty.html", around, {"here": "history"})
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx
    return page(
        request,
        "fragments/split_sums.html" if is_fragment else "history_split.html",
        around,
        {
            "split": answer,
            "is_page": not is_fragment,
            "asked": asked,
            "known": known,
            "remarks": (*asked.remarks, *_without_data(answer.start), *_without_data(answer.end)),
        },
    )


def _without_data(end: SplitEnd) -> tuple[str, ...]:
    if end.on == end.asked_on:
        return ()
    which = "the day before that has data" if end.on < end.asked_on else "the first day with data"
    return (f"{words.day(end.asked_on)} has no data: {words.day(end.on)} is shown, {which}.",)


@dataclass(frozen=True, slots=True)
class _SplitRow:
    row: str
    on: str = ""
    part: SplitPart | None = None
    control: SplitControl | None = None
    points: float = 0.0
    max_score: float = 0.0
    percentage: float | None = None


SPLIT_COLUMNS: tuple[Column[_SplitRow], ...] = (
    Column("row", lambda r: r.row),
    Column("day", lambda r: r.on),
    Column("cause", lambda r: r.part.cause if r.part else ""),
    Column("action", lambda r: r.control.control_id if r.control else ""),
    Column("title", lambda r: r.control.title if r.control else ""),
    Column("category", lambda r: r.control.category if r.control else ""),
    Column("points", lambda r: r.points),
    Column("max_score", lambda r: r.max_score),
    Column("percentage_points", lambda r: r.percentage),
)


def _split_rows(answer: Split) -> list[_SplitRow]:
    def end(name: str, one: SplitEnd) -> _SplitRow:
        return _SplitRow(
            name,
            one.on.isoformat(),
            points=one.points.to_float(),
            max_score=one.max_score.to_float(),
            percentage=one.percentage,
        )

    rows = [end("start", answer.start)]
    for part in answer.parts:
        rows.append(
            _SplitRow(
                "cause",
                part=part,
                points=part.points.to_float(),
                max_score=part.max_score.to_float(),
                percentage=part.pp,
            )
        )
        rows += [
            _SplitRow(
                "action",
                part=part,
                control=control,
                points=control.points.to_float(),
                max_score=control.max_score.to_float(),
            )
            for control in part.controls
        ]
    return [*rows, end("end", answer.end)]


@login_required
@require_GET
def split_detail(request: HttpRequest, slug: str, key: str, form: str = "page") -> HttpResponse:
    """``/o/{slug}/history/split/{key}/?from=&to=&cause=``: the changes of one action by one
    cause, and the resources that flipped, for those who may see them.
    """
    access = access_to(request.user, slug)
    require(access, Right.EVIDENCE if form == "csv" else Right.VIEW)
    organization = access.organization
    known = answers().first_and_last_day(organization)
    cause = request.GET.get("cause", "")
    if known is None or cause not in set(Cause):
        raise AccessDenied(what="there is no such change", where=key)
    asked = _two_days(request, known)
    may_see = access.may(Right.EVIDENCE)
    answer = answers().split_detail(
        organization, asked.start, asked.end, key, cause, with_resources=may_see
    )
    if answer is None:
        raise AccessDenied(what="there is no such change", where=key)
    if form == "csv":
        return csv_response(f"{slug}-flipped.csv", FLIP_COLUMNS, answer.flips or ())
    around = frame(request, access, "history", _as_of(access))
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx
    return page(
        request,
        "fragments/split_detail.html" if is_fragment else "history_split_detail.html",
        around,
        {
            "detail": answer,
            "asked": asked,
            "flips": (answer.flips or ())[:N_RESOURCES],
            "may_see_evidence": may_see,
            "query": urlencode(
                {"from": asked.start.isoformat(), "to": asked.end.isoformat(), "cause": cause}
            ),
        },
    )


def _as_of(access: Access) -> datetime | None:
    return answers().data_as_of(access.organization)
