"""What is proven unique is unique; what could repeat a row is never proven."""

from __future__ import annotations

import pytest

from securescore.catalog.load import built_in_catalog
from securescore.catalog.sql import parse_query
from securescore.evaluate.unique import proven_key
from securescore.sources import all_tables

KEYS = {
    "users": frozenset({"snapshot", "id"}),
    "settings": frozenset({"snapshot"}),
    "members": frozenset({"snapshot", "group_id", "id"}),
}


@pytest.mark.parametrize(
    "sql",
    [
        "select snapshot, id from users where x",
        "select u.snapshot, u.id from users u join settings s on s.snapshot = u.snapshot",
        "select u.snapshot, u.id from users u left join settings s using (snapshot)",
        (
            "select u.snapshot, u.id from users u left join members m "
            "on m.snapshot = u.snapshot and m.id = u.id and m.group_id = 7"
        ),
        "select snapshot, id from members group by snapshot, id",
        (
            "with c as (select snapshot, id from members group by snapshot, id) "
            "select u.snapshot, u.id from users u left join c on c.snapshot = u.snapshot "
            "and c.id = u.id"
        ),
    ],
)
def test_whole_keys_are_a_proof(sql: str) -> None:
    assert proven_key(parse_query(sql).tree, KEYS) == {"snapshot", "id"}


@pytest.mark.parametrize(
    "sql",
    [
        "select snapshot, id from members",
        "select snapshot, name as id from users",
        "select id from users",
        "select snapshot, unnest(l) as id from users",
        "select snapshot, id, unnest(l) as one from users",
        "select snapshot, id from users union all select snapshot, id from users",
        (
            "select u.snapshot, u.id from users u join members m "
            "on m.snapshot = u.snapshot and m.id = u.id"
        ),
        "select u.snapshot, u.id from users u join settings s on true",
        "select u.snapshot, u.id from users u, settings s",
        "select u.snapshot, u.id from users u join settings s on s.snapshot = s.snapshot",
        (
            "select u.snapshot, u.id from users u join settings s "
            "on s.snapshot = u.snapshot or u.id = 1"
        ),
        "select u.snapshot, u.id from users u right join settings s on s.snapshot = u.snapshot",
        "select u.snapshot, u.id from users u join unknown x on x.snapshot = u.snapshot",
        (
            "select m.snapshot, u.id from users u left join members m "
            "on m.snapshot = u.snapshot and m.id = u.id and m.group_id = 7"
        ),
        "with users as (select snapshot, id from members) select snapshot, id from users",
        "select snapshot, id from members group by rollup (snapshot, id)",
        "select u.snapshot, u.id from users u, unnest([1, 2]) x(n)",
    ],
)
def test_what_may_repeat_a_row_is_not_proven(sql: str) -> None:
    key = proven_key(parse_query(sql).tree, KEYS)

    assert key is None or not key <= {"snapshot", "id"}


def test_every_control_per_person_is_proven() -> None:
    catalog = built_in_catalog()
    keys = {
        **{name: frozenset({"snapshot", *t.key}) for name, t in all_tables().by_name.items()},
        **{view.name: frozenset(view.key) for view in catalog.views.values()},
    }

    counted = {
        definition.id
        for definition in catalog.enabled
        if "effective_" in definition.sql or "users_in_scope" in definition.sql
        if not (proven_key(parse_query(definition.sql).tree, keys) or {"?"})
        <= {"snapshot", "resource_id"}
    }

    assert counted == set()
