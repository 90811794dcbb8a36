"""How old data may be before it counts less (S4).

Fresh data is ``measured``. Data that stopped coming is ``stale``: its controls keep their points
for ``stale_after_days`` and then keep their maximum and lose their points, so that losing data
never raises a percentage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from securescore.core.manifest import TableVersion

FRESH_FOR = timedelta(hours=48)
"""A table older than this is stale even if nobody tried to read it again."""

STALE_AFTER_DAYS = 14
"""Default of an organization: days that stale points are kept."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Of the tables that one control needs.

    Attributes:
        collected_at: of the oldest of them; None if it needs none.
        is_stale: at least one stopped coming.
        keeps_points: stale, but not yet for too long.
        reason: why, for people; empty when fresh.
    """

    collected_at: datetime | None
    is_stale: bool
    keeps_points: bool
    reason: str


def freshness(
    versions: Iterable[TableVersion], as_of: datetime, stale_after_days: int = STALE_AFTER_DAYS
) -> Freshness:
    """Freshness of the tables of one control at ``as_of`` (S4).

    Args:
        versions: the table versions the control was evaluated from, in any order.
        as_of: aware, UTC, not before any ``collected_at``.
        stale_after_days: >= 0.

    >>> from datetime import UTC
    >>> day = datetime(2026, 3, 1, tzinfo=UTC)
    >>> freshness([TableVersion("t", "d", 1, day)], day + timedelta(days=15)).keeps_points
    False
    """
    oldest: TableVersion | None = None
    stale: TableVersion | None = None
    for version in versions:
        if oldest is None or version.collected_at < oldest.collected_at:
            oldest = version
        is_stale = bool(version.stale_reason) or as_of - version.collected_at > FRESH_FOR
        if is_stale and (stale is None or version.collected_at < stale.collected_at):
            stale = version
    if stale is None:
        return Freshness(oldest.collected_at if oldest else None, False, True, "")
    age = as_of - stale.collected_at
    reason = f"{stale.table} was last read {_age(age)} earlier"
    if stale.stale_reason:
        reason += f": {stale.stale_reason}"
    keeps = age <= timedelta(days=stale_after_days)
    if not keeps:
        reason += f"; its points are kept for {stale_after_days} days only"
    return Freshness(stale.collected_at, True, keeps, reason)


def _age(age: timedelta) -> str:
    days = age.days
    if days > 1:
        return f"{days} days"
    hours = int(age.total_seconds() // 3600)
    return f"{hours} hours"
