"""Points: exact hundredths of a point, and the only two roundings of the program.

It decides how a share of a maximum becomes points (S2) and how two sums become a percentage.
It knows nothing of controls.
"""

from __future__ import annotations

from typing import Self

HUNDREDTHS = 100


class Points(int):
    """A number of hundredths of a point. ``Points(433)`` is 4.33 points; sums stay exact."""

    __slots__ = ()

    @classmethod
    def whole(cls, points: int) -> Self:
        """``Points.whole(10)`` is ten points."""
        return cls(points * HUNDREDTHS)

    def __add__(self, other: int) -> Points:
        return Points(int(self) + int(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> Points:
        return Points(int(self) - int(other))

    def __neg__(self) -> Points:
        return Points(-int(self))

    def __repr__(self) -> str:
        return f"Points({int(self)})"

    def __str__(self) -> str:
        """Two decimals: ``4.33``, ``-0.50``."""
        sign = "-" if self < 0 else ""
        whole, rest = divmod(abs(int(self)), HUNDREDTHS)
        return f"{sign}{whole}.{rest:02d}"

    def short(self) -> str:
        """At most two decimals, no trailing zeros: ``5``, ``4.33``, ``0.5``."""
        text = str(self)
        return text.rstrip("0").rstrip(".") if "." in text else text

    def to_float(self) -> float:
        """For JSON: the nearest float, which prints with at most two decimals."""
        return round(int(self) / HUNDREDTHS, 2)


def rounded_half_up(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest whole number, halves away from zero.

    >>> rounded_half_up(900 * 25, 52)  # 25 of 52 users of 9 points
    433
    >>> rounded_half_up(5, 2), rounded_half_up(-5, 2)
    (3, -3)
    """
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    n, d = abs(numerator), abs(denominator)
    return sign * ((2 * n + d) // (2 * d))


def percentage(points: int, max_score: int) -> float | None:
    """100 x points / max score, two decimals, half up; None where the max score is 0.

    >>> percentage(Points(12800), Points(27400))
    46.72
    """
    share = ten_thousandths(points, max_score)
    return None if share is None else share / 100


def ten_thousandths(points: int, max_score: int) -> int | None:
    """That percentage in hundredths, a whole number: for exact sums, and to be stored.

    >>> ten_thousandths(Points(12800), Points(27400))
    4672
    """
    if max_score == 0:
        return None
    return rounded_half_up(points * 10_000, max_score)
