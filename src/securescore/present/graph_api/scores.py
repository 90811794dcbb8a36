"""``/security/secureScores``: days, newest first, joined from the documents that were stored."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse

from securescore.organizations.access import Access, Right
from securescore.organizations.models import Organization
from securescore.present.graph_api.answers import (
    collection_response,
    count_response,
    entity_response,
)
from securescore.present.graph_api.door import door
from securescore.present.graph_api.encode import (
    HEAD,
    SEPARATOR,
    STORED,
    day_id,
    head_members,
    instant,
    line_values,
    members,
    object_of,
    tenant_id,
)
from securescore.present.graph_api.errors import GraphError
from securescore.present.graph_api.odata import (
    After,
    EntityType,
    Options,
    chosen,
    filter_of,
    next_link,
    options_of,
    select_of,
)
from securescore.present.graph_api.odata_tree import Kind
from securescore.present.joining import GZIP, Stored
from securescore.record import days
from securescore.record.days import DayLine
from securescore.record.documents import documents

SECURE_SCORE = EntityType(
    collection="secureScores",
    name="secureScore",
    members=(*HEAD, *STORED),
    kinds={
        "id": Kind.TEXT,
        "azureTenantId": Kind.TEXT,
        "createdDateTime": Kind.INSTANT,
        "currentScore": Kind.NUMBER,
        "maxScore": Kind.NUMBER,
    },
    default_top=90,
    max_top=400,
)
WITHOUT_DOCUMENT = frozenset(HEAD) | SECURE_SCORE.kinds.keys()
LONG = b',\n"controlScores":'
CHUNK = 4096
DAY_LENGTH = len("2026-05-04")


@door("secureScores", GET=Right.VIEW)
def list_scores(request: HttpRequest, access: Access, now: datetime) -> HttpResponse:
    """A page of days; the same number of queries for one day and for a year."""
    del now
    organization = access.organization
    options = options_of(request, SECURE_SCORE, organization)
    lines, n_before, total, has_more = _page(organization, options)
    following = ""
    if has_more:
        after = After(day_id(organization, lines[-1].on), n_before + len(lines))
        following = next_link(request, SECURE_SCORE, organization, after)
    return collection_response(
        request,
        SECURE_SCORE,
        _written(organization, lines, options.select),
        select=options.select,
        count=total,
        next_link=following,
    )


@door("secureScores", GET=Right.VIEW)
def one_score(request: HttpRequest, access: Access, now: datetime, day: str) -> HttpResponse:
    """One day by its id."""
    del now
    organization = access.organization
    select = select_of(request, SECURE_SCORE)
    tenant, _, text = day.rpartition("_")
    line = None
    if tenant.casefold() == tenant_id(organization).casefold() and (on := _day(text)):
        line = days.day_line(organization, on)
    if line is None:
        raise GraphError(404, f"There is no secureScore '{day[:100]}'.")
    [written] = _written(organization, [line], select)
    return entity_response(request, SECURE_SCORE, written, select)


@door("secureScores", GET=Right.VIEW)
def count_scores(request: HttpRequest, access: Access, now: datetime) -> HttpResponse:
    """How many days there are, or match."""
    del now
    test = filter_of(request, SECURE_SCORE)
    if test is None:
        return count_response(days.n_days(access.organization))
    lines = days.day_lines(access.organization)
    return count_response(sum(test(line_values(access.organization, line)) for line in lines))


def _page(
    organization: Organization, options: Options
) -> tuple[Sequence[DayLine], int, int | None, bool]:
    """The days of a page, how many precede it, how many there are, whether more follow."""
    lines: Sequence[DayLine]
    if options.test is None and not options.order:
        before = options.after and _day(options.after.id[-DAY_LENGTH:])
        lines = days.page_of_lines(
            organization, before=before or None, offset=options.skip, limit=options.top + 1
        )
        total = days.n_days(organization) if options.has_count else None
        n_before = options.after.n if options.after else options.skip
        return lines[: options.top], n_before, total, len(lines) > options.top
    by_id = {day_id(organization, line.on): line for line in days.day_lines(organization)}
    rows = [line_values(organization, line) for line in by_id.values()]
    matching, page, start = chosen(rows, options)
    total = len(matching) if options.has_count else None
    lines = [by_id[row["id"]] for row in page]
    return lines, start, total, start + len(lines) < len(matching) and bool(lines)


def _written(
    organization: Organization, lines: Sequence[DayLine], select: tuple[str, ...] | None
) -> list[list[bytes | Stored]]:
    """The days as they are answered, in parts."""
    on = tuple(line.on for line in lines)
    averages: Mapping[date, tuple[days.Average, ...]] = {}
    if select is None or "averageComparativeScores" in select:
        averages = days.averages(organization, on)
    stored: Mapping[date, bytes] = {}
    if select is None or not WITHOUT_DOCUMENT.issuperset(select):
        stored = documents(organization, on)
    heads = (head_members(organization, day, averages.get(day, ())) for day in on)
    if select is None:
        return [
            [object_of(head.values())[:-1] + SEPARATOR, Stored(stored[day])]
            for head, day in zip(heads, on, strict=True)
        ]
    found: list[list[bytes | Stored]] = []
    for head, line in zip(heads, lines, strict=True):
        values = line_values(organization, line)
        values["createdDateTime"] = instant(line_instant(values))
        known = members(values) | head
        if line.on in stored:
            known |= _members(stored[line.on], select)
        found.append([object_of(known[name] for name in select)])
    return found


def line_instant(values: Mapping[str, object]) -> datetime:
    """The instant a day is dated with."""
    at = values["createdDateTime"]
    if not isinstance(at, datetime):
        raise TypeError
    return at


def _members(body: bytes, wanted: Iterable[str]) -> dict[str, bytes]:
    """Members of a stored document, not decompressed further than they are wanted."""
    reader = zlib.decompressobj(GZIP)
    if "controlScores" in wanted:
        text = reader.decompress(body).removesuffix(b"}")
    else:
        text = reader.decompress(body, CHUNK)
        while LONG not in text:
            text += reader.decompress(reader.unconsumed_tail, CHUNK)
        text = text[: text.index(LONG)]
    return {line[1 : line.index(b'"', 1)].decode(): line for line in text.split(SEPARATOR)}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == DAY_LENGTH else None
    except ValueError:
        return None
