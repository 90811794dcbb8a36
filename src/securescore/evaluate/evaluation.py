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
from datetime import UTC
from pathlib import Path

import pyarrow as pa

from securescore.catalog.definition import Catalog, ControlDefinition
from securescore.catalog.sql import Query
from securescore.core.errors import ContractBroken, DuplicateResource, EvaluateError
from securescore.core.freshness import STALE_AFTER_DAYS, freshness
from securescore.core.manifest import Manifest, TableVersion
from securescore.core.outcome import points_of_counts
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.core.table import TableSet
from securescore.evaluate.bucket import SNAPSHOTS, Part, by_table, part_of
from securescore.evaluate.engine import Engine, Limits, quoted
from securescore.evaluate.evidence import Evidence, EvidenceWriter
from securescore.evaluate.guard import checked
from securescore.evaluate.license import Licenses, read_licenses
from securescore.evaluate.reported import (
    MICROSOFT,
    Bucket,
    ReportedResult,
    remainders,
    reported_results,
)
from securescore.evaluate.unique import proven_key

log = logging.getLogger(__name__)

VERSION = "1"
"""Version of the engine's own rules; recorded with every snapshot (S11)."""

UNDECIDED = "the policies alone do not decide it"

PathOf = Callable[[str, str, str], Path]
"""The file of (organization, table, digest)."""


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
    """

    results: tuple[Mapping[str, ControlResult], ...]
    evidence: Evidence
    reported: tuple[Mapping[str, ControlResult], ...]
    remainders: tuple[Points, ...]


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the SQL of one control says of one snapshot."""

    n_passed: int
    n_total: int
    reason: str = ""


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
        evidence_path: file to write the failing resources to; None: they are not collected.
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
        self.path_of = path_of
        self.limits = limits
        self.stale_after_days = stale_after_days
        self.versions = [by_table(manifest) for manifest in manifests]
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
            licenses = read_licenses(engine, self.versions, self.tables, self.file)
            groups = self._groups()
            last_use = self._last_uses(d for _, of_group in groups for d in of_group)
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
        return Evaluation(tuple(self.results), self.evidence.evidence, tuple(self.reported), left)

    def file(self, table: str, digest: str, index: int) -> Path:
        return self.path_of(self.manifests[index].organization, table, digest)

    def _groups(self) -> list[tuple[frozenset[str], list[ControlDefinition]]]:
        """Controls by the tables they read, in a stable order."""
        groups: dict[frozenset[str], list[ControlDefinition]] = {}
        for definition in self.catalog.enabled:
            groups.setdefault(self.catalog.tables_of(definition.sql), []).append(definition)
        return sorted(groups.items(), key=lambda item: sorted(item[0]))

    def _columns(self, sql: str) -> dict[str, frozenset[str]]:
        """By table, the columns that ``sql`` mentions (by name: a superset of those it reads)."""
        mentioned = self.catalog.identifiers_of(sql)
        return {
            name: mentioned & self.tables[name].columns.keys()
            for name in self.catalog.tables_of(sql)
            if name in self.tables
        }

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
            part = part_of(
                self.versions,
                self.manifests,
                names,
                needs_time="as_of" in self.catalog.identifiers_of(definition.sql),
                columns=self._columns(definition.sql),
            )
            in_use = licenses.where_in_use(self.catalog.products.get(definition.control.product))
            if part.versions:
                self._open(engine, part)
            judged = self._judge(engine, definition, definition.sql, part, is_policy=False)
            if definition.by_policy is not None and part.lacking:
                judged |= self._judge_by_policy(engine, definition, part)
            self._record(definition, part, judged, licenses, in_use)
            engine.drop_views(last_use[definition.id])

    def _open(self, engine: Engine, part: Part) -> None:
        """Views of the part's tables, and ``snapshots``. Views of the catalog that saw other
        rows are gone afterwards.
        """
        engine.open_part(part, self.tables.by_name, self.file)
        engine.open_snapshots(
            pa.table(
                {
                    "snapshot": pa.array(part.representatives, pa.int32()),
                    "as_of": pa.array(
                        # Without a zone: DuckDB needs an extension for zones; all is UTC.
                        [
                            self.manifests[index].as_of.astimezone(UTC).replace(tzinfo=None)
                            for index in part.representatives
                        ],
                        pa.timestamp("us"),
                    ),
                }
            )
        )

    def _open_views(self, engine: Engine, sql: str, part: Part) -> None:
        """Materialize the catalog views that ``sql`` reads and that are not there yet."""
        for view in self.catalog.views_of(sql):
            if engine.has_relation(view.name):
                continue
            relations = self.tables.by_name.keys() | self.catalog.views.keys() | {SNAPSHOTS}
            query = checked(view.sql, relations)
            key = proven_key(query.tree, self._keys(part))
            engine.materialize(
                view.name,
                view.key,
                query.text,
                query.relations,
                is_unique=key is not None and key <= set(view.key),
            )

    def _keys(self, part: Part) -> dict[str, frozenset[str]]:
        """The keys of all relations of a part. The scopes of one table may share a key."""
        keys = {SNAPSHOTS: frozenset({"snapshot"})}
        for name in part.tables:
            if all(len(versions[name]) == 1 for versions in part.versions.values()):
                keys[name] = frozenset({"snapshot", *self.tables[name].key})
        for view in self.catalog.views.values():
            keys[view.name] = frozenset(view.key)
        return keys

    def _last_uses(
        self, definitions: Iterable[ControlDefinition]
    ) -> dict[str, frozenset[str]]:
        """By control, the views that no control after it reads: their memory can be given back."""
        last: dict[str, str] = {}
        for definition in definitions:
            for view in self.catalog.views_of(definition.sql):
                last[view.name] = definition.id
        return {
            id_: frozenset(view for view, by in last.items() if by == id_)
            for id_ in self.catalog.controls
        }

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
            self._open_views(engine, sql, part)
            return self._query(engine, definition, query, part, is_policy=is_policy)
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
            self._open(engine, smaller)
            judged |= self._judge(engine, definition, sql, smaller, is_policy=is_policy)
        self._open(engine, part)
        return judged

    def _query(
        self,
        engine: Engine,
        definition: ControlDefinition,
        query: Query,
        part: Part,
        *,
        is_policy: bool,
    ) -> dict[int, Judgment | EvaluateError]:
        text = query.text
        engine.check_contract(text)
        if is_policy:
            rows = engine.rows(f"select snapshot, passed, reason from ({text})")
            return _policy_judgments(rows)
        judged: dict[int, Judgment | EvaluateError] = {
            index: Judgment(0, 0) for index in part.representatives
        }
        any_failing = False
        key = proven_key(query.tree, self._keys(part))
        is_unique = key is not None and key <= {"snapshot", "resource_id"}
        n_distinct_sql = "count(resource_id)" if is_unique else "count(distinct resource_id)"
        for row in engine.rows(
            "select snapshot, count(*), count(passed), count(*) filter (where passed), "
            f"{n_distinct_sql}, count(resource_id) from ({text}) group by snapshot"
        ):
            snapshot, n_total, n_judged, n_passed, n_distinct, n_named = (
                int(str(value)) for value in row
            )
            if snapshot not in part.versions:
                raise ContractBroken(what="it returns rows of a snapshot it was not asked for")
            if n_judged != n_total:
                judged[snapshot] = ContractBroken(
                    what=f"'passed' is NULL for {n_total - n_judged} of {n_total} resources"
                )
            elif n_named != n_total:
                judged[snapshot] = ContractBroken(what="'resource_id' is NULL")
            elif n_distinct != n_total:
                judged[snapshot] = DuplicateResource(
                    what=f"{n_total - n_distinct} resources appear more than once"
                )
            else:
                judged[snapshot] = Judgment(n_passed, n_total)
                any_failing = any_failing or n_passed < n_total
        for index, judgment in judged.items():
            if isinstance(judgment, EvaluateError):
                log.warning(
                    "control %s, organization %s: %s",
                    definition.id,
                    self.manifests[index].organization,
                    judgment.message,
                )
        if any_failing:
            measured = [i for i, found in judged.items() if isinstance(found, Judgment)]
            self.evidence.add(
                engine,
                f"select snapshot, {quoted(definition.id)} as control_id, resource_id, "
                f"resource_name, reason from ({text}) where not passed",
                part.representative,
                measured,
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
            columns=self._columns(by_policy.sql),
        )
        if not smaller.versions:
            return {}
        self._open(engine, smaller)
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
        for index, manifest in enumerate(self.manifests):
            has_license = licenses.has_one_of(index, definition.control.license)
            judgment = judged.get(part.representative.get(index, index))
            lacking = part.lacking.get(index, ())
            key = (id(judgment), has_license, lacking, in_use(index))
            if key not in made or lacking:
                made[key] = self._result(
                    definition,
                    judgment,
                    lacking,
                    manifest,
                    has_license=has_license,
                    is_in_use=in_use(index),
                )
            used = self._used_versions(definition, index, lacking)
            days = self.stale_after_days.get(manifest.organization, STALE_AFTER_DAYS)
            self.results[index][definition.id] = made[key].aged(
                freshness(used, manifest.as_of, days)
            )

    def _used_versions(
        self, definition: ControlDefinition, index: int, lacking: tuple[str, ...]
    ) -> Iterable[TableVersion]:
        sql = definition.by_policy.sql if lacking and definition.by_policy else definition.sql
        found = self.versions[index]
        return [v for name in self.catalog.tables_of(sql) for v in found.get(name, ())]

    def _result(
        self,
        definition: ControlDefinition,
        judgment: Judgment | EvaluateError | None,
        lacking: tuple[str, ...],
        manifest: Manifest,
        *,
        has_license: bool | None,
        is_in_use: bool,
    ) -> ControlResult:
        control = definition.control
        if not is_in_use:
            product = self.catalog.products[control.product].title
            return ControlResult(
                control,
                State.NOT_APPLICABLE,
                reason=f"{product} is not in use",
                has_license=has_license,
            )
        if isinstance(judgment, EvaluateError):
            return ControlResult(
                control, State.ERROR, reason=judgment.message, has_license=has_license
            )
        is_undecided = judgment is not None and judgment.n_total == 0 and judgment.reason
        if judgment is None or (lacking and is_undecided):
            reason = "; ".join(_why_lacking(name, manifest) for name in lacking)
            if judgment is not None:
                reason = f"{judgment.reason}; {reason}"
            return ControlResult(
                control,
                State.UNMEASURED,
                reason=reason,
                missing=lacking,
                has_license=has_license,
            )
        maximum = control.max_score or Points(0)
        return ControlResult(
            control,
            State.MEASURED,
            points=points_of_counts(judgment.n_passed, judgment.n_total, maximum, control.scoring),
            n_passed=judgment.n_passed,
            n_total=judgment.n_total,
            reason=judgment.reason,
            has_license=has_license,
        )

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
        ours = self.results[reported.index].get(result.control.id)
        if ours is None or ours.state in (State.UNMEASURED, State.ERROR):
            self.results[reported.index][result.control.id] = result


def _policy_judgments(
    rows: Iterable[tuple[object, ...]],
) -> dict[int, Judgment | EvaluateError]:
    """Judgments from ``snapshot, passed, reason`` rows; NULL is undecided: 0 of 0 with a reason."""
    judged: dict[int, Judgment | EvaluateError] = {}
    for snapshot_value, passed, reason in rows:
        snapshot = int(str(snapshot_value))
        if snapshot in judged:
            judged[snapshot] = DuplicateResource(what="by_policy returns two rows of a snapshot")
        elif passed is None:
            judged[snapshot] = Judgment(0, 0, str(reason or UNDECIDED))
        else:
            judged[snapshot] = Judgment(int(bool(passed)), 1, str(reason))
    return judged


def _why_lacking(table: str, manifest: Manifest) -> str:
    reason = manifest.missing.get(table)
    if reason is None:
        versions = manifest.of_table(table)
        reasons = {why for version in versions for why in version.missing_columns.values()}
        reason = ", ".join(sorted(reasons)) or "never collected"
    return f"{table}: {reason}"
