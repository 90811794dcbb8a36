"""The engine against an independent Python loop over the same rows (``bench/oracle.py``)."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.data import Size, file_of, land, rows_in_hand
from bench.oracle import CONTROLS, Organization, judged

from securescore.catalog.load import built_in_catalog
from securescore.core.result import State
from securescore.evaluate.evaluation import Evaluation, evaluate
from securescore.sources import all_tables

KNOWN = [d.id for d in built_in_catalog().enabled if d.id in CONTROLS]


def test_the_oracle_knows_the_catalog() -> None:
    missing = {d.id for d in built_in_catalog().enabled} - CONTROLS.keys()

    assert missing == set()


@pytest.mark.parametrize(
    "size, seed",
    [
        *((Size("ten users", 1, 10), seed) for seed in range(1, 7)),
        *((Size("a thousand users", 1, 1_000), seed) for seed in range(1, 3)),
        (Size("fifty organizations", 50, 30), 1),
    ],
    ids=lambda value: value.name.replace(" ", "-") if isinstance(value, Size) else str(value),
)
def test_the_engine_finds_what_a_plain_loop_finds(size: Size, seed: int, tmp_path: Path) -> None:
    manifests = land(size, tmp_path, seed)

    found = evaluate(
        manifests,
        built_in_catalog(),
        all_tables(),
        lambda _organization, table, digest: file_of(tmp_path, table, digest),
        evidence_path=tmp_path / "evidence.parquet",
    )
    expected = []
    for manifest in manifests:
        organization = Organization(rows_in_hand(manifest, tmp_path), manifest.as_of)
        verdicts = judged(organization, KNOWN)
        expected.append(
            {
                control: (str(State.MEASURED), v.passed, v.total, sorted(map(str, v.failing)))
                for control, v in verdicts.items()
            }
        )

    for number, of_organization in enumerate(_by_organization(found)):
        different = {
            control: (expected[number][control], of_organization[control])
            for control in KNOWN
            if of_organization[control] != expected[number][control]
        }
        assert not different, f"organization {number}"


def _by_organization(found: Evaluation) -> list[dict[str, tuple[object, ...]]]:
    failing: list[dict[str, list[str]]] = [{} for _ in found.results]
    for row in found.evidence.table().to_pylist():
        of_control = failing[row["first_index"]].setdefault(row["control_id"], [])
        of_control.append(row["resource_id"])
    return [
        {
            control: (
                str(result.state),
                result.n_passed,
                result.n_total,
                sorted(failing[number].get(control, [])),
            )
            for control, result in results.items()
        }
        for number, results in enumerate(found.results)
    ]
