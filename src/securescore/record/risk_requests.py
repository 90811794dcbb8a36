"""Accepted risks that somebody asked for: those that wait, and what became of the others."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from securescore.core.points import Points
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record.controls import Names
from securescore.record.models import ControlChange, RiskRequest


def risk_requests(
    organization: Organization, states: Collection[str] = ()
) -> tuple[a.AskedRisk, ...]:
    """Requests to accept a risk: those that wait, oldest first, then the others, newest first.

    Args:
        organization: whose.
        states: of :class:`RiskRequest.State`; empty means all.
    """
    rows = RiskRequest.objects.filter(organization=organization)
    return _answers(organization, rows.filter(state__in=sorted(states)) if states else rows)


def waiting_risks(organization: Organization) -> tuple[a.AskedRisk, ...]:
    """Accepted risks that wait for approval, oldest first."""
    return risk_requests(organization, (RiskRequest.State.OPEN.value,))


def requests_for(organization: Organization, control_id: str) -> tuple[a.AskedRisk, ...]:
    """Requests to accept the risk of one action, in the same order."""
    rows = RiskRequest.objects.filter(organization=organization, control_id=control_id)
    return _answers(organization, rows)


def _answers(organization: Organization, rows: QuerySet[RiskRequest]) -> tuple[a.AskedRisk, ...]:
    found = list(rows)
    if not found:
        return ()
    changes = {
        row.control_id: row
        for row in ControlChange.objects.filter(
            organization=organization,
            until=None,
            control_id__in=sorted({r.control_id for r in found if r.state == r.State.OPEN}),
        )
    }
    names = Names(organization)
    waiting = [r for r in found if r.state == r.State.OPEN]
    decided = [r for r in found if r.state != r.State.OPEN]
    decided.sort(key=lambda r: (r.decided_at or r.requested_at, r.requested_at), reverse=True)
    return tuple(_answer(r, names, changes.get(r.control_id)) for r in (*waiting, *decided))


def _answer(request: RiskRequest, names: Names, change: ControlChange | None) -> a.AskedRisk:
    is_open = request.state == RiskRequest.State.OPEN
    asked_for = (request.points, request.control_version)
    return a.AskedRisk(
        id=str(request.pk),
        control_id=request.control_id,
        title=names.title(request.control_id),
        reason=request.reason,
        review_on=request.review_on,
        ends_on=request.ends_on,
        requested_by=request.requested_by,
        requested_at=request.requested_at,
        points=Points(request.points),
        has_changed=is_open
        and (change is None or (change.measured_points, change.version) != asked_for),
        state=str(request.state),
        decided_by=request.decided_by,
        decided_at=request.decided_at,
        decided_note=request.decided_note,
    )
