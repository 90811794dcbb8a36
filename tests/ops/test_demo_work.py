"""What the demo's people note goes through the same door as any edit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from securescore.core.status import Status
from securescore.ops.demo.decisions import OPERATIONS
from securescore.ops.demo_run import create_demo, remove_demo
from securescore.ops.verification import verify
from securescore.ops.workspace import workspace
from securescore.organizations.models import Organization
from securescore.record import audit, query

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_the_demo_comes_with_work_in_progress_and_goes_whole() -> None:
    now = datetime(2026, 4, 1, 9, tzinfo=UTC)
    made = create_demo(workspace(), seed=7, days=30, n_others=0, now=now)
    rows = query.actions(made.organization)
    [waiting] = query.waiting_risks(made.organization)

    assert len([row for row in rows if row.assignee and row.due_on]) == 5
    assert {"quick win", "works council"} <= {tag for row in rows for tag in row.tags}
    assert waiting.requested_by == OPERATIONS
    assert next(r.status for r in rows if r.id == waiting.control_id) != Status.RISK_ACCEPTED
    assert audit.first_altered() == (6, None)
    assert verify(workspace(), made.organization).differences == ()
    assert remove_demo(workspace()) == 1
    assert not Organization.objects.exists()
