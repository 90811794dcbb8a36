"""Evaluate a bucket: manifests and a catalog in, results and evidence out. Pure.

Controls that read the same tables form a group. A group runs once over the distinct parts of the
bucket, one query per control (measured in the prototype: 375 times fewer core-seconds than one
query per control and organization). A control that breaks over a bucket runs again over its
halves, so that one organization's odd data cannot take the control from the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from securescore.catalog.definition import Catalog, ControlDefinition
from securescore.catalog.sql import Query
from securescore.core.errors import EvaluateError
from securescore.core.freshness import STALE_AFTER_DAYS, freshness
from securescore.core.manifest import Manifest
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.core.table import TableSet
from securescore.evaluate.bucket import SNAPSHOTS, Part, part_of
from securescore.evaluate.bucket_tables import BucketTables, PathOf
from securescore.evaluate.engine import CONTRACT, Engine, Limits, quoted
from securescore.evaluate.evidence import Evidence, EvidenceWriter
from securescore.evaluate.guard import checked
from securescore.evaluate.judgment import (
    Judgment,
    control_result,
    counted,
    counts_of,
    counts_of_groups,
    policy_judgments,
)
from securescore.evaluate.license import Licenses, read_licenses
from securescore.evaluate.relations import Relations
from securescore.evaluate.reported import (
    MICROSOFT,
    Bucket,
    ReportedResult,
    remainders,
    reported_results,
)
from securescore.evaluate.sharing import GROUP

log = logging.getLogger(__name__)

VERSION = "1"
"""Version of the engine's own rules; recorded with every snapshot (S11)."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a bucket came to.

    Attributes:
        results: one mapping of control id to result for each manifest, in order.
        evidence: failing resources of all controls as intervals of manifests.
        reported: for each manifest, what tools report of a control, also where our own result
            stands in ``results`` (S12: both are shown, with their agreement).
        remainders: for each manifest, the part of a reported maximum that the maxima of the
            reported controls do not explain (S12).
        plans: for each manifest, the service plans that are held; None where they were not read.
    """

    results: tuple[Mapping[str, ControlResult], ...]
    evidence: Evidence
    reported: tuple[Mapping[str, ControlResult], ...]
    remainders: tuple[Points, ...]
    plans: tuple[frozenset[str] | None, ...]


def evaluate(
    manifests: Sequence[Manifest],
    catalog: Catalog,
    tables: TableSet,
    path_of: PathOf,
    *,
    limits: Limits | None = None,
    stale_after_days: Mapping[str, int] | None = None,
    evidence_path: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Judge every control of ``catalog`` for every manifest.

    Args:
        manifests: the bucket; those of one organization stand in order of time.
        catalog: what to judge by; only enabled controls run.
        tables: the known tables.
        path_of: where a landed file lies.
        limits: bounds of memory and time.
        stale_after_days: by organization; 14 where it is not named (S4).
        evidence_path: folder to write the failing resources to; None: they are not collected.
        progress: called with (groups done, groups in all).

    Returns:
        Results in the order of ``manifests``; equal input gives equal output.
    """
    with EvidenceWriter(manifests, evidence_path) as evidence:
        return _Run(
            manifests,
            catalog,
            tables,
            path_of,
            limits or Limits(),
            stale_after_days or {},
            evidence,
        ).evaluate(progress)


