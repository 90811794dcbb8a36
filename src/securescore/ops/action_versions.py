"""What an action's fields were when somebody looked: for edits that come back late.

Every edit stands in the audit log with its old values and the version it made; going back through
them from what holds now gives what any earlier version showed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from securescore.ops.action_state import states_of
from securescore.organizations.access import Access
from securescore.record import audit

MAX_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class SeenAndNow:
    """Values that people may change, as the audit log writes them (days as ISO text).

    ``seen`` are those of the version somebody saw, ``now`` those that hold; ``version`` is that
    of ``now``.
    """

    seen: Mapping[str, object]
    now: Mapping[str, object]
    version: int


def values_seen(
    access: Access, control_id: str, seen_version: int, now: datetime
) -> SeenAndNow | None:
    """The values of the version that was shown; None if there is no such action.

    A version that never was gives what holds now.
    """
    organization = access.organization
    state = states_of(organization, [control_id], now).get(control_id)
    if state is None:
        return None
    current = state.values()
    seen = dict(current)
    version = state.work.version
    if 0 <= seen_version < version:
        entries = audit.entries_of(organization).filter(target=control_id)[:MAX_ENTRIES]
        for entry in entries:  # newest first
            made = entry.new.get("version")
            if made is None or entry.action == "risk.decline":
                continue
            if int(made) <= seen_version:
                break
            seen |= {name: value for name, value in entry.old.items() if name in seen}
    return SeenAndNow(seen, current, version)


def can_be_undone(access: Access, batch: uuid.UUID | None) -> bool:
    """Whether an edit wrote anything that an undo can take back."""
    if batch is None:
        return False
    return audit.entries_of(access.organization).filter(batch=batch, action="action.edit").exists()
