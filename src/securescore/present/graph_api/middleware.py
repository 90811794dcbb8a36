"""Outermost: below the addresses of the API nothing but JSON leaves, whoever answered."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse

from securescore.present.graph_api.errors import error_response

PREFIXES = ("/v1.0/", "/beta/")
ERRORS_FROM = 400
ANSWERED = (Http404, PermissionDenied, SuspiciousOperation, BadRequest)
"""What Django answers by itself, with a status that fits."""

log = logging.getLogger("securescore.graph_api")


class GraphErrorsMiddleware:
    """Turns the pages of errors that other parts make (a host not allowed, a body too large, a
    bug) into Graph's form.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path_info.startswith(PREFIXES) or response.status_code < ERRORS_FROM:
            return response
        if response.headers.get("Content-Type", "").startswith("application/json"):
            return response
        return error_response(response.status_code)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Our bug: written to the log under the id that the caller is told."""
        if not request.path_info.startswith(PREFIXES) or isinstance(error, ANSWERED):
            return None
        request_id = str(uuid.uuid4())
        log.error("request-id %s: %s", request_id, request.path, exc_info=error)
        return error_response(500, request_id=request_id)
