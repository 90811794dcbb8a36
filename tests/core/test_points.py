"""Points: exact, order-free, monotone (S2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securescore.core.control import Category, Control, Scoring
from securescore.core.errors import DuplicateResource
from securescore.core.outcome import Outcome, control_points, points_of_counts
from securescore.core.points import Points, percentage, rounded_half_up

OUTCOMES = st.lists(st.booleans(), max_size=80).map(
    lambda passes: [Outcome(f"u{i}", "", p, "") for i, p in enumerate(passes)]
)


def control(max_score: int, scoring: Scoring = Scoring.PROPORTIONAL) -> Control:
    return Control("c", 1, "t", Category.IDENTITY, "entra", Points.whole(max_score), scoring)


@pytest.mark.parametrize(
    "n_passed, n_total, max_score, expected",
    [
        (50, 100, 10, "5.00"),
        (25, 52, 9, "4.33"),
        (0, 0, 9, "9.00"),
        (1, 3, 1, "0.33"),
        (2, 3, 1, "0.67"),
        (1, 8, 1, "0.13"),  # 12.5 hundredths: half up
        (0, 7, 10, "0.00"),
        (7, 7, 10, "10.00"),
    ],
)
def test_known_shares_give_known_points(
    n_passed: int, n_total: int, max_score: int, expected: str
) -> None:
    actual = points_of_counts(n_passed, n_total, Points.whole(max_score), Scoring.PROPORTIONAL)

    assert expected == str(actual)


def test_all_or_nothing_gives_nothing_for_all_but_one() -> None:
    actual = points_of_counts(51, 52, Points.whole(9), Scoring.ALL)

    assert Points(0) == actual


@given(OUTCOMES, st.integers(1, 10), st.sampled_from(Scoring), st.randoms(use_true_random=False))
def test_points_are_bounded_and_free_of_order(
    outcomes: list[Outcome], max_score: int, scoring: Scoring, random: object
) -> None:
    of = control(max_score, scoring)
    shuffled = list(outcomes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random

    points = control_points(outcomes, of)

    assert 0 <= points <= Points.whole(max_score)
    assert control_points(shuffled, of) == points


@given(OUTCOMES, st.integers(1, 10), st.sampled_from(Scoring), st.data())
def test_turning_a_fail_into_a_pass_never_lowers_the_points(
    outcomes: list[Outcome], max_score: int, scoring: Scoring, data: st.DataObject
) -> None:
    of = control(max_score, scoring)
    failing = [i for i, o in enumerate(outcomes) if not o.passed]
    if not failing:
        return
    position = data.draw(st.sampled_from(failing))
    better = list(outcomes)
    better[position] = Outcome(outcomes[position].resource_id, "", True, "")

    assert control_points(better, of) >= control_points(outcomes, of)


def test_a_resource_that_appears_twice_is_an_error() -> None:
    twice = [Outcome("u1", "", True, ""), Outcome("u1", "", False, "")]

    with pytest.raises(DuplicateResource, match="u1 appears twice"):
        control_points(twice, control(5))


@pytest.mark.parametrize("n_passed, n_total", [(-1, 5), (6, 5)])
def test_counts_that_are_none_are_refused(n_passed: int, n_total: int) -> None:
    with pytest.raises(ValueError, match="no count"):
        points_of_counts(n_passed, n_total, Points.whole(5), Scoring.ALL)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_rounding_is_to_the_nearest_with_halves_away_from_zero(n: int, d: int) -> None:
    rounded = rounded_half_up(n, d)

    assert abs(rounded * d - n) * 2 <= d
    assert rounded_half_up(-n, d) == -rounded


@pytest.mark.parametrize(
    "hundredths, long, short",
    [
        (433, "4.33", "4.33"),
        (500, "5.00", "5"),
        (50, "0.50", "0.5"),
        (-5, "-0.05", "-0.05"),
        (0, "0.00", "0"),
        (1000, "10.00", "10"),
    ],
)
def test_points_print_with_two_decimals_or_none_too_many(
    hundredths: int, long: str, short: str
) -> None:
    points = Points(hundredths)

    assert (long, short) == (str(points), points.short())


@given(st.lists(st.integers(-1000, 1000)))
def test_sums_of_points_are_exact_and_stay_points(values: list[int]) -> None:
    total = sum((Points(v) for v in values), Points(0))

    assert isinstance(total, Points)
    assert sum(values) == int(total)


def test_a_percentage_of_nothing_is_unknown() -> None:
    assert percentage(Points(0), Points(0)) is None
