"""What is said of accepted risks, in the same words on every page."""

from __future__ import annotations

from types import MappingProxyType

RISK_MOMENTS = MappingProxyType(
    {
        "asked": "Asked to accept the risk",
        "declined": "Declined to accept the risk",
        "withdrawn": "Withdrew the request to accept the risk",
        "review": "Review date of the accepted risk",
        "ended": "Ended on its day",
    }
)


def reviews(n_past: int, n_soon: int) -> list[str]:
    """How many accepted risks are to be reviewed, in the words of every page; none says nothing.

    >>> reviews(1, 2), reviews(2, 0), reviews(0, 0)
    (['1 past its review date', '2 due within 30 days'], ['2 past their review date'], [])
    """
    past = f"{n_past:,} past {'its' if n_past == 1 else 'their'} review date"
    soon = f"{n_soon:,} due within 30 days"
    return [text for text, n in ((past, n_past), (soon, n_soon)) if n]
