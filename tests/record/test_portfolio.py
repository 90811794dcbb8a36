"""Lists of many organizations: filtered, sorted and averaged by the database, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from pytest_django import DjangoAssertNumQueries

from securescore.core.points import percentage, ten_thousandths
from securescore.core.zone import zone_of
from securescore.organizations.models import Organization
from securescore.record import query
from securescore.record.models import Snapshot
from securescore.record.portfolio import CHUNK, STALE_AFTER, Wanted
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINE = Organization.objects


def made(name: str, points: int | None = None, maximum: int = 10_000, **more: object) -> None:
    """An organization whose row and only snapshot say these points."""
    values = {"newest_data_at": NOW, "newest_n_regressed": 0, **more}
    if points is None:
        values = more
    else:
        values |= {
            "newest_at": NOW,
            "newest_points": points,
            "newest_max_score": maximum,
            "newest_share": ten_thousandths(points, maximum),
        }
    number = MINE.count()
    organization = MINE.create(name=name, slug=f"o{number}", **values)
    if points is not None:
        Snapshot.objects.create(
            organization=organization,
            at=NOW,
            on=NOW.date(),
            points=points,
            max_score=maximum,
            manifest={"as_of": NOW.isoformat()},
            catalog_digest="d",
            catalog_version="1",
            engine_version="1",
            created_at=NOW,
        )


def listed(wanted: Wanted) -> list[str]:
    """Names as the pages have them, which are those of the export."""
    exported = [row.name for row in query.portfolio_rows(MINE.all(), wanted, now=NOW)]
    paged: list[str] = []
    page = 1
    while True:
        found = query.portfolio_page(MINE.all(), wanted, page=page, per_page=2, now=NOW)
        paged += [row.name for row in found.rows]
        if page >= found.n_pages:
            break
        page += 1

    assert (paged, found.n_matching, found.n_all) == (exported, len(exported), MINE.count())
    return exported


@pytest.mark.parametrize(
    "sort, expected",
    [
        ("name", ["alpha", "Beta", "delta", "Gamma", "omega"]),
        ("-name", ["omega", "Gamma", "delta", "Beta", "alpha"]),
        ("score", ["Gamma", "alpha", "Beta", "delta", "omega"]),
        ("-score", ["alpha", "Beta", "Gamma", "delta", "omega"]),
        ("seats", ["omega", "Gamma", "alpha", "Beta", "delta"]),
        ("-seats", ["Gamma", "omega", "alpha", "Beta", "delta"]),
        ("data", ["Gamma", "alpha", "Beta", "delta", "omega"]),
        ("-data", ["alpha", "Beta", "delta", "Gamma", "omega"]),
        ("regressed", ["Beta", "delta", "Gamma", "alpha", "omega"]),
        ("-regressed", ["alpha", "Beta", "delta", "Gamma", "omega"]),
    ],
)
def test_what_has_none_stands_last_and_ties_are_by_name(sort: str, expected: list[str]) -> None:
    made("Gamma", 4000, seats=9, newest_data_at=NOW - timedelta(days=9))
    made("Beta", 5000)
    made("omega", None, seats=3)
    made("delta", 0, 0)
    made("alpha", 5000, newest_n_regressed=2)

    assert expected == listed(Wanted(sort=sort))


def test_equal_names_are_on_one_page_each() -> None:
    for _ in range(5):
        made("Same", 1)
    pages = [
        query.portfolio_page(MINE.all(), Wanted(), page=n, per_page=2, now=NOW).rows
        for n in (1, 2, 3)
    ]

    assert sorted(f"o{n}" for n in range(5)) == sorted(row.slug for page in pages for row in page)


@pytest.mark.parametrize("zones", [("good",), ("okay",), ("bad",), ("bad", "good")])
@pytest.mark.parametrize("good, okay", [(70.0, 40.0), (70.1, 33.33), (50.0, 50.0), (0.0, 0.0)])
def test_a_zone_holds_whom_its_own_limits_put_there(
    zones: Sequence[str], good: float, okay: float
) -> None:
    limits = {"zone_good_from": good, "zone_okay_from": okay}
    scores = [(0, 0), (0, 100)]
    for limit in (good, okay):
        hundredths = round(limit * 100)
        scores += [(hundredths + step, 10_000) for step in (-1, 0, 1) if hundredths + step >= 0]
    for number, (points, maximum) in enumerate(scores):
        made(f"{number:02d}", points, maximum, **limits)
    made("without data", None, **limits)
    expected = [
        f"{number:02d}"
        for number, score in enumerate(scores)
        if zone_of(percentage(*score), good, okay).value in zones
    ]

    assert expected == listed(Wanted(zones=frozenset(zones)))
    assert {
        row.name: row.zone
        for row in query.portfolio_rows(MINE.all(), Wanted(), now=NOW)
        if row.zone in zones
    }.keys() == set(expected)


def test_old_data_is_older_than_two_days_or_not_there() -> None:
    made("just", 1, newest_data_at=NOW - STALE_AFTER)
    made("older", 1, newest_data_at=NOW - STALE_AFTER - timedelta(microseconds=1))
    made("none")

    assert ["none", "older"] == listed(Wanted(is_stale=True))


def test_text_and_industry_narrow_together() -> None:
    made("Alpha", industry="Retail")
    made("alphabet", industry="Health")
    made("Beta", industry="Retail")
    made("100% sure", industry="")

    assert ["Alpha"] == listed(Wanted(q="ALPHA", industries=frozenset({"Retail"})))
    assert ["Alpha", "alphabet"] == listed(Wanted(q="lph"))
    assert ["100% sure"] == listed(Wanted(q="%"))
    assert ("Health", "Retail") == query.industries(MINE.all())


def test_the_average_is_exact_for_the_largest_seats() -> None:
    seats = [2_147_483_647, 2_147_483_646, 1, 0, None]
    for number, n in enumerate(seats):
        made(f"{number}", 3333 * (number + 1), 17_777, seats=n)
    made("nothing to score", 0, 0, seats=10)
    made("no data", None, seats=10)
    weighed = [
        (ten_thousandths(3333 * (number + 1), 17_777) or 0, n) for number, n in enumerate(seats[:3])
    ]
    n_seats = sum(n or 0 for _, n in weighed)
    expected = Fraction(sum(share * (n or 0) for share, n in weighed), n_seats * 100)
    found = query.portfolio_page(MINE.all(), Wanted(), page=1, per_page=50, now=NOW)

    assert round(float(expected), 2) == found.average
    assert (3, n_seats) == (found.n_averaged, found.n_seats)


def test_none_have_no_average() -> None:
    found = query.portfolio_page(MINE.all(), Wanted(), page=7, per_page=50, now=NOW)

    assert (None, 0, 0, 0) == (found.average, found.n_averaged, found.n_seats, found.n_matching)
    assert (1, 1, ()) == (found.page, found.n_pages, found.rows)


@pytest.mark.parametrize(
    "wanted, n_queries", [(Wanted(), 4), (Wanted(sort="-regressed"), 4), (Wanted(q="o"), 5)]
)
def test_a_page_of_many_costs_as_many_queries_as_one_of_few(
    wanted: Wanted, n_queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n_more in (3, CHUNK + 50):
        for number in range(n_more):
            made(f"O {n_more} {number:03d}", number)
        with django_assert_num_queries(n_queries):
            found = query.portfolio_page(MINE.all(), wanted, page=1, per_page=50, now=NOW)

        assert min(50, MINE.count()) == len(found.rows)


def test_an_export_of_more_than_a_chunk_is_whole_and_in_order() -> None:
    n = 2 * CHUNK + 7
    for number in range(n):
        made(f"{number:03d}", number)
    rows = list(query.portfolio_rows(MINE.all(), Wanted(sort="-score"), now=NOW))

    assert [f"{number:03d}" for number in reversed(range(n))] == [row.name for row in rows]
    assert list(reversed(range(n))) == [row.points for row in rows]


def test_the_newest_scores_alone_are_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    world.record(world.organization("With"), world.mfa(0, 10, 5))
    MINE.create(name="Without", slug="without")
    with django_assert_num_queries(1):
        first, second = query.newest_scores(MINE.all())
    score = query.latest_score(MINE.get(name="With"))

    assert score is not None
    assert (score.percentage, score.zone, score.points, score.max_score) == (
        first.percentage,
        first.zone,
        first.points,
        first.max_score,
    )
    assert world.START == first.as_of
    assert (None, "", None, None, None) == (
        second.percentage,
        second.zone,
        second.points,
        second.max_score,
        second.as_of,
    )


def test_trends_are_read_again_only_where_something_was_recorded(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first, second = world.organization("First"), world.organization("Second")
    for one in (first, second):
        world.record(one, world.mfa(0, 10, 5))

    def lines(n_queries: int) -> list[tuple[float | None, ...]]:
        with django_assert_num_queries(n_queries):
            found = query.portfolio_page(MINE.all(), Wanted(), page=1, per_page=50, now=NOW)
        return [row.sparkline for row in found.rows]

    before = lines(4)
    assert before == lines(2)
    world.record(second, world.mfa(1, 10, 9))
    after = lines(4)

    assert after == lines(2)
    assert (before[0], 2) == (after[0], len(after[1]))
