"""Answers joined from what is written already: collections and single entities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import HttpRequest, HttpResponse

from securescore.present.graph_api.encode import ENCODER
from securescore.present.graph_api.errors import JSON
from securescore.present.graph_api.odata import EntityType
from securescore.present.joining import Stored, joined_response


def collection_response(
    request: HttpRequest,
    entity: EntityType,
    written: Iterable[Sequence[bytes | Stored]],
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
    parts: list[bytes | Stored] = [ENCODER.encode(head)[:-1].encode() + b',"value":[']
    for number, one in enumerate(written):
        parts += (b",", *one) if number else one
    parts.append(b"]}")
    return joined_response(request, parts, JSON)


def entity_response(
    request: HttpRequest,
    entity: EntityType,
    written: Sequence[bytes | Stored],
    select: tuple[str, ...] | None,
) -> HttpResponse:
    """One entity; the first of its parts begins with a brace and a member."""
    context = {"@odata.context": f"{_context(request, entity, select)}/$entity"}
    first, *rest = written
    if isinstance(first, Stored):
        raise TypeError
    begin = ENCODER.encode(context)[:-1].encode() + b"," + first.removeprefix(b"{")
    return joined_response(request, [begin, *rest], JSON)


def count_response(n: int) -> HttpResponse:
    """A bare number, as OData answers ``/$count``."""
    return HttpResponse(str(n), content_type="text/plain; charset=utf-8")


def _context(request: HttpRequest, entity: EntityType, select: tuple[str, ...] | None) -> str:
    version = request.path.split("/")[1]
    base = request.build_absolute_uri(f"/{version}/$metadata")
    chosen = f"({','.join(select)})" if select else ""
    return f"{base}#security/{entity.collection}{chosen}"
