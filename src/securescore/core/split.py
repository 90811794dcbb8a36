"""The difference of two days, split by cause: points, maximum and percentage (S10).

Points and maxima of the change rows simply add up. A percentage does not: what a cause does to
it depends on what the others did, so each cause gets the mean of what it adds over every order
(its Shapley value), exact in fractions, then dealt out in hundredths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import factorial, floor

from securescore.core.attribution import Cause
from securescore.core.points import Points, rounded_half_up
from securescore.core.score import Tally

OF_THE_MAXIMUM = frozenset({Cause.CATALOG, Cause.LICENSE, Cause.DATA})
"""Causes that add, take or re-weight controls; others leave every maximum as it is."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What one cause did: change of the points and of the maximum."""

    points: Points = Points(0)
    max_score: Points = Points(0)

    def __add__(self, other: Shift) -> Shift:
        return Shift(self.points + other.points, self.max_score + other.max_score)


@dataclass(frozen=True, slots=True)
class ChangeParts:
    """One control from one snapshot to the next, as the record keeps it.

    Attributes:
        parts: change of the points by cause.
        max_delta: change of the maximum.
        cause: the largest of the causes; None where the points did not move.
    """

    parts: Mapping[Cause, Points]
    max_delta: Points = Points(0)
    cause: Cause | None = None

    @property
    def shifts(self) -> dict[Cause, Shift]:
        """What each cause did. They sum to the change of points and to that of the maximum.

        A maximum moves because a control came, went or became measurable, which is the change's
        own cause, or because it was given another weight, which is the catalog's doing.

        >>> ChangeParts({Cause.USER: Points(-20)}, Points(100), Cause.USER).shifts[Cause.CATALOG]
        Shift(points=Points(0), max_score=Points(100))
        """
        shifts = {cause: Shift(points) for cause, points in self.parts.items()}
        if self.max_delta:
            owner = self.cause if self.cause in OF_THE_MAXIMUM else Cause.CATALOG
            shifts[owner] = shifts.get(owner, Shift()) + Shift(max_score=self.max_delta)
        return shifts


def sum_of_shifts(changes: Iterable[Mapping[Cause, Shift]]) -> dict[Cause, Shift]:
    """The shifts of many changes by cause, in the order of :class:`Cause`; only what moved."""
    sums: dict[Cause, Shift] = {}
    for shifts in changes:
        for cause, shift in shifts.items():
            sums[cause] = sums.get(cause, Shift()) + shift
    return {cause: sums[cause] for cause in Cause if sums.get(cause, Shift()) != Shift()}


def percentage_parts(start: Tally, shifts: Mapping[Cause, Shift]) -> dict[Cause, int] | None:
    """What each cause did to the percentage, in hundredths of a percentage point.

    Args:
        start: points and maximum before.
        shifts: what each cause did; together they lead to the tally after.

    Returns:
        A part per cause. They sum exactly to the difference of the two percentages as they are
        shown, with two decimals. None where there is no percentage before or after. On the way,
        a maximum of nothing counts as 0 percent.

    >>> shifts = {Cause.CONFIGURATION: Shift(Points(1000)),
    ...           Cause.CATALOG: Shift(Points(0), Points(2000))}
    >>> percentage_parts(Tally(Points(5000), Points(10000)), shifts)
    {<Cause.CONFIGURATION: 'configuration'>: 917, <Cause.CATALOG: 'catalog'>: -917}
    """
    end = sum(shifts.values(), Shift(start.points, start.max_score))
    if start.max_score <= 0 or end.max_score <= 0:
        return None
    causes = list(shifts)
    exact = _shapley(start, shifts)
    parts = {cause: floor(exact[cause]) for cause in causes}
    shown = _hundredths(end.points, end.max_score) - _hundredths(start.points, start.max_score)
    # What is shown is rounded: the hundredths left over go to the largest remainders first. There
    # are never more of them than parts with a remainder (tests/core/test_split.py).
    left = shown - sum(parts.values())
    by_rest = sorted(causes, key=lambda cause: (parts[cause] - exact[cause], cause))
    for cause in by_rest[:left]:
        parts[cause] += 1
    return parts


def _shapley(start: Tally, shifts: Mapping[Cause, Shift]) -> dict[Cause, Fraction]:
    """The mean over all orders of what each cause adds to the percentage, in hundredths of pp."""
    causes = list(shifts)
    n = len(causes)
    value: dict[frozenset[Cause], Fraction] = {}
    for size in range(n + 1):
        for chosen in combinations(causes, size):
            at = sum((shifts[cause] for cause in chosen), Shift(start.points, start.max_score))
            value[frozenset(chosen)] = (
                Fraction(10_000 * at.points, at.max_score) if at.max_score > 0 else Fraction(0)
            )
    exact = dict.fromkeys(causes, Fraction(0))
    for subset, without in value.items():
        if len(subset) == n:
            continue
        weight = Fraction(factorial(len(subset)) * factorial(n - len(subset) - 1), factorial(n))
        for cause in causes:
            if cause not in subset:
                exact[cause] += weight * (value[subset | {cause}] - without)
    return exact


def _hundredths(points: int, max_score: int) -> int:
    """The percentage as :func:`securescore.core.points.percentage` shows it, in hundredths."""
    return rounded_half_up(points * 10_000, max_score)
