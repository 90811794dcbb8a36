"""One recommended action: everything about it, and the resources that cost its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from securescore.core.errors import AccessDenied
from securescore.organizations.access import Access, Right, access_to, require
from securescore.present.action_filter import action_query
from securescore.present.charts.bar import bar
from securescore.present.exports import Column, csv_response
from securescore.present.web import words
from securescore.present.web.data import answers
from securescore.present.web.frame import frame, page

if TYPE_CHECKING:
    from securescore.record.answers import ActionAnswer, EvidencePage, ResourceOutcome

EVIDENCE_PREVIEW = 10
EVIDENCE_PAGE = 50
SEARCH_LENGTH = 200

EVIDENCE_COLUMNS: tuple[Column[ResourceOutcome], ...] = (
    Column("resource_id", lambda r: r.resource_id),
    Column("resource_name", lambda r: r.resource_name),
    Column("passed", lambda r: r.passed),
    Column("reason", lambda r: r.reason),
    Column("failing_since", lambda r: r.failing_since.isoformat() if r.failing_since else None),
)


def _found(access: Access, key: str) -> ActionAnswer:
    answer = answers().action(access.organization, key)
    if answer is None:
        raise AccessDenied(what="there is no such action", where=key)
    return answer


@login_required
@require_GET
def action(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """``/o/{slug}/actions/{key}/``; the same fragment alone for the flyout.

    The query is that of the list one came from: "previous" and "next" stay within it.
    """
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    organization = access.organization
    answer = _found(access, key)
    row = answer.row
    rows = answers().actions(organization)
    query = action_query(request.GET, rows)
    listed = [r.id for r in query.ordered(r for r in rows if query.matches(r))]
    place = listed.index(key) if key in listed else None
    evidence: EvidencePage | None = None
    if access.may(Right.EVIDENCE) and row.passed != row.total:
        evidence = answers().evidence(organization, key, per_page=EVIDENCE_PREVIEW)
    score = answers().latest_score(organization)
    around = frame(request, access, "actions", score.as_of if score else None)
    share = 100 * row.points / row.max_score if row.max_score else None
    is_flyout = bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx
    return page(
        request,
        "fragments/action.html" if is_flyout else "action.html",
        around,
        {
            "answer": answer,
            "row": row,
            "bar": bar(share, height=6),
            "steps": words.steps(answer.fix),
            "evidence": evidence,
            "may_see_evidence": access.may(Right.EVIDENCE),
            "is_flyout": is_flyout,
            "list_query": query.written() if query.written() != "?" else "",
            "place": None if place is None else place + 1,
            "n_listed": len(listed),
            "previous": listed[place - 1] if place else None,
            "next": listed[place + 1] if place is not None and place + 1 < len(listed) else None,
            "now": timezone.now(),
        },
    )


@login_required
@require_GET
def evidence(request: HttpRequest, slug: str, key: str, form: str = "page") -> HttpResponse:
    """``/o/{slug}/actions/{key}/evidence/`` and ``.csv``: needs the right to see names."""
    access = access_to(request.user, slug)
    require(access, Right.EVIDENCE)
    organization = access.organization
    answer = _found(access, key)
    search = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:SEARCH_LENGTH]
    if form == "csv":
        every = answers().evidence(organization, key, per_page=None, search=search)
        return csv_response(f"{slug}-evidence.csv", EVIDENCE_COLUMNS, every.resources)
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1  # noqa: PLR2004 - pages have at most six digits
    found = answers().evidence(
        organization, key, page=max(number, 1), per_page=EVIDENCE_PAGE, search=search
    )
    score = answers().latest_score(organization)
    around = frame(request, access, "actions", score.as_of if score else None)
    return page(
        request,
        "evidence.html",
        around,
        {
            "answer": answer,
            "row": answer.row,
            "evidence": found,
            "search": search,
            "now": timezone.now(),
        },
    )
