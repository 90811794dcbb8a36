"""Statuses that came with an import, as decisions.

Graph holds Default, Ignored, ThirdParty and Reviewed; the field reads Ignored as risk accepted
and Reviewed as alternate mitigation (facts/secure-score.md section 3). A status without a note
gets one that says where it came from, and an accepted risk a review in 90 days: nobody's
acceptance may last for ever by being imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from securescore.core.collection import Collected
from securescore.core.status import Decision, Status

STATUS_OF = {
    "ignored": Status.RISK_ACCEPTED,
    "thirdparty": Status.THIRD_PARTY,
    "reviewed": Status.ALTERNATE_MITIGATION,
}
REVIEW_AFTER = timedelta(days=90)


def decisions_of(collected: Iterable[Collected], now: datetime) -> list[Decision]:
    """A decision for each imported status that is not the default."""
    found: dict[tuple[str, datetime], Decision] = {}
    for one in collected:
        for reported in one.statuses:
            status = STATUS_OF.get(reported.state.lower())
            if status is None:
                continue
            at = reported.updated_at or one.collected_at
            is_accepted = status is Status.RISK_ACCEPTED
            found[reported.control_id, at] = Decision(
                control_id=reported.control_id,
                status=status,
                at=at,
                by=reported.updated_by or f"imported from {one.source}",
                note=reported.comment or f"Imported from {one.source} as '{reported.state}'.",
                review_on=(max(at, now) + REVIEW_AFTER).date() if is_accepted else None,
                assignee=reported.assigned_to,
            )
    return list(found.values())
