from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securescore.present.web.ranges import LABELS, MAX_DAYS, range_of

LAST = date(2026, 11, 22)


@pytest.mark.parametrize(
    "key, start",
    [
        ("30d", date(2026, 10, 23)),
        ("90d", date(2026, 8, 24)),
        ("1y", date(2025, 11, 22)),
        ("2y", date(2024, 11, 22)),
        ("qtd", date(2026, 10, 1)),
        ("ytd", date(2026, 1, 1)),
        ("", date(2025, 11, 22)),
    ],
)
def test_a_named_range_ends_with_the_newest_day(key: str, start: date) -> None:
    found = range_of({"range": key}, LAST)

    assert (found.start, found.end, found.remarks) == (start, LAST, ())


def test_two_days_make_a_range() -> None:
    found = range_of({"from": "2026-03-01", "to": "2026-03-31"}, LAST)

    assert (found.start, found.end, found.key) == (date(2026, 3, 1), date(2026, 3, 31), "custom")


@pytest.mark.parametrize(
    "asked, start, end",
    [
        ({"range": "week"}, date(2025, 11, 22), LAST),
        ({"from": "yesterday"}, date(2025, 11, 22), LAST),
        ({"from": "2026-03-31", "to": "2026-03-01"}, date(2026, 3, 1), date(2026, 3, 31)),
        ({"from": "2026-11-01", "to": "2030-01-01"}, date(2026, 11, 1), LAST),
        ({"from": "1900-01-01"}, LAST - timedelta(days=MAX_DAYS), LAST),
    ],
)
def test_a_range_that_makes_no_sense_falls_back_and_says_so(
    asked: dict[str, str], start: date, end: date
) -> None:
    found = range_of(asked, LAST)

    assert (found.start, found.end) == (start, end)
    assert len(found.remarks) == 1


def test_the_first_quarter_day_still_makes_a_range() -> None:
    found = range_of({"range": "qtd"}, date(2026, 10, 1))

    assert found.start < found.end


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "range": st.one_of(st.sampled_from(sorted(LABELS)), st.text()),
            "from": st.one_of(st.dates().map(str), st.text()),
            "to": st.one_of(st.dates().map(str), st.text()),
        },
    ),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
def test_whatever_is_asked_for_a_range_is_answered(asked: dict[str, str], last: date) -> None:
    found = range_of(asked, last)

    assert found.start < found.end <= last
    assert found.n_days <= MAX_DAYS + 1
