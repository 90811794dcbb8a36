from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from securescore.organizations.models import Organization
from securescore.present.action_filter import (
    FACETS,
    GROUPS,
    SORTS,
    ActionQuery,
    action_query,
    facet_values,
    left_of,
)
from securescore.present.web.words import STATUSES, capital
from tests.present.sample_answers import actions

ROWS = actions(Organization(name="Contoso", slug="contoso"))


def asked(text: str) -> ActionQuery:
    return action_query(QueryDict(text), ROWS)


def shown(text: str) -> list[str]:
    query = asked(text)
    return [row.id for row in query.ordered(r for r in ROWS if query.matches(r))]


def test_an_empty_address_shows_everything_by_rank() -> None:
    assert shown("") == [row.id for row in ROWS]


def test_values_of_one_facet_add_up_and_facets_narrow() -> None:
    found = {r.id for r in ROWS if r.category in {"Identity", "Data"} and r.status == "planned"}

    assert set(shown("category=Identity&category=Data&status=planned")) == found


def test_the_search_wants_every_word_in_any_case() -> None:
    found = [r.title for r in ROWS if r.id in shown("q=MAIL+forward")]

    assert sorted(found) == ["Forbid forwarding of mail to outside addresses"]


def test_a_value_that_does_not_exist_is_left_out_and_named() -> None:
    query = asked("status=fixed&status=planned&sort=color&group=moon&page=x")

    assert query.values("status") == ("planned",)
    assert (query.sort, query.group, query.page) == ("rank", "", 1)
    assert len(query.remarks) == 4


def test_descending_is_the_reverse_up_to_ties() -> None:
    up = [r.points_left for r in asked("sort=points_left").ordered(ROWS)]
    down = [r.points_left for r in asked("sort=-points_left").ordered(ROWS)]

    assert up == down[::-1] == sorted(up)


def test_groups_keep_the_order_asked_for_inside() -> None:
    query = asked("group=status&sort=-points_left")
    rows = query.ordered(ROWS)
    statuses = [query.group_of(row) for row in rows]

    assert statuses == sorted(statuses, key=STATUSES.index)
    for status in set(statuses):
        lefts = [r.points_left for r in rows if r.status == status]
        assert lefts == sorted(lefts, reverse=True)


@pytest.mark.parametrize("facet", FACETS)
def test_the_count_beside_a_value_is_what_choosing_it_shows(facet: str) -> None:
    query = asked("q=a")
    values = {str(getattr(r, facet, "")): "" for r in ROWS} if hasattr(ROWS[0], facet) else {}
    labels = values or {"yes": "", "no": "", "unknown": "", "regressed": ""}
    for one in facet_values(query, ROWS, facet, labels):
        chosen = asked(f"q=a&{facet}={one.value}")

        assert one.count == sum(chosen.matches(row) for row in ROWS)


QUERIES = st.builds(
    ActionQuery,
    q=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20),
    chosen=st.fixed_dictionaries(
        {},
        optional={
            "status": st.lists(st.sampled_from(STATUSES), min_size=1, unique=True).map(tuple),
            "category": st.just(("Data", "Apps")),
            "licensed": st.just(("no",)),
        },
    ),
    group=st.sampled_from(["", *GROUPS]),
    sort=st.sampled_from([*SORTS, *(f"-{name}" for name in SORTS)]),
    page=st.integers(1, 99),
)


@given(QUERIES)
def test_a_view_written_into_an_address_reads_back_the_same(query: ActionQuery) -> None:
    assert asked(urlsplit(query.written()).query) == query


@given(QUERIES)
def test_every_change_but_paging_goes_back_to_the_first_page(query: ActionQuery) -> None:
    assert asked(query.toggled("status", "planned")[1:]).page == 1
    assert asked(query.at_page(7)[1:]).page == 7


@given(QUERIES, st.sampled_from(STATUSES))
def test_toggling_a_value_twice_changes_nothing(query: ActionQuery, status: str) -> None:
    once = asked(query.toggled("status", status)[1:])
    twice = asked(once.toggled("status", status)[1:])

    assert set(twice.values("status")) == set(query.values("status"))


def test_points_left_counts_only_what_is_scored() -> None:
    scored = [r for r in ROWS if r.state in {"measured", "stale", "error"}]

    assert left_of(ROWS) == sum(r.points_left for r in scored)
    assert left_of(ROWS) < sum(r.points_left for r in ROWS)


def test_statuses_start_with_a_capital() -> None:
    assert capital("to address") == "To address"
