"""Two years of the demo: every difference splits without a residual, every scripted fall has the
cause that was scripted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from securescore.ops.demo import main_organization
from securescore.ops.demo.values import StoryCause, StoryEvent, StoryKind
from securescore.record import history_answers as h
from securescore.record import query
from securescore.record.models import ControlChange, Snapshot

if TYPE_CHECKING:
    from securescore.organizations.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.slow]
SEED, DAYS = 7, 730
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
LAST = NOW.date() - timedelta(days=1)
FIRST = LAST - timedelta(days=DAYS - 1)


@dataclass(frozen=True)
class Played:
    organization: Organization
    story: tuple[StoryEvent, ...]


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[Played]:
    """The main organization of the demo alone; made once, taken away again."""
    from securescore.ops.demo_run import create_demo, remove_demo
    from securescore.ops.workspace import workspace
    from securescore.record.models import AuditEntry, AuditHead

    main = main_organization(seed=SEED, last_day=LAST, days=DAYS)
    with django_db_blocker.unblock():
        made = create_demo(workspace(), seed=SEED, days=DAYS, n_others=0, now=NOW)
    yield Played(made.organization, main.story)
    with django_db_blocker.unblock():
        remove_demo(workspace())
        # No organization takes its entries along, and the other tests count from none.
        AuditEntry.objects.all().delete()
        AuditHead.objects.all().delete()


def split(organization: Organization, start: date, end: date) -> h.Split:
    found = query.split_between(organization, start, end)
    assert found is not None
    return found


def check_sums(found: h.Split) -> None:
    assert found.points == found.end.points - found.start.points
    assert found.points == sum(part.points for part in found.parts)
    assert found.max_score == found.end.max_score - found.start.max_score
    assert found.max_score == sum(part.max_score for part in found.parts)
    assert found.pp is not None
    assert found.start.percentage is not None
    assert found.end.percentage is not None
    shown = round(found.end.percentage * 100) - round(found.start.percentage * 100)
    assert shown == sum(round((part.pp or 0) * 100) for part in found.parts)
    assert shown == round(found.pp * 100)
    for part in found.parts:
        assert part.points == sum(control.points for control in part.controls)
        assert part.max_score == sum(control.max_score for control in part.controls)


def test_the_parts_sum_to_the_difference_of_any_two_days(played: Played) -> None:
    random = Random(20260401)
    pairs = [
        (
            FIRST + timedelta(days=random.randrange(DAYS)),
            FIRST + timedelta(days=random.randrange(DAYS)),
        )
        for _ in range(150)
    ]
    catalog_days = [e.on for e in played.story if e.kind is StoryKind.CATALOG]
    pairs += [(on - timedelta(days=1), on) for on in catalog_days]
    pairs += [(FIRST, LAST), (FIRST - timedelta(days=9), LAST + timedelta(days=9)), (LAST, LAST)]
    for start, end in pairs:
        check_sums(split(played.organization, start, end))


def test_every_single_day_splits_without_a_residual(played: Played) -> None:
    snapshots = list(Snapshot.objects.filter(organization=played.organization).order_by("at"))
    by_time: dict[datetime, int] = {}
    for at, parts in ControlChange.objects.filter(organization=played.organization).values_list(
        "at", "parts"
    ):
        by_time[at] = by_time.get(at, 0) + sum(parts.values())

    assert [after.points - before.points for before, after in pairwise(snapshots)] == [
        by_time.get(after.at, 0) for after in snapshots[1:]
    ]


def test_each_scripted_regression_has_the_cause_that_was_scripted(played: Played) -> None:
    regressions = [e for e in played.story if e.kind is StoryKind.REGRESSION]
    wrong = []
    for event in regressions:
        found = split(played.organization, event.on - timedelta(days=1), event.on)
        for control_id in event.control_ids:
            points = {
                part.cause: control.points
                for part in found.parts
                for control in part.controls
                if control.control_id == control_id
            }
            fell = {cause for cause, change in points.items() if change < 0}
            if fell != {event.cause.value}:
                wrong.append((event.on, control_id, event.cause.value, points))

    assert wrong == []
    assert {"configuration", "user", "device"} == {e.cause.value for e in regressions}
    assert len(regressions) >= 15


def test_the_history_marks_each_scripted_regression(played: Played) -> None:
    for event in played.story:
        if event.kind is StoryKind.REGRESSION:
            page = query.history(
                played.organization,
                event.on,
                event.on,
                h.EventFilter(kinds=("regression",)),
                per_page=None,
            )
            causes = {e.control_id: e.cause for e in page.events}

            assert dict.fromkeys(event.control_ids, event.cause.value).items() <= causes.items()


def test_attested_and_catalog_changes_are_what_the_script_says(played: Played) -> None:
    attested = {StoryKind.THIRD_PARTY, StoryKind.ALTERNATE_MITIGATION}
    for event in played.story:
        if event.kind not in attested and event.cause is not StoryCause.CATALOG:
            continue
        found = split(played.organization, event.on - timedelta(days=1), event.on)
        [part] = [part for part in found.parts if part.cause == event.cause.value]
        moved = {control.control_id for control in part.controls}

        assert set(event.control_ids) <= moved, event


def test_resources_that_flipped_are_named_for_a_regression(played: Played) -> None:
    [event] = [e for e in played.story if e.control_ids == ("OneAdmin",) and e.kind == "regression"]
    detail = query.split_detail(
        played.organization,
        event.on - timedelta(days=1),
        event.on,
        "OneAdmin",
        "user",
        with_resources=True,
    )
    hidden = query.split_detail(
        played.organization,
        event.on - timedelta(days=1),
        event.on,
        "OneAdmin",
        "user",
        with_resources=False,
    )

    assert detail is not None
    assert hidden is not None
    assert detail.flips
    assert len(detail.flips) == detail.n_began_failing + detail.n_ceased_failing
    assert all(flip.is_failing for flip in detail.flips)
    assert hidden.flips is None
    assert (hidden.n_began_failing, hidden.points) == (detail.n_began_failing, detail.points)


def test_trends_of_two_years_agree_with_the_split_and_the_history(played: Played) -> None:
    found = query.metrics(played.organization, FIRST, LAST)
    whole = split(played.organization, FIRST, LAST)
    assert found.changes.total is not None
    lost = query.history(
        played.organization,
        FIRST + timedelta(days=1),
        LAST,
        h.EventFilter(points="lost"),
        per_page=None,
    )

    assert whole.points == found.changes.total.net
    assert whole.points == sum(week.net for week in found.changes.weeks)
    assert sum(found.losses.lost.values()) == -sum(
        points for event in lost.events for _, points in event.parts if points < 0
    )
    assert sum(found.zone.trend.n_days.values()) == sum(day.has_data for day in found.days)
    assert found.risk.now is not None
    assert found.risk.now.n_accepted == len(found.risk.risks)


def test_a_split_takes_few_queries_however_far_apart_the_days(
    played: Played, django_assert_num_queries: Any
) -> None:
    for days in (1, 30, 700):
        with django_assert_num_queries(5):
            query.split_between(played.organization, LAST - timedelta(days=days), LAST)
