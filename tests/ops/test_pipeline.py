"""The pipeline: same input, same record; changes sum up; unknown is carried; all verifies."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db.models import Sum

from securescore.core.collection import Collected
from securescore.core.errors import LandError
from securescore.core.points import Points
from securescore.core.status import Decision, Status
from securescore.ops.verification import verify
from securescore.organizations.models import Organization
from securescore.organizations.traits import known_traits, licenses_of
from securescore.record import query
from securescore.record.decisions import read_decisions, write_decisions
from securescore.record.documents import documents
from securescore.record.models import Collection, ControlChange, DayDocument, Snapshot
from securescore.record.write import SnapshotRows, snapshot_rows
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MFA = "MFARegistrationV2"


def changes(organization: Organization, control_id: str = MFA) -> list[ControlChange]:
    return list(
        ControlChange.objects.filter(organization=organization, control_id=control_id).order_by(
            "at"
        )
    )


def mfa_points(organization: Organization) -> str:
    return str(Points(changes(organization)[-1].points))


def test_a_day_becomes_a_score() -> None:
    organization = world.organization()
    recorded = world.record(organization, world.mfa(0, 52, 25))
    score = query.latest_score(organization)

    [action] = [a for a in query.actions(organization) if a.id == MFA]

    assert (recorded.n_collections, recorded.n_snapshots) == (1, 1)
    assert (str(action.points), action.passed, action.total) == ("4.33", 25, 52)
    assert score is not None
    assert score.points == sum(a.points for a in query.actions(organization))
    assert score.coverage.unmeasured > 0


def test_the_same_collection_twice_changes_nothing() -> None:
    organization = world.organization()
    world.record(organization, world.mfa(0, 10, 5))
    before = list(Snapshot.objects.values_list("pk", "points"))
    recorded = world.record(organization, world.mfa(0, 10, 5))

    assert recorded.is_unchanged
    assert before == list(Snapshot.objects.values_list("pk", "points"))


def test_deltas_sum_to_the_score_of_each_day() -> None:
    organization = world.organization()
    days = [world.mfa(n, 10 + n, (n * 7) % 11) for n in range(12)]
    world.record(organization, *days)
    for snapshot in Snapshot.objects.filter(organization=organization):
        sums = ControlChange.objects.filter(
            organization=organization, at__lte=snapshot.at
        ).aggregate(points=Sum("delta"), max_score=Sum("max_delta"))

        assert (sums["points"], sums["max_score"]) == (snapshot.points, snapshot.max_score)


def test_parts_of_every_change_sum_to_it() -> None:
    organization = world.organization()
    world.record(organization, *[world.mfa(n, 10 + n, (n * 7) % 11) for n in range(12)])
    for row in changes(organization)[1:]:
        assert row.delta == sum(row.parts.values())
        assert row.cause == "user"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_days_out_of_order_give_the_same_record(order: tuple[int, ...]) -> None:
    organization = world.organization()
    days = [world.mfa(0, 10, 2), world.mfa(5, 10, 9), world.mfa(9, 10, 4)]
    for number in order:
        world.record(organization, days[number])
    rows = [(r.at.day, r.points, r.delta, r.is_regression) for r in changes(organization)]

    assert rows == [(1, 180, 180, False), (6, 810, 630, False), (10, 360, -450, True)]


def test_one_by_one_and_all_at_once_give_the_same_evidence() -> None:
    days = [world.mfa(n, 6, n % 4) for n in range(9)]
    together = world.organization("Together")
    world.record(together, *days)
    apart = world.organization("Apart")
    for day in days:
        world.record(apart, day)
    found = [
        [
            (r.resource_name, r.reason, r.failing_since)
            for r in query.evidence(o, MFA, per_page=None).resources
        ]
        for o in (together, apart)
    ]

    assert found[0] == found[1]
    assert len(found[0]) == 6
    assert found[0][-1][2] == world.START


def test_failing_since_is_when_it_began_and_starts_anew_after_a_repair() -> None:
    organization = world.organization()
    world.record(organization, *[world.mfa(n, 1, 0 if n in (1, 2, 5, 6) else 1) for n in range(7)])
    [resource] = query.evidence(organization, MFA).resources

    assert world.START + timedelta(days=5) == resource.failing_since


def test_a_regression_is_marked_until_it_is_repaired() -> None:
    organization = world.organization()
    world.record(organization, world.mfa(0, 10, 10), world.mfa(1, 10, 4))
    [action] = [a for a in query.actions(organization) if a.id == MFA]

    assert date(2026, 3, 2) == action.regressed_on
    world.record(organization, world.mfa(2, 10, 10))
    [action] = [a for a in query.actions(organization) if a.id == MFA]
    assert action.regressed_on is None
    assert Status.COMPLETED.value == action.status


def test_a_source_that_fails_leaves_its_controls_stale_with_their_points() -> None:
    organization = world.organization()
    failed = world.collected(
        1, {}, missing={"entra_registration": "403 Forbidden", "entra_users": "403 Forbidden"}
    )
    world.record(organization, world.mfa(0, 10, 5), failed)
    row = changes(organization)[-1]

    assert (row.state, row.points, row.measured_points) == ("stale", 450, 450)
    assert "403 Forbidden" in row.reason
    assert (row.delta, row.cause) == (0, "data")


def test_stale_points_are_lost_after_fourteen_days_and_the_maximum_stays() -> None:
    organization = world.organization()
    failed = {"entra_registration": "403 Forbidden"}
    world.record(organization, world.mfa(0, 10, 5))
    for day in (13, 16):
        world.record(organization, world.collected(day, {}, missing=failed))
    row = changes(organization)[-1]

    assert (row.state, row.points, row.max_score) == ("stale", 0, 900)
    assert (row.delta, row.cause, row.is_regression) == (-450, "data", False)


def scan(day: int, account: str, *checks: str) -> Collected:
    """A scanner's report of one account: one resource passes each check."""
    rows = [
        {
            "finding_id": f"{account}/{check}",
            "tool": "prowler",
            "check_id": check,
            "severity": "high",
            "provider": "aws",
            "account_id": account,
            "resource_id": account,
            "verdict": "pass",
        }
        for check in checks
    ]
    return world.collected(
        day, {"scanner_findings": rows}, source="prowler", scope=f"aws/{account}"
    )


