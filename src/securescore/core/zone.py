"""The zone of a score: good, okay or bad, by the organization's own limits."""

from __future__ import annotations

from enum import StrEnum


class Zone(StrEnum):
    """Named, never shown by color alone."""

    GOOD = "good"
    OKAY = "okay"
    BAD = "bad"


def zone_of(percentage: float | None, good_from: float, okay_from: float) -> Zone:
    """The zone of a percentage; nothing measured is bad: it is not good until it is known.

    >>> zone_of(58.8, 70, 40)
    <Zone.OKAY: 'okay'>
    """
    if percentage is None or percentage < okay_from:
        return Zone.BAD
    return Zone.GOOD if percentage >= good_from else Zone.OKAY
