"""One recommended action: everything about it, and the resources that cost its points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from securescore.core.errors import AccessDenied
from securescore.organizations.access import Access, Right, access_to, member_names, require
from securescore.present.action_facets import seen_by
from securescore.present.action_filter import action_query
from securescore.present.charts.bar import bar
from securescore.present.exports import Column, csv_response
from securescore.present.web import words
from securescore.present.web.action_forms import CHOOSABLE, ActionForm
from securescore.present.web.action_history import declined, moments
from securescore.present.web.data import answers
from securescore.present.web.drafts import FIELD, draft_of
from securescore.present.web.frame import frame, page

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.http import QueryDict

    from securescore.organizations.models import Organization
    from securescore.record.answers import ActionAnswer, EvidencePage, ResourceOutcome

EVIDENCE_PREVIEW = 10
EVIDENCE_PAGE = 50
SEARCH_LENGTH = 200

EVIDENCE_COLUMNS: tuple[Column[ResourceOutcome], ...] = (
    Column("resource_id", lambda r: r.resource_id),
    Column("resource_name", lambda r: r.resource_name),
    Column("passed", lambda r: r.passed),
    Column("reason", lambda r: r.reason),
    Column("failing_since", lambda r: r.failing_since),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people changed: what stands now, and what was typed here."""

    label: str
    theirs: str
    yours: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else changed the action while it was edited here.

    ``taken`` names the fields that only they changed: the form has their values.
    """

    by: str
    at: datetime | None
    differences: tuple[Difference, ...]
    taken: tuple[str, ...]


def today_in(organization: Organization) -> date:
    """The day it is now on the organization's clocks."""
    return words.local(timezone.now(), organization.time_zone).date()


def found(access: Access, key: str) -> ActionAnswer:
    """The action of the newest snapshot.

    Raises:
        AccessDenied: there is none of this id.
    """
    answer = answers().action(access.organization, key)
    if answer is None:
        raise AccessDenied(what="there is no such action", where=key)
    return answer


def form_of(answer: ActionAnswer, today: date, given: QueryDict | None = None) -> ActionForm:
    """The form with what holds now; ``given`` is what was typed instead."""
    row = answer.row
    return ActionForm(
        given,
        today=today,
        initial={
            "version": row.version,
            "status": row.status,
            "note": answer.note,
            "review_on": answer.review_on,
            "ends_on": answer.ends_on,
            "evidence": answer.evidence,
            "owner": answer.owner,
            "assignee": row.assignee,
            "due_on": row.due_on,
            "tags": ", ".join(row.tags),
            "notes": answer.notes,
        },
    )


