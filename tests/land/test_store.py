"""Landing: types, keys, grain; same rows, same digest; a bad row is named."""

from __future__ import annotations

import hashlib
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securescore.core.errors import LandError
from securescore.core.table import Column, ColumnType, Table, TableKind, columns, flag, text
from securescore.land.arrow import to_arrow
from securescore.land.store import TableStore
from securescore.sources import all_tables

THINGS = Table(
    "things",
    TableKind.CONFIGURATION,
    key=("thing_id", "name"),
    columns=columns(
        thing_id="uuid",
        name="text",
        is_on=flag(default=True),
        count="int",
        share="float",
        seen_at="timestamp",
        tags=Column(ColumnType.TEXTS, default=()),
        owners=Column(ColumnType.UUIDS, default=()),
        note=text(),
    ),
)
ID = uuid.UUID("11111111-2222-3333-4444-555555555555")


def test_defaults_fill_what_a_row_leaves_out() -> None:
    [row] = to_arrow(THINGS, [{"thing_id": ID, "name": "a", "tags": None}]).to_pylist()

    assert row == {
        "thing_id": ID,
        "name": "a",
        "is_on": True,
        "count": None,
        "share": None,
        "seen_at": None,
        "tags": [],
        "owners": [],
        "note": None,
    }


def test_every_type_comes_back_as_it_went_in(tmp_path: Path) -> None:
    row = {
        "thing_id": ID,
        "name": "ä",
        "is_on": False,
        "count": -(2**63),
        "share": 0.5,
        "seen_at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        "tags": ["x", ""],
        "owners": [ID],
        "note": "n",
    }
    store = TableStore(tmp_path)
    landed = store.write("org", THINGS, [row])

    assert [row] == store.read("org", "things", landed.digest).to_pylist()


@given(st.permutations(range(6)))
def test_the_same_rows_in_any_order_are_one_file(order: list[int]) -> None:
    rows = [{"thing_id": uuid.UUID(int=n // 2), "name": str(n)} for n in range(6)]

    assert to_arrow(THINGS, rows).equals(to_arrow(THINGS, [rows[i] for i in order]))


def test_a_file_is_named_by_the_digest_of_its_bytes(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    landed = store.write("org", THINGS, [{"thing_id": ID, "name": "a"}])
    path = store.path("org", "things", landed.digest)

    assert landed.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert store.is_intact("org", "things", landed.digest)
    path.write_bytes(path.read_bytes()[:-1])
    assert not store.is_intact("org", "things", landed.digest)


@pytest.mark.parametrize(
    "row, place, what",
    [
        ({"nme": "a"}, "things.nme, row 2", "no such column"),
        ({"thing_id": "not an id"}, "things.thing_id, row 2", "not uuid"),
        ({"is_on": "true"}, "things.is_on, row 2", "not bool"),
        ({"count": True}, "things.count, row 2", "not int"),
        ({"count": 2**63}, "things.count, row 2", "not int"),
        ({"count": "5"}, "things.count, row 2", "not int"),
        ({"name": 5}, "things.name, row 2", "not text"),
        ({"name": "\ud800"}, "things.name, row 2", "not text"),
        ({"seen_at": datetime(2026, 1, 1)}, "things.seen_at, row 2", "not timestamp"),  # noqa: DTZ001 - that is the fault
        ({"tags": "x"}, "things.tags, row 2", "not texts"),
        ({"owners": [5]}, "things.owners, row 2", "not uuids"),
    ],
)
def test_a_row_that_does_not_fit_is_named_by_number_and_not_shown(
    row: dict[str, Any], place: str, what: str
) -> None:
    good = {"thing_id": ID, "name": "secret person"}
    with pytest.raises(LandError) as caught:
        to_arrow(THINGS, [good, {**good, "name": "b", **row}])

    assert place == caught.value.where
    assert what in caught.value.what
    assert "secret" not in caught.value.message


def test_a_key_that_stands_twice_or_is_empty_is_refused() -> None:
    row = {"thing_id": ID, "name": "a"}
    with pytest.raises(LandError, match="stands twice"):
        to_arrow(THINGS, [row, {"thing_id": ID, "name": "b"}, row])
    with pytest.raises(LandError, match="the key is empty"):
        to_arrow(THINGS, [{"thing_id": ID}])


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    with pytest.raises(LandError):
        store.write("org", THINGS, [{"thing_id": ID, "name": 1}])

    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_the_sweep_takes_old_garbage_only(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    used = store.write("org", THINGS, [{"thing_id": ID, "name": "a"}])
    garbage = store.write("org", THINGS, [{"thing_id": ID, "name": "b"}])
    temporary = tmp_path / "org" / "things" / "killed.tmp"
    temporary.write_bytes(b"half")
    young = store.write("org", THINGS, [{"thing_id": ID, "name": "c"}])
    for path in (store.path("org", "things", garbage.digest), temporary):
        os.utime(path, (0, 0))

    assert store.sweep("org", {("things", used.digest)}) == 2
    assert store.path("org", "things", used.digest).exists()
    assert store.path("org", "things", young.digest).exists()


@pytest.mark.parametrize("name", ["../other", "a/b", "", "."])
def test_a_name_cannot_lead_out_of_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(LandError, match="not a name"):
        TableStore(tmp_path).path(name, "things", "x")


def test_every_known_table_lands_empty(tmp_path: Path) -> None:
    store = TableStore(tmp_path, is_durable=False)
    for table in all_tables().by_name.values():
        assert store.write("org", table, []).n_rows == 0
