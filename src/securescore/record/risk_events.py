"""What happened to accepted risks beside changes and decisions: asked for, declined, withdrawn, to
be reviewed, ended.

They are people's work and few: they are read whole and put between the rows that SQL counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Q

from securescore.core.attribution import Cause
from securescore.core.points import Points
from securescore.core.status import Decision, Status, decision_on
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record import history_answers as h
from securescore.record.controls import Names
from securescore.record.decisions import read_decisions
from securescore.record.history_rows import asks_for_decisions
from securescore.record.models import ActionDecision, ControlChange, RiskRequest
from securescore.record.newest import newest_snapshot
from securescore.record.score_days import span_of_days

ASKED, DECLINED, WITHDRAWN = "asked", "declined", "withdrawn"
REVIEW, ENDED = "review", "ended"
Spans = Mapping[str, Sequence[tuple[datetime, datetime | None]]]


def risk_events(
    organization: Organization, start: date, end: date, asked: h.EventFilter, names: Names
) -> tuple[a.HistoryEvent, ...]:
    """Of a range of days, newest first. What a day brings is told once there is data of it."""
    newest = newest_snapshot(organization)
    if newest is None or not asks_for_decisions(asked):
        return ()
    found = [
        event
        for event in (
            *_of_requests(organization, start, end, asked.control_id, names),
            *_of_days(organization, start, min(end, newest.on), asked.control_id, names),
        )
        if not asked.categories or event.category in asked.categories
    ]
    return tuple(sorted(found, key=lambda event: event.at, reverse=True))


def _of_requests(
    organization: Organization, start: date, end: date, control_id: str, names: Names
) -> Iterator[a.HistoryEvent]:
    first, after = span_of_days(organization.time_zone, start, end)
    rows = RiskRequest.objects.filter(
        Q(requested_at__gte=first, requested_at__lt=after)
        | Q(decided_at__gte=first, decided_at__lt=after),
        organization=organization,
    )
    # An approval is a decision: it names both persons.
    told = {RiskRequest.State.DECLINED: DECLINED, RiskRequest.State.WITHDRAWN: WITHDRAWN}
    for row in rows.filter(control_id=control_id) if control_id else rows:
        if first <= row.requested_at < after:
            yield _event(
                row.control_id,
                names,
                row.requested_at,
                ASKED,
                status=Status.RISK_ACCEPTED.value,
                by=row.requested_by,
                note=row.reason,
                review_on=row.review_on,
                ends_on=row.ends_on,
            )
        moment = told.get(RiskRequest.State(row.state))
        if moment and row.decided_at is not None and first <= row.decided_at < after:
            yield _event(
                row.control_id,
                names,
                row.decided_at,
                moment,
                status=Status.RISK_ACCEPTED.value,
                by=row.decided_by,
                note=row.decided_note,
            )


def _of_days(
    organization: Organization, start: date, end: date, control_id: str, names: Names
) -> Iterator[a.HistoryEvent]:
    """Accepted risks that held when their review date or their end came."""
    rows = ActionDecision.objects.filter(
        Q(review_on__range=(start, end)) | Q(ends_on__range=(start, end)),
        organization=organization,
        status=Status.RISK_ACCEPTED.value,
    )
    rows = rows.filter(control_id=control_id) if control_id else rows
    ids = sorted(set(rows.order_by().values_list("control_id", flat=True)))
    if not ids:
        return
    completed = _completed(organization, ids)
    for of_control, decisions in read_decisions(organization, ids).items():
        for one in decisions:
            if one.status is not Status.RISK_ACCEPTED:
                continue
            for day, moment in ((one.review_on, REVIEW), (one.ends_on, ENDED)):
                if day is None or not start <= day <= end:
                    continue
                at, _ = span_of_days(organization.time_zone, day, day)
                on = day - timedelta(days=1) if moment == ENDED else day
                is_completed = any(
                    since <= at and (until is None or at < until)
                    for since, until in completed[of_control]
                )
                if not is_completed and decision_on(decisions, at, on) == one:
                    yield _turn(of_control, names, at, moment, one, decisions)


def _turn(
    control_id: str,
    names: Names,
    at: datetime,
    moment: str,
    one: Decision,
    decisions: Sequence[Decision],
) -> a.HistoryEvent:
    status = one.status
    if moment == ENDED and one.ends_on is not None:
        before = decision_on(decisions, at, one.ends_on)
        status = before.status if before else Status.TO_ADDRESS
    return _event(
        control_id,
        names,
        at,
        moment,
        old_status=one.status.value,
        status=status.value,
        note=one.note,
        review_on=one.review_on if moment == REVIEW else None,
        ends_on=one.ends_on if moment == ENDED else None,
    )


def _completed(organization: Organization, control_ids: Sequence[str]) -> Spans:
    """When each of the actions was completed: then there was no risk left to accept."""
    spans: dict[str, list[tuple[datetime, datetime | None]]] = {i: [] for i in control_ids}
    for control_id, at, until in ControlChange.objects.filter(
        organization=organization,
        control_id__in=control_ids,
        status=Status.COMPLETED.value,
    ).values_list("control_id", "at", "until"):
        spans[control_id].append((at, until))
    return spans


def _event(
    control_id: str, names: Names, at: datetime, moment: str, **told: object
) -> a.HistoryEvent:
    return a.HistoryEvent(
        at=at,
        control_id=control_id,
        title=names.title(control_id),
        category=names.category(control_id),
        kind="status",
        cause=Cause.STATUS.value,
        delta=Points(0),
        points=Points(0),
        max_score=None,
        state="",
        detail="",
        is_decision=True,
        moment=moment,
        **told,  # type: ignore[arg-type]  # the fields of people's part, named above
    )
