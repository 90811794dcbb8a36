"""Results that tools report, as control results (S12).

Microsoft's own Secure Score and the findings of scanners are controls too, with the tool's name.
Nothing here is judged anew: points come from the report, or for findings from pass and fail per
resource with a maximum by severity from one published table. Manual findings are no pass; a
muted finding that failed still fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from securescore.catalog.definition import Catalog
from securescore.core.control import Basis, Category, Control, Level, Scoring, Tier
from securescore.core.manifest import Manifest, TableVersion
from securescore.core.outcome import points_of_counts
from securescore.core.points import HUNDREDTHS, Points, rounded_half_up
from securescore.core.result import ControlResult, State
from securescore.core.table import TableSet
from securescore.evaluate.bucket import Part, part_of
from securescore.evaluate.engine import Engine, FileOf
from securescore.evaluate.evidence import EvidenceWriter

MICROSOFT = "Microsoft Secure Score"
SCORES = "graph_control_scores"
PROFILES = "graph_control_profiles"
DAY = "graph_secure_score_day"
FINDINGS = "scanner_findings"
ROUNDING = 0.6
"""Percent by which a reported share may differ from points over maximum."""


@dataclass(frozen=True, slots=True)
class ReportedResult:
    """A reported result of one manifest, and the table versions it comes from."""

    index: int
    result: ControlResult
    versions: tuple[TableVersion, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """What the readers below need of the bucket."""

    engine: Engine
    manifests: Sequence[Manifest]
    versions: Sequence[Mapping[str, tuple[TableVersion, ...]]]
    tables: TableSet
    file: FileOf
    catalog: Catalog

    def part(self, *names: str) -> Part | None:
        """The part over these tables, opened; None if no manifest has them."""
        if not all(name in self.tables for name in names):
            return None
        part = part_of(
            self.versions, self.manifests, frozenset(names), needs_time=False, columns={}
        )
        if not part.versions:
            return None
        self.engine.open_part(part, self.tables.by_name, self.file)
        return part


def reported_results(bucket: Bucket, evidence: EvidenceWriter) -> Iterator[ReportedResult]:
    """Every reported result of every manifest; evidence of findings goes to ``evidence``."""
    yield from _microsoft(bucket)
    yield from _findings(bucket, evidence)


def remainders(bucket: Bucket, known: Sequence[Points]) -> tuple[Points, ...]:
    """What each day's reported maximum holds beyond the known maxima of its controls.

    Args:
        bucket: what is evaluated.
        known: by manifest, the sum of the known maxima of its reported controls.

    Returns:
        By manifest; 0 where nothing was reported or the maxima explain all of it.
    """
    left = [Points(0)] * len(bucket.manifests)
    part = bucket.part(DAY)
    if part is not None:
        reported = dict(bucket.engine.run(f"select snapshot, max_score from {DAY}").fetchall())
        for index, snapshot in part.representative.items():
            if snapshot in reported:
                left[index] = Points(max(0, reported[snapshot] - known[index]))
    return tuple(left)


def _microsoft(bucket: Bucket) -> Iterator[ReportedResult]:
    profiles: dict[int, dict[str, Mapping[str, object]]] = {}
    part = bucket.part(PROFILES)
    if part is not None:
        for row in _dicts(bucket.engine, f"select * from {PROFILES}"):
            of_snapshot = profiles.setdefault(int(str(row["snapshot"])), {})
            of_snapshot[str(row["control_id"])] = row
    profile_of = part.representative if part else {}
    scores = bucket.part(SCORES)
    if scores is None:
        return
    rows: dict[int, list[Mapping[str, object]]] = {}
    for row in _dicts(bucket.engine, f"select * from {SCORES} order by snapshot, control_id"):
        rows.setdefault(int(str(row["snapshot"])), []).append(row)
    made: dict[tuple[int, int], list[ControlResult]] = {}
    for index, snapshot in scores.representative.items():
        key = (snapshot, profile_of.get(index, -1))
        if key not in made:
            known = profiles.get(key[1], {})
            made[key] = [
                _microsoft_result(row, known.get(str(row["control_id"])), bucket.catalog)
                for row in rows.get(snapshot, [])
            ]
        for result in made[key]:
            yield ReportedResult(index, result, bucket.versions[index][SCORES])


def _microsoft_result(
    row: Mapping[str, object], profile: Mapping[str, object] | None, catalog: Catalog
) -> ControlResult:
    control_id = str(row["control_id"])
    ours = catalog.controls.get(control_id)
    points = Points(int(str(row["points"] or 0)))
    profile = profile or {}
    title = profile.get("title") or (ours.control.title if ours else control_id)
    control = Control(
        id=control_id,
        version=0,
        title=str(title),
        category=_category(row["category"] or profile.get("category")),
        product=str(profile.get("service") or (ours.control.product if ours else MICROSOFT)),
        max_score=_reported_maximum(row, profile, ours.control.max_score if ours else None),
        scoring=Scoring.PROPORTIONAL,
        tier=_tier(profile.get("tier"), ours.control.tier if ours else Tier.CORE),
        user_impact=_level(profile.get("user_impact")),
        implementation_cost=_level(profile.get("implementation_cost")),
        license=ours.control.license if ours else (),
        basis=Basis.REPORTED,
        tool=MICROSOFT,
    )
    return ControlResult(
        control,
        State.MEASURED,
        points=points,
        n_passed=_int_or_none(row["n_passed"]),
        n_total=_int_or_none(row["n_total"]),
        reason=str(row["implementation_status"] or ""),
    )


def _reported_maximum(
    row: Mapping[str, object], profile: Mapping[str, object], ours: Points | None
) -> Points | None:
    """The maximum of a reported control: from its profile, from points and percentage, from our
    catalog, else unknown. Maxima are whole points.
    """
    stated = profile.get("max_score")
    if stated is not None:
        return Points(int(str(stated)))
    points = int(str(row["points"] or 0))
    share = float(str(row["score_in_percentage"] or 0))
    if points > 0 and share > 0:
        # A percentage is given with two decimals: the maximum is the whole number that fits.
        whole = rounded_half_up(points * 10_000, rounded_half_up(int(share * 10_000), 100))
        maximum = Points(rounded_half_up(whole, HUNDREDTHS) * HUNDREDTHS)
        if maximum >= points and abs(points * 100 / maximum - share) < ROUNDING:
            return maximum
    return ours


def _findings(bucket: Bucket, evidence: EvidenceWriter) -> Iterator[ReportedResult]:
    part = bucket.part(FINDINGS)
    if part is None:
        return
    points = bucket.catalog.reported.severity_points
    default = bucket.catalog.reported.default_severity
    ranked = ", ".join(f"'{name}'" for name in sorted(points, key=lambda name: points[name]))
    # One verdict per check and resource, whatever the number of findings: a fail outweighs a
    # pass. The account is part of the resource: two accounts may use one name.
    judged = (
        "select snapshot, lower(tool) || '.' || check_id as control_id, "
        "coalesce(account_id, '') || '/' || coalesce(resource_id, '') as resource, "
        "any_value(resource_id) as resource_id, any_value(resource_name) as resource_name, "
        "bool_or(verdict = 'fail') as failed, "
        "bool_or(verdict = 'pass' and not is_muted) as passed, "
        "max(title) as title, max(category) as category, max(tool) as tool, "
        f"max(coalesce(list_position([{ranked}], severity), 0)) as severity, "
        "max(message) filter (where verdict = 'fail') as reason, "
        "bool_or(is_muted) as muted, "
        "list(distinct concat_ws('/', nullif(provider, ''), nullif(account_id, ''))) as scopes "
        f"from {FINDINGS} group by all"
    ).replace("group by all", "group by snapshot, control_id, resource")
    bucket.engine.run(f"create or replace temp table _judged as {judged}")
    rows = bucket.engine.run(
        "select snapshot, control_id, max(title), max(category), max(tool), max(severity), "
        "count(*) filter (where passed and not failed), "
        "count(*) filter (where failed or passed), count(*), flatten(list(scopes)) "
        "from _judged group by snapshot, control_id order by snapshot, control_id"
    ).fetchall()
    by_severity = sorted(points, key=lambda name: points[name])
    made: dict[int, list[tuple[ControlResult, frozenset[str]]]] = {}
    for snapshot, control_id, title, category, tool, severity, passed, total, seen, scopes in rows:
        name = by_severity[severity - 1] if severity else default
        maximum = Points.whole(points[name])
        control = Control(
            id=control_id,
            version=0,
            title=title or control_id,
            category=_category(category),
            product=str(tool),
            max_score=maximum,
            scoring=Scoring.PROPORTIONAL,
            basis=Basis.REPORTED,
            tool=str(tool),
        )
        if total == 0:
            result = ControlResult(
                control,
                State.UNMEASURED,
                reason=f"{tool} cannot decide it: {seen} findings ask for a look by hand",
            )
        else:
            result = ControlResult(
                control,
                State.MEASURED,
                points=points_of_counts(passed, total, maximum, control.scoring),
                n_passed=passed,
                n_total=total,
            )
        made.setdefault(snapshot, []).append((result, frozenset(scopes)))
    for index, snapshot in part.representative.items():
        for result, scopes in made.get(snapshot, ()):
            # As old as the scopes it was found in: a report of another account, never made again,
            # says nothing of it.
            versions = tuple(
                v
                for v in bucket.versions[index][FINDINGS]
                if (not v.source or result.control.tool.lower() == v.source)
                and (not v.scope or v.scope in scopes)
            )
            yield ReportedResult(index, result, versions or bucket.versions[index][FINDINGS])
    evidence.add(
        bucket.engine,
        "select snapshot, control_id, resource as resource_id, "
        "coalesce(resource_name, resource_id) as resource_name, coalesce(reason, '') as reason "
        "from _judged where failed",
        part.representative,
        part.representatives,
    )


def _dicts(engine: Engine, sql: str) -> list[Mapping[str, object]]:
    rows: list[Mapping[str, object]] = engine.table(sql).to_pylist()
    return rows


def _category(value: object) -> Category:
    try:
        return Category(str(value))
    except ValueError:
        return Category.APPS


def _level(value: object) -> Level:
    """A dirty string of Microsoft's ('Low', 'medium') as ours."""
    text = str(value or "").lower()
    try:
        return Level({"medium": "moderate"}.get(text, text))
    except ValueError:
        return Level.UNKNOWN


def _tier(value: object, default: Tier) -> Tier:
    try:
        return Tier(str(value or "").lower())
    except ValueError:
        return default


def _int_or_none(value: object) -> int | None:
    return None if value is None else int(str(value))
