"""What the SQL of one control says of one snapshot, and the result that follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from securescore.core.control import Control
from securescore.core.errors import ContractBroken, DuplicateResource, EvaluateError
from securescore.core.manifest import Manifest
from securescore.core.outcome import points_of_counts
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.evaluate.bucket import Part
from securescore.evaluate.engine import Engine
from securescore.evaluate.sharing import N_NAMED, N_RESOURCES

UNDECIDED = "the policies alone do not decide it"


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the SQL of one control says of one snapshot."""

    n_passed: int
    n_total: int
    reason: str = ""


NOTHING = Judgment(0, 0)
"""Nothing is in scope."""


def policy_judgments(
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


def counts_of(text: str, *, is_unique: bool) -> str:
    """The query that counts the rows of the query ``text``, see :func:`counted`.

    Args:
        text: a query that passed the guard.
        is_unique: no resource can appear twice, by the shape of the query: then they are not
            counted apart, which is a third of the cost at a million users (measured).
    """
    n_distinct = "count(resource_id)" if is_unique else "count(distinct resource_id)"
    return (
        "select snapshot, bool_and(passed), count(*), count(passed), "
        f"count(*) filter (where passed), {n_distinct}, count(resource_id) "
        f"from ({text}) group by snapshot"
    )


def counts_of_groups(text: str) -> str:
    """The same of a query over groups of resources (``SharedQuery.over``)."""
    return (
        f"select snapshot, bool_and(passed), sum({N_RESOURCES}), "
        f"coalesce(sum({N_RESOURCES}) filter (where passed is not null), 0), "
        f"coalesce(sum({N_RESOURCES}) filter (where passed), 0), sum({N_NAMED}), sum({N_NAMED}) "
        f"from ({text}) group by snapshot"
    )


def counted(engine: Engine, counts: str, part: Part) -> dict[int, Judgment | EvaluateError]:
    """Judgments by snapshot from counts; a broken contract is a judgment too.

    Args:
        engine: with the relations open.
        counts: ``snapshot``, an aggregate that only takes a boolean ``passed``, then resources:
            all, judged, passed, distinct, with an id.
        part: what it was asked of.
    """
    judged: dict[int, Judgment | EvaluateError] = dict.fromkeys(part.versions, NOTHING)
    rows = cast("list[tuple[int, int, int, int, int, int, int]]", engine.rows(counts))
    for snapshot, _, n_total, n_judged, n_passed, n_distinct, n_named in rows:
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
    return judged


def control_result(
    control: Control,
    judgment: Judgment | EvaluateError | None,
    lacking: tuple[str, ...],
    manifest: Manifest,
    *,
    has_license: bool | None,
    not_in_use: str,
) -> ControlResult:
    """The result of one control in one snapshot.

    Args:
        control: what was judged.
        judgment: what its SQL says; None where it could not be asked.
        lacking: tables it lacks.
        manifest: of the snapshot, for the reasons of what is missing.
        has_license: None where the licenses are unknown.
        not_in_use: title of the product where it is not in use, else empty (S2).
    """
    if not_in_use:
        return ControlResult(
            control,
            State.NOT_APPLICABLE,
            reason=f"{not_in_use} is not in use",
            has_license=has_license,
        )
    if isinstance(judgment, EvaluateError):
        return ControlResult(control, State.ERROR, reason=judgment.message, has_license=has_license)
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