def test_a_report_that_is_not_made_again_ages_only_what_was_found_in_it() -> None:
    organization = world.organization()

    world.record(
        organization,
        scan(0, "1", "only_there", "in_both"),
        scan(30, "2", "only_here", "in_both"),
    )

    rows = {
        name: (row.state, row.points)
        for name in ("only_there", "only_here", "in_both")
        for row in changes(organization, f"prowler.{name}")[-1:]
    }
    assert {
        "only_there": ("stale", 0),
        "only_here": ("measured", 800),
        "in_both": ("stale", 0),
    } == rows
    assert verify(world.work(), organization).differences == ()


def test_a_table_never_read_leaves_its_control_unmeasured_with_the_reason() -> None:
    organization = world.organization()
    only_users = world.collected(
        0, {"entra_users": world.users(3)}, missing={"entra_registration": "needs Entra ID P1"}
    )
    world.record(organization, only_users)
    row = changes(organization)[-1]
    action = query.action(organization, MFA)

    assert (row.state, row.missing) == ("unmeasured", ["entra_registration"])
    assert action is not None
    assert "needs Entra ID P1" in action.state_reason
    score = query.latest_score(organization)
    assert score is not None
    unlock = next(u for u in score.unlocks if u.table == "entra_registration")
    assert "AuditLog.Read.All" in unlock.permission


