"""Why a score changed: each difference is split by cause, with zero residual (S10).

Where several causes moved one control, it is evaluated with the causes applied in every order
and each gets the mean of what it adds (its Shapley value). Hundredths are dealt out whole, so
that the parts sum to the difference exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import permutations
from math import factorial

from securescore.core.points import Points


class Cause(StrEnum):
    """Whose doing a difference is."""

    CONFIGURATION = "configuration"
    USER = "user"
    DEVICE = "device"
    STATUS = "status"
    CATALOG = "catalog"
    LICENSE = "license"
    DATA = "data"


def shapley(
    causes: Sequence[Cause], points_with: Mapping[frozenset[Cause], Points]
) -> dict[Cause, Points]:
    """The part of each cause in the difference.

    Args:
        causes: the causes that moved the control, distinct, at most six.
        points_with: points with each subset of the causes applied, the empty one included.

    Returns:
        A part per cause; they sum to ``points_with[all] - points_with[none]`` exactly.

    >>> from securescore.core.points import Points as P
    >>> c, u = Cause.CONFIGURATION, Cause.USER
    >>> shapley([c, u], {frozenset(): P(0), frozenset({c}): P(300), frozenset({u}): P(0),
    ...                  frozenset({c, u}): P(500)})
    {<Cause.CONFIGURATION: 'configuration'>: Points(400), <Cause.USER: 'user'>: Points(100)}
    """
    orders = factorial(len(causes))
    sums = dict.fromkeys(causes, 0)
    for order in permutations(causes):
        applied: frozenset[Cause] = frozenset()
        for cause in order:
            with_it = applied | {cause}
            sums[cause] += points_with[with_it] - points_with[applied]
            applied = with_it
    parts = {cause: total // orders for cause, total in sums.items()}
    # Deal out the hundredths that the division left, largest remainder first.
    left = sum(sums.values()) // orders - sum(parts.values())
    by_rest = sorted(causes, key=lambda cause: (-(sums[cause] % orders), cause))
    for cause in by_rest[:left]:
        parts[cause] += 1
    return {cause: Points(value) for cause, value in parts.items()}
