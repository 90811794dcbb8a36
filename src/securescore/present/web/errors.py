"""The pages for what went wrong: each says what happened and what to do, and reveals nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.shortcuts import render
from jinja2 import TemplateError

from securescore.present.web import drafts, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from securescore.core.errors import InputError
    from securescore.organizations.access import RightMissing

NOTHING_TO_CONFIRM_WITH = "Reauthentication not available"


def _page(
    request: HttpRequest,
    status: int,
    title: str,
    text: str,
    what_to_do: str = "",
    typed: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    return render(
        request,
        "error.html",
        {
            "status": status,
            "title": title,
            "text": text,
            "what_to_do": what_to_do,
            "typed": typed,
        },
        status=status,
    )


def _sentence(text: str) -> str:
    return f"{words.as_sentence(text).rstrip('.')}." if text else ""


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: not there, or not yours; never says which."""
    del exception
    return _page(
        request,
        404,
        "There is nothing here",
        "This address does not exist, or it is not yours to see.",
        "Check the address, or ask an administrator whether you are a member of the organization.",
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 of Django itself; allauth says so where somebody has nothing to confirm with."""
    if str(exception) == NOTHING_TO_CONFIRM_WITH:
        return _page(
            request,
            403,
            "There is nothing to confirm with",
            "Your account has neither a password nor a second step here.",
            "Sign in through your identity provider, as before.",
        )
    return _page(request, 403, "Not allowed", "Your role does not include this.")


def right_missing(request: HttpRequest, missing: RightMissing) -> HttpResponse:
    """403 that names the right and who can give it."""
    return _page(
        request,
        403,
        "Your role does not include this",
        f"This page needs the right “{missing.right}” in {missing.organization.name}.",
        "An administrator of the organization can give it to you.",
    )


def bad_input(request: HttpRequest, error: InputError) -> HttpResponse:
    """400: what was asked for makes no sense."""
    return _page(
        request,
        400,
        "That does not work",
        _sentence(error.what),
        _sentence(error.what_to_do),
        drafts.typed(request),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form is too old, or came from elsewhere. What was typed can be copied."""
    del reason
    return _page(
        request,
        403,
        "This form has expired",
        "The page was open for too long, or cookies are blocked.",
        "Go back, load the page again and send the form once more.",
        drafts.typed(request),
    )


def not_allowed(request: HttpRequest) -> HttpResponse:
    """405: a page where only forms go, or a form where there is only a page."""
    if request.method in {"GET", "HEAD"}:
        text = "This address takes what a form sends; it was opened without one."
    else:
        text = "This address shows something; it takes no form."
    return _page(
        request,
        405,
        "There is no page here",
        text,
        "Go back to the page that you came from and try again there.",
        drafts.typed(request),
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 of Django itself: a name that is not ours, too many fields, bytes that are no text."""
    if isinstance(exception, DisallowedHost):
        return _page(
            request,
            400,
            "This server is not set up for that name",
            "The name in the address is not among those that this installation answers to.",
            "Whoever runs it can add the name to SECURESCORE_ALLOWED_HOSTS.",
        )
    return _page(
        request,
        400,
        "That does not work",
        "The browser sent something that this server does not take: too much at once, or damaged.",
        "Go back, load the page again and try once more, with less at once.",
    )


def broken(request: HttpRequest) -> HttpResponse:
    """500: our bug. Uses no database and no session, and words alone where templates are broken."""
    try:
        return render(
            request,
            "broken.html",
            {"at": datetime.now(UTC), "typed": drafts.typed(request)},
            status=500,
        )
    except (OSError, TemplateError, ValueError):  # a form cut off, or static files that are missing
        return HttpResponse(
            "<!doctype html><html lang=en><title>Open Secure Score</title>"
            "<h1>Something broke</h1>"
            "<p>This is a bug of ours; the server's log has the details.</p>",
            status=500,
        )
