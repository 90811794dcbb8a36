"""How numbers, dates and words are written on the pages (UX section 3)."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import get_language

from securescore.core.control import Category
from securescore.core.status import Status

if TYPE_CHECKING:
    from securescore.core.points import Points

MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"

CATEGORIES = tuple(category.value for category in Category)
STATUSES = tuple(status.value for status in Status)
STATES = MappingProxyType(
    {
        "measured": "Measured",
        "stale": "Stale",
        "unmeasured": "Not measured",
        "not_applicable": "Not applicable",
        "error": "Error in the control",
    }
)
SCORED_STATES = frozenset({"measured", "stale", "error"})
ZONES = MappingProxyType({"good": "Good", "okay": "Okay", "bad": "Bad"})
CAUSES = MappingProxyType(
    {
        "configuration": "configuration",
        "user": "users",
        "device": "devices",
        "status": "status set by a person",
        "catalog": "catalog",
        "license": "license or scope",
        "data": "data",
    }
)
RUN_STATES = MappingProxyType(
    {
        "queued": "Waiting",
        "running": "Running",
        "done": "Done",
        "failed": "Failed",
        "canceled": "Stopped",
    }
)
JOB_KINDS = MappingProxyType(
    {
        "import": "Import",
        "reevaluate": "New evaluation",
        "demo": "Demo",
        "daily": "Daily work",
    }
)
"""Sources and formats as people call them; others are shown by their own name."""
SHORT_STATUSES = MappingProxyType(
    {
        "resolved through third party": "third party",
        "resolved through alternate mitigation": "alternate mitigation",
    }
)

SHORTCUTS = (
    ("?", "These shortcuts"),
    ("/", "Search"),
    ("g o", "Overview"),
    ("g a", "Recommended actions"),
    ("g h", "History"),
    ("g m", "Metrics & trends"),
    ("j k", "Next, previous action"),
    ("Enter", "Open the action"),
    ("x", "Tick the action"),
    ("s a t n", "Status, assignee, tags, notes of the open action"),
    ("Esc", "Close"),
)
"""Keys and what they do (UX section 7)."""


def capital(text: str) -> str:
    """First letter large, the rest as it is.

    >>> capital("risk accepted")
    'Risk accepted'
    """
    return text[:1].upper() + text[1:]


def percent(value: float | None) -> str:
    """One decimal, half up (the value has two exact ones).

    >>> percent(46.72), percent(46.25), percent(None)
    ('46.7%', '46.3%', 'no score')
    """
    if value is None:
        return "no score"
    tenths = (round(value * 100) + 5) // 10
    return f"{tenths // 10}.{tenths % 10}%"


def signed(text: str) -> str:
    """A written number with its sign in front, typographic.

    >>> signed("1.2"), signed("-0.5") == MINUS + "0.5", signed("0")
    ('+1.2', True, '0')
    """
    if text.startswith("-"):
        return MINUS + text[1:]
    return text if text.strip("0.") == "" else f"+{text}"


def signed_points(value: Points) -> str:
    """``+1.2``: points that came or went; a real minus sign in front of those that went."""
    return signed(value.short())


def signed_exact(value: Points) -> str:
    """Signed points with both decimals, where parts have to sum up before one's eyes."""
    return signed(str(value))


def iso_day(cell: object) -> str:
    """A cell of a table that holds a day as ISO text, as pages write days."""
    return day(date.fromisoformat(str(cell)))


