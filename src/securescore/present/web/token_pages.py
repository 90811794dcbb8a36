"""API tokens of an organization: made, shown once, taken back."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securescore.core.errors import AccessDenied, InputError
from securescore.ops.people import make_token, take_token_back
from securescore.organizations.access import Access
from securescore.organizations.tokens import (
    DEFAULT_DAYS,
    MAX_DAYS,
    NAME_LENGTH,
    RIGHTS_OF,
    Scope,
    tokens_of,
)
from securescore.present.web.settings_pages import settings_access, settings_page

SCOPES = MappingProxyType(
    {
        Scope.READ: "Read scores, recommended actions and history",
        Scope.WRITE: "Read, and set status, notes, tags and assignees of actions",
        Scope.EVIDENCE: "Read which people and devices cost points, by name",
        Scope.APPROVE: "Approve or decline accepted risks of others",
        Scope.ADMINISTER: "Change settings, members and connectors",
    }
)
"""What each scope allows, in plain words."""


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(label="Name", max_length=NAME_LENGTH)
    days = forms.IntegerField(
        label="Ends after (days)", min_value=1, max_value=MAX_DAYS, initial=DEFAULT_DAYS
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(scope.value, words) for scope, words in SCOPES.items()],
        error_messages={"required": "Tick at least one."},
    )

    def clean_name(self) -> str:
        """One line, not empty."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not name:
            msg = "Say what the token is for."
            raise ValidationError(msg)
        return name


@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/settings/tokens/``: list, create; ``do=revoke`` takes one back."""
    access = settings_access(request, slug)
    if request.method == "GET":
        return _page(request, access, TokenForm())
    now = timezone.now()
    if request.POST.get("do") == "revoke":
        taken = take_token_back(access, _token_id(request), now=now)
        messages.success(request, f"The token {taken.name} is taken back; it works no more.")
        return redirect("settings_tokens", slug=slug)
    form = TokenForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = make_token(
                access, name=given["name"], scopes=given["scopes"], days=given["days"], now=now
            )
        except InputError as error:
            form.add_error(None, error.message)
        else:
            return _page(request, access, TokenForm(), made=made)
    return _page(request, access, form, status=422)


def _page(
    request: HttpRequest, access: Access, form: TokenForm, *, status: int = 200, made: Any = None
) -> HttpResponse:
    now = timezone.now()
    rows = [
        (
            token,
            "taken back"
            if token.revoked_at
            else "ended"
            if token.expires_at <= now
            else "in use"
            if token.last_used_at
            else "not used yet",
        )
        for token in tokens_of(access.organization)
    ]
    return settings_page(
        request,
        access,
        "settings_tokens",
        "settings_tokens.html",
        {
            "form": form,
            "made": made,
            "rows": rows,
            "now": now,
            "scopes": [
                (scope.value, words, all(access.may(right) for right in RIGHTS_OF[scope]))
                for scope, words in SCOPES.items()
            ],
            "scope_words": {scope.value: words for scope, words in SCOPES.items()},
            "chosen": form["scopes"].value() or [],
        },
        status=status,
    )


def _token_id(request: HttpRequest) -> str:
    """The id of the form. One that no token can have is answered as one that none has."""
    given = request.POST.get("id", "")
    try:
        return str(forms.UUIDField().clean(given))
    except ValidationError as error:
        raise AccessDenied(what="there is no such token", where=given[:40]) from error
