"""Operations: changes of actions, one or many, and their undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from pydantic import ConfigDict, Field, StrictInt

from securescore.core.status import Status
from securescore.ops.action_edit import KEEP, ActionEdit, Edited
from securescore.ops.deciding import MAX_TAGS, TAG_LENGTH, edit_action, edit_actions
from securescore.ops.undoing import undo
from securescore.organizations.access import Right
from securescore.present.rest_api import actions
from securescore.present.rest_api.answering import answer
from securescore.present.rest_api.door import access_of, now
from securescore.present.rest_api.errors import invalid
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import Action, shape
from securescore.present.rest_api.values import LARGEST, ControlId, Day, Line, Sent, Text
from securescore.record import query

MOST_AT_ONCE = 1000
OF_THE_STATUS = ("note", "review_on", "ends_on", "evidence", "owner")
operations = Operations("Actions")
Tag = Annotated[Line, Field(max_length=TAG_LENGTH)]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS)]


class Changes(Sent):
    """What is to change; what is left out stays."""

    status: Status | None = Field(
        default=None, description="`completed` follows from the data and cannot be chosen."
    )
    note: Text = Field(default="", description="Why; of the status. Risk accepted: the reason.")
    review_on: Day | None = Field(
        default=None, description="Of an accepted risk: when it is looked at again."
    )
    ends_on: Day | None = Field(
        default=None, description="First day on which the status no longer holds."
    )
    evidence: Text = Field(default="", description="Where what is attested can be checked.")
    owner: Line = Field(default="", description="Who answers for what is attested.")
    assignee: Line | None = Field(default=None, description="Who works on it; empty for nobody.")
    due_on: Day | None = Field(default=None, description="Null takes the day away.")

    def edit(self, **more: Any) -> ActionEdit:
        """The edit that is asked for."""
        alone = [name for name in OF_THE_STATUS if name in self.model_fields_set]
        if self.status is None and alone:
            raise invalid(
                where=f"body.{alone[0]}",
                what="it belongs to a status",
                what_to_do="Send the status with it",
            )
        values: dict[str, Any] = self.given("due_on", *OF_THE_STATUS)
        return ActionEdit(
            status=self.status or KEEP,
            assignee=KEEP if self.assignee is None else self.assignee,
            **values,
            **more,
        )


class ActionChanges(Changes):
    """Changes of one action; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 3,
                    "status": "risk accepted",
                    "note": "The old scanner cannot sign in otherwise.",
                    "review_on": "2027-03-01",
                }
            ]
        }
    )

    version: StrictInt = Field(
        ge=0, le=LARGEST, description="The version that was seen: `version` of the action's row."
    )
    tags: Tags | None = Field(default=None, description="All of its tags.")
    notes: Text | None = Field(default=None, description="Markdown, plain subset.")


class BulkChanges(Changes):
    """The same change of many actions; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ids": ["AdminMFAV2", "BlockLegacyAuthentication"], "status": "planned"}]
        }
    )

    ids: list[ControlId] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="Ids of the actions."
    )
    add_tags: Tags = Field(default=[], description="Tags to add.")
    remove_tags: Tags = Field(default=[], description="Tags to take away.")


@dataclass(frozen=True, slots=True)
class EditAnswer:
    """What came of an edit."""

    batch: str | None
    changed: tuple[str, ...]
    requested: tuple[str, ...]
    refused: dict[str, str]


class ActionEdited(shape(EditAnswer)):  # type: ignore[misc]  # a base made at run time
    """What came of an edit of one action, and the action as it is now."""

    action: Action = Field(description="The action after the edit.")  # type: ignore[valid-type]  # made at run time


def _edited(edited: Edited) -> dict[str, object]:
    return {
        "batch": None if edited.batch is None else str(edited.batch),
        "changed": edited.changed,
        "requested": edited.requested,
        "refused": dict(edited.refused),
    }


@operations.send(
    "POST",
    "/actions/bulk",
    name="editActions",
    summary="Change many actions",
    right=Right.EDIT,
    gives=shape(EditAnswer),
    errors=(404,),
)
def edit_many(request: HttpRequest, changes: BulkChanges) -> HttpResponse:
    """The same change of many actions in one go, with one undo; those that cannot be changed are
    named in `refused`, with the reason.
    """
    edit = changes.edit(add_tags=tuple(changes.add_tags), remove_tags=tuple(changes.remove_tags))
    return answer(_edited(edit_actions(access_of(request), changes.ids, edit, now=now())))


@actions.operations.send(  # beside the GET of the same address
    "PATCH",
    "/actions/{path:control_id}",
    name="editAction",
    summary="Change an action",
    right=Right.EDIT,
    gives=ActionEdited,
    errors=(409,),
)
def edit_one(request: HttpRequest, control_id: str, changes: ActionChanges) -> HttpResponse:
    """Status, assignee, due date, tags, notes. `version` is the one that was seen: where somebody
    changed the action meanwhile, nothing is written and 409 gives both sides. Where the
    organization asks for approval, an accepted risk becomes a request: its id is in `requested`.
    """
    access = access_of(request)
    edit = changes.edit(
        tags=KEEP if changes.tags is None else tuple(changes.tags),
        notes=KEEP if changes.notes is None else changes.notes,
    )
    edited = edit_action(access, control_id, edit, seen_version=changes.version, now=now())
    row = next(row for row in query.actions(access.organization) if row.id == control_id)
    return answer({**_edited(edited), "action": row})


@operations.send(
    "POST",
    "/edits/{uuid:batch}/undo",
    name="undoEdit",
    summary="Take an edit back",
    right=Right.EDIT,
    gives=shape(EditAnswer),
)
def undo_edit(request: HttpRequest, batch: UUID) -> HttpResponse:
    """Every action of the edit that nobody changed since gets its earlier values. The undo is an
    edit itself, with a `batch` of its own.
    """
    return answer(_edited(undo(access_of(request), batch, now=now())))
