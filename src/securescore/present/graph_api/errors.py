"""What goes wrong, in Graph's form: code, message, request id and date. Never a page of HTML."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.http import HttpResponse

from securescore.present.graph_api.encode import ENCODER

JSON = "application/json; odata.metadata=minimal; charset=utf-8"
CODES = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "Forbidden",
    404: "ResourceNotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    413: "RequestEntityTooLarge",
    429: "TooManyRequests",
    500: "InternalServerError",
}
MESSAGES = {
    400: "The request is not valid.",
    404: "Resource not found.",
    413: "The body of the request is too large.",
    500: "Something broke on the server; its log names this request-id.",
}


class GraphError(Exception):
    """A request that is answered with an error; ``message`` is for the caller."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        self.status, self.message, self.headers = status, message, headers or {}
        super().__init__(message)


def error_response(
    status: int, message: str = "", headers: dict[str, str] | None = None, request_id: str = ""
) -> HttpResponse:
    """An error as Graph answers it."""
    request_id = request_id or str(uuid.uuid4())
    body = {
        "error": {
            "code": CODES.get(status, "UnknownError"),
            "message": message or MESSAGES.get(status, "The request could not be answered."),
            "innerError": {
                "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                "request-id": request_id,
                "client-request-id": request_id,
            },
        }
    }
    response = HttpResponse(ENCODER.encode(body), content_type=JSON, status=status)
    response.headers["request-id"] = request_id
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response
