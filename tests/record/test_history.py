"""What happened: changes and decisions together, by day, kind, category and side."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from securescore.core.points import Points
from securescore.core.status import Decision, Status
from securescore.organizations.models import Organization
from securescore.record import history_answers as h
from securescore.record import query
from securescore.record.change_rows import SnapshotInput
from securescore.record.models import ControlChange, Snapshot
from securescore.record.restate import results_now
from securescore.record.score_days import span_of_days
from securescore.record.stored_manifests import manifest_from_json
from securescore.record.write import write_snapshots
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MFA = "MFARegistrationV2"
EVER = (date(1970, 1, 1), date(9999, 12, 31))


def decided(day: int, status: Status, **more: Any) -> Decision:
    at = world.START + timedelta(days=day, hours=3)
    return Decision(MFA, status, at, "bo", note="until the new year", **more)


@pytest.fixture
def example() -> Organization:
    """Four days: rises, falls, and on the third somebody accepts the risk."""
    made = world.organization()
    world.record(
        made,
        *[world.mfa(day, 10, n) for day, n in enumerate((5, 7, 4, 4))],
        decisions=[decided(2, Status.RISK_ACCEPTED, review_on=date(2026, 6, 1))],
    )
    return made


def lines(page: h.EventPage) -> list[tuple[int, str, str, int]]:
    return [
        ((e.at - world.START).days, e.kind, e.cause, 0 if e.is_decision else int(e.delta))
        for e in page.events
    ]


def test_changes_and_decisions_stand_together_newest_first(example: Organization) -> None:
    page = query.history(example, *EVER)

    assert [
        (2, "status", "status", 0),
        (2, "regression", "user", -270),
        (1, "score", "user", 180),
    ] == lines(page)
    assert (3, 1, 1) == (page.n_all, page.page, page.n_pages)


def test_a_decision_says_who_why_and_until_when(example: Organization) -> None:
    [event] = query.history(example, *EVER, h.EventFilter(kinds=("status",))).events

    assert event.is_decision
    assert ("to address", "risk accepted") == (event.old_status, event.status)
    assert ("bo", "until the new year") == (event.by, event.note)
    assert date(2026, 6, 1) == event.review_on


def test_a_decision_names_what_it_took_the_place_of(example: Organization) -> None:
    world.record(example, world.mfa(4, 10, 4), decisions=[decided(3, Status.THIRD_PARTY)])
    page = query.history(example, *EVER, h.EventFilter(kinds=("status",)))
    change, decision, _ = page.events

    assert ("risk accepted", "resolved through third party") == (
        decision.old_status,
        decision.status,
    )
    assert (540, "bo", "until the new year") == (int(change.delta), change.by, change.note)


@pytest.mark.parametrize(
    "asked, n",
    [
        (h.EventFilter(), 3),
        (h.EventFilter(kinds=("regression",)), 1),
        (h.EventFilter(kinds=("score", "status")), 2),
        (h.EventFilter(kinds=("catalog",)), 0),
        (h.EventFilter(kinds=("no such kind",)), 0),
        (h.EventFilter(points="lost"), 1),
        (h.EventFilter(points="gained"), 1),
        (h.EventFilter(categories=("Identity",)), 3),
        (h.EventFilter(categories=("Data", "Apps")), 0),
        (h.EventFilter(control_id=MFA), 3),
        (h.EventFilter(control_id="AdminMFAV2"), 0),
        (h.EventFilter(kinds=("status",), categories=("Identity",), control_id=MFA), 1),
    ],
)
def test_each_filter_leaves_out_the_rest(
    example: Organization, asked: h.EventFilter, n: int
) -> None:
    page = query.history(example, *EVER, asked)

    assert n == page.n_all == len(page.events)


def test_pages_join_to_the_whole(example: Organization) -> None:
    whole = query.history(example, *EVER, per_page=None)
    pages = [query.history(example, *EVER, page=n, per_page=2) for n in (1, 2)]

    assert whole.events == pages[0].events + pages[1].events
    assert [2, 2] == [page.n_pages for page in pages]
    assert 2 == query.history(example, *EVER, page=99, per_page=2).page
    assert whole.moves == pages[0].moves == pages[1].moves


def test_what_moved_a_day_is_summed_whichever_way(example: Organization) -> None:
    moves = query.history(example, *EVER).moves

    assert [(180, 180, MFA), (-270, 270, MFA)] == [
        (int(m.delta), int(m.weight), m.control_id) for m in moves
    ]


@pytest.mark.parametrize("time_zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_is_a_day_of_the_organization(time_zone: str) -> None:
    """06:00 in UTC is the evening before in Los Angeles, the evening of the same day elsewhere."""
    made = world.organization()
    made.time_zone = time_zone
    made.save()
    world.record(made, *[world.mfa(day, 10, 5 + day) for day in range(3)])
    for event in query.events(made, *EVER):
        on = event.at.astimezone(ZoneInfo(time_zone)).date()

        assert [event] == list(query.events(made, on, on))
    first, last = query.first_and_last_day(made) or EVER
    found = query.split_between(made, first, last)

    assert found is not None
    assert 180 == found.points


@pytest.mark.parametrize("on", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 1)])
def test_days_of_a_zone_follow_each_other(on: date) -> None:
    """Also those of 23 and of 25 hours."""
    first, after = span_of_days("Europe/Berlin", on, on)
    tomorrow, _ = span_of_days("Europe/Berlin", on + timedelta(days=1), on + timedelta(days=1))

    assert after == tomorrow
    assert timedelta(hours=23) <= after - first <= timedelta(hours=25)
    assert first.tzinfo is UTC


def test_the_number_of_queries_does_not_depend_on_the_range(
    example: Organization, django_assert_max_num_queries: Any
) -> None:
    for page in (1, 2, 3):
        # Outside of a request each of the three kept answers in it asks for the revision first.
        with django_assert_max_num_queries(14):
            query.history(example, *EVER, page=page, per_page=1)


def test_a_reported_control_that_got_a_maximum_is_the_catalogs_doing(
    example: Organization,
) -> None:
    newest = Snapshot.objects.filter(organization=example).order_by("-at")[0]
    results = results_now(example)
    heavier = {
        key: replace(one, control=replace(one.control, max_score=Points(1000)))
        if key == MFA
        else one
        for key, one in results.items()
    }
    at = newest.at + timedelta(days=1)
    write_snapshots(
        example,
        [
            SnapshotInput(
                at=at,
                manifest=manifest_from_json(str(example.pk), newest.manifest),
                results=heavier,
                remainder=Points(0),
                catalog_digest=newest.catalog_digest,
                catalog_version=newest.catalog_version,
                engine_version=newest.engine_version,
                splits={},
            )
        ],
        datetime(2026, 4, 1, tzinfo=UTC),
    )
    row = ControlChange.objects.get(organization=example, control_id=MFA, until=None)
    found = query.split_between(example, newest.on, at.date())

    assert ("catalog", 0, 100) == (row.cause, row.delta, row.max_delta)
    assert found is not None
    assert [("catalog", 0, 100)] == [
        (p.cause, int(p.points), int(p.max_score)) for p in found.parts
    ]
