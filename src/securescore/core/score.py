"""The score of an organization: the one function that computes it (S3, S4, S5, S6, S8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from securescore.core.control import Category
from securescore.core.points import Points, percentage
from securescore.core.result import ControlResult, State
from securescore.core.status import (
    ATTESTED,
    Decision,
    Status,
    counted_points,
    effective_status,
)

FORMULAS: Mapping[str, str] = {
    "current": "points that count now / max score",
    "planned": "as current, with every planned action at its max score",
    "current_license": "as current, with every action that the licenses held allow at its max "
    "score; where the licenses are unknown, all are taken as held",
    "achievable": "as current license, but actions with accepted risk keep the points they have",
    "verified": "points that were measured; what people attest is left out",
}
"""The views of the score, each with its formula (S8)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Points of a possible maximum, both exact."""

    points: Points = Points(0)
    max_score: Points = Points(0)

    @property
    def percentage(self) -> float | None:
        return percentage(self.points, self.max_score)


@dataclass(frozen=True, slots=True)
class CategoryTally:
    """One category. ``n_unknown_max`` controls have no known maximum: then ``tally.max_score``
    is a lower bound.
    """

    tally: Tally
    n_controls: int
    n_unknown_max: int


@dataclass(frozen=True, slots=True)
class OrganizationScore:
    """Everything the overview shows of one snapshot.

    Attributes:
        views: tally by view name, in the order of :data:`FORMULAS`; all have one max score.
        categories: those that have at least one scored control, in the order of S3.
        n_by_state: every state, zeros included.
        unmeasured_max_score: what the unmeasured controls would add to the maximum.
        attested: points of the current view that rest on people's word alone.
        n_by_status: scored actions by status.
        remainder: part of a reported maximum that no control explains; in every max score.
        unknown_max: ids of scored controls without a known maximum.
    """

    views: Mapping[str, Tally]
    categories: Mapping[Category, CategoryTally]
    n_by_state: Mapping[State, int]
    unmeasured_max_score: Points
    attested: Points
    n_by_status: Mapping[Status, int]
    remainder: Points
    unknown_max: tuple[str, ...]

    @property
    def current(self) -> Tally:
        return self.views["current"]


def organization_score(
    results: Iterable[ControlResult],
    decisions: Mapping[str, Decision],
    remainder: Points = Points(0),
) -> OrganizationScore:
    """The score of one snapshot.

    Args:
        results: one per control, in any order.
        decisions: the holding decision by control id (:func:`decision_on`).
        remainder: see :class:`OrganizationScore`.

    Returns:
        Plain sums over the controls that are scored: measured, stale or in error (S3, S4).

    Invariants (tests/core/test_score.py): order-free; verified <= current <= planned;
    current <= achievable <= current license; a category's points sum to the whole's; leaving
    out a control that is unmeasured changes nothing but the coverage.
    """
    current = verified = planned = current_license = achievable = 0
    by_category: dict[Category, list[int]] = {}
    states: Counter[State] = Counter()
    statuses: Counter[Status] = Counter()
    maximum = unmeasured = attested = 0
    unknown: list[str] = []
    for result in results:
        states[result.state] += 1
        control = result.control
        if not result.is_scored:
            if result.state is State.UNMEASURED:
                unmeasured += control.max_score or 0
            continue
        status = effective_status(result, decisions.get(control.id))
        statuses[status] += 1
        counted, measured = int(counted_points(result, status)), int(result.points)
        of_control = int(control.max_score or 0)
        full = max(of_control, counted)
        is_licensed = result.has_license is not False
        is_accepted = status is Status.RISK_ACCEPTED
        current += counted
        verified += measured
        planned += full if status is Status.PLANNED else counted
        current_license += full if is_licensed else counted
        achievable += full if is_licensed and not is_accepted else counted
        if status in ATTESTED:
            attested += counted - measured
        maximum += of_control
        sums = by_category.setdefault(control.category, [0, 0, 0, 0])
        sums[0] += counted
        sums[1] += of_control
        sums[2] += 1
        if control.max_score is None:
            sums[3] += 1
            unknown.append(control.id)
    whole = Points(maximum + remainder)
    points = {
        "current": current,
        "planned": planned,
        "current_license": current_license,
        "achievable": achievable,
        "verified": verified,
    }
    return OrganizationScore(
        views={name: Tally(Points(points[name]), whole) for name in FORMULAS},
        categories={
            category: CategoryTally(Tally(Points(s[0]), Points(s[1])), s[2], s[3])
            for category in Category
            if (s := by_category.get(category))
        },
        n_by_state={state: states[state] for state in State},
        unmeasured_max_score=Points(unmeasured),
        attested=Points(attested),
        n_by_status={status: statuses[status] for status in Status},
        remainder=Points(remainder),
        unknown_max=tuple(sorted(unknown)),
    )
