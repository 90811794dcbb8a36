"""What happened to an organization: changes of controls and decisions of people, newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import CharField, Q, QuerySet, Value

from securescore.core.attribution import Cause
from securescore.core.control import Basis
from securescore.core.points import Points
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record import history_answers as h
from securescore.record.change_rows import RETIRED
from securescore.record.controls import UNKNOWN_CATEGORY, Names
from securescore.record.decided import Decided
from securescore.record.models import ActionDecision, ControlChange
from securescore.record.score_days import span_of_days

KINDS = ("score", "regression", "status", "catalog", "coverage")
PER_PAGE = 50
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


def events(
    organization: Organization, start: date, end: date, *, control_id: str | None = None
) -> tuple[a.HistoryEvent, ...]:
    """Changes of a range of days, newest first, without decisions. The first snapshot is no
    change.
    """
    asked = h.EventFilter(control_id=control_id or "")
    names = Names(organization)
    rows = list(_changes(organization, start, end, asked, names).order_by("-at", "control_id"))
    return tuple(_of_change(row, names, None) for row in rows)


def largest_events(
    organization: Organization, start: date, end: date, n_days: int = 5
) -> tuple[a.HistoryEvent, ...]:
    """The changes of the days on which most points moved (came or went), newest first.

    A whole day or nothing of it; of equal days the earlier. Reads two columns of the range and
    whole rows of the chosen days only.
    """
    names = Names(organization)
    zone = ZoneInfo(organization.time_zone)
    changes = _changes(organization, start, end, h.EventFilter(), names).exclude(delta=0)
    moved: Counter[date] = Counter()
    instants: dict[date, set[datetime]] = {}
    for at, delta in changes.order_by().values_list("at", "delta"):
        on = at.astimezone(zone).date()
        moved[on] += abs(delta)
        instants.setdefault(on, set()).add(at)
    chosen = sorted(moved, key=lambda on: (-moved[on], on))[:n_days]
    wanted = [at for on in chosen for at in instants[on]]
    rows = changes.filter(at__in=wanted).order_by("-at", "control_id")
    return tuple(_of_change(row, names, None) for row in rows)


def history(
    organization: Organization,
    start: date,
    end: date,
    asked: h.EventFilter | None = None,
    *,
    page: int = 1,
    per_page: int | None = PER_PAGE,
) -> h.EventPage:
    """Changes and decisions of a range of days, newest first.

    Args:
        organization: whose.
        start: first day, of its time zone.
        end: last day, included.
        asked: what of it.
        page: from 1; a page after the last is the last.
        per_page: None gives all on one page.
    """
    asked = asked or h.EventFilter()
    names = Names(organization)
    decided = Decided(organization)
    changes = _changes(organization, start, end, asked, names)
    decisions = _decisions(organization, start, end, asked, names)
    decisions = decisions.exclude(pk__in=_shown_with_a_change(organization, start, end))
    n_all = changes.count() + decisions.count()
    n_pages = max(1, -(-n_all // per_page)) if per_page else 1
    page = min(max(page, 1), n_pages)
    keys = (_keys(changes, "change").union(_keys(decisions, "decision"), all=True)).order_by(
        "-at", "control_id", "source"
    )
    chosen = list(keys[(page - 1) * per_page : page * per_page] if per_page else keys)
    rows = ControlChange.objects.in_bulk([pk for _, _, pk, source in chosen if source == "change"])
    decided.read({control_id for _, control_id, _, _ in chosen})
    current = _current(organization, {control_id for _, control_id, _, _ in chosen})
    found = []
    for _, control_id, pk, source in chosen:
        if source == "change":
            event = _of_change(rows[pk], names, decided)
        else:
            event = _of_decision(decided.by_pk[pk], names, decided)
        found.append(event if control_id in current else replace(event, is_current=False))
    return h.EventPage(tuple(found), _moves(organization, changes, names), n_all, page, n_pages)


def _current(organization: Organization, control_ids: set[str]) -> frozenset[str]:
    """Those of the controls that the newest snapshot has."""
    rows = ControlChange.objects.filter(
        organization=organization, until=None, control_id__in=sorted(control_ids)
    ).exclude(state=RETIRED)
    return frozenset(rows.values_list("control_id", flat=True))


def _moves(
    organization: Organization, changes: QuerySet[ControlChange], names: Names
) -> tuple[h.DayMove, ...]:
    zone = ZoneInfo(organization.time_zone)
    by_day: dict[date, list[tuple[int, str]]] = {}
    for at, control_id, delta in (
        changes.exclude(delta=0).order_by().values_list("at", "control_id", "delta")
    ):
        by_day.setdefault(at.astimezone(zone).date(), []).append((delta, control_id))
    made = []
    for on, moved in sorted(by_day.items()):
        _, control_id = max(moved, key=lambda one: (abs(one[0]), one[1]))
        made.append(
            h.DayMove(
                on=on,
                delta=Points(sum(delta for delta, _ in moved)),
                weight=Points(sum(abs(delta) for delta, _ in moved)),
                control_id=control_id,
                title=names.title(control_id),
                n_changes=len(moved),
            )
        )
    return tuple(made)


def _keys(rows: QuerySet[ControlChange] | QuerySet[ActionDecision], source: str) -> QuerySet:  # type: ignore[type-arg]  # rows of two models
    return (
        rows.order_by()
        .annotate(source=Value(source, CharField()))
        .values_list("at", "control_id", "pk", "source")
    )


def _changes(
    organization: Organization, start: date, end: date, asked: h.EventFilter, names: Names
) -> QuerySet[ControlChange]:
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


def _decisions(
    organization: Organization, start: date, end: date, asked: h.EventFilter, names: Names
) -> QuerySet[ActionDecision]:
    first, after = span_of_days(organization.time_zone, start, end)
    rows = ActionDecision.objects.filter(organization=organization, at__gte=first, at__lt=after)
    if (asked.kinds and "status" not in asked.kinds) or asked.points:
        return rows.none()
    if asked.causes and Cause.STATUS.value not in asked.causes:
        return rows.none()
    if asked.control_id:
        rows = rows.filter(control_id=asked.control_id)
    if asked.categories:
        rows = rows.filter(
            Q(control_id__in=names.of_categories(asked.categories, "")) | _unknown(asked, names)
        )
    return rows


def _shown_with_a_change(organization: Organization, start: date, end: date) -> list[int]:
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


def _of_change(row: ControlChange, names: Names, decided: Decided | None) -> a.HistoryEvent:
    decision = None
    if decided is not None and Cause.STATUS.value in row.parts:
        decision = decided.holding(row.control_id, row.at)
    return a.HistoryEvent(
        at=row.at,
        control_id=row.control_id,
        title=names.title(row.control_id),
        category=names.category(row.control_id, row.basis),
        kind=_kind(row),
        cause=row.cause,
        delta=Points(row.delta),
        points=Points(row.points),
        max_score=None if row.max_score is None else Points(row.max_score),
        state=row.state,
        detail=detail_of(row),
        max_delta=Points(row.max_delta),
        parts=tuple((cause, Points(points)) for cause, points in row.parts.items()),
        status=row.status,
        old_status=decided.old_status[decision.pk] if decided and decision else "",
        by=decision.by if decision else "",
        approved_by=decision.approved_by if decision else "",
        note=decision.note if decision else "",
        review_on=decision.review_on if decision else None,
        ends_on=decision.ends_on if decision else None,
    )


def _of_decision(row: ActionDecision, names: Names, decided: Decided) -> a.HistoryEvent:
    return a.HistoryEvent(
        at=row.at,
        control_id=row.control_id,
        title=names.title(row.control_id),
        category=names.category(row.control_id),
        kind="status",
        cause=Cause.STATUS.value,
        delta=Points(0),
        points=Points(0),
        max_score=None,
        state="",
        detail="",
        is_decision=True,
        old_status=decided.old_status[row.pk],
        status=row.status,
        by=row.by,
        approved_by=row.approved_by,
        note=row.note,
        review_on=row.review_on,
        ends_on=row.ends_on,
    )


def _kind(row: ControlChange) -> str:
    if row.is_regression:
        return "regression"
    if row.cause == Cause.CATALOG:
        return "catalog"
    if row.cause == Cause.STATUS:
        return "status"
    return "score" if row.delta else "coverage"


def detail_of(row: ControlChange) -> str:
    """What of its resources pass, or why it is as it is."""
    if row.state == RETIRED:
        return "no longer part of the catalog"
    if row.n_total is not None:
        return f"{row.n_passed} of {row.n_total}"
    return row.reason
