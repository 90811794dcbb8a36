"""What the demo hands to the pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from securescore.core.collection import Collected
from securescore.core.status import Decision


class StoryKind(StrEnum):
    """What kind of turn the story takes."""

    IMPROVEMENT = "improvement"
    REGRESSION = "regression"
    REPAIR = "repair"
    CATALOG = "catalog"
    LICENSE = "license"
    RISK_ACCEPTED = "risk accepted"
    THIRD_PARTY = "third party"
    ALTERNATE_MITIGATION = "alternate mitigation"
    PLANNED = "planned"
    OUTAGE = "outage"


class StoryCause(StrEnum):
    """Whose doing it is, in the words of S10."""

    CONFIGURATION = "configuration"
    USER = "user"
    DEVICE = "device"
    LICENSE = "license"
    CATALOG = "catalog"
    DATA = "data"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """Something that was scripted.

    Attributes:
        on: the day on which it can first be seen.
        control_ids: controls that it moves, or may move; empty where it is too gradual to name.
        text: one sentence.
    """

    on: date
    kind: StoryKind
    cause: StoryCause
    control_ids: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class CatalogChange:
    """From day ``on`` the controls ``added`` exist and those ``retired`` are gone.

    Before the first change the catalog has none of the controls that any change adds.
    """

    on: date
    added: frozenset[str]
    retired: frozenset[str]
    version: str


@dataclass(frozen=True, slots=True)
class DemoOrganization:
    """One invented organization.

    Attributes:
        collections: ascending ``collected_at``; made while it is iterated, so once only.
        decisions: what its people decided, ascending.
        story: what was scripted, ascending; empty for the smaller organizations.
        catalog_changes: ascending.
    """

    name: str
    seats: int
    industry: str
    region: str
    time_zone: str
    collections: Iterable[Collected]
    decisions: tuple[Decision, ...] = ()
    story: tuple[StoryEvent, ...] = ()
    catalog_changes: tuple[CatalogChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Others:
    """Which smaller organizations to make: ``n`` of them."""

    seed: int
    last_day: date
    days: int
    n: int
    now: datetime