def cell(value: object) -> str:
    """A cell of a table of figures: short numbers, nothing for what is not known.

    >>> cell(12.5), cell(-3.0) == MINUS + "3", cell(None), cell("okay")
    ('12.5', True, '', 'okay')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return text.replace("-", MINUS)
    if isinstance(value, str) and len(value) == len("2026-01-01") and value[4:5] == "-":
        return iso_day(value)
    return str(value)


def percentage_points(value: float) -> str:
    """A difference of two percentages.

    >>> percentage_points(15.7), percentage_points(-0.04)
    ('+15.7 pp', '0.0 pp')
    """
    text = f"{value:.1f}"
    return f"{signed('0.0' if text == '-0.0' else text)} pp"


def exact_percent(value: float | None) -> str:
    """Both decimals, where parts have to sum up before one's eyes.

    >>> exact_percent(46.7)
    '46.70%'
    """
    return "no score" if value is None else f"{value:.2f}%"


def exact_pp(value: float | None) -> str:
    """A difference of two percentages with both decimals.

    >>> exact_pp(-3.48) == MINUS + "3.48 pp", exact_pp(0.0)
    (True, '0.00 pp')
    """
    return "" if value is None else f"{signed(f'{value:.2f}')} pp"


def impact(value: float | None) -> str:
    """Score impact: two decimals, signed; nothing where nothing can be gained."""
    return "" if not value else f"+{value:.2f}%"


def local(at: datetime, zone: str) -> datetime:
    """The instant on the clocks of the organization's time zone."""
    return at.astimezone(ZoneInfo(zone))


def moment(at: datetime, zone: str) -> str:
    """``22 Nov 2026, 06:10`` in the organization's time zone."""
    return _moment(at, zone, get_language())


@lru_cache(maxsize=8192)
def _moment(at: datetime, zone: str, language: str | None) -> str:
    there = local(at, zone)
    return f"{_written(there.date(), 'j M Y', language)}, {there:%H:%M}"


@lru_cache(maxsize=8192)
def _written(on: date, form: str, language: str | None) -> str:
    """A page names hundreds of days, and Django formats each anew."""
    del language  # of the thread; part of the key only
    return date_format(on, form)


def day(on: date) -> str:
    """``22 Nov 2026``."""
    return _written(on, "j M Y", get_language())


def day_label(on: date, style: str) -> str:
    """Labels of a day axis, in the language of the page."""
    return _written(on, {"day": "j M", "month": "M", "year": "Y"}[style], get_language())


def ago(at: datetime, now: datetime) -> str:
    """How long ago, in the largest whole unit.

    >>> from datetime import UTC, timedelta
    >>> t = datetime(2026, 11, 22, tzinfo=UTC)
    >>> ago(t, t + timedelta(hours=50)), ago(t, t + timedelta(minutes=3))
    ('2 days', '3 minutes')
    """
    seconds = max(int((now - at).total_seconds()), 0)
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return counted(seconds // size, name)
    return "less than a minute"


def counted(n: int, noun: str, plural: str = "") -> str:
    """A number and its noun.

    >>> counted(1, "action"), counted(1200, "action")
    ('1 action', '1,200 actions')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def as_sentence(text: str) -> str:
    """The first letter capital, but for a name in code: that of a table stays as it is.

    >>> as_sentence("it was refused"), as_sentence("mail_rules was last read in May")
    ('It was refused', 'mail_rules was last read in May')
    """
    first = text.split(" ", maxsplit=1)[0]
    return text if "_" in first or "." in first.rstrip(".") else capital(text)


def file_size(n_bytes: int) -> str:
    """Bytes in the largest fitting unit, one decimal.

    >>> file_size(999), file_size(1536), file_size(3 * 1024**3)
    ('999 bytes', '1.5 KiB', '3.0 GiB')
    """
    for unit, size in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return counted(n_bytes, "byte")


def since(at: datetime | None, now: datetime) -> str:
    """``12 days``; empty where it is not known."""
    return "" if at is None else ago(at, now)


def steps(text: str) -> list[str]:
    r"""The steps of a fix: one a line, their own numbers taken off, wrapped lines joined.

    >>> steps("1. Open the portal.\n2. Turn it\n   on.")
    ['Open the portal.', 'Turn it on.']
    """
    found: list[str] = []
    for line in text.splitlines():
        number, dot, rest = line.strip().partition(". ")
        if dot and number.isdigit():
            found.append(rest.strip())
        elif line.strip():
            if found and line[:1].isspace():
                found[-1] += f" {line.strip()}"
            else:
                found.append(line.strip())
    return found


def paragraphs(text: str) -> list[str]:
    """Paragraphs between empty lines, each on one line."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
