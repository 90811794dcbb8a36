"""The rows of the history: changes and decisions of a range of days, narrowed in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from securescore.core.attribution import Cause
from securescore.core.control import Basis
from securescore.organizations.models import Organization
from securescore.record import history_answers as h
from securescore.record.controls import UNKNOWN_CATEGORY, Names
from securescore.record.models import ActionDecision, ControlChange
from securescore.record.score_days import span_of_days

AT_ONCE = timedelta(seconds=1)
"""A decision counts in a snapshot of its own at once: both are one line."""

_OTHER = Q(is_regression=False) & ~Q(cause__in=[Cause.CATALOG.value, Cause.STATUS.value])
_OF_KIND: Mapping[str, Q] = {
    "regression": Q(is_regression=True),
    "catalog": Q(is_regression=False, cause=Cause.CATALOG.value),
    "status": Q(is_regression=False, cause=Cause.STATUS.value),
    "score": _OTHER & ~Q(delta=0),
    "coverage": _OTHER & Q(delta=0),
}


def rows_of_changes(
    organization: Organization, start: date, end: date, asked: h.EventFilter, names: Names
) -> QuerySet[ControlChange]:
    """Changes of controls that have a cause; the first snapshot is none."""
    first, after = span_of_days(organization.time_zone, start, end)
    rows = ControlChange.objects.filter(organization=organization, at__gte=first, at__lt=after)
    rows = rows.exclude(cause="")
    if asked.control_id:
        rows = rows.filter(control_id=asked.control_id)
    if asked.kinds:
        rows = rows.filter(_any(_OF_KIND[kind] for kind in asked.kinds if kind in _OF_KIND))
    if asked.causes:
        rows = rows.filter(cause__in=asked.causes)
    if asked.points:
        side = "__lt" if asked.points == "lost" else "__gt"
        rows = rows.filter(_any(Q(**{f"parts__{cause.value}{side}": 0}) for cause in Cause))
    if asked.categories:
        rows = rows.filter(
            _any(
                Q(basis=basis.value, control_id__in=names.of_categories(asked.categories, basis))
                for basis in Basis
            )
            | _unknown(asked, names)
        )
    return rows


def asks_for_decisions(asked: h.EventFilter) -> bool:
    """Whether what people decided is among what is asked for: it is no points."""
    return (
        (not asked.kinds or "status" in asked.kinds)
        and (not asked.causes or Cause.STATUS.value in asked.causes)
        and not asked.points
    )


def rows_of_decisions(
    organization: Organization, start: date, end: date, asked: h.EventFilter, names: Names
) -> QuerySet[ActionDecision]:
    """Decisions of people, also those that a change shows."""
    first, after = span_of_days(organization.time_zone, start, end)
    rows = ActionDecision.objects.filter(organization=organization, at__gte=first, at__lt=after)
    if not asks_for_decisions(asked):
        return rows.none()
    if asked.control_id:
        rows = rows.filter(control_id=asked.control_id)
    if asked.categories:
        rows = rows.filter(
            Q(control_id__in=names.of_categories(asked.categories, "")) | _unknown(asked, names)
        )
    return rows


def shown_with_a_change(organization: Organization, start: date, end: date) -> list[int]:
    """Decisions whose points were counted at once: the line of the change names them."""
    first, after = span_of_days(organization.time_zone, start, end)
    counted: dict[str, list[datetime]] = {}
    for control_id, at in ControlChange.objects.filter(
        organization=organization,
        at__gte=first,
        at__lt=after + AT_ONCE,
        cause=Cause.STATUS.value,
    ).values_list("control_id", "at"):
        counted.setdefault(control_id, []).append(at)
    if not counted:
        return []
    return [
        pk
        for pk, control_id, at in ActionDecision.objects.filter(
            organization=organization, at__gte=first, at__lt=after
        ).values_list("pk", "control_id", "at")
        if any(at <= of_change <= at + AT_ONCE for of_change in counted.get(control_id, ()))
    ]


def _any(conditions: object) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:  # type: ignore[attr-defined]  # any iterable of Q
        found |= condition
    return found


def _unknown(asked: h.EventFilter, names: Names) -> Q:
    """Controls that neither the catalog nor a tool describes any more."""
    if UNKNOWN_CATEGORY.value not in asked.categories:
        return Q(pk__in=[])
    return ~Q(control_id__in=names.known())
