"""Accepted risks in the history: asked for, declined, withdrawn, to be reviewed, ended."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from securescore.core.status import Decision, Status
from securescore.ops.action_edit import ActionEdit
from securescore.ops.approving import decide_request, withdraw_request
from securescore.ops.deciding import edit_action, restate_where_due
from securescore.organizations.access import Access, Right
from securescore.organizations.models import Organization
from securescore.record import history_answers as h
from securescore.record import query
from securescore.record.answers import HistoryEvent
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MFA = "MFARegistrationV2"
EVER = (date(1970, 1, 1), date(9999, 12, 31))
MARCH_3 = world.START + timedelta(days=2, hours=3)
ACCEPTED = ActionEdit(status=Status.RISK_ACCEPTED, note="Until spring.", review_on=date(2026, 6, 1))


def accepted(at: datetime = MARCH_3, **more: Any) -> Decision:
    days = {"review_on": date(2026, 3, 6), "ends_on": date(2026, 3, 8)}
    return Decision(MFA, Status.RISK_ACCEPTED, at, "bo", note="Until spring.", **(days | more))


def recorded(*decisions: Decision, n_days: int = 10, registered: Any = None) -> Organization:
    made = world.organization()
    days = [world.mfa(day, 10, (registered or {}).get(day, 5)) for day in range(n_days)]
    world.record(made, *days, decisions=decisions)
    return made


def moments(organization: Organization, **asked: Any) -> list[tuple[str, str, str, str]]:
    page = query.history(organization, *EVER, h.EventFilter(**asked))
    return [
        (e.at.date().isoformat(), e.moment, e.old_status, e.status) for e in page.events if e.moment
    ]


REVIEWED = ("2026-03-06", "review", "risk accepted", "risk accepted")
ENDED = ("2026-03-08", "ended", "risk accepted", "to address")


def test_the_review_date_and_the_end_of_an_accepted_risk_are_told() -> None:
    made = recorded(accepted())

    assert [ENDED, REVIEWED] == moments(made)


def test_what_has_not_come_yet_is_not_told() -> None:
    made = recorded(accepted(), n_days=7)

    assert [REVIEWED] == moments(made)


@pytest.mark.parametrize(
    "later, expected",
    [
        pytest.param(
            Decision(MFA, Status.PLANNED, MARCH_3 + timedelta(days=1), "ana"),
            [],
            id="another status took its place",
        ),
        pytest.param(
            accepted(MARCH_3 + timedelta(days=1), review_on=date(2026, 3, 7), ends_on=None),
            [("2026-03-07", *REVIEWED[1:])],
            id="it was accepted anew",
        ),
        pytest.param(
            Decision(
                MFA,
                Status.THIRD_PARTY,
                MARCH_3 + timedelta(days=1),
                "ana",
                note="Gateway.",
                ends_on=date(2026, 3, 6),
            ),
            [
                ENDED,
                ("2026-03-06", "ended", "resolved through third party", "risk accepted"),
                REVIEWED,
            ],
            id="what took its place ended before",
        ),
    ],
)
def test_only_what_held_is_reviewed_and_ends(later: Decision, expected: list[Any]) -> None:
    made = recorded(accepted(), later)

    assert expected == moments(made)


def test_a_completed_action_has_nothing_to_review() -> None:
    made = recorded(accepted(), registered=dict.fromkeys(range(4, 10), 10))

    assert [] == moments(made)


def test_an_end_gives_way_to_the_decision_before() -> None:
    before = Decision(MFA, Status.PLANNED, MARCH_3 - timedelta(days=1), "ana")
    made = recorded(before, accepted())

    assert [(*ENDED[:3], "planned"), REVIEWED] == moments(made)


def test_the_end_of_what_was_attested_stands_with_its_points() -> None:
    attested = Decision(
        MFA, Status.THIRD_PARTY, MARCH_3, "bo", note="Gateway.", ends_on=date(2026, 3, 5)
    )
    made = recorded(attested)
    [event] = [e for e in query.history(made, *EVER).events if e.moment]

    assert (-450, "ended", False) == (int(event.delta), event.moment, event.is_decision)
    assert ("resolved through third party", "to address", "") == (
        event.old_status,
        event.status,
        event.by,
    )


def test_an_end_without_data_on_its_day_is_told_when_it_is_recorded() -> None:
    made = recorded(accepted(), n_days=4)
    restate_where_due(world.START + timedelta(days=20))

    assert [ENDED, REVIEWED] == moments(made)


def as_person(organization: Organization, person: str) -> Access:
    return Access(organization, "role", frozenset(Right), person=person, actor=person)


def ask(organization: Organization, at: datetime) -> uuid.UUID:
    edit_action(as_person(organization, "ana"), MFA, ACCEPTED, seen_version=None, now=at)
    return uuid.UUID(query.waiting_risks(organization)[0].id)


def test_requests_are_told_with_who_and_why() -> None:
    made = recorded(n_days=3)
    made.needs_approval = True
    made.save()
    at = world.START + timedelta(days=3)
    declined = ask(made, at)
    decide_request(
        as_person(made, "bo"),
        declined,
        is_approved=False,
        note="Too long.",
        now=at + timedelta(hours=1),
    )
    withdraw_request(
        as_person(made, "ana"), ask(made, at + timedelta(hours=2)), now=at + timedelta(hours=3)
    )
    approved = ask(made, at + timedelta(hours=4))
    decide_request(as_person(made, "bo"), approved, is_approved=True, now=at + timedelta(hours=5))

    def told(events: Any) -> list[tuple[str, str, str]]:
        return [(e.moment, e.by, e.note) for e in events if e.cause == "status"]

    expected = [
        ("asked", "ana", "Until spring."),
        ("withdrawn", "ana", ""),
        ("asked", "ana", "Until spring."),
        ("declined", "bo", "Too long."),
        ("asked", "ana", "Until spring."),
    ]
    action = query.action(made, MFA)
    assert action is not None
    assert [("", "ana", "Until spring."), *expected] == told(query.history(made, *EVER).events)
    assert expected == told(action.risk_events)
    assert [date(2026, 6, 1), None] == [e.review_on for e in action.risk_events[:2]]


@pytest.mark.parametrize(
    "asked, n",
    [
        ({}, 2),
        ({"kinds": ("status",)}, 2),
        ({"kinds": ("score", "regression")}, 0),
        ({"causes": ("status",)}, 2),
        ({"causes": ("user",)}, 0),
        ({"points": "lost"}, 0),
        ({"categories": ("Identity",)}, 2),
        ({"categories": ("Data",)}, 0),
        ({"control_id": MFA}, 2),
        ({"control_id": "AdminMFAV2"}, 0),
    ],
)
def test_each_filter_leaves_out_the_rest(asked: dict[str, Any], n: int) -> None:
    made = recorded(accepted())

    assert n == len(moments(made, **asked))


@pytest.mark.parametrize("per_page", [1, 2, 3, 4, 7])
def test_pages_join_to_the_whole_whatever_stands_between_the_rows(per_page: int) -> None:
    made = recorded(accepted(), registered={1: 7, 3: 4, 5: 6, 7: 6, 8: 3})
    whole = query.history(made, *EVER, per_page=None)
    pages = [
        query.history(made, *EVER, page=number, per_page=per_page)
        for number in range(1, -(-whole.n_all // per_page) + 1)
    ]
    joined: list[HistoryEvent] = [event for page in pages for event in page.events]

    assert whole.n_all == len(whole.events) == 12
    assert list(whole.events) == joined
    assert sorted(joined, key=lambda e: e.at, reverse=True) == joined


def test_a_range_has_its_own_days_only() -> None:
    made = recorded(accepted())
    found = query.history(made, date(2026, 3, 7), date(2026, 3, 8))

    assert ["ended"] == [event.moment for event in found.events]
