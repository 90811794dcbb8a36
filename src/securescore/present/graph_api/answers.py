"""Answers joined from what is written already: collections and single entities."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from securescore.present.graph_api.encode import ENCODER
from securescore.present.graph_api.errors import JSON
from securescore.present.graph_api.odata import EntityType


def collection_response(
    request: HttpRequest,
    entity: EntityType,
    written: Sequence[bytes],
    *,
    select: tuple[str, ...] | None,
    count: int | None,
    next_link: str,
) -> HttpResponse:
    """A page of a collection; ``next_link`` is empty on the last."""
    head: dict[str, object] = {"@odata.context": _context(request, entity, select)}
    if count is not None:
        head["@odata.count"] = count
    if next_link:
        head["@odata.nextLink"] = next_link
    body = b"".join(
        (
            ENCODER.encode(head)[:-1].encode(),
            b',"value":[',
            b",".join(written),
            b"]}",
        )
    )
    return HttpResponse(body, content_type=JSON)


def entity_response(
    request: HttpRequest, entity: EntityType, written: bytes, select: tuple[str, ...] | None
) -> HttpResponse:
    """One entity."""
    context = f"{_context(request, entity, select)}/$entity"
    body = ENCODER.encode({"@odata.context": context})[:-1].encode() + b"," + written[1:]
    return HttpResponse(body, content_type=JSON)


def count_response(n: int) -> HttpResponse:
    """A bare number, as OData answers ``/$count``."""
    return HttpResponse(str(n), content_type="text/plain; charset=utf-8")


def _context(request: HttpRequest, entity: EntityType, select: tuple[str, ...] | None) -> str:
    version = request.path.split("/")[1]
    base = request.build_absolute_uri(f"/{version}/$metadata")
    chosen = f"({','.join(select)})" if select else ""
    return f"{base}#security/{entity.collection}{chosen}"
