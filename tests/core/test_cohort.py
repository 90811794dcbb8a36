from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securescore.core.cohort import CohortFilter, CohortMember, cohort_average
from securescore.core.errors import InputError

NAMES = st.frozensets(st.sampled_from(["Law", "Retail", "Finance"]))
SEATS = st.one_of(st.none(), st.integers(0, 2000))


@st.composite
def filters(draw: st.DrawFn) -> CohortFilter:
    low, high = draw(SEATS), draw(SEATS)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return CohortFilter(low, high, draw(NAMES), draw(NAMES), draw(NAMES))


@given(filters())
def test_a_filter_is_stored_and_read_again(asked: CohortFilter) -> None:
    assert asked == CohortFilter.from_json(asked.to_json())


@given(filters())
def test_nothing_known_matches_only_an_empty_filter(asked: CohortFilter) -> None:
    assert (asked == CohortFilter()) == asked.holds(CohortMember())


def test_an_organization_belongs_where_everything_fits() -> None:
    asked = CohortFilter(100, 300, frozenset({"Law", "Retail"}), licenses=frozenset({"P1", "P2"}))
    fits = CohortMember(300, "Law", "Europe", frozenset({"P2", "P9"}))

    assert asked.holds(fits)
    assert not asked.holds(CohortMember(301, "Law", "Europe", fits.licenses))
    assert not asked.holds(CohortMember(99, "Law", "Europe", fits.licenses))
    assert not asked.holds(CohortMember(200, "Finance", "Europe", fits.licenses))
    assert not asked.holds(CohortMember(200, "Law", "Europe", frozenset({"P9"})))


@pytest.mark.parametrize("low, high", [(5, 4), (-1, None), (None, 10**9)])
def test_seats_out_of_order_are_refused(low: int | None, high: int | None) -> None:
    with pytest.raises(InputError):
        CohortFilter(seats_min=low, seats_max=high)


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_no_average_of_fewer_than_ten(shares: list[int]) -> None:
    found = cohort_average(shares)
    if len(shares) < 10:
        assert found is None
        return
    assert found is not None
    average, n = found

    assert len(shares) == n
    assert abs(Fraction(sum(shares), n) / 100 - Fraction(str(average))) <= Fraction(1, 200)
