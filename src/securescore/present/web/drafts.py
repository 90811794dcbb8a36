"""Nothing that was typed is lost: forms sent without a session, or with an old secret.

A form that comes back after the session has ended is kept in the anonymous session on the server;
the person signs in and finds it filled as it was. Nothing is saved before it is sent again, so the
protection against forged requests stays as it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from types import MappingProxyType
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

SESSION_KEY = "drafts"
FIELD = "draft"
MAX_DRAFTS = 5
MAX_LENGTH = 120_000  # of a draft: notes have 20,000 characters, five hundred ids fit too
NEVER_KEPT = ("csrfmiddlewaretoken", "password", "code", FIELD)
TYPED = MappingProxyType(
    {
        "note": "Reason or note",
        "notes": "Notes",
        "evidence": "Where it can be checked",
        "owner": "Owner",
        "assignee": "Assignee",
        "tags": "Tags",
        "add_tags": "Tags to add",
        "remove_tags": "Tags to remove",
        "approval_note": "Note on the approval",
        "name": "Name",
    }
)
"""Fields that people type into, with the words of the page that shows them again."""


def signed_in_to_save(back: Callable[P, str]) -> Callable[[View[P]], View[P]]:
    """A view that takes forms: without a session, the form is kept and sign-in comes first.

    Args:
        back: from the view's own arguments, the address that shows the form again.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.user.is_authenticated:
                return view(request, *args, **kwargs)
            return _kept(request, back(*args, **kwargs))

        return inner

    return decorate


def draft_of(request: HttpRequest) -> QueryDict | None:
    """The form that the address (or the form itself) says was kept for this page, if it was."""
    token = request.POST.get(FIELD) or request.GET.get(FIELD, "")
    kept = request.session.get(SESSION_KEY, {}).get(token) if token else None
    if kept is None or not request.path.startswith(kept["back"]):
        return None
    return QueryDict(kept["fields"])


def is_on_the_way_to_draft(request: HttpRequest) -> bool:
    """Whether the page that comes after sign-in (``next``) shows a form that was kept."""
    after = request.POST.get("next") or request.GET.get("next", "")
    tokens = QueryDict(urlsplit(after).query).getlist(FIELD)
    return any(token in request.session.get(SESSION_KEY, {}) for token in tokens)


def forget_draft(request: HttpRequest) -> None:
    """The form was saved: the kept one is of no use any more."""
    token = request.POST.get(FIELD, "")
    drafts = request.session.get(SESSION_KEY, {})
    if token in drafts:
        request.session[SESSION_KEY] = {k: v for k, v in drafts.items() if k != token}


def to_sign_in(request: HttpRequest, back: str) -> HttpResponse:
    """To sign-in and then to ``back``: a redirect, or htmx's own kind of one."""
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(address)


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What a person typed into the form, field by field, to be copied from an error page."""
    return [
        (label, value[:MAX_LENGTH])
        for name, label in TYPED.items()
        for value in request.POST.getlist(name)
        if value.strip()
    ]


def _kept(request: HttpRequest, back: str) -> HttpResponse:
    if request.method != "POST":
        return to_sign_in(request, back)
    fields = request.POST.copy()
    for name in NEVER_KEPT:
        fields.pop(name, None)
    written = fields.urlencode()
    if len(written) > MAX_LENGTH * 3:  # percent-encoded
        return to_sign_in(request, back)
    token = secrets.token_urlsafe(12)
    drafts = dict(request.session.get(SESSION_KEY, {}))
    while len(drafts) >= MAX_DRAFTS:
        drafts.pop(next(iter(drafts)))
    drafts[token] = {"back": back, "fields": written}
    request.session[SESSION_KEY] = drafts
    query = request.GET.copy()
    query[FIELD] = token
    return to_sign_in(request, f"{back}?{query.urlencode()}")
