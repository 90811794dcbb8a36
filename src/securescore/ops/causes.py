"""Splits the change of a control between two snapshots by what moved it (S10).

Where one kind of table changed, the change is its. Where several did, the manifests that never
happened (yesterday's policies with today's users, and so on) are evaluated in one bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from securescore.catalog.definition import Catalog
from securescore.core.attribution import Cause, shapley
from securescore.core.control import Basis, Category
from securescore.core.manifest import Manifest, TableVersion
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.core.table import TableKind, TableSet
from securescore.evaluate.evaluation import evaluate

CAUSE_OF: Mapping[TableKind, Cause] = {
    TableKind.CONFIGURATION: Cause.CONFIGURATION,
    TableKind.USER: Cause.USER,
    TableKind.DEVICE: Cause.DEVICE,
    TableKind.LICENSE: Cause.LICENSE,
    TableKind.REPORTED: Cause.CONFIGURATION,
}
AGELESS_DAYS = 1_000_000
JUDGED = (State.MEASURED, State.STALE)


@dataclass(frozen=True, slots=True)
class Step:
    """Two snapshots of one organization that follow each other."""

    before: Manifest
    after: Manifest
    results_before: Mapping[str, ControlResult]
    results_after: Mapping[str, ControlResult]


Splits = list[dict[str, Mapping[Cause, Points]]]


def splits_of(
    steps: Sequence[Step],
    catalog: Catalog,
    tables: TableSet,
    path_of: Callable[[str, str, str], Path],
) -> Splits:
    """For each step and control whose points moved, the parts by cause; they sum to the change.

    Controls that came, went or changed their state have no part here: those changes are of the
    catalog, of licenses or of the data, which is seen without evaluating anything.
    """
    splits: Splits = [{} for _ in steps]
    asked: list[tuple[int, frozenset[Cause], list[str]]] = []
    for number, step in enumerate(steps):
        by_causes: dict[frozenset[Cause], list[str]] = {}
        for control_id, after in step.results_after.items():
            before = step.results_before.get(control_id)
            if before is None or not _is_comparable(before, after):
                continue
            delta = after.points - before.points
            if delta == 0:
                continue
            if after.control.basis is Basis.REPORTED:
                is_device = after.control.category is Category.DEVICE
                cause = Cause.DEVICE if is_device else Cause.CONFIGURATION
                splits[number][control_id] = {cause: delta}
                continue
            names = catalog.tables_of(catalog.controls[control_id].sql)
            causes = _causes(step, names, tables)
            if len(causes) <= 1:
                splits[number][control_id] = {next(iter(causes), Cause.DATA): delta}
            else:
                by_causes.setdefault(causes, []).append(control_id)
        asked.extend((number, causes, ids) for causes, ids in by_causes.items())
    if asked:
        _evaluate_mixtures(asked, steps, catalog, tables, path_of, splits)
    return splits


def _is_comparable(before: ControlResult, after: ControlResult) -> bool:
    return (
        before.state in JUDGED
        and after.state in JUDGED
        and before.control.version == after.control.version
        and before.control.basis is after.control.basis
    )


def _causes(step: Step, names: frozenset[str], tables: TableSet) -> frozenset[Cause]:
    return frozenset(
        CAUSE_OF[tables[name].kind]
        for name in names
        if _digests(step.before, name) != _digests(step.after, name)
    )


def _digests(manifest: Manifest, name: str) -> list[tuple[str, str]]:
    return sorted((v.scope, v.digest) for v in manifest.of_table(name))


def _evaluate_mixtures(
    asked: Sequence[tuple[int, frozenset[Cause], list[str]]],
    steps: Sequence[Step],
    catalog: Catalog,
    tables: TableSet,
    path_of: Callable[[str, str, str], Path],
    splits: Splits,
) -> None:
    mixtures: dict[tuple[int, frozenset[Cause]], Manifest] = {}
    for number, causes, _ in asked:
        for size in range(1, len(causes)):
            for chosen in combinations(sorted(causes), size):
                subset = frozenset(chosen)
                mixtures[number, subset] = _mixture(steps[number], causes, subset, tables)
    wanted = {control_id for _, _, ids in asked for control_id in ids}
    some = replace(catalog, controls={i: d for i, d in catalog.controls.items() if i in wanted})
    # How old a table is must not matter here: the change of age has a cause of its own.
    ageless = {manifest.organization: AGELESS_DAYS for manifest in mixtures.values()}
    found = evaluate(list(mixtures.values()), some, tables, path_of, stale_after_days=ageless)
    results = dict(zip(mixtures, found.results, strict=True))
    for number, causes, ids in asked:
        step = steps[number]
        for control_id in ids:
            before, after = step.results_before[control_id], step.results_after[control_id]
            points_with = {frozenset[Cause](): before.points, causes: after.points}
            for (of_number, subset), of_mixture in results.items():
                if of_number == number and subset < causes:
                    points_with[subset] = of_mixture[control_id].points
            splits[number][control_id] = shapley(sorted(causes), points_with)


def _mixture(
    step: Step, causes: frozenset[Cause], chosen: frozenset[Cause], tables: TableSet
) -> Manifest:
    """The manifest before, with the tables of the chosen causes as they are after."""

    def is_after(version: TableVersion) -> bool:
        cause = CAUSE_OF[tables[version.table].kind] if version.table in tables else None
        return cause in chosen or cause not in causes

    versions = [v for v in step.before.versions if not is_after(v)]
    versions += [v for v in step.after.versions if is_after(v)]
    return replace(step.after, versions=tuple(sorted(versions, key=lambda v: (v.table, v.scope))))
