"""Organizations with real results, for tests of pages that change something."""

from __future__ import annotations

from datetime import UTC, datetime

from securescore.core.points import Points
from securescore.organizations.models import Organization
from securescore.record import query
from securescore.record.answers import ActionRow
from securescore.record.kept import touch
from securescore.record.models import ControlChange, ReportedControl
from tests.ops import world

MFA = "MFARegistrationV2"
PAGE = f"/o/contoso/actions/{MFA}/"
EDIT = f"{PAGE}edit/"


def record_three_days(organization: Organization, n_registered: int = 5) -> None:
    """Half of ten people are registered for a second factor."""
    world.record(organization, *[world.mfa(day, 10, n_registered) for day in range(3)])


def row(organization: Organization, control_id: str = MFA) -> ActionRow:
    return next(a for a in query.actions(organization) if a.id == control_id)


def points(organization: Organization) -> Points:
    score = query.latest_score(organization)
    assert score is not None
    return score.points


def add_reported(organization: Organization, n: int) -> list[str]:
    """More actions, as a tool would report them; their ids."""
    at = datetime(2026, 3, 3, 6, tzinfo=UTC)
    ids = [f"tool.check/{number:04d}" for number in range(n)]
    ReportedControl.objects.bulk_create(
        ReportedControl(
            organization=organization,
            control_id=one,
            tool="prowler",
            title=f"Check {one}",
            category="Device",
            product="AWS",
            tier="core",
            user_impact="low",
            implementation_cost="low",
            points=0,
            max_score=500,
            reported_at=at,
        )
        for one in ids
    )
    ControlChange.objects.bulk_create(
        ControlChange(
            organization=organization,
            control_id=one,
            at=at,
            added_at=at,
            state="measured",
            status="to address",
            basis="reported",
            points=0,
            measured_points=0,
            max_score=500,
        )
        for one in ids
    )
    touch(organization)
    return ids


def form_of(organization: Organization, **changes: object) -> dict[str, object]:
    """What the form of the action sends: everything as it is, but for the changes."""
    answer = query.action(organization, MFA)
    assert answer is not None
    given: dict[str, object] = {
        "version": answer.row.version,
        "status": answer.row.status,
        "note": answer.note,
        "review_on": answer.review_on or "",
        "ends_on": answer.ends_on or "",
        "evidence": answer.evidence,
        "owner": answer.owner,
        "assignee": answer.row.assignee,
        "due_on": answer.row.due_on or "",
        "tags": ", ".join(answer.row.tags),
        "notes": answer.notes,
    }
    if answer.row.status == "completed":
        del given["status"]
    return given | changes
