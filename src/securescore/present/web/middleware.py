"""What holds for every page: typed errors become pages, and no page is kept by a cache."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponseNotAllowed
from django.shortcuts import resolve_url

from securescore.core.errors import AccessDenied, InputError
from securescore.organizations.access import RightMissing
from securescore.present.web import drafts, errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class PagesMiddleware:
    """Innermost middleware: it sees what the views raise and what they answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.headers.get("HX-Request") == "true" and self._leads_to_sign_in(response):
            # A part of a page would get the whole of another: let the page itself go there.
            current = urlsplit(request.headers.get("HX-Current-URL", ""))
            here = f"{current.path}?{current.query}" if current.query else current.path
            response = drafts.to_sign_in(request, here or "/")
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            allowed = response.headers["Allow"]
            response = errors.not_allowed(request)
            response.headers["Allow"] = allowed
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    @staticmethod
    def _leads_to_sign_in(response: HttpResponse) -> bool:
        target = response.headers.get("Location", "")
        return response.status_code == HTTPStatus.FOUND and target.startswith(
            resolve_url(settings.LOGIN_URL)
        )

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page of a typed error; anything else is our bug and goes on."""
        if isinstance(error, AccessDenied):
            return errors.not_found(request)
        if isinstance(error, RightMissing):
            return errors.right_missing(request, error)
        if isinstance(error, InputError):
            return errors.bad_input(request, error)
        return None
