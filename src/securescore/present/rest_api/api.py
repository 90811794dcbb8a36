"""The REST API: its operations, how it reads bodies, and what each error becomes."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from securescore import __version__
from securescore.core.errors import AccessDenied, InputError
from securescore.importers.strict_json import BadJson, parsed
from securescore.ops.action_edit import EditConflict
from securescore.organizations.access import RightMissing
from securescore.present.rest_api import (
    actions,
    catalog,
    comparisons,
    edits,
    history,
    imports,
    members,
    metrics,
    people,
    risks,
    score,
    settings,
    splits,
    views,
)
from securescore.present.rest_api.door import SCOPE_OF
from securescore.present.rest_api.errors import ApiError, error_response
from securescore.record.plain import plain

MAX_BODY = 1024 * 1024
DESCRIPTION = """\
Everything that the pages show and do. Send a token: `Authorization: Bearer oss_...`; it names one
organization, so no address does. Points are numbers with at most two decimals, days are ISO dates
of the organization's time zone, instants ISO 8601 in UTC. Every error has the same form and the
`request-id` that stands in the log. Lists have pages of 50; `next` is the path of the next one.
Unknown parameters and members are refused by name: a misspelled filter never shows everything.
"""


class StrictParser(Parser):
    """Reads JSON as importers do: no NaN, no repeated key, no depth without end, no lone halves of
    characters.
    """

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise ApiError(
                415,
                f"A body of the type '{(request.content_type or 'none')[:60]}' is not read. "
                "Send JSON with Content-Type: application/json.",
            )
        if len(request.body) > MAX_BODY:
            raise ApiError(413, "The body is too large: at most 1 MiB is read.")
        try:
            return parsed(request.body.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ApiError(400, "The body is not UTF-8.") from error
        except BadJson as error:
            place = f" (character {error.position + 1})" if error.position >= 0 else ""
            raise ApiError(
                400, f"The body is not JSON that can be read: {error}{place}."
            ) from error


api = NinjaAPI(
    title="Open Secure Score",
    version=__version__,
    description=DESCRIPTION,
    docs_url=None,
    openapi_url=None,
    parser=StrictParser(),
    urls_namespace="rest_api",
)
for router in (
    score.operations.router,
    edits.operations.router,  # before the actions: /actions/bulk is no id
    actions.operations.router,
    risks.operations.router,
    history.operations.router,
    splits.operations.router,
    metrics.operations.router,
    comparisons.operations.router,
    views.operations.router,
    catalog.operations.router,
    settings.operations.router,
    imports.operations.router,
    members.operations.router,
    people.operations.router,
    people.log.router,
):
    api.add_router("", router)


@api.exception_handler(ApiError)
def _api_error(request: HttpRequest, error: ApiError) -> HttpResponse:
    return error_response(
        request, error.status, error.message, more=error.more, headers=error.headers
    )


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Errors of ninja's own; what the parser raised is underneath."""
    cause = error.__cause__
    if isinstance(cause, ApiError):
        return _api_error(request, cause)
    return error_response(request, error.status_code)


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    del error
    return error_response(request, 413, "The body is too large: at most 1 MiB is read.")


@api.exception_handler(Http404)
def _no_such_address(request: HttpRequest, error: Http404) -> HttpResponse:
    del error
    return error_response(request, 404)


@api.exception_handler(AccessDenied)
def _not_there(request: HttpRequest, error: AccessDenied) -> HttpResponse:
    return error_response(request, 404, error.message)


@api.exception_handler(RightMissing)
def _right_missing(request: HttpRequest, error: RightMissing) -> HttpResponse:
    return error_response(
        request,
        403,
        f"The token lacks the scope {SCOPE_OF[error.right]}. Make a token that has it.",
    )


@api.exception_handler(EditConflict)
def _conflict(request: HttpRequest, error: EditConflict) -> HttpResponse:
    both = {
        "version": error.version,
        "by": error.by,
        "at": error.at,
        "theirs": dict(error.theirs),
        "yours": dict(error.yours),
    }
    return error_response(request, 409, error.message, more={"conflict": plain(both)})


@api.exception_handler(InputError)
def _bad_input(request: HttpRequest, error: InputError) -> HttpResponse:
    details = [{"where": error.where, "what": error.what}]
    return error_response(request, 422, error.message, more={"details": details})


@api.exception_handler(ValidationError)
def _bad_values(request: HttpRequest, error: ValidationError) -> HttpResponse:
    details = [_detail(one) for one in error.errors[:20]]
    first = details[0]
    more = f" and {len(error.errors) - 1} more" if len(error.errors) > 1 else ""
    return error_response(
        request, 422, f"{first['where']}: {first['what']}{more}.", more={"details": details}
    )


@api.exception_handler(Exception)
def _bug(request: HttpRequest, error: Exception) -> HttpResponse:
    """Not caught here: the middleware writes it down and answers 500."""
    del request
    raise error


WORDS = {
    "extra_forbidden": "there is no such member",
    "missing": "is missing",
    "json_invalid": "is not JSON",
}
NAMES_OF_MODELS = frozenset({"asked", "changes", "said"})
"""Parameters of the views that hold a whole body or query: no part of a place."""


def _detail(error: dict[str, Any]) -> dict[str, str]:
    source, *rest = error["loc"]
    if rest and rest[0] in NAMES_OF_MODELS:
        rest = rest[1:]
    where = str(source)
    for part in rest:
        where += f"[{part}]" if isinstance(part, int) else f".{str(part)[:60]}"
    what = WORDS.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
    return {"where": where, "what": what[:1].lower() + what[1:]}
