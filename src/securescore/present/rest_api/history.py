"""Operations: what happened, by day, cause and category."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja.params.functions import Query

from securescore.core.attribution import Cause
from securescore.core.control import Category
from securescore.present.rest_api.answering import MOST_PER_PAGE, PER_PAGE, page_answer
from securescore.present.rest_api.door import access_of
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.score import day_range
from securescore.present.rest_api.shapes import KINDS, one_of, page_of, shape
from securescore.present.rest_api.values import ControlId, Day, Number
from securescore.record import answers as a
from securescore.record import query

operations = Operations("History")
Kind = one_of(*KINDS)


@operations.get(
    "/history",
    name="listHistory",
    summary="What changed",
    gives=page_of(shape(a.HistoryEvent)),
    is_list=True,
)
def history(
    request: HttpRequest,
    start: Day | None = Query(None, alias="from", description="First day."),
    end: Day | None = Query(None, alias="to", description="Last day, included."),
    category: list[Category] = Query([], description="Repeated for several."),
    kind: list[Kind] = Query([], description="Repeated for several."),  # type: ignore[valid-type]  # made of the kinds there are
    cause: list[Cause] = Query([], description="Repeated for several."),
    action: ControlId | None = Query(None, description="Id of one action."),
    page: Number = Query(1, description="From 1."),
    per_page: Number = Query(PER_PAGE, description=f"Entries on a page; {MOST_PER_PAGE} at most."),
) -> HttpResponse:
    """Every change of points, maximum, state or status in a range of days, newest first, with its
    cause. Without `from` and `to`: the year to the newest data.
    """
    organization = access_of(request).organization
    first, last = day_range(organization, start, end)
    rows = [
        event
        for event in query.events(organization, first, last, control_id=action)
        if (not category or event.category in category)
        and (not kind or event.kind in kind)
        and (not cause or event.cause in cause)
    ]
    return page_answer(
        request,
        rows,
        page=page,
        per_page=per_page,
        name="history",
        columns=shape(a.HistoryEvent).model_fields,
    )
