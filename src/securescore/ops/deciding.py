"""What people do with recommended actions: status, assignee, due date, tags, notes; and undo.

Every change goes through here, whichever face it comes from: it is checked, written with the
audit log, and counted in the score at once, in one transaction. Who edits says which version of
the action was seen; what somebody else changed meanwhile is never overwritten.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Literal

from django.db import transaction

from securescore.core.errors import AccessDenied, InputError
from securescore.core.status import ATTESTED, Decision, Status
from securescore.ops.action_edit import EDIT, KEEP, ActionEdit, EditConflict, Edited
from securescore.ops.action_state import (
    DECISION_FIELDS,
    NAME_LENGTH,
    NOTES_LENGTH,
    ActionState,
    bump,
    clean_text,
    day_of,
    default_of,
    instant_after,
    locked,
    refuse_completed,
    states_of,
    to_json,
)
from securescore.ops.approving import needs_request, new_request
from securescore.organizations.access import Access, Right, require
from securescore.organizations.models import Organization
from securescore.record import audit
from securescore.record.decisions import write_decisions
from securescore.record.models import ActionWork
from securescore.record.restate import organizations_due, write_status_snapshot

MAX_TAGS, TAG_LENGTH = 20, 40


def edit_action(
    access: Access, control_id: str, edit: ActionEdit, *, seen_version: int | None, now: datetime
) -> Edited:
    """Change one action.

    Args:
        access: whose and by whom; needs the right to edit.
        control_id: an action of the newest snapshot.
        edit: what changes.
        seen_version: the version that was shown (``ActionRow.version``); None does not ask.
        now: aware.

    Raises:
        AccessDenied: there is no such action.
        EditConflict: it was changed since ``seen_version``.
        InputError: a value is not allowed; nothing was written.
    """
    require(access, Right.EDIT)
    with transaction.atomic():
        organization = locked(access.organization)
        states = states_of(organization, [control_id], now)
        if control_id not in states:
            raise AccessDenied(what="there is no such action", where=control_id)
        state = states[control_id]
        if seen_version is not None and seen_version != state.work.version:
            _raise_conflict(state, edit)
        batch = uuid.uuid4()
        outcome = _apply(organization, access, state, edit, batch, now)
        if outcome == "changed":
            write_status_snapshot(organization, now)
        return Edited(
            batch if outcome else None,
            (control_id,) if outcome == "changed" else (),
            (control_id,) if outcome == "requested" else (),
            {},
        )


def edit_actions(
    access: Access, control_ids: Iterable[str], edit: ActionEdit, *, now: datetime
) -> Edited:
    """Change many actions in one go, with one undo; those that cannot be changed are named."""
    require(access, Right.EDIT)
    wanted = list(dict.fromkeys(control_ids))
    with transaction.atomic():
        organization = locked(access.organization)
        states = states_of(organization, wanted, now)
        batch = uuid.uuid4()
        changed: list[str] = []
        requested: list[str] = []
        refused = {i: "there is no such action" for i in wanted if i not in states}
        for control_id, state in states.items():
            try:
                outcome = _apply(organization, access, state, edit, batch, now)
            except InputError as error:
                refused[control_id] = error.what
            else:
                if outcome:
                    (changed if outcome == "changed" else requested).append(control_id)
        if changed:
            write_status_snapshot(organization, now)
    made = bool(changed or requested)
    return Edited(batch if made else None, tuple(changed), tuple(requested), refused)


def restate_where_due(now: datetime) -> int:
    """Record the end of decisions whose day has come; how many organizations changed."""
    n_changed = 0
    for organization in organizations_due(now):
        with transaction.atomic():
            n_changed += write_status_snapshot(locked(organization), now)
    return n_changed


def _apply(
    organization: Organization,
    access: Access,
    state: ActionState,
    edit: ActionEdit,
    batch: uuid.UUID,
    now: datetime,
) -> Literal["", "changed", "requested"]:
    """Write one edit; which of both happened, empty where nothing was to change."""
    before = state.values()
    _set_work(state.work, edit)
    request = decision = None
    if edit.status is not KEEP:
        decision = _decision(organization, access, state, edit, now)
        if decision is not None and needs_request(organization, decision):
            request = new_request(organization, access, state, decision, now)
            decision = None
    if decision is not None:
        # Two decisions of one action at one instant: the later one is the one that counts.
        write_decisions(organization, [decision])
        state.decision = decision
    after = state.values()
    if before == after and request is None:
        return ""
    if before != after:
        bump(organization, state, access.actor, now)
    changed = {key for key in after if before[key] != after[key]}
    new = {key: after[key] for key in after if key in changed} | {"version": state.work.version}
    entries = [audit.Change(EDIT, state.control_id, {k: before[k] for k in sorted(changed)}, new)]
    if request is not None:
        asked: dict[str, object] = {"reason": request.reason, "review_on": request.review_on}
        entries = [audit.Change("risk.request", state.control_id, {}, asked)] + (
            entries if changed else []
        )
    audit.append(entries, by=access.actor, at=now, organization=organization, batch=batch)
    return "changed" if request is None else "requested"


def _decision(
    organization: Organization, access: Access, state: ActionState, edit: ActionEdit, now: datetime
) -> Decision | None:
    """The decision that an edit asks for; None where it is the one that holds already."""
    if edit.status is KEEP:
        return None
    today = day_of(organization, now)
    status = edit.status
    is_plain = status in (Status.TO_ADDRESS, Status.PLANNED)
    decision = Decision(
        control_id=state.control_id,
        status=status,
        at=instant_after(state.decision, now),
        by=access.actor,
        note=clean_text(edit.note, "note", NOTES_LENGTH),
        review_on=edit.review_on if status is Status.RISK_ACCEPTED else None,
        ends_on=None if is_plain else edit.ends_on,
        evidence=clean_text(edit.evidence, "evidence", NOTES_LENGTH) if status in ATTESTED else "",
        owner=clean_text(edit.owner, "owner", NAME_LENGTH) if status in ATTESTED else "",
    )
    for name, day in (("review date", decision.review_on), ("end date", decision.ends_on)):
        if day is not None and day <= today:
            raise InputError(
                what=f"the {name} {day.isoformat()} is not in the future",
                where=state.control_id,
                what_to_do="give a later day",
            )
    held = state.decision
    is_same = all(
        getattr(decision, name) == (getattr(held, name) if held else default_of(name))
        for name in ("status", *DECISION_FIELDS)
    )
    if is_same:
        return None
    refuse_completed(state)
    return decision


def _set_work(work: ActionWork, edit: ActionEdit) -> None:
    if edit.assignee is not KEEP:
        work.assignee = clean_text(edit.assignee, "assignee", NAME_LENGTH)
    if edit.due_on is not KEEP:
        work.due_on = edit.due_on
    if edit.notes is not KEEP:
        work.notes = clean_text(edit.notes, "notes", NOTES_LENGTH)
    tags = list(work.tags) if edit.tags is KEEP else list(_tags(edit.tags))
    tags += _tags(edit.add_tags)
    removed = {tag.casefold() for tag in edit.remove_tags}
    work.tags = [tag for tag in _tags(tags) if tag.casefold() not in removed]
    if len(work.tags) > MAX_TAGS:
        raise InputError(
            what=f"an action has at most {MAX_TAGS} tags",
            where=work.control_id,
            what_to_do="remove some first",
        )


def _tags(tags: Iterable[str]) -> list[str]:
    """Tags as they are kept: one blank between words, no comma, each once."""
    found: dict[str, str] = {}
    for raw in tags:
        tag = clean_text(raw, "tags", TAG_LENGTH)
        if "," in tag:
            raise InputError(
                what=f"a tag has no comma: {tag}", where="tags", what_to_do="give two tags"
            )
        if tag:
            found.setdefault(tag.casefold(), tag)
    return list(found.values())


def _raise_conflict(state: ActionState, edit: ActionEdit) -> None:
    theirs = state.values()
    yours = {
        field.name: to_json(value)
        for field in fields(edit)
        if (value := getattr(edit, field.name)) is not KEEP and field.name in theirs
    }
    if edit.status is KEEP:
        yours = {name: value for name, value in yours.items() if name not in DECISION_FIELDS}
    raise EditConflict(
        state.control_id,
        by=state.work.updated_by,
        at=state.work.updated_at,
        version=state.work.version,
        theirs={name: theirs[name] for name in yours if theirs[name] != yours[name]},
        yours={name: yours[name] for name in yours if theirs[name] != yours[name]},
    )
