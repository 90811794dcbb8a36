"""Writes answers: JSON as the command line prints it, CSV of lists, pages with their next page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from securescore.present.exports import Column, csv_response
from securescore.present.rest_api.door import access_of
from securescore.present.rest_api.errors import JSON
from securescore.record.plain import plain

PER_PAGE = 50
MOST_PER_PAGE = 500


def answer(value: object, status: int = 200) -> HttpResponse:
    """A value of the record, or JSON types."""
    return HttpResponse(
        json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")),
        content_type=JSON,
        status=status,
    )


def nothing() -> HttpResponse:
    """204: done, and there is nothing to say."""
    return HttpResponse(status=204)


def wants_csv(request: HttpRequest) -> bool:
    """Whether a file is asked for, by the path or by what is preferred."""
    if request.path_info.endswith(".csv"):
        return True
    preferred = request.get_preferred_type(["application/json", "text/csv"])
    return preferred == "text/csv"


def page_answer(
    request: HttpRequest,
    items: Sequence[object],
    *,
    page: int,
    per_page: int,
    name: str,
    columns: Iterable[str],
    more: Mapping[str, object] | None = None,
) -> HttpResponse:
    """A page of a list that is there as a whole; as a file it has all of it."""
    if wants_csv(request):
        return file_answer(request, items, name, columns)
    size = min(per_page, MOST_PER_PAGE)
    start = (page - 1) * size
    return answer(
        {
            "items": items[start : start + size],
            **paging(request, page, size, len(items)),
            **(more or {}),
        }
    )


def paging(request: HttpRequest, page: int, per_page: int, n_items: int) -> dict[str, object]:
    """The members of a page beside its items. A page after the last is empty."""
    n_pages = max(1, -(-n_items // per_page))
    following: str | None = None
    if page < n_pages:
        query = QueryDict(mutable=True)
        query.update(request.GET)
        query["page"] = str(page + 1)
        following = f"{request.path}?{query.urlencode()}"
    return {
        "page": page,
        "per_page": per_page,
        "n_pages": n_pages,
        "n_items": n_items,
        "next": following,
    }


def list_answer(
    request: HttpRequest, items: Sequence[object], *, name: str, columns: Iterable[str]
) -> HttpResponse:
    """A whole list."""
    if wants_csv(request):
        return file_answer(request, items, name, columns)
    return answer({"items": items})


def file_answer(
    request: HttpRequest, items: Sequence[object], name: str, columns: Iterable[str]
) -> HttpResponse:
    """The entries as CSV: one column for each member, lists joined by semicolons."""
    slug = access_of(request).organization.slug
    rows: list[dict[str, Any]] = [plain(item) for item in items]
    return csv_response(
        f"{slug}-{name}.csv", [Column(column, _cell(column)) for column in columns], rows
    )


def _cell(column: str) -> Any:
    def cell(row: dict[str, Any]) -> Any:
        value = row.get(column)
        if isinstance(value, list):
            return "; ".join(str(one) for one in value)
        if isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False)
        return value

    return cell
