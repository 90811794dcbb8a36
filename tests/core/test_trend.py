from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from securescore.core.attribution import Cause
from securescore.core.points import Points
from securescore.core.trend import (
    AcceptedRisk,
    LossGroup,
    changes_by_week,
    loss_by_week,
    point_changes,
    risk_days,
    weeks_of,
    zones_of_days,
)
from securescore.core.zone import Zone

START = date(2026, 1, 1)
DAYS = st.integers(0, 400).map(lambda n: START + timedelta(days=n))
PARTS = st.dictionaries(st.sampled_from(Cause), st.integers(-900, 900).map(Points), max_size=3)


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=200))
def test_every_day_is_in_one_zone_or_without_data(values: list[float | None]) -> None:
    days = [(START + timedelta(days=i), value) for i, value in enumerate(values)]
    found = zones_of_days(days, 70, 40)

    assert len(values) == sum(found.n_days.values()) + found.n_without_data
    assert sum(v is None for v in values) == found.n_without_data
    assert set(Zone) == set(found.n_days)


def test_a_gap_is_no_crossing_but_what_lies_behind_it_is() -> None:
    values = [75.0, None, 60.0, None, 61.0, 39.99]
    found = zones_of_days(
        [(START + timedelta(days=i), v) for i, v in enumerate(values)], good_from=70, okay_from=40
    )

    assert [(2, Zone.GOOD, Zone.OKAY), (5, Zone.OKAY, Zone.BAD)] == [
        ((c.on - START).days, c.old, c.new) for c in found.crossings
    ]


@given(DAYS, st.integers(0, 500))
def test_weeks_cover_a_range_without_overlap(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    weeks = weeks_of(start, end)
    days = [
        first + timedelta(days=i) for first, last in weeks for i in range((last - first).days + 1)
    ]

    assert [start + timedelta(days=i) for i in range(length + 1)] == days
    assert all(first.weekday() == 0 for first, _ in weeks[1:])


@given(st.lists(st.tuples(DAYS, PARTS), max_size=60))
def test_weeks_sum_to_the_whole(changes: list[tuple[date, dict[Cause, Points]]]) -> None:
    end = START + timedelta(days=400)
    weeks = loss_by_week(changes, START, end)
    lost = -sum(p for _, parts in changes for p in parts.values() if p < 0)
    by_week = changes_by_week(changes, START, end)
    whole = point_changes((parts for _, parts in changes), START, end)

    assert lost == sum(week.total for week in weeks)
    assert whole.net == sum(p for _, parts in changes for p in parts.values())
    assert whole.net == sum(week.net for week in by_week)
    assert whole.achieved == sum(week.achieved for week in by_week)
    assert whole.regressed == sum(week.regressed for week in by_week)
    assert whole.achieved >= 0 >= whole.regressed


def test_a_loss_is_of_its_week_and_of_who_did_it() -> None:
    sunday, monday = date(2026, 1, 4), date(2026, 1, 5)
    [first, second] = loss_by_week(
        [
            (sunday, {Cause.USER: Points(-100), Cause.CONFIGURATION: Points(300)}),
            (monday, {Cause.CATALOG: Points(-50), Cause.STATUS: Points(-25)}),
        ],
        date(2026, 1, 1),
        date(2026, 1, 11),
    )

    assert (Points(100), Points(75)) == (first.total, second.total)
    assert Points(100) == first.lost[LossGroup.USER]
    assert Points(75) == second.lost[LossGroup.REST]


RISKS = st.builds(
    AcceptedRisk,
    start=DAYS,
    until=st.one_of(st.none(), DAYS),
    points_left=st.integers(0, 1000).map(Points),
    review_on=st.one_of(st.none(), DAYS),
)


@given(st.lists(RISKS, max_size=12), st.lists(st.booleans(), min_size=1, max_size=120))
def test_risks_of_a_day_are_those_that_hold_on_it(
    risks: list[AcceptedRisk], has_data: list[bool]
) -> None:
    days = [(START + timedelta(days=3 * i), known) for i, known in enumerate(has_data)]
    for found, (on, known) in zip(risk_days(risks, days), days, strict=True):
        holding = [r for r in risks if r.start <= on and (r.until is None or on < r.until)]
        expected = (
            (
                len(holding),
                sum(r.points_left for r in holding),
                sum(r.review_on is not None and r.review_on <= on for r in holding),
            )
            if known
            else (None, None, None)
        )

        assert expected == (found.n_accepted, found.points_left, found.n_to_review)
