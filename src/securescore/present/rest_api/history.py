"""Operations: what happened, by day, cause and category."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja.params.functions import Query
from pydantic import BaseModel, Field

from securescore.core.attribution import Cause
from securescore.core.control import Category
from securescore.present.rest_api.answering import (
    MOST_PER_PAGE,
    PER_PAGE,
    answer,
    file_answer,
    paging,
    wants_csv,
)
from securescore.present.rest_api.door import access_of
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.score import day_range
from securescore.present.rest_api.shapes import KINDS, one_of, page_of, shape
from securescore.present.rest_api.values import ControlId, Day, Number
from securescore.record import answers as a
from securescore.record import query
from securescore.record.history_answers import EventFilter

operations = Operations("History")
Kind = one_of(*KINDS)
Side = Literal["gained", "lost"]


class HistoryAsked(BaseModel):
    """The parameters of the history."""

    start: Day | None = Field(default=None, alias="from", description="First day.")
    end: Day | None = Field(default=None, alias="to", description="Last day, included.")
    category: list[Category] = Field(default=[], description="Repeated for several.")
    kind: list[Kind] = Field(default=[], description="Repeated for several.")  # type: ignore[valid-type]  # made of the kinds there are
    cause: list[Cause] = Field(default=[], description="Main cause; repeated for several.")
    points: Side | None = Field(default=None, description="Only what gained or lost points.")
    action: ControlId | None = Field(default=None, description="Id of one action.")
    page: Number = Field(default=1, description="From 1.")
    per_page: Number = Field(
        default=PER_PAGE, description=f"Entries on a page; {MOST_PER_PAGE} at most."
    )

    @property
    def filter(self) -> EventFilter:
        """The same for the record."""
        return EventFilter(
            kinds=tuple(self.kind),
            categories=tuple(self.category),
            causes=tuple(self.cause),
            control_id=self.action or "",
            points=self.points or "",
        )


@operations.get(
    "/history",
    name="listHistory",
    summary="What changed",
    gives=page_of(shape(a.HistoryEvent)),
    is_list=True,
)
def history(request: HttpRequest, asked: HistoryAsked = Query(...)) -> HttpResponse:
    """Every change of points, maximum, state or status in a range of days, newest first, with its
    cause, and every status that people chose, with its note. Without `from` and `to`: the year to
    the newest data.
    """
    organization = access_of(request).organization
    days = day_range(organization, asked.start, asked.end)
    if wants_csv(request):
        every = query.history(organization, *days, asked.filter, per_page=None).events
        return file_answer(request, every, "history", shape(a.HistoryEvent).model_fields)
    size = min(asked.per_page, MOST_PER_PAGE)
    found = query.history(organization, *days, asked.filter, page=asked.page, per_page=size)
    items = found.events if asked.page == found.page else ()
    return answer({"items": items, **paging(request, asked.page, size, found.n_all)})
