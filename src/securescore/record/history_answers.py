"""What the record answers about history: pages of events, and two days compared.

Units are those of :mod:`securescore.record.answers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from securescore.core.points import Points
from securescore.record.answers import HistoryEvent


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What of the history is asked for; empty means all.

    ``causes`` are main causes: of a change that has several, the one that it stands under.
    ``points`` is ``gained`` or ``lost``: changes with a part that came or went.
    """

    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    control_id: str = ""
    points: str = ""


@dataclass(frozen=True, slots=True)
class DayMove:
    """What moved on one day, of what is asked for.

    ``weight`` is the sum of what came and what went, whichever way. The control is the one that
    moved most.
    """

    on: date
    delta: Points
    weight: Points
    control_id: str
    title: str
    n_changes: int


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of the history, newest first; how many events there are in all, and what moved on
    each of their days.
    """

    events: tuple[HistoryEvent, ...]
    moves: tuple[DayMove, ...]
    n_all: int
    page: int
    n_pages: int


@dataclass(frozen=True, slots=True)
class SplitEnd:
    """One end of a split: the last snapshot of a day.

    ``asked_on`` is the day that was asked for; ``on`` is earlier where that day has no data,
    later where nothing was recorded before it.
    """

    asked_on: date
    on: date
    at: datetime
    points: Points
    max_score: Points
    percentage: float | None


@dataclass(frozen=True, slots=True)
class SplitControl:
    """What one cause did to one control. The id is empty for the part of a reported maximum
    that no control explains.
    """

    control_id: str
    title: str
    category: str
    points: Points
    max_score: Points
    n_changes: int


@dataclass(frozen=True, slots=True)
class SplitPart:
    """What one cause did; ``pp`` are percentage points, None where there is no percentage."""

    cause: str
    points: Points
    max_score: Points
    pp: float | None
    controls: tuple[SplitControl, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The difference between two days by cause (S10): the parts sum to it exactly, in points,
    in the maximum and in percentage points as shown.
    """

    start: SplitEnd
    end: SplitEnd
    points: Points
    max_score: Points
    pp: float | None
    parts: tuple[SplitPart, ...]


@dataclass(frozen=True, slots=True)
class SplitStep:
    """One change row of a control: its share of one cause."""

    at: datetime
    points: Points
    max_score: Points
    detail: str


@dataclass(frozen=True, slots=True)
class FlippedResource:
    """A resource that began to fail a control, or ceased to."""

    resource_id: str
    resource_name: str
    reason: str
    at: datetime
    is_failing: bool


@dataclass(frozen=True, slots=True)
class SplitDetail:
    """What moved one control by one cause.

    ``flips`` is None without the right to see evidence; they are counted either way.
    """

    control_id: str
    title: str
    category: str
    cause: str
    points: Points
    max_score: Points
    steps: tuple[SplitStep, ...]
    n_began_failing: int
    n_ceased_failing: int
    flips: tuple[FlippedResource, ...] | None
