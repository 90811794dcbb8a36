"""What happened to an organization: changes of controls and decisions of people, newest first."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import CharField, QuerySet, Value

from securescore.core.attribution import Cause
from securescore.core.points import Points
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record import history_answers as h
from securescore.record.change_rows import RETIRED
from securescore.record.controls import Names
from securescore.record.decided import Decided
from securescore.record.history_rows import rows_of_changes, rows_of_decisions, shown_with_a_change
from securescore.record.models import ActionDecision, ControlChange
from securescore.record.risk_events import ENDED, risk_events

KINDS = ("score", "regression", "status", "catalog", "coverage")
PER_PAGE = 50


def events(
    organization: Organization, start: date, end: date, *, control_id: str | None = None
) -> tuple[a.HistoryEvent, ...]:
    """Changes of a range of days, newest first, without decisions. The first snapshot is no
    change.
    """
    asked = h.EventFilter(control_id=control_id or "")
    names = Names(organization)
    rows = list(
        rows_of_changes(organization, start, end, asked, names).order_by("-at", "control_id")
    )
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
    changes = rows_of_changes(organization, start, end, h.EventFilter(), names).exclude(delta=0)
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
    changes = rows_of_changes(organization, start, end, asked, names)
    decisions = rows_of_decisions(organization, start, end, asked, names)
    decisions = decisions.exclude(pk__in=shown_with_a_change(organization, start, end))
    moments = risk_events(organization, start, end, asked, names)
    n_all = changes.count() + decisions.count() + len(moments)
    n_pages = max(1, -(-n_all // per_page)) if per_page else 1
    page = min(max(page, 1), n_pages)
    first, after = ((page - 1) * per_page, page * per_page) if per_page else (0, n_all)
    # Rows that moments may have pushed onto this page; where they stand is known once both are one.
    skipped = max(0, first - len(moments))
    keys = (_keys(changes, "change").union(_keys(decisions, "decision"), all=True)).order_by(
        "-at", "control_id", "source"
    )
    chosen = list(keys[skipped:after])
    rows = ControlChange.objects.in_bulk([pk for _, _, pk, source in chosen if source == "change"])
    decided.read({control_id for _, control_id, _, _ in chosen})
    found = list(moments)
    for _, _, pk, source in chosen:
        if source == "change":
            found.append(_of_change(rows[pk], names, decided))
        else:
            found.append(_of_decision(decided.by_pk[pk], names, decided))
    # Of one instant moments come first, rows stay in the order of the database: sorting is stable.
    found.sort(key=lambda event: event.at, reverse=True)
    shown = found[first - skipped : after - skipped]
    current = _current(organization, {event.control_id for event in shown})
    return h.EventPage(
        tuple(e if e.control_id in current else replace(e, is_current=False) for e in shown),
        _moves(organization, changes, names),
        n_all,
        page,
        n_pages,
    )


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


def _of_change(row: ControlChange, names: Names, decided: Decided | None) -> a.HistoryEvent:
    decision = None
    has_ended = False
    if decided is not None and Cause.STATUS.value in row.parts:
        decision = decided.holding(row.control_id, row.at)
        has_ended = decision is not None and decided.has_ended(decision, row.at)
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
        old_status=_old_status(decided, decision, has_ended=has_ended),
        by=decision.by if decision and not has_ended else "",
        approved_by=decision.approved_by if decision and not has_ended else "",
        note=decision.note if decision else "",
        review_on=decision.review_on if decision else None,
        ends_on=decision.ends_on if decision else None,
        moment=ENDED if has_ended else "",
    )


def _old_status(
    decided: Decided | None, decision: ActionDecision | None, *, has_ended: bool
) -> str:
    if decided is None or decision is None:
        return ""
    return decision.status if has_ended else decided.old_status[decision.pk]


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
