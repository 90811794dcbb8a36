"""What the people of the demo noted beside their actions: assignees, due dates, tags, notes, and an
accepted risk that waits for somebody else's approval. Goes through the same door as any edit.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from securescore.core.status import Status
from securescore.ops.action_edit import ActionEdit
from securescore.ops.deciding import edit_action
from securescore.ops.demo.decisions import CISO, NETWORK, OPERATIONS
from securescore.organizations.access import installation_access
from securescore.organizations.models import Organization
from securescore.record.actions import actions

OPEN = (Status.TO_ADDRESS.value, Status.PLANNED.value)
NOTES = (
    (
        "Agreed in the security round. **Next:** a pilot with ten people, then everyone.\n\n"
        "- pilot group is named\n- the help desk knows"
    ),
    "The works council has to be told *before* it is turned on.",
    "Needs the new licenses; the order is out.",
)
TAGS = (("quick win", "pilot"), ("works council",), ("needs license",), ("quick win",), ())


def note_work(organization: Organization, now: datetime) -> None:
    """Note work beside the best-ranked open actions, and ask for one accepted risk."""
    todo = [
        row.id
        for row in actions(organization)
        if row.state == "measured" and row.status in OPEN and row.points_left > 0
    ]
    people = (OPERATIONS, NETWORK, CISO)
    for number, control_id in enumerate(todo[: len(TAGS)]):
        edit_action(
            installation_access(organization, CISO),
            control_id,
            ActionEdit(
                assignee=people[number % len(people)],
                due_on=(now + timedelta(days=12 * number - 5)).date(),
                tags=TAGS[number],
                notes=NOTES[number] if number < len(NOTES) else "",
            ),
            seen_version=None,
            now=now,
        )
    with transaction.atomic():
        organization.needs_approval = True
        organization.save(update_fields=["needs_approval"])
    if len(todo) > len(TAGS):
        edit_action(
            installation_access(organization, OPERATIONS),
            todo[len(TAGS)],
            ActionEdit(
                status=Status.RISK_ACCEPTED,
                note="The label printers speak nothing newer. They are replaced next year.",
                review_on=(now + timedelta(days=180)).date(),
            ),
            seen_version=None,
            now=now,
        )
