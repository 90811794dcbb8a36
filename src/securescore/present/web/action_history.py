"""The history of one action: what the data did and what people decided, in one line of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from securescore.core.points import Points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securescore.record.answers import AskedRisk, HistoryEvent, StatusRecord

SAME_EDIT = timedelta(days=1)
"""A decision counts at once; where data came in between, its snapshot is that of the data."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened to an action.

    ``status`` is empty where only the data changed; ``delta`` is None where no points did.
    ``moment`` is what happened to an accepted risk beside a decision.
    """

    at: datetime
    who: str = ""
    cause: str = ""
    old_status: str = ""
    status: str = ""
    note: str = ""
    review_on: date | None = None
    ends_on: date | None = None
    delta: Points | None = None
    points: Points | None = None
    max_score: Points | None = None
    detail: str = ""
    moment: str = ""


def moments(
    history: Sequence[HistoryEvent],
    statuses: Sequence[StatusRecord],
    risk_events: Sequence[HistoryEvent] = (),
) -> tuple[Moment, ...]:
    """All lists as one, newest first; a decision and the points it moved are one moment."""
    left = sorted((e for e in history if e.cause == "status"), key=lambda e: e.at)
    made = [_of_data(event) for event in history if event.cause != "status"]
    for record in sorted(statuses, key=lambda s: s.at):
        event = next((e for e in left if timedelta(0) <= e.at - record.at < SAME_EDIT), None)
        if event is not None:
            left.remove(event)
        made.append(_of_people(record, event))
    made += [_of_data(event) for event in left]
    made += [_of_risk(event) for event in risk_events]
    return tuple(sorted(made, key=lambda m: m.at, reverse=True))


def declined(requests: Sequence[AskedRisk], statuses: Sequence[StatusRecord]) -> AskedRisk | None:
    """The request that was declined, until somebody asks again or decides otherwise.

    Args:
        requests: of the action, newest first, one that waits before the others.
        statuses: decisions about it, newest first.
    """
    newest = requests[0] if requests else None
    if newest is None or newest.state != "declined" or newest.decided_at is None:
        return None
    is_settled = bool(statuses) and statuses[0].at > newest.decided_at
    return None if is_settled else newest


def _of_data(event: HistoryEvent) -> Moment:
    return Moment(
        at=event.at,
        cause=event.cause,
        delta=event.delta,
        points=event.points,
        max_score=event.max_score,
        detail=event.detail,
    )


def _of_risk(event: HistoryEvent) -> Moment:
    return Moment(
        at=event.at,
        who=event.by,
        cause=event.cause,
        old_status=event.old_status,
        status=event.status,
        note=event.note,
        review_on=event.review_on if event.moment != "review" else None,
        ends_on=event.ends_on if event.moment != "ended" else None,
        moment=event.moment,
    )


def _of_people(record: StatusRecord, event: HistoryEvent | None) -> Moment:
    return Moment(
        at=record.at,
        who=record.by,
        cause="status",
        old_status=record.old_status,
        status=record.status,
        note=record.note,
        review_on=record.review_on,
        ends_on=record.ends_on,
        delta=event.delta if event else None,
        points=event.points if event else None,
        max_score=event.max_score if event else None,
    )
