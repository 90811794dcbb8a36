"""The result of one control in one snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from securescore.core.control import Control
from securescore.core.freshness import Freshness
from securescore.core.points import Points


class State(StrEnum):
    """What is known of a control (S4). Only ``measured``, ``stale`` and ``error`` are scored."""

    MEASURED = "measured"
    STALE = "stale"
    UNMEASURED = "unmeasured"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ControlResult:
    """What one control came to.

    Attributes:
        points: earned from data; 0 unless ``measured`` or ``stale``.
        n_passed, n_total: resources; None where they are not counted (unmeasured, or a tool
            reported points only).
        reason: why it is stale, unmeasured, not applicable or in error; what the policies
            decide for everyone; else empty.
        missing: names of the tables it lacks.
        has_license: None where the licenses are unknown.
        measured_at: collection time of the oldest table it was judged from.
    """

    control: Control
    state: State
    points: Points = Points(0)
    n_passed: int | None = None
    n_total: int | None = None
    reason: str = ""
    missing: tuple[str, ...] = ()
    has_license: bool | None = None
    measured_at: datetime | None = None

    @property
    def max_score(self) -> Points | None:
        return self.control.max_score

    @property
    def is_scored(self) -> bool:
        """Stands on both sides of the percentage (S3, S4).

        A control in ``error`` was measurable and our rule broke: it keeps its maximum and has
        no points, so that an error never raises a percentage.
        """
        return self.state in (State.MEASURED, State.STALE, State.ERROR)

    @property
    def is_full(self) -> bool:
        return self.is_scored and self.max_score is not None and self.points >= self.max_score

    def aged(self, freshness: Freshness) -> ControlResult:
        """The same result from data of that freshness (S4). Only ``measured`` ages."""
        if self.state is not State.MEASURED:
            return self
        if not freshness.is_stale:
            return replace(self, measured_at=freshness.collected_at)
        return replace(
            self,
            state=State.STALE,
            points=self.points if freshness.keeps_points else Points(0),
            reason=freshness.reason,
            measured_at=freshness.collected_at,
        )
