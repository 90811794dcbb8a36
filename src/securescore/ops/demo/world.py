"""Everything of the main organization that the story can change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from securescore.ops.demo.cloud import Cloud
from securescore.ops.demo.devices import Devices
from securescore.ops.demo.ledger import Ledger
from securescore.ops.demo.people import People
from securescore.ops.demo.values import StoryCause, StoryKind


@dataclass
class World:
    """The state of one evening.

    Attributes:
        day: number of the day in the story; the last day has number 730.
        now: the evening before the collections of that day.
        failing: reason by source that cannot be read now.
        sources: sources that exist now.
    """

    ledger: Ledger
    people: People
    devices: Devices
    cloud: Cloud
    sources: list[str]
    day: int
    now: datetime
    failing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """One turn of the story.

    Attributes:
        day: number of the day on which it can first be seen.
        act: what it changes; None where decisions or the catalog do it.
    """

    day: int
    kind: StoryKind
    cause: StoryCause
    controls: tuple[str, ...]
    text: str
    act: Callable[[World], None] | None = None
