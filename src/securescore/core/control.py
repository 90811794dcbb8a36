"""A control: one thing that is measured, worth up to ten points (S1).

Only what arithmetic needs is here; the SQL, the cases and the texts are the catalog's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from securescore.core.points import Points

MAX_SCORE_RANGE = range(1, 11)


class Category(StrEnum):
    """The five categories of the score, in the order they are shown (S3)."""

    IDENTITY = "Identity"
    DATA = "Data"
    DEVICE = "Device"
    APPS = "Apps"
    INFRASTRUCTURE = "Infrastructure"


class Scoring(StrEnum):
    """How outcomes become points (S2)."""

    PROPORTIONAL = "proportional"
    ALL = "all"


class Basis(StrEnum):
    """Who judged: our own evaluation, or a tool whose results were imported (S12)."""

    EVALUATED = "evaluated"
    REPORTED = "reported"


class Level(StrEnum):
    """A coarse amount: of impact on users, or of cost to implement."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    UNKNOWN = "unknown"


class Tier(StrEnum):
    """How fundamental a control is."""

    CORE = "core"
    DEFENSE_IN_DEPTH = "defense in depth"
    ADVANCED = "advanced"


@dataclass(frozen=True, slots=True)
class Control:
    """What is scored.

    Attributes:
        id: Microsoft's own where it has one, else ``<source>.<what-is-true>``.
        version: raised when the meaning changes.
        max_score: what it is worth; 1 to 10 whole points for evaluated controls. None where a
            tool reported a control without saying its maximum.
        license: service plans of which one is needed; empty: any license will do.
    """

    id: str
    version: int
    title: str
    category: Category
    product: str
    max_score: Points | None
    scoring: Scoring
    tier: Tier = Tier.CORE
    user_impact: Level = Level.UNKNOWN
    implementation_cost: Level = Level.UNKNOWN
    license: tuple[str, ...] = ()
    basis: Basis = Basis.EVALUATED
    tool: str = ""
