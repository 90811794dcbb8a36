"""The difference between two days, split by cause, down to what flipped (S10)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet

from securescore.core.attribution import Cause
from securescore.core.points import Points, percentage
from securescore.core.score import Tally
from securescore.core.split import ChangeParts, Shift, percentage_parts, sum_of_shifts
from securescore.organizations.models import Organization
from securescore.record import history_answers as h
from securescore.record.controls import Names
from securescore.record.evidence import EvidenceStore
from securescore.record.history import detail_of
from securescore.record.models import ControlChange, EvidenceFile, Snapshot

UNEXPLAINED = "Part of the reported maximum that no control explains"


def split_between(organization: Organization, day_a: date, day_b: date) -> h.Split | None:
    """The difference between the scores of two days, split by cause; None without any snapshot.

    Args:
        organization: whose.
        day_a: a day of its time zone. One without data is represented by the one before that
            has some.
        day_b: another; the earlier of both is the start.
    """
    ends = _ends(organization, *sorted((day_a, day_b)))
    if ends is None:
        return None
    (start, before), (end, after) = ends
    rows = _rows(organization, start.at, end.at).values_list(
        "control_id", "basis", "parts", "max_delta", "cause"
    )
    shifts: dict[tuple[Cause, str], Shift] = {}
    counts: dict[tuple[Cause, str], int] = {}
    basis_of: dict[str, str] = {}
    for control_id, basis, parts, max_delta, cause in rows:
        basis_of[control_id] = basis
        for of_cause, shift in _change(parts, max_delta, cause).shifts.items():
            key = of_cause, control_id
            shifts[key] = shifts.get(key, Shift()) + shift
            counts[key] = counts.get(key, 0) + 1
    if remainder := after.remainder - before.remainder:
        # A control that gets a maximum of its own takes it from what was unexplained.
        shifts[Cause.CATALOG, ""] = Shift(max_score=Points(remainder))
        counts[Cause.CATALOG, ""] = 1
    by_cause = sum_of_shifts({cause: shift} for (cause, _), shift in shifts.items())
    pp = percentage_parts(Tally(start.points, start.max_score), by_cause)
    names = Names(organization)
    controls: dict[Cause, list[h.SplitControl]] = {}
    for (cause, control_id), shift in shifts.items():
        controls.setdefault(cause, []).append(
            h.SplitControl(
                control_id=control_id,
                title=names.title(control_id) if control_id else UNEXPLAINED,
                category=names.category(control_id, basis_of[control_id]) if control_id else "",
                points=shift.points,
                max_score=shift.max_score,
                n_changes=counts[cause, control_id],
            )
        )
    return h.Split(
        start=start,
        end=end,
        points=end.points - start.points,
        max_score=end.max_score - start.max_score,
        pp=None
        if start.percentage is None or end.percentage is None
        else round(end.percentage - start.percentage, 2),
        parts=tuple(
            h.SplitPart(
                cause=cause.value,
                points=shift.points,
                max_score=shift.max_score,
                pp=None if pp is None else pp[cause] / 100,
                controls=tuple(sorted(controls[cause], key=_by_size)),
            )
            for cause, shift in by_cause.items()
        ),
    )


def split_detail(
    organization: Organization,
    day_a: date,
    day_b: date,
    control_id: str,
    cause: str,
    *,
    with_resources: bool,
) -> h.SplitDetail | None:
    """What moved one control by one cause between two days; None where nothing did.

    Args:
        organization: whose.
        day_a: as of :func:`split_between`.
        day_b: the other.
        control_id: the control.
        cause: one of :class:`securescore.core.attribution.Cause`.
        with_resources: name the resources that flipped; else they are only counted.
    """
    ends = _ends(organization, *sorted((day_a, day_b)))
    if ends is None:
        return None
    start, end = ends[0][0], ends[1][0]
    steps = []
    basis = ""
    for row in _rows(organization, start.at, end.at).filter(control_id=control_id):
        basis = row.basis
        for of_cause, shift in _change(row.parts, row.max_delta, row.cause).shifts.items():
            if of_cause.value == cause:
                steps.append(h.SplitStep(row.at, shift.points, shift.max_score, detail_of(row)))
    if not steps:
        return None
    flips = _flips(organization, control_id, {step.at for step in steps}, start.at, end.at)
    n_began = sum(flip.is_failing for flip in flips)
    names = Names(organization)
    return h.SplitDetail(
        control_id=control_id,
        title=names.title(control_id),
        category=names.category(control_id, basis),
        cause=cause,
        points=Points(sum(step.points for step in steps)),
        max_score=Points(sum(step.max_score for step in steps)),
        steps=tuple(reversed(steps)),
        n_began_failing=n_began,
        n_ceased_failing=len(flips) - n_began,
        flips=flips if with_resources else None,
    )


def _flips(
    organization: Organization,
    control_id: str,
    times: set[datetime],
    start: datetime,
    end: datetime,
) -> tuple[h.FlippedResource, ...]:
    """Resources that flipped in the snapshots of these changes, newest first."""
    stored = EvidenceFile.objects.filter(organization=organization).first()
    if stored is None:
        return ()
    store = EvidenceStore(Path(settings.SECURESCORE_HOME) / "evidence")
    found = store.flipped(str(organization.pk), stored.digest, control_id, start, end)
    return tuple(
        h.FlippedResource(f.resource_id, f.resource_name, f.reason, f.at, f.is_failing)
        for f in reversed(found)
        if f.at in times
    )


def _ends(
    organization: Organization, first: date, last: date
) -> tuple[tuple[h.SplitEnd, Snapshot], tuple[h.SplitEnd, Snapshot]] | None:
    found = []
    for asked in (first, last):
        rows = Snapshot.objects.filter(organization=organization).defer("manifest")
        snapshot = rows.filter(on__lte=asked).order_by("-at").first()
        if snapshot is None:  # before the beginning: the first day that there is
            oldest = rows.order_by("at").first()
            if oldest is None:
                return None
            snapshot = rows.filter(on=oldest.on).order_by("-at")[0]
        end = h.SplitEnd(
            asked_on=asked,
            on=snapshot.on,
            at=snapshot.at,
            points=Points(snapshot.points),
            max_score=Points(snapshot.max_score),
            percentage=percentage(snapshot.points, snapshot.max_score),
        )
        found.append((end, snapshot))
    return found[0], found[1]


def _rows(organization: Organization, after: datetime, until: datetime) -> QuerySet[ControlChange]:
    return ControlChange.objects.filter(
        ~Q(cause="") | ~Q(max_delta=0), organization=organization, at__gt=after, at__lte=until
    ).order_by("at", "control_id")


def _change(parts: dict[str, int], max_delta: int, cause: str) -> ChangeParts:
    return ChangeParts(
        {Cause(name): Points(points) for name, points in parts.items()},
        Points(max_delta),
        Cause(cause) if cause else None,
    )


def _by_size(control: h.SplitControl) -> tuple[int, int, str]:
    return -abs(control.points), -abs(control.max_score), control.title