class _Run:
    """One evaluation in progress."""

    def __init__(
        self,
        manifests: Sequence[Manifest],
        catalog: Catalog,
        tables: TableSet,
        path_of: PathOf,
        limits: Limits,
        stale_after_days: Mapping[str, int],
        evidence: EvidenceWriter,
    ) -> None:
        self.manifests = manifests
        self.catalog = catalog
        self.tables = tables
        self.limits = limits
        self.stale_after_days = stale_after_days
        self.looked = BucketTables(manifests, catalog, path_of, stale_after_days)
        self.versions = self.looked.versions
        self.file = self.looked.file
        self.results: list[dict[str, ControlResult]] = [{} for _ in manifests]
        self.reported: list[dict[str, ControlResult]] = [{} for _ in manifests]
        self.evidence = evidence

    def evaluate(self, progress: Callable[[int, int], None] | None) -> Evaluation:
        files = {
            self.file(version.table, version.digest, index)
            for index, manifest in enumerate(self.manifests)
            for version in manifest.versions
        }
        with Engine(sorted(files), self.limits) as engine:
            self._relations = Relations(
                engine, self.catalog, self.tables, self.manifests, self.file
            )
            licenses = read_licenses(engine, self.versions, self.tables, self.file)
            groups = self._groups()
            last_use = self._relations.last_uses(d for _, of_group in groups for d in of_group)
            for done, (names, definitions) in enumerate(groups):
                if progress:
                    progress(done, len(groups))
                self._run_group(engine, names, definitions, licenses, last_use)
            bucket = Bucket(
                engine, self.manifests, self.versions, self.tables, self.file, self.catalog
            )
            for reported in reported_results(bucket, self.evidence):
                self._add_reported(reported)
            left = remainders(
                bucket,
                [
                    sum(
                        (
                            r.max_score or Points(0)
                            for r in of_manifest.values()
                            if r.control.tool == MICROSOFT
                        ),
                        Points(0),
                    )
                    for of_manifest in self.reported
                ],
            )
            if progress:
                progress(len(groups), len(groups))
        return Evaluation(
            tuple(self.results),
            self.evidence.evidence,
            tuple(self.reported),
            left,
            licenses.plans,
        )

    def _groups(self) -> list[tuple[frozenset[str], list[ControlDefinition]]]:
        """Controls by the tables they read, in a stable order."""
        groups: dict[frozenset[str], list[ControlDefinition]] = {}
        for definition in self.catalog.enabled:
            groups.setdefault(self.catalog.tables_of(definition.sql), []).append(definition)
        return sorted(groups.items(), key=lambda item: sorted(item[0]))

    def _run_group(
        self,
        engine: Engine,
        names: frozenset[str],
        definitions: Sequence[ControlDefinition],
        licenses: Licenses,
        last_use: Mapping[str, frozenset[str]],
    ) -> None:
        for definition in definitions:
            unknown = [name for name in sorted(names) if name not in self.tables]
            if unknown:
                self._fail(
                    definition, range(len(self.manifests)), f"there is no table {unknown[0]}"
                )
        definitions = [d for d in definitions if names <= self.tables.by_name.keys()]
        for definition in definitions:
            part = self.looked.part(definition.sql, names)
            in_use = licenses.where_in_use(self.catalog.products.get(definition.control.product))
            if part.versions:
                self._relations.open(part)
            judged = self._judge(engine, definition, definition.sql, part, is_policy=False)
            if definition.by_policy is not None and part.lacking:
                judged |= self._judge_by_policy(engine, definition, part)
            self._record(definition, part, judged, licenses, in_use)
            engine.drop_views(last_use[definition.id])

    def _judge(
        self,
        engine: Engine,
        definition: ControlDefinition,
        sql: str,
        part: Part,
        *,
        is_policy: bool,
    ) -> dict[int, Judgment | EvaluateError]:
        """Judgments by representative. An error is a judgment too: the control's own."""
        if not part.versions:
            return {}
        try:
            relations = (
                self.catalog.tables_of(sql)
                | {view.name for view in self.catalog.views_of(sql)}
                | {SNAPSHOTS}
            )
            query = checked(sql, relations)
            if is_policy:
                self._relations.open_views(sql, part)
                engine.check_contract(query.text)
                return policy_judgments(
                    engine.rows(f"select snapshot, passed, reason from ({query.text})")
                )
            return self._query(engine, definition, query, part)
        except EvaluateError as error:
            if len(part.representatives) > 1 and error.code == "control-error":
                return self._judge_halves(engine, definition, sql, part, is_policy=is_policy)
            log.warning("control %s: %s", definition.id, error.message)
            return dict.fromkeys(part.representatives, error)

    def _judge_halves(
        self,
        engine: Engine,
        definition: ControlDefinition,
        sql: str,
        part: Part,
        *,
        is_policy: bool,
    ) -> dict[int, Judgment | EvaluateError]:
        judged: dict[int, Judgment | EvaluateError] = {}
        middle = len(part.representatives) // 2
        for half in (part.representatives[:middle], part.representatives[middle:]):
            smaller = replace(part, versions={index: part.versions[index] for index in half})
            self._relations.open(smaller)
            judged |= self._judge(engine, definition, sql, smaller, is_policy=is_policy)
        self._relations.open(part)
        return judged

    def _query(
        self, engine: Engine, definition: ControlDefinition, query: Query, part: Part
    ) -> dict[int, Judgment | EvaluateError]:
        has_contract = tuple(query.tree.named_selects) == CONTRACT
        shared = self._relations.shared(query, part) if has_contract else None
        self._relations.open_views(definition.sql, part, but=shared.relation if shared else "")
        if shared:
            groups = self._relations.open_groups(shared, part, with_members=self.evidence.is_wanted)
            by_group = shared.over(groups.name)
            counts = counts_of_groups(by_group)
        else:
            if not has_contract:
                engine.check_contract(query.text)
            is_unique = self._relations.is_unique(query, ("snapshot", "resource_id"), part)
            counts = counts_of(query.text, is_unique=is_unique)
        try:
            judged = counted(engine, counts, part)
        except EvaluateError:
            engine.check_contract(query.text)  # says it better, if that is what is wrong
            raise
        for index, judgment in judged.items():
            if isinstance(judgment, EvaluateError):
                log.warning(
                    "control %s, organization %s: %s",
                    definition.id,
                    self.manifests[index].organization,
                    judgment.message,
                )
        known = {i: j for i, j in judged.items() if isinstance(j, Judgment)}
        measured = list(known)
        n_failing = sum(j.n_total - j.n_passed for j in known.values())
        if n_failing:
            control_id = quoted(definition.id)
            if shared and self.evidence.is_one_run(engine, part.representative, measured):
                self.evidence.add_shared(
                    engine,
                    f"select snapshot, {control_id} as control_id, {GROUP} as set_number, reason "
                    f"from ({by_group}) where not passed",
                    groups.members,
                )
            elif self.evidence.is_wanted:
                self._relations.open_views(definition.sql, part)  # asked by group, one may not be
                self.evidence.add(
                    engine,
                    f"select snapshot, {control_id} as control_id, resource_id, "
                    f"resource_name, reason from ({query.text}) where not passed",
                    part.representative,
                    measured,
                    n_failing,
                )
        return judged

    def _judge_by_policy(
        self, engine: Engine, definition: ControlDefinition, part: Part
    ) -> dict[int, Judgment | EvaluateError]:
        """Judgments by manifest index for those that lack a table, where policies decide."""
        by_policy = definition.by_policy
        if by_policy is None:
            return {}
        lacking = frozenset(part.lacking)
        versions = [found if index in lacking else {} for index, found in enumerate(self.versions)]
        smaller = part_of(
            versions,
            self.manifests,
            self.catalog.tables_of(by_policy.sql),
            needs_time="as_of" in self.catalog.identifiers_of(by_policy.sql),
            columns=self.looked.columns(by_policy.sql),
        )
        if not smaller.versions:
            return {}
        self._relations.open(smaller)
        judged = self._judge(engine, definition, by_policy.sql, smaller, is_policy=True)
        return {
            index: judged[representative]
            for index, representative in smaller.representative.items()
            if representative in judged
        }

    def _record(
        self,
        definition: ControlDefinition,
        part: Part,
        judged: Mapping[int, Judgment | EvaluateError],
        licenses: Licenses,
        in_use: Callable[[int], bool],
    ) -> None:
        made: dict[tuple[object, ...], ControlResult] = {}
        by_policy = definition.by_policy
        names = self.catalog.tables_of(definition.sql)
        policy_names = self.catalog.tables_of(by_policy.sql) if by_policy else names
        not_in_use = self._product_title(definition)
        for index, manifest in enumerate(self.manifests):
            has_license = licenses.has_one_of(index, definition.control.license)
            is_in_use = in_use(index)
            judgment = judged.get(part.representative.get(index, index))
            lacking = part.lacking.get(index, ())
            fresh = self.looked.fresh(policy_names if lacking else names, index)
            key = (judgment, has_license, is_in_use, id(fresh))
            found = None if lacking else made.get(key)
            if found is None:
                found = made[key] = control_result(
                    definition.control,
                    judgment,
                    lacking,
                    manifest,
                    has_license=has_license,
                    not_in_use="" if is_in_use else not_in_use,
                ).aged(fresh)
            self.results[index][definition.id] = found

    def _product_title(self, definition: ControlDefinition) -> str:
        return self.catalog.products[definition.control.product].title

    def _fail(self, definition: ControlDefinition, indexes: Iterable[int], what: str) -> None:
        for index in indexes:
            self.results[index][definition.id] = ControlResult(
                definition.control, State.ERROR, reason=what
            )

    def _add_reported(self, reported: ReportedResult) -> None:
        """A reported result counts where we did not measure the control ourselves (S12)."""
        manifest = self.manifests[reported.index]
        days = self.stale_after_days.get(manifest.organization, STALE_AFTER_DAYS)
        result = reported.result.aged(freshness(reported.versions, manifest.as_of, days))
        self.reported[reported.index][result.control.id] = result
        if result.control.id in self.catalog.reported.off:
            return
        ours = self.results[reported.index].get(result.control.id)
        if ours is None or ours.state in (State.UNMEASURED, State.ERROR):
            self.results[reported.index][result.control.id] = result
