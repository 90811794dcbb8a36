"""What goes wrong, in the one form of the installation: code, message, request id and date."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse

JSON = "application/json; charset=utf-8"
CODES: Mapping[int, str] = MappingProxyType(
    {
        400: "BadRequest",
        401: "InvalidAuthenticationToken",
        403: "Forbidden",
        404: "ResourceNotFound",
        405: "MethodNotAllowed",
        409: "Conflict",
        413: "RequestEntityTooLarge",
        415: "UnsupportedMediaType",
        422: "InvalidValues",
        500: "InternalServerError",
    }
)
MESSAGES: Mapping[int, str] = MappingProxyType(
    {
        400: "The request could not be read. Check it against /api/v1/openapi.json.",
        401: "Send a token of this installation: Authorization: Bearer oss_...",
        403: "This is not allowed.",
        404: "There is nothing at this address, or it is not yours to see.",
        405: "This address does not take this method; the header Allow names those it takes.",
        413: "The body is too large.",
        500: "Something broke on the server; its log names this request-id.",
    }
)


class ApiError(Exception):
    """A request that is answered with an error.

    Attributes:
        status: of HTTP.
        message: for the caller: what, where, what to do.
        more: members of the error beside code and message: ``details``, ``conflict``.
        headers: of the response.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.message = status, message
        self.more, self.headers = dict(more or {}), dict(headers or {})
        super().__init__(message)


def invalid(*, where: str, what: str, what_to_do: str = "") -> ApiError:
    """422 about one value."""
    message = f"{where}: {what}." + (f" {what_to_do}." if what_to_do else "")
    return ApiError(422, message, more={"details": [{"where": where, "what": what}]})


def request_id_of(request: HttpRequest) -> str:
    """The id of a request, the same in the answer and in the log."""
    found: str | None = getattr(request, "request_id", None)
    if found is None:
        found = str(uuid.uuid4())
        request.request_id = found  # type: ignore[attr-defined]  # ours, set once for each request
    return found


def error_response(
    request: HttpRequest,
    status: int,
    message: str = "",
    *,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """An error as every route answers it."""
    body = {
        "error": {
            "code": CODES.get(status, "Error"),
            "message": message or MESSAGES.get(status, "The request could not be answered."),
            **(more or {}),
            "innerError": {
                "request-id": request_id_of(request),
                "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        }
    }
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False, allow_nan=False), content_type=JSON, status=status
    )
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response
