from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from securescore.organizations.models import Organization
from securescore.present.action_columns import DEFAULT, SHOWN, chosen_columns
from securescore.present.action_facets import FACETS, keys_of, labels_of, seen_by
from securescore.present.action_filter import (
    GROUPS,
    SORTS,
    ActionQuery,
    action_query,
    left_of,
)
from securescore.present.web.actions import facet_values
from securescore.present.web.words import STATUSES, capital
from tests.present.sample_answers import actions

ROWS = actions(Organization(name="Contoso", slug="contoso"))
TODAY = date(2026, 11, 27)
SEEN = seen_by("ana", ROWS, TODAY)


def asked(text: str) -> ActionQuery:
    return action_query(QueryDict(text), ROWS, SEEN)


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
    query = asked("status=fixed&status=planned&sort=color&group=moon&page=x&columns=moon&tag=x")

    assert query.values("status") == ("planned",)
    assert (query.sort, query.group, query.page, query.columns) == ("rank", "", 1, DEFAULT)
    assert len(query.remarks) == 6


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
    for one in facet_values(query, ROWS, facet, labels_of(ROWS, SEEN)[facet]):
        chosen = asked(f"q=a&{urlencode({facet: one.value})}")

        assert one.count == sum(chosen.matches(row) for row in ROWS)


@pytest.mark.parametrize("name", SORTS)
def test_one_can_sort_by_every_column_and_what_is_unknown_comes_last(name: str) -> None:
    def keys(query: str) -> list[object]:
        return [SORTS[name](row) for row in asked(query).ordered(ROWS)]

    up, down = keys(f"sort={name}"), keys(f"sort=-{name}")
    known = [key for key in up if key is not None]

    assert name in SHOWN
    assert up == sorted(known) + [None] * (len(up) - len(known))  # type: ignore[type-var]  # of one type
    assert down == sorted(known, reverse=True) + [None] * (len(up) - len(known))  # type: ignore[type-var]  # of one type


def test_every_column_that_is_shown_can_be_sorted_by() -> None:
    assert set(SHOWN) == set(SORTS)


ROW = replace(ROWS[0], status="to address")


@pytest.mark.parametrize(
    "changes, facet, expected",
    [
        ({"due_on": None}, "due", ("none",)),
        ({"due_on": TODAY - timedelta(days=1)}, "due", ("overdue",)),
        ({"due_on": TODAY}, "due", ("week",)),
        ({"due_on": TODAY + timedelta(days=7)}, "due", ("week",)),
        ({"due_on": TODAY + timedelta(days=8)}, "due", ("later",)),
        ({"due_on": TODAY - timedelta(days=1), "status": "completed"}, "due", ()),
        ({"status": "risk accepted", "review_on": TODAY}, "review", ("due",)),
        ({"status": "risk accepted", "review_on": TODAY + timedelta(days=30)}, "review", ("soon",)),
        (
            {"status": "risk accepted", "review_on": TODAY + timedelta(days=31)},
            "review",
            ("later",),
        ),
        ({"status": "planned", "review_on": TODAY}, "review", ()),
        ({"assignee": ""}, "assignee", ("nobody",)),
        ({"assignee": "Ana"}, "assignee", ("Ana", "me")),
        ({"assignee": "bo"}, "assignee", ("bo",)),
        ({"tags": ("q2", "board")}, "tag", ("q2", "board")),
        ({"is_waiting": True}, "waiting", ("yes",)),
        ({"regressed_on": None, "added_on": TODAY - timedelta(days=29)}, "changed", ("added",)),
        ({"regressed_on": None, "added_on": TODAY - timedelta(days=30)}, "changed", ()),
        (
            {"regressed_on": TODAY, "added_on": date(2026, 1, 1), "changed_on": TODAY},
            "changed",
            ("regressed", "updated"),
        ),
        ({"regressed_on": None, "added_on": TODAY, "changed_on": TODAY}, "changed", ("added",)),
    ],
)
def test_what_a_value_means(changes: dict[str, Any], facet: str, expected: tuple[str, ...]) -> None:
    seen = replace(SEEN, first_day=date(2025, 1, 1))

    assert expected == keys_of(replace(ROW, **changes), facet, seen)


def test_what_came_with_the_first_data_was_not_added() -> None:
    rows = [replace(ROW, regressed_on=None, added_on=TODAY, changed_on=TODAY)]

    assert keys_of(rows[0], "changed", seen_by("ana", rows, TODAY)) == ()


def test_an_action_with_two_tags_stands_in_one_group() -> None:
    rows = [replace(ROW, tags=("a", "b")), replace(ROW, tags=("a",)), replace(ROW, tags=())]
    query = asked("group=tag")

    assert [query.group_of(row) for row in query.ordered(rows)] == ["a", "a, b", ""]


@pytest.mark.parametrize(
    "asked_for, expected",
    [
        ([], DEFAULT),
        ([""], DEFAULT),
        (["moon"], DEFAULT),
        (["due,points", "id"], ("title", "points", "due", "id")),
    ],
)
def test_columns_are_those_asked_for_in_the_order_of_the_list(
    asked_for: list[str], expected: tuple[str, ...]
) -> None:
    assert expected == chosen_columns(asked_for)[0]


QUERIES = st.builds(
    ActionQuery,
    q=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20),
    chosen=st.fixed_dictionaries(
        {},
        optional={
            "status": st.lists(st.sampled_from(STATUSES), min_size=1, unique=True).map(tuple),
            "category": st.just(("Data", "Apps")),
            "licensed": st.just(("no",)),
            "assignee": st.just(("me", "nobody")),
            "due": st.just(("overdue",)),
        },
    ),
    group=st.sampled_from(["", *GROUPS]),
    sort=st.sampled_from([*SORTS, *(f"-{name}" for name in SORTS)]),
    page=st.integers(1, 99),
    columns=st.sampled_from([DEFAULT, ("rank", "title", "due"), ("title",)]),
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
