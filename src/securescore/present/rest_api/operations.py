"""Declares operations: the right they need, the errors they may answer, what they give.

Every operation is declared through :class:`Operations`, so that none can forget its token, its
errors or its stable name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpResponse
from ninja import Router
from ninja.operation import Operation

from securescore.organizations.access import Right
from securescore.present.rest_api.door import SCOPE_OF, BearerToken
from securescore.present.rest_api.shapes import Problem, Shape

View = TypeVar("View", bound=Callable[..., HttpResponse])
CSV = (
    "\n\nThe same as a file: `Accept: text/csv`, or `.csv` after the path; a file has every page, "
    "texts that a spreadsheet would take for formulas begin with an apostrophe."
)


class Operations:
    """The operations of one topic."""

    def __init__(self, topic: str) -> None:
        self.router = Router(tags=[topic])

    def get(
        self,
        path: str,
        *,
        name: str,
        summary: str,
        gives: type[Shape],
        right: Right = Right.VIEW,
        is_list: bool = False,
        errors: tuple[int, ...] = (),
    ) -> Callable[[View], View]:
        """Reads. ``is_list``: given as CSV as well."""
        return self._declare("GET", path, name, summary, gives, right, 200, errors, is_list=is_list)

    def send(
        self,
        method: str,
        path: str,
        *,
        name: str,
        summary: str,
        right: Right,
        gives: type[Shape] | None,
        status: int = 200,
        errors: tuple[int, ...] = (),
        body: dict[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """Changes something. ``body``: what it takes, by type, where that is not JSON."""
        return self._declare(method, path, name, summary, gives, right, status, errors, body=body)

    def _declare(  # noqa: PLR0913 - what an operation is made of
        self,
        method: str,
        path: str,
        name: str,
        summary: str,
        gives: type[Shape] | None,
        right: Right,
        status: int,
        errors: tuple[int, ...],
        *,
        is_list: bool = False,
        body: dict[str, Any] | None = None,
    ) -> Callable[[View], View]:
        statuses = {401, 403, 422, 500, *errors}
        if "{" in path:
            statuses.add(404)
        if method in {"POST", "PUT", "PATCH"}:
            statuses |= {400, 413, 415}
        door = BearerToken(right)
        responses: dict[int, Any] = {status: gives, **dict.fromkeys(sorted(statuses), Problem)}

        def declare(view: View) -> View:
            text = "\n\n".join(
                " ".join(part.split()) for part in (view.__doc__ or "").split("\n\n")
            )
            self.router.api_operation(
                [method],
                path,
                auth=door,
                response=responses,
                by_alias=True,
                operation_id=name,
                url_name=name,
                summary=summary,
                description=text + f"\n\nNeeds the scope `{SCOPE_OF[right]}`." + CSV * is_list,
                openapi_extra=_extra(right, status, body, is_list=is_list),
            )(view)
            operation: Operation = view._ninja_operation  # type: ignore[attr-defined]  # noqa: SLF001 - where ninja leaves it
            door.parameters = _query_names(operation)
            if is_list:
                self.router.api_operation(
                    [method],
                    f"{path}.csv",
                    auth=door,
                    response=responses,
                    include_in_schema=False,
                    url_name=f"{name}_csv",
                )(view)
            return view

        return declare


def _query_names(operation: Operation) -> frozenset[str]:
    return frozenset(
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in getattr(model, "__ninja_flatten_map__", {})
    )


def _extra(
    right: Right, status: int, body: dict[str, Any] | None, *, is_list: bool
) -> dict[str, Any]:
    extra: dict[str, Any] = {"x-scope": SCOPE_OF[right].value}
    if is_list:
        text = {"schema": {"type": "string"}}
        extra["responses"] = {status: {"content": {"text/csv": text}}}
    if body is not None:
        extra["requestBody"] = {"content": body, "required": True}
    return extra