def test_an_unchanged_table_costs_no_file_and_stays_fresh() -> None:
    organization = world.organization()
    first = world.mfa(0, 10, 5)
    later = [
        world.collected(n, {}, unchanged=frozenset({"entra_users", "entra_registration"}))
        for n in (3, 6)
    ]
    world.record(organization, first, *later)
    files = list((world.work().tables.root / str(organization.pk)).rglob("*.parquet"))

    assert len(files) == 2
    assert [row.state for row in changes(organization)] == ["measured"]


def test_a_decision_counts_from_its_time_and_is_told_apart() -> None:
    organization = world.organization()
    decision = Decision(
        MFA,
        Status.ALTERNATE_MITIGATION,
        world.START + timedelta(days=1, hours=1),
        "ana",
        "smart cards",
        ends_on=date(2026, 3, 5),
    )
    world.record(organization, *[world.mfa(n, 10, 5) for n in range(6)], decisions=[decision])
    rows = [(r.at.day, r.points, r.measured_points, r.cause) for r in changes(organization)]

    assert rows == [(1, 450, 450, ""), (3, 900, 450, "status"), (5, 450, 450, "status")]


def test_a_bad_row_records_nothing() -> None:
    organization = world.organization()
    bad = world.mfa(1, 3, 1)
    tables = dict(bad.tables)
    tables["entra_users"] = [*world.users(3), {"user_id": "no id", "upn": "x"}]
    with pytest.raises(LandError, match=r"entra_users\.user_id, row 4"):
        world.record(organization, world.mfa(0, 3, 1), replace(bad, tables=tables))

    assert Collection.objects.filter(organization=organization).count() == 0
    assert Snapshot.objects.filter(organization=organization).count() == 0


def test_verify_reproduces_every_snapshot_and_notices_a_changed_figure() -> None:
    organization = world.organization()
    world.record(organization, *[world.mfa(n, 10, n) for n in range(5)])

    assert verify(world.work(), organization).differences == ()
    Snapshot.objects.filter(organization=organization).update(points=1)
    found = [difference.what for difference in verify(world.work(), organization).differences]
    assert found == [
        *["points"] * 5,
        "newest points of the organization",
        "newest share of the organization",
    ]


def test_verify_notices_a_changed_file() -> None:
    organization = world.organization()
    world.record(organization, world.mfa(0, 10, 5))
    [path] = (world.work().tables.root / str(organization.pk) / "entra_users").glob("*")
    path.write_bytes(path.read_bytes() + b"x")
    found = verify(world.work(), organization).differences

    assert [d.what for d in found] == ["file of entra_users"]


def test_two_organizations_do_not_touch_each_other() -> None:
    first, second = world.organization("First"), world.organization("Second")
    world.record(first, world.mfa(0, 10, 5))
    world.record(second, world.mfa(0, 4, 4))

    assert (mfa_points(first), mfa_points(second)) == ("4.50", "9.00")


def test_a_day_without_data_is_a_gap() -> None:
    organization = world.organization()
    world.record(organization, world.mfa(0, 10, 5), world.mfa(3, 10, 5))
    days = query.score_history(organization, date(2026, 3, 1), date(2026, 3, 4))

    assert [day.has_data for day in days] == [True, False, False, True]
    assert days[1].points is None


def test_the_last_snapshot_of_a_day_is_that_days_score() -> None:
    organization = world.organization()
    morning = world.mfa(0, 10, 2)
    evening = replace(world.mfa(0, 10, 9), collected_at=world.START + timedelta(hours=10))
    world.record(organization, morning)
    world.record(organization, evening)
    [day] = query.score_history(organization, date(2026, 3, 1), date(2026, 3, 1))

    assert Snapshot.objects.filter(organization=organization).count() == 2
    assert Points(810) == day.points


def test_a_day_is_a_day_of_the_organizations_time_zone() -> None:
    organization = world.organization()
    organization.time_zone = "Pacific/Auckland"
    organization.save()
    late = replace(world.mfa(0, 10, 2), collected_at=datetime(2026, 3, 1, 13, tzinfo=UTC))
    world.record(organization, late)

    assert [date(2026, 3, 2)] == [s.on for s in Snapshot.objects.all()]


