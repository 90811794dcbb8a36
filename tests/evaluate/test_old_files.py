"""Files that were landed before a column was added to their table are judged as they were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from securescore.catalog.load import built_in_catalog
from securescore.core.manifest import Manifest, TableVersion
from securescore.evaluate.evaluation import evaluate
from securescore.land.store import TableStore
from securescore.sources import all_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FINDINGS = all_tables()["scanner_findings"]
BEFORE = replace(
    FINDINGS,
    columns={name: column for name, column in FINDINGS.columns.items() if name != "references"},
)
Day = Callable[..., Manifest]


@pytest.fixture
def store(tmp_path: Path) -> TableStore:
    return TableStore(tmp_path, is_durable=False)


@pytest.fixture
def day(store: TableStore) -> Day:
    def landed(number: int, n_passing: int, *, is_old: bool) -> Manifest:
        rows = [
            {
                "finding_id": str(n),
                "tool": "prowler",
                "check_id": "c",
                "severity": "high",
                "resource_id": str(n),
                "verdict": "pass" if n < n_passing else "fail",
                **({} if is_old else {"references": ["https://docs.example"]}),
            }
            for n in range(4)
        ]
        table = BEFORE if is_old else FINDINGS
        file = store.write("a", table, rows)
        version = TableVersion(table.name, file.digest, file.n_rows, NOW, source="prowler")
        return Manifest("a", NOW + timedelta(days=number), (version,))

    return landed


@pytest.mark.parametrize("is_old", [(True,), (True, True), (True, False), (False, True)], ids=str)
def test_a_column_added_since_is_unknown_in_them(
    is_old: tuple[bool, ...], day: Day, store: TableStore, tmp_path: Path
) -> None:
    days = [day(number, number + 1, is_old=old) for number, old in enumerate(is_old)]

    found = evaluate(
        days, built_in_catalog(), all_tables(), store.path, evidence_path=tmp_path / "evidence"
    )

    results = [of_day["prowler.c"] for of_day in found.results]
    assert [(n + 1, 4) for n in range(len(days))] == [(r.n_passed, r.n_total) for r in results]
    assert {"/1", "/2", "/3"} & set(found.evidence.table().column("resource_id").to_pylist())
