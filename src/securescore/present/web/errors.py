"""The pages for what went wrong: each says what happened and what to do, and reveals nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render

from securescore.present.web import drafts

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
    return _page(request, 400, "That does not work", error.what, error.what_to_do)


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


def broken(request: HttpRequest) -> HttpResponse:
    """500: our bug. Uses no database and no template of the frame."""
    del request
    return HttpResponse(
        "<!doctype html><html lang=en><title>Open Secure Score</title>"
        "<h1>Something broke</h1><p>This is a bug of ours; the server's log has the details.</p>",
        status=500,
    )
