"""Evidence files: pages of them, what flipped in them, and what goes on from one to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from securescore.record.evidence import SCHEMA, EvidenceStore, Flip

DAY = datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC)
ORGANIZATION = "org"


def day(number: int) -> datetime:
    return DAY + timedelta(days=number)


def row(
    resource: str,
    *,
    control: str = "mfa",
    name: str | None = None,
    reason: str | None = "no method",
    since: int = 0,
    until: int | None = None,
) -> dict[str, object]:
    return {
        "control_id": control,
        "resource_id": resource,
        "resource_name": name,
        "reason": reason,
        "since": day(since),
        "until": None if until is None else day(until),
    }


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path)


def written(store: EvidenceStore, *rows: dict[str, object]) -> str:
    digest, n_rows = store.write(ORGANIZATION, pa.Table.from_pylist(list(rows), schema=SCHEMA))
    assert n_rows == len(rows)
    return digest


def test_a_page_holds_what_fails_now_by_name_whatever_its_case(store: EvidenceStore) -> None:
    digest = written(
        store,
        row("u3", name="carla"),
        row("u1", name="Bert"),
        row("u2", name="ann"),
        row("u4", name="Aaron", until=3),
        row("u5", name="Aaron", control="another"),
    )

    first = store.failing(ORGANIZATION, digest, "mfa", limit=2)
    second = store.failing(ORGANIZATION, digest, "mfa", limit=2, offset=2)

    assert ["ann", "Bert"] == [r[1] for r in first.rows]
    assert [("u3", "carla", "no method", day(0))] == list(second.rows)
    assert (3, 3) == (first.n_failing, second.n_failing)


def test_a_resource_without_a_name_is_shown_by_its_id(store: EvidenceStore) -> None:
    digest = written(store, row("u2", name=""), row("u1", reason=None), row("u0", name="zoe"))

    found = store.failing(ORGANIZATION, digest, "mfa")

    assert [("u1", "u1", ""), ("u2", "u2", "no method"), ("u0", "zoe", "no method")] == [
        r[:3] for r in found.rows
    ]


@pytest.mark.parametrize("search, expected", [("MÜLLER", ["u1"]), ("100%", ["u2"]), ("_", [])])
def test_a_search_looks_into_name_and_reason_and_knows_no_wildcards(
    search: str, expected: list[str], store: EvidenceStore
) -> None:
    digest = written(store, row("u1", name="Ida Müller"), row("u2", reason="100% of O'Hara"))

    found = store.failing(ORGANIZATION, digest, "mfa", search=search)

    assert expected == [r[0] for r in found.rows]
    assert len(expected) == found.n_failing


def test_a_control_without_evidence_has_an_empty_page(store: EvidenceStore) -> None:
    digest = written(store, row("u1"))

    found = store.failing(ORGANIZATION, digest, "another' or true --", limit=50)

    assert ((), 0) == (found.rows, found.n_failing)


def test_what_flipped_begins_after_the_start_and_ends_with_the_end(store: EvidenceStore) -> None:
    digest = written(
        store,
        row("before", since=0),
        row("at the start", since=1),
        row("began", since=2, name="Began"),
        row("ended", since=0, until=3),
        row("both", since=2, until=3),
        row("after", since=4),
        row("ended after", since=0, until=4),
        row("another", control="another", since=2),
    )

    found = store.flipped(ORGANIZATION, digest, "mfa", day(1), day(3))

    assert (
        Flip("began", "Began", "no method", day(2), is_failing=True),
        Flip("both", "both", "no method", day(2), is_failing=True),
        Flip("both", "both", "no method", day(3), is_failing=False),
        Flip("ended", "ended", "no method", day(3), is_failing=False),
    ) == found


def test_the_same_intervals_in_another_order_are_one_file(store: EvidenceStore) -> None:
    rows = [row("u1", until=1), row("u1", since=2), row("u2", name="Ann"), row("u3", name="ann")]

    first = written(store, *rows)
    second = written(store, *reversed(rows))

    assert first == second
    assert [f"{first}.parquet"] == [p.name for p in (store.root / ORGANIZATION).iterdir()]
