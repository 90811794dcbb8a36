"""Outcomes of resources, and the points that a control earns from them (S2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from securescore.core.control import Control, Scoring
from securescore.core.errors import DuplicateResource
from securescore.core.points import Points, rounded_half_up


@dataclass(frozen=True, slots=True)
class Outcome:
    """Pass or fail of one resource, with a reason the person who must act understands."""

    resource_id: str
    resource_name: str
    passed: bool
    reason: str


def control_points(outcomes: Sequence[Outcome], control: Control) -> Points:
    """Points that one control earns from the outcomes of its resources.

    Args:
        outcomes: n >= 0 outcomes, one per resource in scope; order does not matter,
            ``resource_id`` is unique.
        control: ``max_score`` is known; ``scoring`` is ``proportional`` or ``all``.

    Returns:
        Hundredths of a point, 0 <= points <= max_score, exact. ``proportional`` rounds half
        up to 0.01 (S2). n == 0 earns everything; a control whose product is not in use never
        comes here (S2, S4).

    Raises:
        DuplicateResource: a resource appears twice. A bug in the control: the caller records
            the state ``error`` and goes on.

    Invariants (tests/core/test_points.py): order-free; turning one fail into a pass never
    lowers the points.

    Source: S2; 25 of 52 users of 9 points is 4.33 in a real organization.

    >>> from securescore.core.control import Category, Control, Scoring
    >>> mfa = Control("c", 1, "t", Category.IDENTITY, "entra", Points(1000),
    ...               Scoring.PROPORTIONAL)
    >>> control_points([Outcome("u1", "", True, ""), Outcome("u2", "", False, "")], mfa)
    Points(500)
    """
    seen: set[str] = set()
    for outcome in outcomes:
        if outcome.resource_id in seen:
            raise DuplicateResource(
                what=f"resource {outcome.resource_id} appears twice", where=control.id
            )
        seen.add(outcome.resource_id)
    n_passed = sum(outcome.passed for outcome in outcomes)
    return points_of_counts(
        n_passed, len(outcomes), control.max_score or Points(0), control.scoring
    )


def points_of_counts(n_passed: int, n_total: int, max_score: Points, scoring: Scoring) -> Points:
    """The same from counts: 0 <= n_passed <= n_total.

    >>> points_of_counts(25, 52, Points(900), Scoring.PROPORTIONAL)
    Points(433)
    >>> points_of_counts(0, 0, Points(900), Scoring.ALL)
    Points(900)
    """
    if not 0 <= n_passed <= n_total:
        msg = f"{n_passed} of {n_total} is no count of passes"
        raise ValueError(msg)
    if n_passed == n_total:
        return max_score
    if scoring is Scoring.ALL:
        return Points(0)
    return Points(rounded_half_up(max_score * n_passed, n_total))