def test_decisions_are_written_once() -> None:
    organization = world.organization()
    decision = Decision(MFA, Status.PLANNED, world.START, "ana")

    assert write_decisions(organization, [decision]) == 1
    assert write_decisions(organization, [decision]) == 0


def test_a_decision_made_meanwhile_is_in_the_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    organization = world.organization()
    decision = Decision(MFA, Status.THIRD_PARTY, world.START - timedelta(hours=1), "ana", "a badge")

    def overtaken(*given: Any, **more: Any) -> SnapshotRows:
        rows = snapshot_rows(*given, **more)
        write_decisions(organization, [decision])  # by somebody else, before the lock
        return rows

    monkeypatch.setattr("securescore.ops.pipeline.snapshot_rows", overtaken)
    world.record(organization, world.mfa(0, 10, 5))

    [row] = changes(organization)
    assert (row.status, row.points, row.measured_points) == (Status.THIRD_PARTY, 900, 450)
    assert Snapshot.objects.get(organization=organization).attested == 450


def test_no_decision_counts_twice() -> None:
    organization = world.organization()
    planned = Decision(MFA, Status.PLANNED, world.START - timedelta(hours=2), "ana")
    attested = Decision(MFA, Status.THIRD_PARTY, world.START - timedelta(hours=1), "ana", "a badge")
    write_decisions(organization, [attested])
    world.record(organization, world.mfa(0, 10, 5), decisions=[attested, planned])

    assert [row.status for row in changes(organization)] == [Status.THIRD_PARTY]
    assert read_decisions(organization)[MFA] == [planned, attested]


# -- licenses -------------------------------------------------------------------------------------
def plans_of(day: int, *plans: str) -> Collected:
    rows = [
        {"sku_part_number": "SKU", "service_plan_name": plan, "capability_status": "Enabled"}
        for plan in plans
    ]
    return world.collected(day, {"entra_service_plans": rows, "entra_users": world.users(1)})


def held(organization: Organization) -> tuple[str, ...]:
    organization.refresh_from_db()
    return licenses_of(organization.licenses, organization.licenses_found)


def services(organization: Organization) -> list[str]:
    """The services of the newest day as the Graph-compatible API has them."""
    newest = DayDocument.objects.filter(organization=organization).latest("on")
    document = documents(organization, [newest.on])[newest.on]
    return list(json.loads(b"{" + gzip.decompress(document))["enabledServices"])


def test_the_licenses_are_those_of_the_newest_data() -> None:
    organization = world.organization()
    world.record(organization, plans_of(0, "AAD_PREMIUM", "TEAMS1"))
    before = held(organization)
    world.record(organization, plans_of(1, "EXCHANGE_S_ENTERPRISE_GOV", "AAD_PREMIUM"))
    after = held(organization)
    world.record(organization, world.mfa(2, 10, 5))

    assert ("AAD_PREMIUM", "TEAMS1") == before
    assert ("AAD_PREMIUM", "EXCHANGE_S_ENTERPRISE") == after == held(organization)
    assert ["HasAADP1", "HasEOP", "HasEXOP2"] == services(organization)
    assert after == known_traits().licenses


def test_licenses_that_a_person_named_hold_whatever_the_data_has() -> None:
    organization = world.organization()
    organization.licenses = ["AAD_PREMIUM_P2"]
    organization.save()
    world.record(organization, plans_of(0, "EXCHANGE_S_ENTERPRISE"))

    assert ("AAD_PREMIUM_P2",) == held(organization)
    assert ["HasAADP2"] == services(organization)
    organization.licenses = []
    organization.save()
    assert ("EXCHANGE_S_ENTERPRISE",) == held(organization)


def test_without_data_of_licenses_none_are_known() -> None:
    organization = world.organization()
    world.record(organization, world.mfa(0, 10, 5))

    assert () == held(organization)
    assert [] == services(organization)
