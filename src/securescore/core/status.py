"""What people decided about a recommended action, and what it does to points (S5, S6, S7).

A decision never changes what was measured: attested points stand beside verified ones, and a
decision that ends gives way to the one before by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from securescore.core.errors import InputError
from securescore.core.points import Points
from securescore.core.result import ControlResult


class Status(StrEnum):
    """What people decided. ``completed`` is derived from data and cannot be chosen (S7)."""

    TO_ADDRESS = "to address"
    PLANNED = "planned"
    RISK_ACCEPTED = "risk accepted"
    THIRD_PARTY = "resolved through third party"
    ALTERNATE_MITIGATION = "resolved through alternate mitigation"
    COMPLETED = "completed"


class Review(StrEnum):
    """When an accepted risk is to be looked at again, seen from a day."""

    DUE = "due"
    """Past its review date: that day has come."""
    SOON = "soon"
    """Within the next 30 days."""
    LATER = "later"


REVIEW_SOON = timedelta(days=30)


def review_of(review_on: date | None, today: date) -> Review | None:
    """Whether an accepted risk is to be reviewed; None without a review date.

    >>> [review_of(date(2026, 3, day), date(2026, 3, 1)) for day in (1, 31)]
    [<Review.DUE: 'due'>, <Review.SOON: 'soon'>]
    """
    if review_on is None:
        return None
    if review_on <= today:
        return Review.DUE
    return Review.SOON if review_on <= today + REVIEW_SOON else Review.LATER


ATTESTED = frozenset({Status.THIRD_PARTY, Status.ALTERNATE_MITIGATION})
"""Full points on people's word, counted apart from verified ones (S5)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One status that a person chose for one action.

    Attributes:
        at: aware, UTC.
        by: who, as shown.
        note: why; asked for by every status but ``to address`` and ``planned``.
        review_on: day on which accepted risk is looked at again; the status stays.
        ends_on: first day on which the decision no longer holds.
        approved_by: who approved an accepted risk, where the organization asks for it.
        evidence: where what people attest can be checked.
        owner: who answers for it.
    """

    control_id: str
    status: Status
    at: datetime
    by: str
    note: str = ""
    review_on: date | None = None
    ends_on: date | None = None
    approved_by: str = ""
    assignee: str = ""
    evidence: str = ""
    owner: str = ""

    def __post_init__(self) -> None:
        if self.status is Status.COMPLETED:
            raise InputError(
                what="'completed' cannot be chosen",
                where=self.control_id,
                what_to_do="it follows from the data as soon as full points are measured",
            )
        if self.status in ATTESTED and not self.note.strip():
            raise InputError(
                what=f"'{self.status}' needs a note",
                where=self.control_id,
                what_to_do="say what resolves it and where that can be checked",
            )
        if self.status is Status.RISK_ACCEPTED and not (self.note.strip() and self.review_on):
            raise InputError(
                what="'risk accepted' needs a reason and a review date",
                where=self.control_id,
                what_to_do="give both",
            )
        if self.approved_by and self.approved_by == self.by:
            raise InputError(
                what="an accepted risk is approved by somebody else than who asks",
                where=self.control_id,
                what_to_do="ask another approver",
            )


def decision_on(decisions: Iterable[Decision], at: datetime, day: date) -> Decision | None:
    """The decision that holds: the newest made by ``at`` that has not ended by ``day``.

    Args:
        decisions: of one action, in any order.
        at: aware, UTC: decisions made later are not known yet.
        day: the organization's day of ``at``.
    """
    holding = [d for d in decisions if d.at <= at and (d.ends_on is None or day < d.ends_on)]
    return max(holding, key=lambda d: d.at, default=None)


def effective_status(result: ControlResult, decision: Decision | None) -> Status:
    """The status shown: completed where all points are measured, else what was decided (S7)."""
    if result.is_full:
        return Status.COMPLETED
    return decision.status if decision is not None else Status.TO_ADDRESS


def counted_points(result: ControlResult, status: Status) -> Points:
    """Points that count: the maximum where people attest it (S5), else what was measured.

    Accepted risk gives nothing of its own and takes nothing away (S6).
    """
    if status in ATTESTED and result.is_scored and result.max_score is not None:
        return result.max_score
    return result.points
