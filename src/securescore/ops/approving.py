"""Accepted risks that wait for somebody else's approval: four eyes, where the organization asks.

A request changes no status. The approver sees what it was made for and whether that changed since;
the decision is made at the moment of the approval and names both persons.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from securescore.core.errors import AccessDenied, InputError
from securescore.core.status import Decision, Status
from securescore.ops.action_state import (
    NOTES_LENGTH,
    ActionState,
    bump,
    clean_text,
    instant_after,
    locked,
    refuse_completed,
    states_of,
)
from securescore.organizations.access import Access, Right, require
from securescore.organizations.models import Organization
from securescore.record import audit
from securescore.record.decisions import write_decisions
from securescore.record.kept import touch
from securescore.record.models import RiskRequest
from securescore.record.restate import write_status_snapshot


def decide_request(
    access: Access, request_id: uuid.UUID, *, is_approved: bool, note: str = "", now: datetime
) -> RiskRequest:
    """Approve or decline an accepted risk that somebody else asked for.

    Raises:
        AccessDenied: there is no such open request.
        InputError: one's own request, or a decline without a reason.
    """
    require(access, Right.APPROVE)
    with transaction.atomic():
        organization = locked(access.organization)
        request = _open_request(organization, request_id)
        if request.requested_by == access.person:
            raise InputError(
                what="an accepted risk is approved by somebody else than who asks",
                where=request.control_id,
                what_to_do="ask another approver",
            )
        if not is_approved and not note.strip():
            raise InputError(
                what="a decline needs a reason", where="note", what_to_do="say what has to change"
            )
        state = states_of(organization, [request.control_id], now).get(request.control_id)
        if state is None:
            raise AccessDenied(what="there is no such action", where=request.control_id)
        if is_approved:
            decision = Decision(
                control_id=request.control_id,
                status=Status.RISK_ACCEPTED,
                at=instant_after(state.decision, now),
                by=request.requested_by,
                note=request.reason,
                review_on=request.review_on,
                ends_on=request.ends_on,
                approved_by=access.person,
            )
            refuse_completed(state)
            write_decisions(organization, [decision])
            bump(organization, state, access.actor, now)
        request.state = RiskRequest.State.APPROVED if is_approved else RiskRequest.State.DECLINED
        _close(request, access, note, now)
        verb = "approve" if is_approved else "decline"
        old: dict[str, object] = {"requested_by": request.requested_by, "status": state.status}
        new: dict[str, object] = {"note": note.strip(), "version": state.work.version}
        if is_approved:
            new |= {"status": Status.RISK_ACCEPTED.value, "review_on": request.review_on}
        audit.append(
            [audit.Change(f"risk.{verb}", request.control_id, old, new)],
            by=access.actor,
            at=now,
            organization=organization,
        )
        if is_approved:
            write_status_snapshot(organization, now)
    return request


def withdraw_request(access: Access, request_id: uuid.UUID, *, now: datetime) -> RiskRequest:
    """Take one's own request back; an administrator may take any.

    Raises:
        AccessDenied: there is no such open request, or it is somebody else's.
    """
    require(access, Right.EDIT)
    with transaction.atomic():
        organization = locked(access.organization)
        request = _open_request(organization, request_id)
        if request.requested_by != access.person and not access.may(Right.ADMINISTER):
            raise AccessDenied(what="there is no such request of yours", where=str(request_id))
        request.state = RiskRequest.State.WITHDRAWN
        _close(request, access, "", now)
        audit.append(
            [audit.Change("risk.withdraw", request.control_id)],
            by=access.actor,
            at=now,
            organization=organization,
        )
    return request


def needs_request(organization: Organization, decision: Decision) -> bool:
    """Whether somebody else has to approve the decision first (S6)."""
    return organization.needs_approval and decision.status is Status.RISK_ACCEPTED


def new_request(
    organization: Organization,
    access: Access,
    state: ActionState,
    decision: Decision,
    now: datetime,
) -> RiskRequest:
    """Ask for an accepted risk.

    Raises:
        InputError: one waits already.
    """
    waiting = RiskRequest.objects.filter(
        organization=organization, control_id=state.control_id, state=RiskRequest.State.OPEN
    ).first()
    if waiting is not None:
        raise InputError(
            what=f"{waiting.requested_by} asked for this already; it waits for approval",
            where=state.control_id,
            what_to_do="withdraw that request first",
        )
    if decision.review_on is None:
        raise AssertionError  # a decision without one was refused when it was made
    touch(organization)
    return RiskRequest.objects.create(
        organization=organization,
        control_id=state.control_id,
        reason=decision.note,
        review_on=decision.review_on,
        ends_on=decision.ends_on,
        points=state.change.measured_points,
        control_version=state.change.version,
        requested_by=access.person,
        requested_at=now,
    )


def _open_request(organization: Organization, request_id: uuid.UUID) -> RiskRequest:
    found = RiskRequest.objects.filter(
        organization=organization, pk=request_id, state=RiskRequest.State.OPEN
    ).first()
    if found is None:
        raise AccessDenied(what="there is no such open request", where=str(request_id))
    return found


def _close(request: RiskRequest, access: Access, note: str, now: datetime) -> None:
    request.decided_by, request.decided_at = access.actor, now
    request.decided_note = clean_text(note, "note", NOTES_LENGTH)
    request.save()
    touch(request.organization)
