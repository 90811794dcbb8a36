"""The score: plain sums, ordered views, unknown never helps (S3 to S8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securescore.core.attribution import Cause, shapley
from securescore.core.control import Category, Control, Level, Scoring, Tier
from securescore.core.errors import InputError
from securescore.core.freshness import freshness
from securescore.core.manifest import TableVersion
from securescore.core.points import Points
from securescore.core.rank import RankInput, ranks
from securescore.core.result import ControlResult, State
from securescore.core.score import organization_score
from securescore.core.status import (
    Decision,
    Status,
    counted_points,
    decision_on,
    effective_status,
)
from securescore.core.zone import Zone, zone_of
from tests.core.strategies import NOW, organizations, results

Organization = tuple[list[ControlResult], dict[str, Decision]]


def measured(points: int, max_score: int = 10, control_id: str = "c") -> ControlResult:
    control = Control(
        control_id,
        1,
        "t",
        Category.IDENTITY,
        "entra",
        Points.whole(max_score),
        Scoring.PROPORTIONAL,
    )
    return ControlResult(control, State.MEASURED, Points(points), 1, 2)


@given(organizations())
def test_views_are_ordered(organization: Organization) -> None:
    found, decisions = organization
    views = organization_score(found, decisions).views

    assert views["verified"].points <= views["current"].points
    assert views["current"].points <= views["planned"].points
    assert views["current"].points <= views["achievable"].points
    assert views["achievable"].points <= views["current_license"].points
    assert all(0 <= v.points <= v.max_score for v in views.values())


@given(organizations())
def test_categories_sum_to_the_whole_and_order_does_not_matter(
    organization: Organization,
) -> None:
    found, decisions = organization
    score = organization_score(found, decisions)
    backwards = organization_score(list(reversed(found)), decisions)
    points = sum(c.tally.points for c in score.categories.values())
    maxima = sum(c.tally.max_score for c in score.categories.values())

    assert backwards == score
    assert (points, maxima) == (score.current.points, score.current.max_score)
    assert sum(score.n_by_state.values()) == len(found)


@given(organizations())
def test_attested_and_verified_points_sum_to_the_current_ones(organization: Organization) -> None:
    found, decisions = organization
    score = organization_score(found, decisions)

    assert score.views["verified"].points + score.attested == score.current.points


@given(organizations(), st.integers(0, 40), st.data())
def test_losing_a_table_never_raises_the_percentage(
    organization: Organization, days: int, data: st.DataObject
) -> None:
    found, decisions = organization
    as_of = NOW + timedelta(days=days)
    version = TableVersion("t", "0", 1, NOW, stale_reason="the source is down")
    lost = {r.control.id for r in found if data.draw(st.booleans())}
    before = organization_score(found, decisions)
    after = organization_score(
        [r.aged(freshness([version], as_of)) if r.control.id in lost else r for r in found],
        decisions,
    )

    assert after.current.max_score == before.current.max_score
    assert after.current.points <= before.current.points
    assert after.views["verified"].points <= before.views["verified"].points


@given(organizations(), results("new"))
def test_an_unmeasured_control_changes_the_coverage_only(
    organization: Organization, extra: ControlResult
) -> None:
    found, decisions = organization
    unknown = replace(extra, state=State.UNMEASURED, points=Points(0), n_passed=None, n_total=None)
    before = organization_score(found, decisions)
    after = organization_score([*found, unknown], decisions)

    assert before.views == after.views
    assert after.n_by_state[State.UNMEASURED] == before.n_by_state[State.UNMEASURED] + 1
    assert extra.control.max_score is not None
    assert after.unmeasured_max_score == before.unmeasured_max_score + extra.control.max_score


def test_a_remainder_is_in_every_maximum_and_in_no_category() -> None:
    score = organization_score([measured(500)], {}, Points(300))

    assert {Points(1300)} == {view.max_score for view in score.views.values()}
    assert Points(1000) == score.categories[Category.IDENTITY].tally.max_score


def test_a_control_of_unknown_maximum_is_named() -> None:
    result = measured(0)
    unknown = replace(result, control=replace(result.control, max_score=None))
    score = organization_score([unknown], {})

    assert score.unknown_max == ("c",)
    assert score.categories[Category.IDENTITY].n_unknown_max == 1


def test_third_party_gives_full_points_counted_apart() -> None:
    decision = Decision("c", Status.THIRD_PARTY, NOW, "ana", "Okta asks for it")
    score = organization_score([measured(250)], {"c": decision})

    assert (Points(1000), Points(750)) == (score.current.points, score.attested)
    assert Points(250) == score.views["verified"].points


def test_accepted_risk_keeps_measured_points_and_is_not_achievable() -> None:
    decision = Decision("c", Status.RISK_ACCEPTED, NOW, "ana", "legacy scanner", date(2026, 9, 1))
    score = organization_score([measured(250)], {"c": decision})

    assert Points(250) == score.current.points
    assert Points(250) == score.views["achievable"].points
    assert Points(1000) == score.views["current_license"].points


def test_completed_is_derived_and_cannot_be_chosen() -> None:
    planned = Decision("c", Status.PLANNED, NOW, "ana")

    assert Status.COMPLETED is effective_status(measured(1000), planned)
    assert Status.PLANNED is effective_status(measured(999), planned)
    with pytest.raises(InputError, match="cannot be chosen"):
        Decision("c", Status.COMPLETED, NOW, "ana")


@pytest.mark.parametrize(
    "status, note, review_on, message",
    [
        (Status.THIRD_PARTY, " ", None, "needs a note"),
        (Status.ALTERNATE_MITIGATION, "", None, "needs a note"),
        (Status.RISK_ACCEPTED, "", date(2026, 9, 1), "a reason and a review date"),
        (Status.RISK_ACCEPTED, "because", None, "a reason and a review date"),
    ],
)
def test_a_decision_says_why(
    status: Status, note: str, review_on: date | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Decision("c", status, NOW, "ana", note, review_on)


def test_nobody_approves_their_own_risk() -> None:
    with pytest.raises(InputError, match="somebody else"):
        Decision("c", Status.RISK_ACCEPTED, NOW, "ana", "why", date(2026, 9, 1), approved_by="ana")


def test_a_decision_ends_by_itself_and_the_one_before_holds_again() -> None:
    planned = Decision("c", Status.PLANNED, NOW, "ana")
    mitigated = Decision(
        "c",
        Status.ALTERNATE_MITIGATION,
        NOW + timedelta(days=1),
        "bo",
        "firewall",
        ends_on=date(2026, 6, 1),
    )
    later = NOW + timedelta(days=40)

    assert mitigated == decision_on([planned, mitigated], later, date(2026, 5, 31))
    assert planned == decision_on([mitigated, planned], later, date(2026, 6, 1))
    assert decision_on([mitigated], NOW, NOW.date()) is None


@given(results())
def test_counted_points_never_exceed_the_maximum(result: ControlResult) -> None:
    for status in Status:
        assert result.max_score is not None
        assert 0 <= counted_points(result, status) <= result.max_score


def test_stale_points_are_kept_for_fourteen_days() -> None:
    version = TableVersion("t", "0", 1, NOW)
    fresh = freshness([version], NOW + timedelta(hours=48))
    stale = freshness([version], NOW + timedelta(hours=49))
    kept = freshness([version], NOW + timedelta(days=14))
    lost = freshness([version], NOW + timedelta(days=14, seconds=1))

    assert (fresh.is_stale, fresh.keeps_points) == (False, True)
    assert (stale.is_stale, stale.keeps_points) == (True, True)
    assert (kept.is_stale, kept.keeps_points) == (True, True)
    assert (lost.is_stale, lost.keeps_points) == (True, False)
    assert "last read 2 days earlier" in stale.reason


def test_a_failed_read_is_stale_at_once() -> None:
    version = TableVersion("t", "0", 1, NOW, stale_reason="403")

    assert freshness([version], NOW).is_stale


@given(st.lists(st.integers(-1000, 1000), min_size=16, max_size=16))
def test_parts_of_an_attribution_sum_to_the_change(numbers: list[int]) -> None:
    causes = list(Cause)[:4]
    subsets = [
        frozenset(c for bit, c in enumerate(causes) if number >> bit & 1) for number in range(16)
    ]
    points_with = {subset: Points(numbers[i]) for i, subset in enumerate(subsets)}
    parts = shapley(causes, points_with)

    assert sum(parts.values()) == points_with[frozenset(causes)] - points_with[frozenset()]


def test_rank_orders_by_points_left_against_cost_impact_and_tier() -> None:
    base = measured(0).control
    easy = replace(
        base, id="easy", implementation_cost=Level.LOW, user_impact=Level.LOW, tier=Tier.CORE
    )
    hard = replace(
        base,
        id="hard",
        implementation_cost=Level.HIGH,
        user_impact=Level.HIGH,
        tier=Tier.ADVANCED,
    )
    found = ranks(
        [RankInput(hard, Points(1000)), RankInput(easy, Points(300)), RankInput(base, Points(0))]
    )

    assert found == {"easy": 1, "hard": 2, "c": 3}


def test_what_is_not_scored_ranks_last() -> None:
    base = measured(0).control
    unscored = RankInput(replace(base, id="a"), Points(0), is_scored=False)
    done = RankInput(replace(base, id="b"), Points(0))

    assert ranks([unscored, done]) == {"b": 1, "a": 2}


@pytest.mark.parametrize(
    "share, zone",
    [(None, Zone.BAD), (39.99, Zone.BAD), (40, Zone.OKAY), (69.99, Zone.OKAY), (70, Zone.GOOD)],
)
def test_zones_begin_at_their_limits(share: float | None, zone: Zone) -> None:
    assert zone is zone_of(share, 70, 40)
