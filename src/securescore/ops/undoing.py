"""Undo: an edit is taken back where nobody changed the action since."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from securescore.core.errors import AccessDenied
from securescore.core.status import Decision, Status
from securescore.ops.action_edit import EDIT, Edited
from securescore.ops.action_state import (
    DECISION_FIELDS,
    WORK_FIELDS,
    ActionState,
    bump,
    from_json,
    instant_after,
    locked,
    refuse_completed,
    states_of,
)
from securescore.organizations.access import Access, Right, require
from securescore.organizations.models import Organization
from securescore.record import audit
from securescore.record.decisions import write_decisions
from securescore.record.models import AuditEntry
from securescore.record.restate import write_status_snapshot


def undo(access: Access, batch: uuid.UUID, *, now: datetime) -> Edited:
    """Take an edit back: every action that nobody changed since gets its earlier values.

    Raises:
        AccessDenied: there is no such edit in this organization.
    """
    require(access, Right.EDIT)
    with transaction.atomic():
        organization = locked(access.organization)
        entries = list(
            AuditEntry.objects.filter(
                organization_key=organization.pk, batch=batch, action=EDIT
            ).order_by("number")
        )
        if not entries:
            raise AccessDenied(what="there is no such edit", where=str(batch))
        states = states_of(organization, [e.target for e in entries], now)
        changed, refused = [], {}
        new_batch = uuid.uuid4()
        for entry in entries:
            state = states.get(entry.target)
            if state is None:
                refused[entry.target] = "it is no longer part of the score"
            elif state.work.version != entry.new.get("version"):
                refused[entry.target] = f"{state.work.updated_by} changed it since"
            elif state.is_completed:
                refused[entry.target] = "it is completed since: the status follows the data"
            else:
                _restore(organization, access, state, entry, new_batch, now)
                changed.append(entry.target)
        if changed:
            write_status_snapshot(organization, now)
    return Edited(new_batch if changed else None, tuple(changed), (), refused)


def _restore(
    organization: Organization,
    access: Access,
    state: ActionState,
    entry: AuditEntry,
    batch: uuid.UUID,
    now: datetime,
) -> None:
    """Give an action the values it had before an edit."""
    before = state.values()
    old = entry.old
    for name in set(WORK_FIELDS) & old.keys():
        setattr(state.work, name, from_json(name, old[name]))
    if old.keys() & {"status", *DECISION_FIELDS}:
        values = {"status": before["status"], **{n: before[n] for n in DECISION_FIELDS}} | {
            name: old[name] for name in old if name in {"status", *DECISION_FIELDS}
        }
        refuse_completed(state)
        decision = Decision(
            control_id=state.control_id,
            status=Status(str(values.pop("status"))),
            at=instant_after(state.decision, now),
            by=access.actor,
            **{name: from_json(name, value) for name, value in values.items()},
        )
        write_decisions(organization, [decision])
        state.decision = decision
    bump(organization, state, access.actor, now)
    after = state.values()
    changed = sorted(key for key in after if before[key] != after[key])
    audit.append(
        [
            audit.Change(
                EDIT,
                state.control_id,
                {k: before[k] for k in changed},
                {k: after[k] for k in changed}
                | {"version": state.work.version, "undoes": str(entry.batch)},
            )
        ],
        by=access.actor,
        at=now,
        organization=organization,
        batch=batch,
    )
