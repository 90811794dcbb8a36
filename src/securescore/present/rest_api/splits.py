"""Operations: the difference between two days, split by cause, down to what flipped."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja.params.functions import Query

from securescore.core.attribution import Cause
from securescore.core.errors import AccessDenied
from securescore.organizations.access import Right
from securescore.present.rest_api.answering import answer, file_answer, wants_csv
from securescore.present.rest_api.door import access_of
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.score import day_range
from securescore.present.rest_api.shapes import shape
from securescore.present.rest_api.values import ControlId, Day
from securescore.record import history_answers as h
from securescore.record import query
from securescore.record.plain import plain

operations = Operations("History")
DEFAULT_DAYS = 30
FILE_COLUMNS = ("cause", *shape(h.SplitControl).model_fields)


@operations.get(
    "/history/split",
    name="getSplit",
    summary="The difference between two days by cause",
    gives=shape(h.Split),
    is_list=True,
    errors=(404,),
)
def split(
    request: HttpRequest,
    start: Day | None = Query(None, alias="from", description="The earlier day."),
    end: Day | None = Query(None, alias="to", description="The later day."),
) -> HttpResponse:
    """Why the score of one day is not that of another: each cause with its points, maximum and
    percentage points, and the actions that it moved. The parts sum to the difference exactly. A
    day without data is represented by the one before that has some. Without `from` and `to`: the
    30 days to the newest data. A file has a row for each action and cause.
    """
    organization = access_of(request).organization
    first, last = day_range(organization, start, end, n_days=DEFAULT_DAYS)
    found = query.split_between(organization, first, last)
    if found is None:
        raise AccessDenied(what="nothing is recorded yet", what_to_do="import a file")
    if wants_csv(request):
        rows = [
            {"cause": part.cause, **plain(control)}
            for part in found.parts
            for control in part.controls
        ]
        return file_answer(request, rows, "split", FILE_COLUMNS)
    return answer(found)


@operations.get(
    "/history/split/detail",
    name="getSplitDetail",
    summary="What one cause did to one action",
    gives=shape(h.SplitDetail),
    errors=(404,),
)
def split_detail(
    request: HttpRequest,
    control: ControlId = Query(..., description="Id of the action."),
    cause: Cause = Query(..., description="One of the causes of the split."),
    start: Day | None = Query(None, alias="from", description="The earlier day."),
    end: Day | None = Query(None, alias="to", description="The later day."),
) -> HttpResponse:
    """Each change of an action between two days by one cause, and the resources that flipped.
    Those are named only for a token that has the scope `Evidence.Read.All` too; counted they are
    always.

    404 where the cause did nothing to the action.
    """
    access = access_of(request)
    first, last = day_range(access.organization, start, end, n_days=DEFAULT_DAYS)
    found = query.split_detail(
        access.organization,
        first,
        last,
        control,
        cause.value,
        with_resources=access.may(Right.EVIDENCE),
    )
    if found is None:
        raise AccessDenied(
            what=f"by {cause.value} nothing changed of '{control}' between {first} and {last}",
            what_to_do="see /api/v1/history/split",
        )
    return answer(found)
