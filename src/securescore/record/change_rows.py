"""The change rows of one snapshot: what changed since the one before, by how much, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from securescore.core.attribution import Cause
from securescore.core.control import Basis
from securescore.core.manifest import Manifest
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.core.status import Decision, counted_points, effective_status
from securescore.organizations.models import Organization
from securescore.record.models import (
    ControlChange,
)

RETIRED = "retired"
"""State of a change row that takes a control out: its catalog no longer has it."""

DATA_CAUSES = frozenset({Cause.CONFIGURATION, Cause.USER, Cause.DEVICE})


@dataclass(frozen=True, slots=True)
class SnapshotInput:
    """One evaluated snapshot.

    Attributes:
        at: aware, UTC.
        results: by control id.
        remainder: part of a reported maximum that no control explains.
        splits: by control id, the change of its measured points against the snapshot before,
            by cause; only for controls whose data changed.
        is_status_only: nothing was read again; ``manifest`` is that of the snapshot before.
    """

    at: datetime
    manifest: Manifest
    results: Mapping[str, ControlResult]
    remainder: Points
    catalog_digest: str
    catalog_version: str
    engine_version: str
    splits: Mapping[str, Mapping[Cause, Points]]
    is_status_only: bool = False


def change_row(
    organization: Organization,
    item: SnapshotInput,
    result: ControlResult,
    decision: Decision | None,
    before: ControlChange | None,
    has_before: bool,  # noqa: FBT001 - whether there is a snapshot to compare with
) -> ControlChange | None:
    """The change row of one control; None where nothing changed."""
    status = effective_status(result, decision)
    points = counted_points(result, status)
    maximum = int(result.max_score) if result.max_score is not None and result.is_scored else None
    control = result.control
    if before is not None and (
        before.state == result.state
        and before.status == status
        and before.points == points
        and before.measured_points == result.points
        and before.max_score == maximum
        and before.n_passed == result.n_passed
        and before.n_total == result.n_total
        and before.version == control.version
        and before.basis == control.basis
        and before.has_license == result.has_license
    ):
        return None
    old_points = before.points if before else 0
    old_max = (before.max_score or 0) if before else 0
    delta = points - old_points
    parts = _parts(item, result, before, delta, has_before)
    if before is not None and not parts and before.max_score != maximum:
        parts = {Cause.CATALOG: 0}  # only its weight changed
    cause = max(parts, key=lambda c: (abs(parts[c]), c), default="") if parts else ""
    fell = before is not None and result.points < before.measured_points
    is_regression = fell and cause in DATA_CAUSES
    is_new = before is None or before.state == RETIRED
    regressed_at, regressed_from = _fall(item.at, result, before, is_regression=is_regression)
    return ControlChange(
        organization=organization,
        control_id=control.id,
        at=item.at,
        state=result.state.value,
        status=status.value,
        basis=control.basis.value,
        version=control.version,
        points=points,
        measured_points=result.points,
        max_score=maximum,
        n_passed=result.n_passed,
        n_total=result.n_total,
        has_license=result.has_license,
        reason=result.reason,
        missing=list(result.missing),
        is_regression=is_regression,
        added_at=item.at if before is None or is_new else before.added_at,
        regressed_at=regressed_at,
        regressed_from=regressed_from,
        delta=delta,
        max_delta=(maximum or 0) - old_max,
        cause=str(cause),
        parts={str(c): int(value) for c, value in parts.items()},
    )


def _fall(
    at: datetime, result: ControlResult, before: ControlChange | None, *, is_regression: bool
) -> tuple[datetime | None, int | None]:
    """When the control fell and from which points, until it is back there."""
    if before is None or before.state == RETIRED:
        return None, None
    if is_regression:
        return at, max(before.measured_points, before.regressed_from or 0)
    if before.regressed_from is not None and result.points < before.regressed_from:
        return before.regressed_at, before.regressed_from
    return None, None


def _parts(
    item: SnapshotInput,
    result: ControlResult,
    before: ControlChange | None,
    delta: int,
    has_before: bool,  # noqa: FBT001 - as above
) -> dict[Cause, int]:
    """``delta`` by cause, summing to it exactly; also names the cause of a change of 0 points."""
    if before is None or before.state == RETIRED:
        if not has_before:
            return {}
        is_ours = result.control.basis is Basis.EVALUATED
        return {Cause.CATALOG if is_ours else Cause.LICENSE: delta}
    if before.version != result.control.version or before.basis != result.control.basis:
        return {Cause.CATALOG: delta}
    if before.state != result.state:
        return {Cause.LICENSE if _is_of_license(before, result) else Cause.DATA: delta}
    measured_delta = result.points - before.measured_points
    parts: dict[Cause, int] = {c: int(p) for c, p in item.splits.get(result.control.id, {}).items()}
    if sum(parts.values()) != measured_delta:
        parts = {Cause.DATA: measured_delta} if measured_delta else {}
    if rest := delta - measured_delta:
        # What people attest covers or uncovers the measured change.
        parts[Cause.STATUS] = parts.get(Cause.STATUS, 0) + rest
    return parts


def _is_of_license(before: ControlChange, result: ControlResult) -> bool:
    """Whether another state came with a product or with the license that the control needs.

    Where the license came and the control can be measured since, buying it is what did it: its
    data could not be read before. Unknown licenses that become known are data, no purchase.
    """
    states = {before.state, result.state.value}
    if State.NOT_APPLICABLE.value in states:
        return True
    licenses = {before.has_license, result.has_license}
    return State.UNMEASURED.value in states and licenses == {True, False}


def retired_row(organization: Organization, at: datetime, before: ControlChange) -> ControlChange:
    """The row that takes a control out: its catalog no longer has it, or its tool is gone."""
    is_ours = before.basis == Basis.EVALUATED
    cause = Cause.CATALOG if is_ours else Cause.LICENSE
    return ControlChange(
        organization=organization,
        control_id=before.control_id,
        at=at,
        state=RETIRED,
        status=before.status,
        added_at=before.added_at,
        basis=before.basis,
        version=before.version,
        points=0,
        measured_points=0,
        max_score=None,
        delta=-before.points,
        max_delta=-(before.max_score or 0),
        cause=cause.value,
        parts={cause.value: -before.points},
    )
