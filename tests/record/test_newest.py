"""The newest score in an organization's row is that of its newest snapshot, whoever wrote it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from securescore.core.points import Points
from securescore.core.status import Status
from securescore.ops.action_edit import ActionEdit
from securescore.ops.approving import decide_request
from securescore.ops.deciding import edit_action, restate_where_due
from securescore.ops.pipeline import record_landed
from securescore.ops.undoing import undo
from securescore.ops.verification import verify
from securescore.organizations.access import installation_access
from securescore.organizations.models import Organization
from securescore.record import query
from securescore.record.models import ControlChange, RiskRequest, Snapshot
from securescore.record.newest import COLUMNS, kept_newest, write_newest
from securescore.record.write import forget_snapshots
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MFA = "MFARegistrationV2"
NOW = world.START + timedelta(days=3, hours=5)
MONTH = timedelta(days=30)


@pytest.fixture
def organization() -> Organization:
    """Rises, and falls on the third day."""
    made = world.organization()
    world.record(made, *[world.mfa(day, 10, n) for day, n in enumerate((5, 7, 4))])
    return made


def told(organization: Organization) -> dict[str, Any]:
    """What the row has to say, read another way than it is written."""
    score = query.latest_score(organization)
    newest = list(Snapshot.objects.filter(organization=organization).order_by("at"))
    if score is None or not newest:
        return dict.fromkeys(COLUMNS)
    at = newest[-1].at
    return {
        "newest_at": at,
        "newest_data_at": query.data_as_of(organization),
        "newest_points": int(score.points),
        "newest_max_score": int(score.max_score),
        "newest_share": None if score.percentage is None else round(score.percentage * 100),
        "newest_n_regressed": len(
            {
                change.control_id
                for change in ControlChange.objects.filter(organization=organization)
                if change.is_regression and at - MONTH < change.at <= at
            }
        ),
    }


def test_an_organization_without_data_says_nothing() -> None:
    assert dict.fromkeys(COLUMNS) == kept_newest(world.organization())


def test_what_is_recorded_stands_in_the_row(organization: Organization) -> None:
    kept = kept_newest(organization)

    assert told(organization) == kept
    assert world.START + timedelta(days=2) == kept["newest_at"] == kept["newest_data_at"]
    assert 1 == kept["newest_n_regressed"]


def test_a_fall_counts_for_thirty_days(organization: Organization) -> None:
    fallen = []
    for day in (31, 32):
        world.record(organization, world.mfa(day, 10, 4))
        assert told(organization) == kept_newest(organization)
        fallen.append(kept_newest(organization)["newest_n_regressed"])

    assert [1, 0] == fallen


def test_a_day_of_the_past_leaves_the_newest_day(organization: Organization) -> None:
    before = kept_newest(organization)
    world.record(organization, world.mfa(-5, 10, 9))

    assert told(organization) == kept_newest(organization) == before


def test_decisions_and_what_takes_them_back_stand_in_the_row(organization: Organization) -> None:
    access = installation_access(organization, "ana")
    first = kept_newest(organization)["newest_points"]
    edited = edit_action(
        access, MFA, ActionEdit(status=Status.THIRD_PARTY, note="Yes."), seen_version=0, now=NOW
    )
    decided = kept_newest(organization)
    assert told(organization) == decided
    assert edited.batch is not None
    undo(access, edited.batch, now=NOW + timedelta(hours=1))
    undone = kept_newest(organization)

    assert told(organization) == undone
    assert [first, Points(540), first] == [
        first,
        int(str(decided["newest_points"])) - int(str(first)),
        undone["newest_points"],
    ]
    assert decided["newest_at"] != undone["newest_at"]
    assert decided["newest_data_at"] == undone["newest_data_at"]


def test_an_approved_risk_stands_in_the_row(organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(needs_approval=True)
    organization.refresh_from_db()
    before = kept_newest(organization)
    edit = ActionEdit(status=Status.RISK_ACCEPTED, note="Why.", review_on=date(2026, 6, 1))
    edit_action(installation_access(organization, "ana"), MFA, edit, seen_version=0, now=NOW)
    assert before == kept_newest(organization)
    request = RiskRequest.objects.get(organization=organization)
    decide_request(
        installation_access(organization, "bo"),
        request.pk,
        is_approved=True,
        now=NOW + timedelta(hours=1),
    )

    assert told(organization) == kept_newest(organization)
    assert NOW + timedelta(hours=1) == kept_newest(organization)["newest_at"]


def test_a_decision_that_ends_by_itself_stands_in_the_row(organization: Organization) -> None:
    access = installation_access(organization, "ana")
    edit = ActionEdit(status=Status.THIRD_PARTY, note="Contract.", ends_on=date(2026, 3, 9))
    edit_action(access, MFA, edit, seen_version=0, now=NOW)
    restate_where_due(datetime(2026, 3, 9, 0, 1, tzinfo=UTC))

    assert told(organization) == kept_newest(organization)
    assert datetime(2026, 3, 9, 0, 1, tzinfo=UTC) == kept_newest(organization)["newest_at"]


def test_what_is_judged_anew_stands_in_the_row(organization: Organization) -> None:
    before = kept_newest(organization)["newest_max_score"]
    Organization.objects.filter(pk=organization.pk).update(disabled_controls=[MFA])
    organization.refresh_from_db()
    record_landed(world.work(), [(organization, [], ())], now=NOW, again_at=NOW)
    kept = kept_newest(organization)

    assert told(organization) == kept
    assert 900 == int(str(before)) - int(str(kept["newest_max_score"]))


def test_what_is_forgotten_is_taken_out_of_the_row(organization: Organization) -> None:
    forget_snapshots(organization)

    assert dict.fromkeys(COLUMNS) == kept_newest(organization)


def test_what_is_rolled_back_is_not_in_the_row(organization: Organization) -> None:
    before = kept_newest(organization)
    with transaction.atomic():
        forget_snapshots(organization)
        transaction.set_rollback(True)

    assert told(organization) == kept_newest(organization) == before


def test_the_row_is_written_once(organization: Organization) -> None:
    with CaptureQueriesContext(connection) as asked:
        write_newest(organization)

    assert 1 == sum(query["sql"].startswith("UPDATE") for query in asked)
    assert 3 == len(asked)


@pytest.mark.parametrize("column", COLUMNS)
def test_verify_finds_a_row_that_says_something_else(
    organization: Organization, column: str
) -> None:
    assert () == verify(world.work(), organization).differences
    kept = kept_newest(organization)[column]
    wrong = kept + timedelta(days=1) if isinstance(kept, datetime) else 77
    Organization.objects.filter(pk=organization.pk).update(**{column: wrong})
    [difference] = verify(world.work(), organization).differences

    assert f"{column.replace('_', ' ')} of the organization" == difference.what
    assert (str(wrong), str(kept)) == (difference.recorded, difference.recomputed)
    assert world.START + timedelta(days=2) == difference.at
