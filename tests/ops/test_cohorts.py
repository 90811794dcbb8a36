"""Averages: never of fewer than ten, of a new day without the old ones, of others only."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from securescore.core.cohort import CohortFilter
from securescore.core.errors import AccessDenied, InputError
from securescore.ops.cohorts import (
    compute_cohorts,
    compute_new_days,
    matching,
    refresh_cohorts,
)
from securescore.ops.comparing import (
    add_comparison,
    change_comparison,
    n_compared,
    remove_comparison,
)
from securescore.ops.organization_settings import General, change_general
from securescore.organizations.access import Access, RightMissing, access_to
from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization, set_role
from securescore.record import query
from securescore.record.kept import one_revision
from securescore.record.models import AuditEntry, CohortDay, CustomComparison, Snapshot
from securescore.record.newest import write_newest

pytestmark = [pytest.mark.django_db, pytest.mark.database]
START = date(2026, 3, 1)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def snapshot(organization: Organization, day: int, points: int) -> Snapshot:
    at = datetime(2026, 3, 1, 6, tzinfo=UTC) + timedelta(days=day)
    return Snapshot(
        organization=organization,
        at=at,
        on=at.date(),
        points=points,
        max_score=10_000,
        manifest={"as_of": at.isoformat(), "missing": {}, "tables": []},
        catalog_digest="",
        catalog_version="",
        engine_version="",
        created_at=at,
    )


def others(n: int, days: int, *, prefix: str = "Other", **more: object) -> list[Organization]:
    """n organizations with a score on each day: number i has 10 i + day percent of a hundredth."""
    made = [create_organization(f"{prefix} {i}", seats=50 + 10 * i, **more) for i in range(n)]
    Snapshot.objects.bulk_create(
        snapshot(one, day, 4_000 + 100 * i + day)
        for i, one in enumerate(made)
        for day in range(days)
    )
    for one in made:
        write_newest(one)
    return made


@pytest.fixture
def own() -> Organization:
    made = create_organization("Own", seats=80, industry="Law")
    Snapshot.objects.bulk_create(snapshot(made, day, 9_900) for day in range(3))
    return made


@pytest.fixture
def access(own: Organization) -> Access:
    user = User.objects.create_user("ana")
    set_role(own, user, "admin")
    return access_to(user, own.slug)


def days_of(cohort: str) -> list[tuple[int, float, int]]:
    return [
        ((row.on - START).days, row.percentage, row.n_organizations)
        for row in CohortDay.objects.filter(cohort=cohort).order_by("on")
    ]


def test_no_cohort_is_smaller_than_ten(own: Organization) -> None:
    others(8, 3)
    compute_cohorts(None, None)

    assert not CohortDay.objects.exists()
    assert () == query.comparison(own, START + timedelta(days=2))


def test_a_cohort_of_ten_is_averaged(own: Organization) -> None:
    others(9, 2)
    compute_cohorts(None, None)

    assert [(0, 49.5, 10), (1, 49.51, 10), (2, 49.51, 10)] == days_of("all organizations")


def test_a_new_day_gives_what_computing_all_anew_gives(own: Organization) -> None:
    made = others(12, 5)
    compute_cohorts(None, None)
    first = {row.pk for row in CohortDay.objects.all()}
    Snapshot.objects.bulk_create(snapshot(one, 5, 5_000) for one in made)
    refresh_cohorts(START + timedelta(days=5))
    by_day = sorted(CohortDay.objects.values_list("cohort", "on", "percentage", "n_organizations"))
    kept = {row.pk for row in CohortDay.objects.filter(on__lt=START + timedelta(days=5))}
    compute_cohorts(None, None)

    assert first == kept
    assert by_day == sorted(
        CohortDay.objects.values_list("cohort", "on", "percentage", "n_organizations")
    )


def test_the_daily_run_computes_what_is_new_and_all_the_first_time(own: Organization) -> None:
    made = others(12, 2)
    first = compute_new_days(None)
    yesterday = datetime(2026, 3, 20, tzinfo=UTC)
    nothing = compute_new_days(yesterday)
    kept = set(CohortDay.objects.values_list("pk", flat=True))
    late = [snapshot(one, 2, 5_000) for one in made]
    for one in late:
        one.created_at = yesterday + timedelta(hours=5)
    Snapshot.objects.bulk_create(late)
    again = compute_new_days(yesterday)

    assert first > 0
    assert 0 == nothing
    assert 0 < again < first
    assert {START + timedelta(days=2)} == set(
        CohortDay.objects.exclude(pk__in=kept).values_list("on", flat=True)
    )


def test_a_custom_comparison_holds_others_only(own: Organization, access: Access) -> None:
    law = others(10, 3, prefix="Law", industry="Law")
    others(4, 3, prefix="Retail", industry="Retail")
    compute_cohorts(None, None)
    filters = CohortFilter(industries=frozenset({"Law"}))
    made = add_comparison(access, "Law firms", filters, now=NOW)

    assert {one.pk for one in law} == set(matching(own, filters))
    assert [(0, 45.0, 10), (1, 45.0, 10), (2, 45.0, 10)] == days_of(f"custom:{made.pk}")
    assert "Law firms" in {one.name for one in query.comparison(own, START + timedelta(days=2))}
    assert str(made.pk) in {
        line.key for line in query.comparison_trend(own, START, START + timedelta(days=2)).lines
    }


def test_the_daily_run_keeps_a_custom_comparison_going(own: Organization, access: Access) -> None:
    law = others(10, 3, prefix="Law", industry="Law")
    compute_cohorts(None, None)
    filters = CohortFilter(industries=frozenset({"Law"}))
    made = add_comparison(access, "Law firms", filters, now=NOW)
    Snapshot.objects.bulk_create(snapshot(one, 3, 5_000) for one in law)
    refresh_cohorts(START + timedelta(days=3))

    assert (3, 50.0, 10) == days_of(f"custom:{made.pk}")[-1]
    assert 4 == len(days_of(f"custom:{made.pk}"))


def test_another_filter_computes_that_cohort_anew(own: Organization, access: Access) -> None:
    others(12, 3)
    compute_cohorts(None, None)
    made = add_comparison(access, "All", CohortFilter(), now=NOW)
    before = list(CohortDay.objects.filter(cohort="all organizations").values_list("pk"))
    change_comparison(access, made.pk, "Larger", CohortFilter(seats_min=70), now=NOW)

    assert [10, 10, 10] == [n for _, _, n in days_of(f"custom:{made.pk}")]
    assert before == list(CohortDay.objects.filter(cohort="all organizations").values_list("pk"))
    assert ["comparison.add", "comparison.change"] == [e.action for e in AuditEntry.objects.all()]


@pytest.mark.parametrize(
    "seats_from, is_refused",
    [
        pytest.param(50, False, id="the same organizations"),
        pytest.param(60, True, id="all but one"),
        pytest.param(140, True, id="all but nine"),
        pytest.param(150, False, id="all but ten"),
    ],
)
def test_two_comparisons_never_differ_by_fewer_than_ten(
    own: Organization,
    access: Access,
    seats_from: int,
    is_refused: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    others(25, 1)
    compute_cohorts(None, None)
    add_comparison(access, "All", CohortFilter(), now=NOW)
    filters = CohortFilter(seats_min=seats_from)
    other = add_comparison(access, "Far", CohortFilter(seats_min=190), now=NOW)
    if is_refused:
        with pytest.raises(InputError, match="fewer than 10 organizations are in only one"):
            add_comparison(access, "Some", filters, now=NOW)
        with pytest.raises(InputError, match="“All”"):
            change_comparison(access, other.pk, "Far", filters, now=NOW)
        other.refresh_from_db()
        assert {"seats_min": 190} == other.filters
    else:
        change_comparison(access, other.pk, "Far", filters, now=NOW)
        add_comparison(access, "Some", filters, now=NOW)

    assert 3 - is_refused == CustomComparison.objects.count()


def test_a_comparison_may_change_a_little_itself(own: Organization, access: Access) -> None:
    others(12, 1)
    made = add_comparison(access, "All", CohortFilter(), now=NOW)
    changed = change_comparison(access, made.pk, "All", CohortFilter(seats_min=60), now=NOW)

    assert {"seats_min": 60} == changed.filters


def test_only_averages_whose_members_somebody_chose_are_rounded(
    own: Organization, access: Access
) -> None:
    others(13, 1)
    compute_cohorts(None, None)
    made = add_comparison(access, "Some", CohortFilter(seats_max=160), now=NOW)
    written = days_of(f"custom:{made.pk}")[0]
    compute_cohorts(None, None)

    assert (0, 46.0, 12) == written == days_of(f"custom:{made.pk}")[0]  # 45.5 percent
    assert (0, 49.79, 14) == days_of("all organizations")[0]


def test_under_ten_a_comparison_is_refused_and_nothing_stays(
    own: Organization, access: Access
) -> None:
    others(9, 3, industry="Law")
    filters = CohortFilter(industries=frozenset({"Law"}))
    with pytest.raises(InputError, match="fewer than 10 other organizations"):
        add_comparison(access, "Law firms", filters, now=NOW)

    assert n_compared(own, filters) is None
    assert not CustomComparison.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_removed_comparison_leaves_no_average(own: Organization, access: Access) -> None:
    others(12, 3)
    compute_cohorts(None, None)
    made = add_comparison(access, "All", CohortFilter(), now=NOW)
    key = made.pk
    remove_comparison(access, key, now=NOW)

    assert [] == days_of(f"custom:{key}")
    assert not CustomComparison.objects.exists()
    assert "comparison.remove" == AuditEntry.objects.order_by("-number")[0].action


def test_names_are_given_once(own: Organization, access: Access) -> None:
    others(12, 1)
    add_comparison(access, " All  others ", CohortFilter(), now=NOW)
    for name in ("All others", "", "x" * 81):
        with pytest.raises(InputError):
            add_comparison(access, name, CohortFilter(seats_min=1), now=NOW)

    assert ["All others"] == [one.name for one in CustomComparison.objects.all()]


def test_who_may_not_administer_changes_nothing(own: Organization) -> None:
    user = User.objects.create_user("eve")
    set_role(own, user, "approver")
    access = access_to(user, own.slug)
    with pytest.raises(RightMissing):
        add_comparison(access, "All", CohortFilter(), now=NOW)
    with pytest.raises(RightMissing):
        remove_comparison(access, uuid.uuid4(), now=NOW)


def test_the_comparison_of_another_organization_is_not_there(
    own: Organization, access: Access
) -> None:
    other = create_organization("Fabrikam")
    theirs = CustomComparison.objects.create(
        organization=other, name="Theirs", created_by="x", created_at=NOW
    )
    with pytest.raises(AccessDenied):
        change_comparison(access, theirs.pk, "Mine", CohortFilter(), now=NOW)
    with pytest.raises(AccessDenied):
        remove_comparison(access, theirs.pk, now=NOW)

    assert CustomComparison.objects.filter(pk=theirs.pk).exists()


def test_what_is_compared_with_is_seen_at_once(own: Organization, access: Access) -> None:
    last = START + timedelta(days=2)

    def names() -> set[str]:
        return {one.name for one in query.comparison(own, last)}

    def of_all() -> float:
        [found] = [c for c in query.comparison(own, last) if c.name == "all organizations"]
        return found.percentage

    made = others(10, 3, industry="Law")
    before = names()
    compute_cohorts(None, None)
    computed, average = names(), of_all()
    own.refresh_from_db()
    change_general(access, General("Own", "UTC", seats=5_001, industry="Law", region=""), now=NOW)
    own.refresh_from_db()
    resized = names()
    filters = CohortFilter(industries=frozenset({"Law"}))
    custom = add_comparison(access, "Law firms", filters, now=NOW)
    added = names()
    change_comparison(access, custom.pk, "Lawyers", filters, now=NOW)
    renamed = names()
    remove_comparison(access, custom.pk, now=NOW)
    removed = names()
    Snapshot.objects.filter(organization__in=made).update(points=9_900)
    refresh_cohorts(START)

    assert before == set()
    assert computed == {"all organizations"}  # six have up to 100 seats
    assert resized == {"all organizations"}
    assert added == {"all organizations", "Law firms"}
    assert renamed == {"all organizations", "Lawyers"}
    assert removed == {"all organizations"}
    assert of_all() > average


def test_a_page_asks_for_the_revision_of_an_organization_once(
    own: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    others(10, 3)
    compute_cohorts(None, None)
    last = START + timedelta(days=2)
    own.refresh_from_db()
    with one_revision():
        query.comparison(own, last)
        with django_assert_num_queries(0):
            query.comparison(own, last)
