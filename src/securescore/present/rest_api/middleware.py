"""Outermost: below ``/api/`` every answer has its request id, and every error is JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from securescore.present.rest_api.errors import error_response, request_id_of

PREFIX = "/api/"
ERRORS_FROM = 400
KEPT_HEADERS = ("Allow", "WWW-Authenticate", "Retry-After")
log = logging.getLogger("securescore.rest_api")


class ApiErrorsMiddleware:
    """Turns what others answer below ``/api/`` (no such address, a method that is not taken, a
    host that is not allowed, a bug) into our form of an error. HEAD is a GET without its body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        response = self.get_response(request)
        content_type = response.headers.get("Content-Type", "")
        if response.status_code >= ERRORS_FROM and not content_type.startswith("application/json"):
            headers = {n: response.headers[n] for n in KEPT_HEADERS if n in response.headers}
            response = error_response(request, response.status_code, headers=headers)
        response.headers["request-id"] = request_id_of(request)
        if is_head:
            request.method = "HEAD"
            length = len(response.content)
            response.content = b""
            response.headers["Content-Length"] = str(length)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Our bug: written to the log under the id that the caller is told."""
        if not request.path_info.startswith(PREFIX):
            return None
        log.error("request-id %s: %s", request_id_of(request), request.path, exc_info=error)
        return error_response(request, 500)
