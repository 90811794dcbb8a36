"""The order of recommended actions: one published formula, its parts on the page (S9).

``priority = points left x cost x impact x tier`` with the weights below; a higher priority ranks
first, equal ones by id; what is not scored (unmeasured, not applicable) comes last. Microsoft
names the same ingredients and publishes no weights; these are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from securescore.core.control import Control, Level, Tier
from securescore.core.points import Points, percentage

COST_WEIGHTS: Mapping[Level, int] = {
    Level.LOW: 100,
    Level.MODERATE: 70,
    Level.HIGH: 40,
    Level.UNKNOWN: 70,
}
IMPACT_WEIGHTS: Mapping[Level, int] = {
    Level.LOW: 100,
    Level.MODERATE: 80,
    Level.HIGH: 60,
    Level.UNKNOWN: 80,
}
TIER_WEIGHTS: Mapping[Tier, int] = {
    Tier.CORE: 100,
    Tier.DEFENSE_IN_DEPTH: 90,
    Tier.ADVANCED: 80,
}
"""Weights in percent."""


@dataclass(frozen=True, slots=True)
class RankInput:
    """What the rank of one action depends on."""

    control: Control
    points_left: Points
    is_scored: bool = True


def points_left(max_score: Points | None, counted: Points) -> Points:
    """Points that can still be gained; 0 where the maximum is unknown."""
    return Points(max(0, (max_score or Points(0)) - counted))


def score_impact(left: Points, organization_max: Points) -> float | None:
    """Percentage points of the organization's score that the action would add (S9)."""
    return percentage(left, organization_max)


def priority(action: RankInput) -> int:
    """Millionths of a hundredth of a point; only the order matters."""
    control = action.control
    return (
        int(action.points_left)
        * COST_WEIGHTS[control.implementation_cost]
        * IMPACT_WEIGHTS[control.user_impact]
        * TIER_WEIGHTS[control.tier]
    )


def ranks(actions: Iterable[RankInput]) -> dict[str, int]:
    """Rank by control id: 1 is first; every action has a rank of its own."""
    ordered = sorted(actions, key=lambda a: (not a.is_scored, -priority(a), a.control.id))
    return {action.control.id: number for number, action in enumerate(ordered, 1)}
