"""Operations: accepted risks that were asked for, and the decisions about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja.params.functions import Query
from pydantic import BaseModel, Field

from securescore.core.points import Points
from securescore.ops.approving import decide_request, withdraw_request
from securescore.organizations.access import Right
from securescore.present.rest_api.answering import MOST_PER_PAGE, PER_PAGE, answer, page_answer
from securescore.present.rest_api.door import access_of, now
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import one_of, page_of, shape
from securescore.present.rest_api.values import Number, Sent, Text
from securescore.record import answers as a
from securescore.record import query
from securescore.record.models import RiskRequest

operations = Operations("Accepted risks")
State = one_of(*RiskRequest.State.values)


class Note(Sent):
    """What to say with it."""

    note: Text = Field(default="", description="A decline needs one.")


@dataclass(frozen=True, slots=True)
class RiskAnswer:
    """A request to accept a risk."""

    id: str
    control_id: str
    state: str
    reason: str
    review_on: date
    ends_on: date | None
    points: Points
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    decided_note: str


class RequestsAsked(BaseModel):
    """The parameters of the list."""

    state: list[State] = Field(  # type: ignore[valid-type]  # made of the states there are
        default=[], description="Repeated for several; without it all are listed."
    )
    page: Number = Field(default=1, description="From 1.")
    per_page: Number = Field(
        default=PER_PAGE, description=f"Entries on a page; {MOST_PER_PAGE} at most."
    )


@operations.get(
    "/risk-requests",
    name="listRiskRequests",
    summary="Accepted risks that were asked for",
    gives=page_of(shape(a.AskedRisk)),
    is_list=True,
)
def risk_requests(request: HttpRequest, asked: RequestsAsked = Query(...)) -> HttpResponse:
    """Accepted risks that wait for somebody else's approval, oldest first; then those that were
    approved, declined or withdrawn, newest decision first, with who decided, when and why.
    """
    rows = query.risk_requests(access_of(request).organization, asked.state)
    return page_answer(
        request,
        rows,
        page=asked.page,
        per_page=asked.per_page,
        name="risk-requests",
        columns=shape(a.AskedRisk).model_fields,
    )


@operations.send(
    "POST",
    "/risk-requests/{uuid:request_id}/approve",
    name="approveRisk",
    summary="Approve an accepted risk",
    right=Right.APPROVE,
    gives=shape(RiskAnswer),
)
def approve(request: HttpRequest, request_id: UUID, said: Note) -> HttpResponse:
    """The risk is accepted from now on. Nobody approves what the same person asked for."""
    return _decided(request, request_id, said, is_approved=True)


@operations.send(
    "POST",
    "/risk-requests/{uuid:request_id}/decline",
    name="declineRisk",
    summary="Decline an accepted risk",
    right=Right.APPROVE,
    gives=shape(RiskAnswer),
)
def decline(request: HttpRequest, request_id: UUID, said: Note) -> HttpResponse:
    """The status stays as it is; the note says what has to change."""
    return _decided(request, request_id, said, is_approved=False)


@operations.send(
    "POST",
    "/risk-requests/{uuid:request_id}/withdraw",
    name="withdrawRisk",
    summary="Withdraw a request",
    right=Right.EDIT,
    gives=shape(RiskAnswer),
)
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Takes one's own request back; an administrator takes back any."""
    return answer(_risk(withdraw_request(access_of(request), request_id, now=now())))


def _decided(
    request: HttpRequest, request_id: UUID, said: Note, *, is_approved: bool
) -> HttpResponse:
    found = decide_request(
        access_of(request), request_id, is_approved=is_approved, note=said.note, now=now()
    )
    return answer(_risk(found))


def _risk(found: RiskRequest) -> RiskAnswer:
    return RiskAnswer(
        id=str(found.pk),
        control_id=found.control_id,
        state=str(found.state),
        reason=found.reason,
        review_on=found.review_on,
        ends_on=found.ends_on,
        points=Points(found.points),
        requested_by=found.requested_by,
        requested_at=found.requested_at,
        decided_by=found.decided_by,
        decided_at=found.decided_at,
        decided_note=found.decided_note,
    )
