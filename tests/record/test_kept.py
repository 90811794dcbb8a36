"""Kept answers are never older than what is recorded, and cost one small query."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from securescore.core.status import Status
from securescore.ops.action_edit import ActionEdit
from securescore.ops.deciding import edit_action
from securescore.ops.saved_views import change_view, delete_view, save_view
from securescore.organizations.access import installation_access
from securescore.organizations.models import Organization
from securescore.record import kept, query
from securescore.record.saved_views import saved_views
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MFA = "MFARegistrationV2"
NOW = world.START + timedelta(days=3, hours=5)


@pytest.fixture
def organization() -> Organization:
    made = world.organization()
    world.record(made, world.mfa(0, 10, 5))
    return made


def test_the_second_answer_costs_one_query(
    organization: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = query.actions(organization)
    with django_assert_num_queries(1):
        second = query.actions(organization)

    assert first is second


def test_what_is_recorded_is_seen_at_once(organization: Organization) -> None:
    before = query.latest_score(organization)
    world.record(organization, world.mfa(1, 10, 9))
    after = query.latest_score(organization)

    assert before is not None
    assert after is not None
    assert after.points - before.points == 360


def test_what_people_note_and_decide_is_seen_at_once(organization: Organization) -> None:
    access = installation_access(organization, "ana")
    query.action(organization, MFA)
    edit_action(access, MFA, ActionEdit(notes="Soon."), seen_version=0, now=NOW)
    noted = query.action(organization, MFA)
    edit_action(access, MFA, ActionEdit(status=Status.PLANNED), seen_version=1, now=NOW)
    planned = query.action(organization, MFA)

    assert noted is not None
    assert planned is not None
    assert (noted.notes, planned.row.status) == ("Soon.", Status.PLANNED)


def test_views_are_seen_at_once(organization: Organization) -> None:
    access = installation_access(organization, "ana")
    user = get_user_model().objects.create_user("ana")

    def seen() -> list[tuple[str, bool]]:
        return [(v.name, v.is_default) for v in saved_views(organization, user.pk)]

    found = [seen()]
    more: dict[str, Any] = {"query": "q=mfa", "is_default": True, "now": NOW}
    mine = save_view(access, user, name="Mine", is_shared=False, **more)
    found.append(seen())
    save_view(access, user, name="First", is_shared=False, **more)
    found.append(seen())
    change_view(access, user, mine.pk, name="Renamed", now=NOW)
    found.append(seen())
    delete_view(access, user, mine.pk, now=NOW)
    found.append(seen())

    assert found == [
        [],
        [("Mine", True)],
        [("First", True), ("Mine", False)],
        [("First", True), ("Renamed", False)],
        [("First", True)],
    ]
    assert saved_views(organization, None) == ()


def test_zones_are_part_of_the_answer(organization: Organization) -> None:
    assert query.latest_score(organization) is query.latest_score(organization)
    organization.zone_good_from = organization.zone_okay_from = 0
    score = query.latest_score(organization)

    assert score is not None
    assert score.zone == "good"


def test_what_was_rolled_back_leaves_nothing_behind(organization: Organization) -> None:
    class Undone(Exception):
        pass

    before = query.actions(organization)

    @transaction.atomic
    def write_and_fail() -> None:
        edit_action(
            installation_access(organization, "ana"),
            MFA,
            ActionEdit(tags=("gone",)),
            seen_version=0,
            now=NOW,
        )
        assert query.actions(organization) != before
        raise Undone

    with pytest.raises(Undone):
        write_and_fail()

    assert before == query.actions(organization)
    edit_action(
        installation_access(organization, "ana"),
        MFA,
        ActionEdit(tags=("kept",)),
        seen_version=0,
        now=NOW,
    )
    assert {tag for row in query.actions(organization) for tag in row.tags} == {"kept"}


def test_the_answers_of_two_organizations_are_not_mixed(organization: Organization) -> None:
    other = world.organization("Other")
    world.record(other, world.mfa(0, 10, 10))

    assert query.latest_score(organization) != query.latest_score(other)


def test_no_more_than_so_many_are_kept(organization: Organization) -> None:
    for day in range(kept.MAX_KEPT + 5):
        query.score_on(organization, world.START.date() + timedelta(days=day))

    assert len(kept._answers) == kept.MAX_KEPT


def test_no_more_than_so_many_of_each_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_OF_EACH", 2)
    asked: list[str] = []

    @kept.kept_of_each
    def names(organizations: Sequence[Organization]) -> dict[uuid.UUID, str]:
        asked.extend(one.name for one in organizations)
        return {one.pk: one.name for one in organizations}

    a, b, c = (world.organization(name) for name in "abc")
    names([a, b])
    names([a])  # b is now the one not asked for longest
    names([c])
    assert {a.pk: "a", c.pk: "c"} == names([a, c])
    assert ["a", "b", "c"] == asked
    names([b])

    assert ["a", "b", "c", "b"] == asked
