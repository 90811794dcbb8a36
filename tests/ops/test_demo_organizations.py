"""The demo organizations: rows, order and versions; what they score is the pipeline's business."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, timedelta
from functools import cache
from pathlib import Path

import pytest

from securescore.catalog.load import built_in_catalog
from securescore.core.collection import Collected
from securescore.core.status import Status
from securescore.land.arrow import to_arrow
from securescore.ops.demo import DemoOrganization, main_organization, other_organization
from securescore.ops.demo.company import SOURCES
from securescore.ops.demo.story_mail import OUTAGE_REASON
from securescore.ops.demo.values import StoryCause, StoryKind
from securescore.sources import all_tables

LAST_DAY = date(2026, 3, 31)
CONTENT_OF_SCANS = "scanner_findings"


def demo_organization(number: int, *, seed: int, days: int) -> DemoOrganization:
    if number == 0:
        return main_organization(seed=seed, last_day=LAST_DAY, days=days)
    return other_organization(number - 1, seed=seed, last_day=LAST_DAY, days=days)


@cache
def organization(number: int, days: int = 730) -> tuple[DemoOrganization, tuple[Collected, ...]]:
    """The main organization (0) or a smaller one, with its collections."""
    chosen = demo_organization(number, seed=7, days=days)
    return chosen, tuple(chosen.collections)


def rows_of(collections: tuple[Collected, ...]) -> list[object]:
    return [
        (c.source, c.scope, c.collected_at, c.unchanged, c.missing,
         {name: list(rows) for name, rows in c.tables.items()})
        for c in collections
    ]  # fmt: skip


def test_the_same_seed_and_day_give_the_same_rows() -> None:
    first, second = (
        [
            (one.name, one.decisions, one.story, rows_of(tuple(one.collections)))
            for one in (demo_organization(number, seed=3, days=45) for number in range(4))
        ]
        for _ in range(2)
    )

    assert first == second


def test_another_seed_gives_other_people() -> None:
    def upns(seed: int) -> set[object]:
        main = main_organization(seed=seed, last_day=LAST_DAY, days=1)
        [entra] = [c for c in main.collections if c.source == "entra"]
        return {row["upn"] for row in entra.tables["entra_users"]}

    assert upns(1) != upns(2)


def test_every_source_is_read_every_day() -> None:
    _, collections = organization(0)
    days_of = {
        source: [c.collected_at.date() for c in collections if c.source == source]
        for source in SOURCES
    }
    expected = [LAST_DAY - timedelta(days=n) for n in range(729, -1, -1)]
    n_licensed = 730 - 425 + 1

    assert {source: days for source, days in days_of.items() if source != "cloud_apps"} == (
        dict.fromkeys((s for s in SOURCES if s != "cloud_apps"), expected)
    )
    assert days_of["cloud_apps"] == expected[-n_licensed:]


def test_everything_is_read_between_five_and_six_in_utc() -> None:
    _, collections = organization(0)

    assert {c.collected_at.tzinfo for c in collections} == {UTC}
    assert {c.collected_at.hour for c in collections} == {5}


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_collections_ascend_in_time(number: int) -> None:
    _, collections = organization(number)
    times = [c.collected_at for c in collections]

    assert times == sorted(times)
    assert max(times).date() == LAST_DAY


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_table_is_unchanged_only_after_it_was_read_right_before(number: int) -> None:
    _, collections = organization(number)
    readable: dict[tuple[str, str], set[str]] = {}
    for c in collections:
        assert c.unchanged <= readable.get((c.source, c.scope), set())
        assert not c.unchanged & (c.tables.keys() | c.missing.keys())
        readable[c.source, c.scope] = c.unchanged | c.tables.keys()


def test_a_table_that_changed_is_another_one_than_before() -> None:
    _, collections = organization(0)
    last: dict[tuple[str, str, str], object] = {}
    repeated: Counter[str] = Counter()
    for c in collections:
        for name, rows in c.tables.items():
            now = sorted(map(repr, rows))
            repeated[name] += last.get((c.source, c.scope, name)) == now
            last[c.source, c.scope, name] = now
    after_the_outage = set(SOURCES["exchange"]) - {"exo_mailboxes"}

    assert {name for name, n in repeated.items() if n} == after_the_outage


@pytest.mark.parametrize("number", [0, 1, 2, 3, 30])
def test_every_row_fits_its_table(number: int) -> None:
    _, collections = organization(number, days=730 if number == 0 else 400)
    tables = all_tables()
    checked: set[str] = set()
    for c in collections:
        for name, rows in c.tables.items():
            # All of the small tables, and each third version of the large ones.
            if len(list(rows)) < 100 or name not in checked or c.collected_at.day % 3 == 0:
                to_arrow(tables[name], rows)
                checked.add(name)

    assert checked


def test_the_main_organization_is_as_large_as_it_says() -> None:
    _, collections = organization(0)
    newest = {name: list(rows) for c in collections for name, rows in c.tables.items()}
    users = newest["entra_users"]
    purposes = Counter(user.get("mailbox_purpose", "user") for user in users)
    guests = [user for user in users if user.get("user_type") == "Guest"]
    disabled = [user for user in users if not user.get("account_enabled", True)]

    assert 760 <= len(users) <= 860
    assert len(newest["intune_devices"]) == 900
    assert len(guests) == 78
    assert (purposes["shared"], purposes["room"], purposes["equipment"]) == (26, 17, 6)
    assert len(disabled) > 26 + 17 + 6


def test_versions_are_few() -> None:
    _, collections = organization(0)
    versions = Counter(name for c in collections for name in c.tables)

    assert 150 <= versions["entra_users"] <= 260
    assert 150 <= versions["entra_registration"] <= 280
    assert versions["exo_mailboxes"] <= 210
    assert versions["scanner_findings"] <= 90
    assert all(
        n <= 40
        for name, n in versions.items()
        if name not in {"entra_users", "entra_registration", "exo_mailboxes", CONTENT_OF_SCANS}
    )


def test_every_table_that_a_control_of_ours_needs_is_filled_or_missing_with_a_reason() -> None:
    _, collections = organization(0)
    seen = {name for c in collections for name in (*c.tables, *c.missing)}
    catalog = built_in_catalog()
    needed = {
        name
        for definition in catalog.controls.values()
        for name in catalog.tables_of(definition.sql)
    }

    assert needed <= seen


def test_exchange_fails_for_exactly_nine_days_in_a_row() -> None:
    _, collections = organization(0)
    failed = [
        c for c in collections if c.source == "exchange" and OUTAGE_REASON in c.missing.values()
    ]
    days = [c.collected_at.date() for c in failed]
    after = next(
        c
        for c in collections
        if c.source == "exchange" and c.collected_at > failed[-1].collected_at
    )

    assert days == [days[0] + timedelta(days=n) for n in range(9)]
    assert all(not c.tables and not c.unchanged for c in failed)
    assert all(c.missing.keys() == set(SOURCES["exchange"]) for c in failed)
    assert after.tables.keys() == set(SOURCES["exchange"])


def test_what_was_handed_out_does_not_change_afterwards() -> None:
    main = main_organization(seed=7, last_day=LAST_DAY, days=20)
    kept = [(rows, [dict(row) for row in rows]) for c in main.collections
            for rows in (list(r) for r in c.tables.values())]  # fmt: skip

    assert all(rows == copy for rows, copy in kept)


def test_fewer_days_are_the_end_of_the_same_story() -> None:
    whole, short = organization(0)[1], organization(0, days=30)[1]

    def last_users(collections: tuple[Collected, ...]) -> list[str]:
        tables = [c.tables["entra_users"] for c in collections if "entra_users" in c.tables]
        return sorted(map(repr, tables[-1]))

    assert len({c.collected_at.date() for c in short}) == 30
    assert last_users(short) == last_users(whole)


def test_more_days_begin_quietly() -> None:
    main = main_organization(seed=7, last_day=LAST_DAY, days=740)
    collections = list(main.collections)
    first = collections[0].collected_at.date()

    assert first == LAST_DAY - timedelta(days=739)
    assert min(event.on for event in main.story) > first + timedelta(days=10)


def test_findings_come_through_the_importer_and_cover_the_categories() -> None:
    _, collections = organization(0)
    scans = [c for c in collections if CONTENT_OF_SCANS in c.tables]
    categories = {row["category"] for c in scans for row in c.tables[CONTENT_OF_SCANS]}
    scopes = {c.scope.split("/")[0] for c in scans}

    assert categories == {"Identity", "Data", "Device", "Apps", "Infrastructure"}
    assert scopes == {"aws", "m365"}
    assert any(c.proposals for c in scans)


def test_the_story_names_controls_that_exist() -> None:
    main, collections = organization(0)
    checks = {
        f"prowler.{row['check_id']}"
        for c in collections
        for row in c.tables.get(CONTENT_OF_SCANS, ())
    }
    known = checks | set(built_in_catalog().controls)
    named = {control_id for event in main.story for control_id in event.control_ids}
    named |= {decision.control_id for decision in main.decisions}
    named |= {i for change in main.catalog_changes for i in change.added | change.retired}

    assert named - known == set()


def test_the_story_has_every_kind_of_turn_and_every_cause() -> None:
    main, _ = organization(0)
    on = [event.on for event in main.story]

    assert {event.kind for event in main.story} == set(StoryKind)
    assert {event.cause for event in main.story} == set(StoryCause)
    assert on == sorted(on)
    assert on[-1] <= LAST_DAY


def test_people_accepted_risks_one_of_them_past_its_review() -> None:
    main, _ = organization(0)
    reviews = [d.review_on for d in main.decisions if d.status is Status.RISK_ACCEPTED]
    ends = [d.ends_on for d in main.decisions if d.status is Status.THIRD_PARTY]

    assert any(day is not None and day < LAST_DAY for day in reviews)
    assert any(day is not None and day > LAST_DAY for day in reviews)
    assert any(day is not None and day > LAST_DAY for day in ends)
    assert any(day is not None and day < LAST_DAY for day in ends)
    assert {d.status for d in main.decisions} == {
        Status.RISK_ACCEPTED, Status.THIRD_PARTY, Status.ALTERNATE_MITIGATION, Status.PLANNED,
    }  # fmt: skip


def test_smaller_organizations_have_names_of_their_own_and_one_collection_a_month() -> None:
    others = [demo_organization(number, seed=7, days=730) for number in range(1, 301)]
    some = [tuple(one.collections) for one in others[:40]]
    n_versions = [sum(len(c.tables) for c in collections) for collections in some]

    assert len({one.name for one in others}) == 300
    assert min(one.seats for one in others) >= 20
    assert max(one.seats for one in others) <= 3000
    assert len({one.industry for one in others}) == 10
    assert len({one.region for one in others}) == 5
    assert {4, 12, 24} == {len(collections) for collections in some}
    assert all(18 <= n <= 40 for n in n_versions)
    assert all({c.source for c in collections} == {"demo"} for collections in some)


def test_nothing_of_the_demo_is_a_real_domain() -> None:
    domains = {
        str(row["upn"]).rpartition("@")[2]
        for number in (0, 1, 2)
        for c in organization(number)[1]
        for row in c.tables.get("entra_users", ())
    }

    assert all(domain.endswith(".example") for domain in domains)


def test_the_demo_reads_no_clock() -> None:
    folder = Path(__file__).parents[2] / "src/securescore/ops/demo"
    sources = [path.read_text(encoding="utf-8") for path in folder.glob("*.py")]
    clocks = [re.findall(r"\.(?:now|today|utcnow)\(|import time\b|uuid4", text) for text in sources]

    assert sources
    assert not any(clocks)