@login_required
@require_GET
def action(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """``/o/{slug}/actions/{key}/``; the same fragment alone for the flyout.

    The query is that of the list one came from: "previous" and "next" stay within it.
    """
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    return action_page(request, access, key)


def action_page(
    request: HttpRequest,
    access: Access,
    key: str,
    *,
    form: ActionForm | None = None,
    conflict: Conflict | None = None,
    approval_note: tuple[str, str] = ("", ""),
    status: int = 200,
) -> HttpResponse:
    """The action as a page, or as the content of the flyout where htmx asks.

    Args:
        request: its query is that of the list one came from.
        access: of the person, who may view.
        key: id of the action.
        form: what was typed and could not be saved; else what holds, or what was kept over a
            sign-in.
        conflict: where somebody else changed the action meanwhile.
        approval_note: what was typed beside an approval, and what is wrong with it.
        status: of the answer.
    """
    organization = access.organization
    answer = found(access, key)
    row = answer.row
    rows = answers().actions(organization)
    today = today_in(organization)
    query = action_query(request.GET, rows, seen_by(access.person, rows, today))
    listed = [r.id for r in query.matching(rows)]
    place = listed.index(key) if key in listed else None
    evidence: EvidencePage | None = None
    if access.may(Right.EVIDENCE) and row.passed != row.total:
        evidence = answers().evidence(organization, key, per_page=EVIDENCE_PREVIEW)
    can_edit = access.may(Right.EDIT)
    draft = draft_of(request) if can_edit and form is None else None
    if form is None and can_edit:
        form = form_of(answer, today, draft)
        if draft is None:
            _propose(form, answer, request.GET.get("propose", ""))
    if draft is not None:
        approval_note = (draft.get("approval_note", ""), "")
    score = answers().latest_score(organization)
    around = frame(request, access, "actions", score.as_of if score else None)
    share = 100 * row.points / row.max_score if row.max_score else None
    is_flyout = bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx
    list_query = "" if query.written() == "?" else query.written()
    path = reverse("action", args=[organization.slug, key])
    address = request.build_absolute_uri(path)
    return page(
        request,
        "fragments/action.html" if is_flyout else "action.html",
        around,
        {
            "answer": answer,
            "row": row,
            "bar": bar(share, height=6),
            "steps": words.steps(answer.fix),
            "permissions": sorted({t.permission for t in answer.requires if t.permission}),
            "moments": moments(answer.history, answer.statuses, answer.risk_events),
            "declined": declined(answer.requests, answer.statuses),
            "evidence": evidence,
            "may_see_evidence": access.may(Right.EVIDENCE),
            "can_edit": can_edit,
            "form": form,
            "conflict": conflict,
            "is_draft": draft is not None,
            "draft": request.POST.get(FIELD) or request.GET.get(FIELD, ""),
            "members": member_names(organization) if can_edit else (),
            "can_approve": access.may(Right.APPROVE)
            and answer.waiting is not None
            and answer.waiting.requested_by != access.person,
            "can_withdraw": can_edit
            and answer.waiting is not None
            and (answer.waiting.requested_by == access.person or access.may(Right.ADMINISTER)),
            "approval_note": approval_note,
            "proposed": lambda status: f"{path}?{urlencode([*query.pairs(), ('propose', status)])}",
            "today": today,
            "address": address,
            "mail": _mail(row.title, organization.name, address),
            "is_flyout": is_flyout,
            "list_query": list_query,
            "place": None if place is None else place + 1,
            "n_listed": len(listed),
            "previous": listed[place - 1] if place else None,
            "next": listed[place + 1] if place is not None and place + 1 < len(listed) else None,
            "now": timezone.now(),
        },
        status=status,
    )


def _propose(form: ActionForm, answer: ActionAnswer, status: str) -> None:
    """Fill the form with what a report proposes; it counts when a person saves it."""
    if not answer.proposals or status not in {s.value for s in CHOOSABLE}:
        return
    reasons = dict.fromkeys(p.reason for p in answer.proposals if p.reason)
    ends = [p.until for p in answer.proposals if p.until is not None]
    form.initial["status"] = status
    form.initial["note"] = "\n".join(reasons) or answer.note
    if ends:
        form.initial["ends_on"] = min(ends).date()


def _mail(title: str, organization: str, address: str) -> str:
    """A link that opens a mail with the action's address in it."""
    query = urlencode({"subject": f"{title} ({organization})", "body": address}, quote_via=quote)
    return f"mailto:?{query}"


@login_required
@require_GET
def evidence(request: HttpRequest, slug: str, key: str, form: str = "page") -> HttpResponse:
    """``/o/{slug}/actions/{key}/evidence/`` and ``.csv``: needs the right to see names."""
    access = access_to(request.user, slug)
    require(access, Right.EVIDENCE)
    organization = access.organization
    answer = found(access, key)
    search = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:SEARCH_LENGTH]
    if form == "csv":
        every = answers().evidence(organization, key, per_page=None, search=search)
        return csv_response(f"{slug}-evidence.csv", EVIDENCE_COLUMNS, every.resources)
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1  # noqa: PLR2004 - pages have at most six digits
    shown = answers().evidence(
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
            "evidence": shown,
            "search": search,
            "now": timezone.now(),
        },
    )
