"""One state of the record for all that one request reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from securescore.record.kept import one_revision

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class OneRevisionMiddleware:
    """Asks for the revision of an organization once a request, however many answers it takes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with one_revision():
            return self.get_response(request)
