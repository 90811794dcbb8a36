"""The parts of a difference sum to it, whatever moved: points, maximum and percentage."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from securescore.core.attribution import Cause
from securescore.core.points import Points, percentage
from securescore.core.score import Tally
from securescore.core.split import ChangeParts, Shift, percentage_parts, sum_of_shifts

HUNDREDTHS = st.integers(-40_000, 40_000).map(Points)


@st.composite
def differences(draw: st.DrawFn) -> tuple[Tally, dict[Cause, Shift]]:
    """A tally and shifts that lead to another one; points never above the maximum."""
    causes = draw(st.lists(st.sampled_from(Cause), unique=True, max_size=7))
    maxima = [draw(st.integers(-5_000, 5_000)) for _ in causes]
    start_max = draw(st.integers(1, 200_000)) + max(0, -sum(maxima))
    end_max = start_max + sum(maxima)
    start = draw(st.integers(0, start_max))
    end = draw(st.integers(0, max(end_max, 0)))
    points = [draw(st.integers(-9_000, 9_000)) for _ in causes]
    if causes:
        points[-1] += end - start - sum(points)
    else:
        end = start
    shifts = {
        cause: Shift(Points(p), Points(m))
        for cause, p, m in zip(causes, points, maxima, strict=True)
    }
    return Tally(Points(start), Points(start_max)), shifts


@given(differences())
@example(
    (
        Tally(Points(1), Points(3)),
        {cause: Shift(Points(1), Points(3)) for cause in Cause},
    )
)
def test_percentage_parts_sum_to_the_shown_difference(
    given_: tuple[Tally, dict[Cause, Shift]],
) -> None:
    start, shifts = given_
    end = sum(shifts.values(), Shift(start.points, start.max_score))
    found = percentage_parts(start, shifts)
    before, after = start.percentage, percentage(end.points, end.max_score)
    if end.max_score <= 0:
        assert found is None
        return
    assert before is not None
    assert after is not None
    assert found is not None

    assert round(after * 100) - round(before * 100) == sum(found.values())
    assert list(shifts) == list(found)


@given(differences())
def test_a_part_is_its_exact_share_to_the_hundredth(
    given_: tuple[Tally, dict[Cause, Shift]],
) -> None:
    """An oracle of one cause at a time: with two causes, the mean of first and second place."""
    start, shifts = given_
    chosen = dict(list(shifts.items())[:2])
    if len(chosen) < 2:
        return

    def value(*causes: Cause) -> Fraction:
        at = sum((chosen[c] for c in causes), Shift(start.points, start.max_score))
        return Fraction(10_000 * at.points, at.max_score) if at.max_score > 0 else Fraction(0)

    one, other = chosen
    found = percentage_parts(start, chosen)
    if found is None:
        return
    exact = (value(one) - value() + value(one, other) - value(other)) / 2

    assert abs(found[one] - exact) <= 1


@given(differences(), st.randoms(use_true_random=False))
def test_the_order_of_causes_does_not_matter(
    given_: tuple[Tally, dict[Cause, Shift]], random: object
) -> None:
    start, shifts = given_
    turned = dict(reversed(list(shifts.items())))

    assert percentage_parts(start, shifts) == percentage_parts(start, turned)


def test_without_a_percentage_there_are_no_parts() -> None:
    nothing = Tally(Points(0), Points(0))

    assert percentage_parts(nothing, {Cause.CATALOG: Shift(Points(5), Points(10))}) is None
    assert (
        percentage_parts(
            Tally(Points(5), Points(10)), {Cause.CATALOG: Shift(Points(-5), Points(-10))}
        )
        is None
    )


@given(
    st.dictionaries(st.sampled_from(Cause), HUNDREDTHS),
    HUNDREDTHS,
    st.one_of(st.none(), st.sampled_from(Cause)),
)
def test_the_shifts_of_a_change_sum_to_it(
    parts: dict[Cause, Points], max_delta: Points, cause: Cause | None
) -> None:
    found = sum(ChangeParts(parts, max_delta, cause).shifts.values(), Shift())

    assert Shift(Points(sum(parts.values())), max_delta) == found


@pytest.mark.parametrize(
    "cause, owner",
    [
        (Cause.CATALOG, Cause.CATALOG),
        (Cause.LICENSE, Cause.LICENSE),
        (Cause.DATA, Cause.DATA),
        (Cause.USER, Cause.CATALOG),
        (Cause.STATUS, Cause.CATALOG),
        (None, Cause.CATALOG),
    ],
)
def test_a_maximum_moves_by_what_adds_or_takes_controls(cause: Cause | None, owner: Cause) -> None:
    change = ChangeParts({cause: Points(0)} if cause else {}, Points(300), cause)

    assert Points(300) == change.shifts[owner].max_score


def test_what_came_and_went_again_is_no_part() -> None:
    came = {Cause.USER: Shift(Points(50)), Cause.DATA: Shift(Points(10))}
    went = {Cause.USER: Shift(Points(-50))}

    assert {Cause.DATA: Shift(Points(10))} == sum_of_shifts([came, went])
