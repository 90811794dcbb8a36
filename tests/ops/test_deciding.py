"""People's edits: checked, written down, counted at once, never over each other, taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from securescore.core.errors import AccessDenied, InputError
from securescore.core.points import Points
from securescore.core.status import Status
from securescore.ops.action_edit import ActionEdit, EditConflict
from securescore.ops.approving import decide_request, withdraw_request
from securescore.ops.deciding import edit_action, edit_actions, restate_where_due
from securescore.ops.undoing import undo
from securescore.ops.verification import verify
from securescore.organizations.access import Access, Right, RightMissing
from securescore.organizations.models import Organization
from securescore.record import answers, audit, query
from securescore.record.models import ActionDecision, AuditEntry, ControlChange, Snapshot
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MFA = "MFARegistrationV2"
NOW = world.START + timedelta(days=3, hours=5)
EVERYTHING = frozenset(Right)


def access(organization: Organization, person: str = "ana", *rights: Right) -> Access:
    held = frozenset(rights) or EVERYTHING
    return Access(organization, "role", held, person=person, actor=person)


@pytest.fixture
def organization() -> Organization:
    made = world.organization()
    world.record(made, *[world.mfa(day, 10, 5) for day in range(3)])
    return made


def row(organization: Organization, control_id: str = MFA) -> answers.ActionRow:
    return next(a for a in query.actions(organization) if a.id == control_id)


def points(organization: Organization) -> Points:
    score = query.latest_score(organization)
    assert score is not None
    return score.points


THIRD_PARTY = ActionEdit(status=Status.THIRD_PARTY, note="The gateway does it.")
ACCEPTED = ActionEdit(status=Status.RISK_ACCEPTED, note="Until spring.", review_on=date(2026, 6, 1))


def test_a_status_counts_at_once_and_everything_still_verifies(organization: Organization) -> None:
    before = points(organization)
    edited = edit_action(access(organization), MFA, THIRD_PARTY, seen_version=0, now=NOW)
    found = verify(world.work(), organization)

    assert edited.changed == (MFA,)
    assert (row(organization).status, row(organization).points) == (
        Status.THIRD_PARTY,
        Points(900),
    )
    assert points(organization) - before == 450
    assert (found.differences, found.n_snapshots) == ((), 4)


def test_the_change_of_a_status_is_attributed_to_people(organization: Organization) -> None:
    edit_action(access(organization), MFA, THIRD_PARTY, seen_version=None, now=NOW)
    newest = ControlChange.objects.get(organization=organization, control_id=MFA, until=None)

    assert (newest.cause, newest.parts, newest.delta) == ("status", {"status": 450}, 450)


def test_the_data_of_a_status_snapshot_is_as_old_as_it_is(organization: Organization) -> None:
    before = query.latest_score(organization)
    edit_action(access(organization), MFA, THIRD_PARTY, seen_version=None, now=NOW)
    after = query.latest_score(organization)

    assert before is not None
    assert after is not None
    assert before.as_of == after.as_of


def test_data_that_comes_later_goes_on_from_the_status(organization: Organization) -> None:
    edit_action(access(organization), MFA, THIRD_PARTY, seen_version=None, now=NOW)
    world.record(organization, world.mfa(4, 10, 7))
    newest = ControlChange.objects.get(organization=organization, control_id=MFA, until=None)

    assert (newest.points, newest.measured_points, newest.delta) == (900, 630, 0)
    assert newest.parts == {"user": 180, "status": -180}
    assert verify(world.work(), organization).differences == ()


def test_data_that_comes_late_keeps_the_snapshots_of_statuses(organization: Organization) -> None:
    edit_action(access(organization), MFA, THIRD_PARTY, seen_version=None, now=NOW)
    expected = points(organization)
    world.record(organization, world.mfa(1, 10, 9, scope="late"))
    statuses = Snapshot.objects.filter(organization=organization, is_status_only=True)

    assert [NOW] == [s.at for s in statuses]
    assert expected == Points(statuses[0].points)
    assert verify(world.work(), organization).differences == ()


def test_an_edit_of_what_somebody_else_changed_loses_nothing(organization: Organization) -> None:
    edit_action(
        access(organization, "bo"), MFA, ActionEdit(notes="Bo was here."), seen_version=0, now=NOW
    )
    with pytest.raises(EditConflict) as conflict:
        edit_action(
            access(organization), MFA, ActionEdit(notes="Ana too."), seen_version=0, now=NOW
        )

    assert (conflict.value.by, conflict.value.version) == ("bo", 1)
    assert conflict.value.theirs == {"notes": "Bo was here."}
    assert conflict.value.yours == {"notes": "Ana too."}
    answer = query.action(organization, MFA)
    assert answer is not None
    assert answer.notes == "Bo was here."


def test_saving_what_is_there_already_changes_nothing(organization: Organization) -> None:
    edit_action(access(organization), MFA, THIRD_PARTY, seen_version=0, now=NOW)
    n_entries, n_snapshots = AuditEntry.objects.count(), Snapshot.objects.count()
    again = edit_action(access(organization), MFA, THIRD_PARTY, seen_version=1, now=NOW)

    assert again.batch is None
    assert (n_entries, n_snapshots) == (AuditEntry.objects.count(), Snapshot.objects.count())


def test_undo_gives_back_status_points_and_notes(organization: Organization) -> None:
    before, points_before = row(organization), points(organization)
    edit = ActionEdit(
        status=Status.PLANNED, assignee="cleo", due_on=date(2026, 4, 1), tags=("q2",), notes="x"
    )
    edited = edit_action(access(organization), MFA, edit, seen_version=0, now=NOW)
    assert row(organization).tags == ("q2",)
    assert edited.batch is not None
    undone = undo(access(organization, "bo"), edited.batch, now=NOW + timedelta(minutes=1))
    after = row(organization)

    assert undone.changed == (MFA,)
    assert (before.status, before.assignee, before.due_on, before.tags) == (
        after.status,
        after.assignee,
        after.due_on,
        after.tags,
    )
    assert points_before == points(organization)
    assert undone.batch is not None
    undo(access(organization), undone.batch, now=NOW + timedelta(minutes=2))
    assert row(organization).status == Status.PLANNED


def test_undo_leaves_alone_what_was_changed_since(organization: Organization) -> None:
    edited = edit_action(access(organization), MFA, ActionEdit(notes="x"), seen_version=0, now=NOW)
    edit_action(access(organization, "bo"), MFA, ActionEdit(notes="y"), seen_version=1, now=NOW)
    assert edited.batch is not None
    undone = undo(access(organization), edited.batch, now=NOW)

    assert (undone.changed, dict(undone.refused)) == ((), {MFA: "bo changed it since"})


def test_many_actions_change_in_one_go_and_are_undone_in_one_go(
    organization: Organization,
) -> None:
    ids = [a.id for a in query.actions(organization)][:20]
    edit = ActionEdit(add_tags=("Spring", "spring"), assignee="cleo")
    edited = edit_actions(access(organization), [*ids, "Nothing"], edit, now=NOW)

    assert edited.changed == tuple(ids)
    assert dict(edited.refused) == {"Nothing": "there is no such action"}
    assert {a.tags for a in query.actions(organization) if a.id in ids} == {("Spring",)}
    assert edited.batch is not None
    undo(access(organization), edited.batch, now=NOW)
    assert {a.tags for a in query.actions(organization)} == {()}


@pytest.mark.parametrize(
    "edit",
    [
        ActionEdit(status=Status.COMPLETED),
        ActionEdit(status=Status.THIRD_PARTY),
        ActionEdit(status=Status.RISK_ACCEPTED, note="because"),
        ActionEdit(status=Status.RISK_ACCEPTED, review_on=date(2030, 1, 1)),
        ActionEdit(status=Status.RISK_ACCEPTED, note="x", review_on=date(2020, 1, 1)),
        ActionEdit(status=Status.THIRD_PARTY, note="x", ends_on=date(2026, 3, 4)),
        ActionEdit(tags=("a, b",)),
        ActionEdit(tags=tuple(f"t{n}" for n in range(21))),
        ActionEdit(notes="x" * 20_001),
        ActionEdit(assignee="x" * 201),
    ],
)
def test_what_is_not_allowed_is_refused_and_nothing_is_written(
    organization: Organization, edit: ActionEdit
) -> None:
    with pytest.raises(InputError):
        edit_action(access(organization), MFA, edit, seen_version=0, now=NOW)

    assert not ActionDecision.objects.exists()
    assert not AuditEntry.objects.exists()
    assert row(organization).version == 0


def test_a_completed_action_keeps_its_status(organization: Organization) -> None:
    world.record(organization, world.mfa(3, 10, 10))
    with pytest.raises(InputError, match="follows the data"):
        edit_action(access(organization), MFA, ACCEPTED, seen_version=0, now=NOW)

    edited = edit_action(
        access(organization), MFA, ActionEdit(notes="Well done."), seen_version=0, now=NOW
    )
    assert edited.changed == (MFA,)


def test_a_decision_ends_by_itself_on_its_day(organization: Organization) -> None:
    before = points(organization)
    edit = ActionEdit(status=Status.THIRD_PARTY, note="Contract.", ends_on=date(2026, 3, 9))
    edit_action(access(organization), MFA, edit, seen_version=0, now=NOW)
    early = restate_where_due(datetime(2026, 3, 8, 23, tzinfo=UTC))
    on_the_day = restate_where_due(datetime(2026, 3, 9, 0, 1, tzinfo=UTC))
    again = restate_where_due(datetime(2026, 3, 9, 0, 2, tzinfo=UTC))

    assert (early, on_the_day, again) == (0, 1, 0)
    assert (row(organization).status, points(organization)) == (Status.TO_ADDRESS, before)
    assert verify(world.work(), organization).differences == ()


def test_an_accepted_risk_waits_for_somebody_else(organization: Organization) -> None:
    organization.needs_approval = True
    organization.save()
    asked = edit_action(access(organization), MFA, ACCEPTED, seen_version=0, now=NOW)
    [waiting] = query.waiting_risks(organization)

    assert asked.requested == (MFA,)
    assert (row(organization).status, row(organization).is_waiting) == (Status.TO_ADDRESS, True)
    assert (waiting.requested_by, waiting.reason, waiting.has_changed) == (
        "ana",
        "Until spring.",
        False,
    )
    request = query.waiting_risks(organization)[0].id
    with pytest.raises(InputError, match="somebody else"):
        decide(organization, "ana", request)
    decide(organization, "bo", request)
    after = query.action(organization, MFA)
    assert after is not None
    assert (after.row.status, after.row.is_waiting, after.row.review_on) == (
        Status.RISK_ACCEPTED,
        False,
        date(2026, 6, 1),
    )
    assert (after.decided_by, after.approved_by) == ("ana", "bo")


def decide(organization: Organization, person: str, request: str, *, approve: bool = True) -> None:
    import uuid

    decide_request(
        access(organization, person), uuid.UUID(request), is_approved=approve, note="no", now=NOW
    )


def test_a_request_is_declined_with_a_reason_or_withdrawn(organization: Organization) -> None:
    organization.needs_approval = True
    organization.save()
    edit_action(access(organization), MFA, ACCEPTED, seen_version=0, now=NOW)
    with pytest.raises(InputError, match="waits for approval"):
        edit_action(access(organization), MFA, ACCEPTED, seen_version=0, now=NOW)
    decide(organization, "bo", query.waiting_risks(organization)[0].id, approve=False)
    assert query.waiting_risks(organization) == ()

    edit_action(access(organization), MFA, ACCEPTED, seen_version=0, now=NOW)
    import uuid

    request = uuid.UUID(query.waiting_risks(organization)[0].id)
    with pytest.raises(AccessDenied):
        withdraw_request(access(organization, "bo", Right.EDIT), request, now=NOW)
    withdraw_request(access(organization, "ana", Right.EDIT), request, now=NOW)
    assert query.waiting_risks(organization) == ()
    assert row(organization).status == Status.TO_ADDRESS


def test_an_approver_sees_that_the_action_changed_since(organization: Organization) -> None:
    organization.needs_approval = True
    organization.save()
    edit_action(access(organization), MFA, ACCEPTED, seen_version=0, now=NOW)
    world.record(organization, world.mfa(4, 10, 1))

    assert query.waiting_risks(organization)[0].has_changed


def test_who_may_not_edit_or_approve_cannot(organization: Organization) -> None:
    viewer = access(organization, "vic", Right.VIEW)
    with pytest.raises(RightMissing):
        edit_action(viewer, MFA, THIRD_PARTY, seen_version=0, now=NOW)
    with pytest.raises(RightMissing):
        edit_actions(viewer, [MFA], THIRD_PARTY, now=NOW)


def test_every_edit_stands_in_the_audit_log_from_and_to(organization: Organization) -> None:
    edit_action(access(organization), MFA, THIRD_PARTY, seen_version=0, now=NOW)
    [entry] = audit.entries_of(organization)

    assert (entry.by, entry.action, entry.target) == ("ana", "action.edit", MFA)
    assert entry.old == {"note": "", "status": "to address"}
    assert entry.new == {
        "note": "The gateway does it.",
        "status": "resolved through third party",
        "version": 1,
    }
