"""An edit of an action and what came of it: the values that faces and ``ops.deciding`` exchange."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Final, Literal

from securescore.core.errors import SecureScoreError
from securescore.core.status import Status

EDIT = "action.edit"
"""What the audit log calls it."""


class Keep(Enum):
    """Stands for: leave it as it is."""

    AS_IS = "as is"


KEEP: Final = Keep.AS_IS
Kept = Literal[Keep.AS_IS]


@dataclass(frozen=True, slots=True)
class ActionEdit:
    """What is to change; a field that is :data:`KEEP` stays.

    ``note`` to ``owner`` belong to the status and are read only with one. ``add_tags`` and
    ``remove_tags`` change some tags and leave the rest, for edits of many actions at once.
    """

    status: Status | Kept = KEEP
    note: str = ""
    review_on: date | None = None
    ends_on: date | None = None
    evidence: str = ""
    owner: str = ""
    assignee: str | Kept = KEEP
    due_on: date | Kept | None = KEEP
    tags: tuple[str, ...] | Kept = KEEP
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    notes: str | Kept = KEEP


@dataclass(frozen=True, slots=True)
class Edited:
    """What came of an edit.

    Attributes:
        batch: names the edit, for :func:`undo`; None where nothing changed.
        changed: ids of the actions that changed.
        requested: ids whose accepted risk now waits for somebody's approval.
        refused: reason by id of those that could not be changed.
    """

    batch: uuid.UUID | None
    changed: tuple[str, ...]
    requested: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


class EditConflict(SecureScoreError):
    """Somebody else changed the action since it was shown: nothing was written.

    ``theirs`` is what stands now, ``yours`` what was sent, field by field where they differ.
    """

    code = "conflict"

    def __init__(
        self,
        control_id: str,
        *,
        by: str,
        at: datetime | None,
        version: int,
        theirs: Mapping[str, object],
        yours: Mapping[str, object],
    ) -> None:
        self.control_id, self.by, self.at, self.version = control_id, by, at, version
        self.theirs, self.yours = theirs, yours
        super().__init__(
            what=f"{by or 'somebody'} changed this action meanwhile",
            where=control_id,
            what_to_do="compare both, then save again",
        )
