"""The range of days a page shows, from the address: ``range=`` or ``from=`` and ``to=``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "1y"
DAYS = MappingProxyType({"30d": 30, "90d": 90, "1y": 365, "2y": 730})
LABELS = MappingProxyType(
    {
        "30d": "30 days",
        "90d": "90 days",
        "1y": "1 year",
        "2y": "2 years",
        "qtd": "Quarter to date",
        "ytd": "Year to date",
    }
)
MAX_DAYS = 3_660  # ten years: a page, not an archive


@dataclass(frozen=True, slots=True)
class DayRange:
    """Both days belong to it; ``start <= end`` always.

    ``key`` is one of :data:`LABELS`, or ``custom``. ``remarks`` says what of the address was not
    understood, in words for the page.
    """

    start: date
    end: date
    key: str
    remarks: tuple[str, ...] = ()

    @property
    def n_days(self) -> int:
        return (self.end - self.start).days


def clipped(asked: DayRange, first: date | None) -> DayRange:
    """The range without the days before the first snapshot, which have nothing to show."""
    if first is None or not asked.start < first <= asked.end:
        return asked
    start = min(first, asked.end - timedelta(days=1))
    return DayRange(start, asked.end, asked.key, asked.remarks)


def range_of(asked: Mapping[str, str], last: date, *, shortest: int = 1) -> DayRange:
    """The range that an address asks for; ``last`` is the newest day there can be.

    Bad values fall back to the default, and the range says so. ``shortest`` is how many days
    apart its ends are at least: 0 allows a single day.

    >>> range_of({"range": "30d"}, date(2026, 11, 22)).start
    datetime.date(2026, 10, 23)
    >>> range_of({"range": "week"}, date(2026, 11, 22)).remarks
    ('There is no range “week”; this is 1 year.',)
    """
    if asked.get("from") or asked.get("to"):
        return _custom(asked.get("from", ""), asked.get("to", ""), last, shortest)
    key = asked.get("range", "") or DEFAULT
    if key == "qtd":
        start = date(last.year, 3 * ((last.month - 1) // 3) + 1, 1)
    elif key == "ytd":
        start = date(last.year, 1, 1)
    elif key in DAYS:
        return DayRange(last - timedelta(days=DAYS[key]), last, key)
    else:
        return DayRange(
            last - timedelta(days=DAYS[DEFAULT]),
            last,
            DEFAULT,
            (f"There is no range “{key[:40]}”; this is {LABELS[DEFAULT]}.",),
        )
    return DayRange(min(start, last - timedelta(days=1)), last, key)


def _custom(first: str, final: str, last: date, shortest: int) -> DayRange:
    remarks = []
    wrong = [f"“{text[:20]}”" for text in (first, final) if text and _day(text) is None]
    if wrong:
        remark = f"There is no day {' or '.join(wrong)}; days are written YYYY-MM-DD."
        start = last - timedelta(days=DAYS[DEFAULT])
        return DayRange(start, last, DEFAULT, (f"{remark} This is {LABELS[DEFAULT]}.",))
    end = _day(final) or last
    start = _day(first) or end - timedelta(days=DAYS[DEFAULT])
    if start > end:
        start, end = end, start
        remarks.append("The first day was after the last; they are exchanged.")
    if end > last:
        end = last
        remarks.append("The range ends with the newest data.")
    start = min(start, end - timedelta(days=shortest))
    if (end - start).days > MAX_DAYS:
        start = end - timedelta(days=MAX_DAYS)
        remarks.append("A range has ten years at most.")
    return DayRange(start, end, "custom", tuple(remarks))


def _day(text: str) -> date | None:
    """The day that an address writes, if it is one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
