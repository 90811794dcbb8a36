"""Whom an organization is compared with, and when an average may be shown at all.

A cohort smaller than ten would show one organization's score to another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID

from securescore.core.errors import InputError

MIN_ORGANIZATIONS = 10
"""Averages of fewer organizations are never computed, kept or shown."""

WHOLE_PERCENT = 100
"""What averages of custom comparisons are rounded to, in hundredths of a percent: whoever chooses
the members may take one of them away, and would read the rest to the hundredth.
"""

MAX_SEATS = 10_000_000


@dataclass(frozen=True, slots=True)
class CohortMember:
    """What is known of an organization that may belong to a cohort; None or empty: not known."""

    seats: int | None = None
    industry: str = ""
    region: str = ""
    licenses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CohortFilter:
    """Who belongs to a custom comparison; an empty filter lets everyone in.

    Attributes:
        seats_min, seats_max: both belong to it.
        industries, regions: one of them.
        licenses: service plans; at least one of them.
    """

    seats_min: int | None = None
    seats_max: int | None = None
    industries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    licenses: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, seats in (("seats_min", self.seats_min), ("seats_max", self.seats_max)):
            if seats is not None and not 0 <= seats <= MAX_SEATS:
                raise InputError(
                    what=f"{seats} is no number of seats",
                    where=name,
                    what_to_do=f"give a number from 0 to {MAX_SEATS:,}, or leave it out",
                )
        if (
            self.seats_min is not None
            and self.seats_max is not None
            and self.seats_min > self.seats_max
        ):
            raise InputError(
                what=f"seats from {self.seats_min} to {self.seats_max} are none",
                where="seats_max",
                what_to_do="the second number is not smaller than the first",
            )

    def holds(self, member: CohortMember) -> bool:
        """Whether an organization belongs to it. What is not known of it does not match.

        >>> CohortFilter(seats_min=100).holds(CohortMember(seats=None))
        False
        """
        has_seats = self.seats_min is not None or self.seats_max is not None
        if has_seats and (
            member.seats is None
            or member.seats < (self.seats_min or 0)
            or (self.seats_max is not None and member.seats > self.seats_max)
        ):
            return False
        if self.industries and member.industry not in self.industries:
            return False
        if self.regions and member.region not in self.regions:
            return False
        return not self.licenses or bool(self.licenses & member.licenses)

    def to_json(self) -> dict[str, Any]:
        """As it is stored; :meth:`from_json` gives an equal one."""
        written: dict[str, Any] = {}
        if self.seats_min is not None:
            written["seats_min"] = self.seats_min
        if self.seats_max is not None:
            written["seats_max"] = self.seats_max
        for name in ("industries", "regions", "licenses"):
            if chosen := getattr(self, name):
                written[name] = sorted(chosen)
        return written

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> CohortFilter:
        return cls(
            seats_min=written.get("seats_min"),
            seats_max=written.get("seats_max"),
            industries=frozenset(written.get("industries", ())),
            regions=frozenset(written.get("regions", ())),
            licenses=frozenset(written.get("licenses", ())),
        )


def tell_too_much(members: Collection[UUID], others: Collection[UUID]) -> bool:
    """Whether two averages together would tell of fewer than ten organizations: of those that
    only one of them holds. Equal ones tell nothing more.
    """
    return 0 < len(frozenset(members) ^ frozenset(others)) < MIN_ORGANIZATIONS


def cohort_average(
    hundredths: Sequence[int] | Iterable[int], *, step: int = 1
) -> tuple[float, int] | None:
    """The average of percentages, and of how many.

    Args:
        hundredths: one percentage per organization, in hundredths of a percent.
        step: what the average is rounded to, half up; in the same unit.

    Returns:
        Percent; None where there are fewer than ten.

    >>> cohort_average([5000] * 9), cohort_average([5000] * 9 + [6001])
    (None, (51.0, 10))
    >>> cohort_average([5049] * 10), cohort_average([5050] * 10, step=WHOLE_PERCENT)
    ((50.49, 10), (51.0, 10))
    """
    known = list(hundredths)
    if len(known) < MIN_ORGANIZATIONS:
        return None
    mean = Fraction(sum(known), len(known))
    return floor(mean / step + Fraction(1, 2)) * step / 100, len(known)
