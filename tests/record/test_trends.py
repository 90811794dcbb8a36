from __future__ import annotations

from datetime import date, timedelta

import pytest

from securescore.core.status import Decision, Status
from securescore.organizations.models import Organization
from securescore.record import query
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MFA = "MFARegistrationV2"
DAY = timedelta(days=1)
START = world.START.date()


def risk(day: int, status: Status, review_on: date | None = None) -> Decision:
    return Decision(
        MFA, status, world.START + timedelta(days=day, hours=1), "bo", "why", review_on=review_on
    )


@pytest.fixture
def example() -> Organization:
    """Days 0 to 5 without 3; half, then 0.7, 0.4 ... of 10 users."""
    made = world.organization()
    days = {0: 5, 1: 7, 2: 4, 4: 6, 5: 6}
    world.record(
        made,
        *[world.mfa(day, 10, n) for day, n in days.items()],
        decisions=[
            risk(1, Status.RISK_ACCEPTED, START + 4 * DAY),
            risk(4, Status.TO_ADDRESS),
        ],
    )
    return made


def test_a_day_without_data_is_in_no_zone(example: Organization) -> None:
    found = query.zone_trend(example, START, START + 5 * DAY)

    assert 1 == found.trend.n_without_data
    assert 5 == sum(found.trend.n_days.values())
    assert "okay" == found.zone_now


def test_score_changes_sum_to_the_difference(example: Organization) -> None:
    found = query.score_changes(example, START, START + 5 * DAY)
    assert found.total is not None
    assert found.start is not None
    assert found.end is not None
    assert found.start.points is not None
    assert found.end.points is not None

    assert (360, -270, 0) == (
        int(found.total.achieved),
        int(found.total.regressed),
        int(found.total.other),
    )
    assert found.end.points - found.start.points == found.total.net


def test_lost_points_name_whose_doing_it_was(example: Organization) -> None:
    found = query.regression_trend(example, START, START + 5 * DAY)

    assert {"configuration": 0, "user": 270, "device": 0, "rest": 0} == {
        group: int(points) for group, points in found.lost.items()
    }


def test_accepted_risks_are_counted_while_they_hold(example: Organization) -> None:
    found = query.risk_trend(example, START, START + 5 * DAY)

    assert [(0, 0), (0, 0), (1, 0), (None, None), (1, 1), (0, 0)] == [
        (day.n_accepted, day.n_to_review) for day in found.days
    ]
    assert 540 == found.days[2].points_left
    assert () == found.risks


def test_a_risk_that_holds_is_listed_with_its_review(example: Organization) -> None:
    found = query.risk_trend(example, START, START + 2 * DAY)
    [listed] = found.risks

    assert (MFA, START + 4 * DAY, "bo", False, True) == (
        listed.control_id,
        listed.review_on,
        listed.by,
        listed.is_due,
        listed.is_soon,
    )


def test_without_data_there_is_no_trend() -> None:
    nothing = world.organization()
    found = query.metrics(nothing, START, START + 9 * DAY)

    assert found.changes.total is None
    assert () == found.losses.weeks
    assert found.risk.now is None
    assert "" == found.zone.zone_now
    assert () == found.comparison.lines
    assert query.split_between(nothing, START, START + DAY) is None


def test_all_trends_at_once_are_those_one_by_one(example: Organization) -> None:
    start, end = START, START + 5 * DAY
    found = query.metrics(example, start, end)

    assert query.score_history(example, start, end) == found.days
    assert query.zone_trend(example, start, end) == found.zone
    assert query.score_changes(example, start, end) == found.changes
    assert query.regression_trend(example, start, end) == found.losses
    assert query.risk_trend(example, start, end) == found.risk
    assert query.comparison_trend(example, start, end) == found.comparison


def test_a_day_without_data_is_stood_for_by_the_one_before(example: Organization) -> None:
    found = query.split_between(example, START + 3 * DAY, START + 5 * DAY)
    early = query.split_between(example, START - 3 * DAY, START - DAY)
    assert found is not None
    assert early is not None

    assert (START + 3 * DAY, START + 2 * DAY) == (found.start.asked_on, found.start.on)
    assert 180 == found.points
    assert (START, START, ()) == (early.start.on, early.end.on, early.parts)
