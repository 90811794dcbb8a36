"""What an action's fields were, for every version that somebody may have seen."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from securescore.core.status import Status
from securescore.ops.action_edit import ActionEdit
from securescore.ops.action_versions import can_be_undone, values_seen
from securescore.ops.approving import decide_request
from securescore.ops.deciding import edit_action
from securescore.ops.undoing import undo
from securescore.organizations.access import Access, Right
from securescore.organizations.models import Organization
from securescore.record import query
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MFA = "MFARegistrationV2"
NOW = world.START + timedelta(days=3, hours=5)
RISK = ActionEdit(status=Status.RISK_ACCEPTED, note="Until spring.", review_on=date(2031, 6, 1))
EDITS = (
    ActionEdit(notes="one"),
    ActionEdit(status=Status.PLANNED, tags=("q2",)),
    ActionEdit(assignee="cleo", due_on=date(2026, 5, 1)),
    ActionEdit(status=Status.THIRD_PARTY, note="Gateway.", evidence="Contract", owner="Bo"),
    ActionEdit(notes="two", add_tags=("board",)),
    ActionEdit(status=Status.TO_ADDRESS, assignee=""),
)


def access(organization: Organization, person: str = "ana") -> Access:
    return Access(organization, "admin", frozenset(Right), person=person, actor=person)


@pytest.fixture
def organization() -> Organization:
    made = world.organization()
    world.record(made, world.mfa(0, 10, 5))
    return made


def test_every_version_can_be_told_from_the_log(organization: Organization) -> None:
    who = access(organization)
    states = []
    for number, edit in enumerate(EDITS):
        at = NOW + timedelta(minutes=number)
        found = values_seen(who, MFA, number, at)
        assert found is not None
        states.append(dict(found.now))
        edited = edit_action(who, MFA, edit, seen_version=number, now=at)
    assert edited.batch is not None
    states.append(dict(values_seen(who, MFA, 6, NOW + timedelta(hours=1)).now))  # type: ignore[union-attr]  # it is there
    undo(who, edited.batch, now=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=2)

    for number, expected in enumerate(states):
        found = values_seen(who, MFA, number, later)
        assert found is not None
        assert (expected, 7) == (dict(found.seen), found.version)


def test_an_approval_is_a_version_too(organization: Organization) -> None:
    organization.needs_approval = True
    organization.save()
    edit_action(access(organization), MFA, RISK, seen_version=0, now=NOW)
    request = uuid.UUID(query.waiting_risks(organization)[0].id)
    decide_request(access(organization, "bo"), request, is_approved=True, now=NOW)
    found = values_seen(access(organization), MFA, 0, NOW + timedelta(minutes=1))

    assert found is not None
    assert (found.seen["status"], found.now["status"]) == ("to address", "risk accepted")


def test_a_version_that_never_was_gives_what_holds(organization: Organization) -> None:
    edit_action(access(organization), MFA, EDITS[0], seen_version=0, now=NOW)
    for version in (-1, 1, 99):
        found = values_seen(access(organization), MFA, version, NOW)

        assert found is not None
        assert dict(found.seen) == dict(found.now)


def test_an_action_that_is_not_there_has_no_values(organization: Organization) -> None:
    assert values_seen(access(organization), "Nothing", 0, NOW) is None


def test_a_request_alone_leaves_nothing_to_undo(organization: Organization) -> None:
    organization.needs_approval = True
    organization.save()
    asked = edit_action(access(organization), MFA, RISK, seen_version=0, now=NOW)
    edited = edit_action(access(organization), MFA, EDITS[0], seen_version=0, now=NOW)

    assert not can_be_undone(access(organization), asked.batch)
    assert not can_be_undone(access(organization), None)
    assert can_be_undone(access(organization), edited.batch)
