"""The door of the API: who calls, for which organization, what may be done; errors as JSON.

The token alone decides: it names one organization, so two can never be mixed. There is no
session and no cookie, so there is nothing to forge.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from securescore.core.errors import AccessDenied, InputError
from securescore.ops.action_edit import EditConflict
from securescore.organizations.access import Access, Right, RightMissing, require
from securescore.organizations.tokens import Scope, TokenRefused, access_of_token
from securescore.present.graph_api.errors import GraphError, error_response
from securescore.present.graph_api.throttle import counted

UNAUTHORIZED = 401
CHALLENGE = 'Bearer realm="", error="invalid_token", error_description="{}"'
EMPTY = "Access token is empty."
NO_BEARER = "Send the token as 'Authorization: Bearer <token>'."
REFUSED = "Access token is not known, was taken back or has expired."
SCOPE_OF = {Right.VIEW: Scope.READ, Right.EDIT: Scope.WRITE}
MAX_ID_CHARACTERS = 128


def door(
    collection: str, **rights: Right
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view of the API.

    Args:
        collection: what it answers about, for the limits.
        rights: what each method needs; others are answered 405.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @functools.wraps(view)
        def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
            request_id = str(uuid.uuid4())
            try:
                response = _answer(request, view, collection, rights, arguments)
            except GraphError as error:
                response = error_response(error.status, error.message, error.headers, request_id)
            except RightMissing as error:
                scope = SCOPE_OF.get(error.right, Scope.WRITE)
                response = error_response(
                    403, f"The token lacks the scope {scope}.", request_id=request_id
                )
            except AccessDenied as error:
                response = error_response(404, f"{error.what}.".capitalize(), request_id=request_id)
            except EditConflict as error:
                response = error_response(409, error.message, request_id=request_id)
            except InputError as error:
                response = error_response(400, error.message, request_id=request_id)
            response.headers["request-id"] = request_id
            client_id = request.headers.get("client-request-id", "")
            if client_id.isprintable() and 0 < len(client_id) <= MAX_ID_CHARACTERS:
                response.headers["client-request-id"] = client_id
            response.headers["OData-Version"] = "4.0"
            return response

        return answer

    return decorate


def _answer(
    request: HttpRequest,
    view: Callable[..., HttpResponse],
    collection: str,
    rights: Mapping[str, Right],
    arguments: Mapping[str, Any],
) -> HttpResponse:
    now = datetime.now(UTC)
    access = _access(request, now)
    method = "GET" if request.method == "HEAD" else str(request.method)
    if method not in rights:
        raise GraphError(
            405, f"{method} is not supported here.", {"Allow": ", ".join(sorted(rights))}
        )
    with counted(access.token_id, collection, now):
        require(access, rights[method])
        return view(request, access, now, **arguments)


def _access(request: HttpRequest, now: datetime) -> Access:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if not secret.strip():
        raise _unauthorized(EMPTY)
    if scheme.lower() != "bearer":
        raise _unauthorized(NO_BEARER)
    try:
        return access_of_token(secret.strip(), now)
    except TokenRefused as error:
        raise _unauthorized(REFUSED) from error


def _unauthorized(message: str) -> GraphError:
    return GraphError(
        UNAUTHORIZED,
        message,
        {"WWW-Authenticate": CHALLENGE.format(message)},
    )


@csrf_exempt
def unknown(request: HttpRequest, **_arguments: Any) -> HttpResponse:
    """Any other address below the versions."""
    return error_response(404, f"Resource not found for the segment '{_segment(request)}'.")


def _segment(request: HttpRequest) -> str:
    """The first segment that nothing is known of."""
    known = {"v1.0", "beta", "security"}
    segments = [segment for segment in request.path.split("/") if segment]
    return next((s for s in segments if s not in known), segments[-1])[:80]
