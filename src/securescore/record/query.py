"""Answers from the record: one function per question, each with a constant number of queries.

Web, CLI, APIs and reports all ask here, so that a number is the same wherever it stands. Texts
of controls come from the built-in catalog, those of reported controls from the record.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Max, Min, Q

from securescore.catalog.load import built_in_catalog
from securescore.core.points import Points, percentage
from securescore.core.result import State
from securescore.core.score import FORMULAS
from securescore.core.zone import zone_of
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record import comparisons, splits, trends
from securescore.record import history as of_history
from securescore.record import trend_answers as t
from securescore.record.actions import action, actions, known_tables
from securescore.record.comparisons import (
    custom_comparisons,
    seat_band,
)
from securescore.record.evidence import EvidenceStore
from securescore.record.kept import kept
from securescore.record.models import (
    ControlChange,
    EvidenceFile,
    Snapshot,
)
from securescore.record.newest import newest_snapshot
from securescore.record.portfolio import (
    Portfolio,
    PortfolioRow,
    Wanted,
    industries,
    newest_scores,
    portfolio_page,
    portfolio_rows,
)
from securescore.record.risk_requests import risk_requests, waiting_risks
from securescore.record.score_days import score_days
from securescore.record.splits import split_detail

__all__ = [
    "Portfolio",
    "PortfolioRow",
    "Wanted",
    "action",
    "actions",
    "comparison",
    "comparison_trend",
    "custom_comparisons",
    "data_as_of",
    "events",
    "evidence",
    "first_and_last_day",
    "history",
    "industries",
    "largest_events",
    "latest_score",
    "metrics",
    "newest_scores",
    "portfolio_page",
    "portfolio_rows",
    "regression_trend",
    "risk_requests",
    "risk_trend",
    "score_changes",
    "score_history",
    "score_on",
    "seat_band",
    "split_between",
    "split_detail",
    "waiting_risks",
    "zone_trend",
]

REGRESSED_DAYS = 30

events = kept(of_history.events)
largest_events = kept(of_history.largest_events)
history = kept(of_history.history)
score_history = kept(score_days)
split_between = kept(splits.split_between)
zone_trend = kept(trends.zone_trend)
score_changes = kept(trends.score_changes)
regression_trend = kept(trends.regression_trend)
risk_trend = kept(trends.risk_trend)


comparison = kept(comparisons.comparison)
comparison_trend = kept(comparisons.comparison_trend)


@kept
def metrics(organization: Organization, start: date, end: date) -> t.MetricsAnswer:
    """All trends of a range."""
    own = trends.own_metrics(organization, start, end)
    compared = comparisons.comparison_trend(organization, start, end, days=own.days)
    return replace(own, comparison=compared)


@kept
def latest_score(organization: Organization) -> a.ScoreAnswer | None:
    """The newest snapshot's score; None before the first."""
    snapshot = newest_snapshot(organization)
    return _score(organization, snapshot) if snapshot else None


@kept
def score_on(organization: Organization, on: date) -> a.ScoreAnswer | None:
    """The score of a day: its last snapshot; None if that day has none."""
    snapshot = Snapshot.objects.filter(organization=organization, on=on).order_by("-at").first()
    return _score(organization, snapshot) if snapshot else None


@kept
def first_and_last_day(organization: Organization) -> tuple[date, date] | None:
    """The days of the oldest and the newest snapshot."""
    found = Snapshot.objects.filter(organization=organization).aggregate(
        first=Min("on"), last=Max("on")
    )
    return (found["first"], found["last"]) if found["first"] else None


def data_as_of(organization: Organization) -> datetime | None:
    """When the newest data was read; None before the first snapshot."""
    newest = newest_snapshot(organization)
    return data_time(newest) if newest else None


def evidence(
    organization: Organization,
    control_id: str,
    *,
    page: int = 1,
    per_page: int | None = 50,
    search: str = "",
) -> a.EvidencePage:
    """A page of the resources that fail a control now; ``per_page`` None gives all."""
    if per_page is None or search:
        return _evidence(organization, control_id, page, per_page, search)
    return _first_evidence(organization, control_id, page, per_page, search)


def _evidence(
    organization: Organization, control_id: str, page: int, per_page: int | None, search: str
) -> a.EvidencePage:
    row = next((one for one in actions(organization) if one.id == control_id), None)
    total = row.total if row else None
    stored = EvidenceFile.objects.filter(organization=organization).first()
    if stored is None or row is None:
        return a.EvidencePage(control_id, 0, total, (), 1, 1)
    found = EvidenceStore(Path(settings.SECURESCORE_HOME) / "evidence").failing(
        str(organization.pk),
        stored.digest,
        control_id,
        limit=per_page,
        offset=(page - 1) * per_page if per_page else 0,
        search=search,
    )
    n_pages = max(1, -(-found.n_failing // per_page)) if per_page else 1
    return a.EvidencePage(
        control_id=control_id,
        n_failing=found.n_failing,
        n_total=total,
        resources=tuple(
            a.ResourceOutcome(resource_id, name, False, reason, since)
            for resource_id, name, reason, since in found.rows
        ),
        page=page,
        n_pages=n_pages,
    )


_first_evidence = kept(_evidence)  # what everybody looks at; searches and whole lists are not kept


def data_time(snapshot: Snapshot) -> datetime:
    """When the data of a snapshot was read; one of decisions or of a catalog is newer than that."""
    return datetime.fromisoformat(snapshot.manifest["as_of"])


def _score(organization: Organization, snapshot: Snapshot) -> a.ScoreAnswer:
    maximum = Points(snapshot.max_score)
    share = percentage(snapshot.points, snapshot.max_score)
    coverage = snapshot.coverage
    month_ago = snapshot.at - timedelta(days=REGRESSED_DAYS)
    n_regressed = (
        ControlChange.objects.filter(
            organization=organization, is_regression=True, at__gt=month_ago, at__lte=snapshot.at
        )
        .values("control_id")
        .distinct()
        .count()
    )
    good, okay = organization.zone_good_from, organization.zone_okay_from
    return a.ScoreAnswer(
        organization=organization.name,
        as_of=data_time(snapshot),
        snapshot_id=str(snapshot.pk),
        points=Points(snapshot.points),
        max_score=maximum,
        percentage=share,
        zone=zone_of(share, good, okay).value,
        zone_good_from=good,
        zone_okay_from=okay,
        views=tuple(
            a.ScoreView(name, Points(points), maximum, percentage(points, maximum), FORMULAS[name])
            for name, points in ((n, snapshot.views[n]) for n in FORMULAS)
        ),
        categories=tuple(
            a.CategoryScore(
                name, Points(points), Points(most), percentage(points, most), n, n_unknown
            )
            for name, (points, most, n, n_unknown) in snapshot.categories.items()
        ),
        coverage=a.Coverage(
            **{state.value: coverage.get(state.value, 0) for state in State},
            unmeasured_max_score=Points(snapshot.unmeasured_max_score),
        ),
        attested_points=Points(snapshot.attested),
        verified_points=Points(snapshot.views["verified"]),
        n_controls=sum(
            coverage.get(s.value, 0) for s in (State.MEASURED, State.STALE, State.ERROR)
        ),
        n_by_status=dict(snapshot.n_by_status),
        n_regressed_30_days=n_regressed,
        remainder_max_score=Points(snapshot.remainder),
        unknown_max_controls=tuple(snapshot.unknown_max),
        catalog_version=snapshot.catalog_version,
        catalog_digest=snapshot.catalog_digest,
        unlocks=_unlocks(organization, snapshot),
    )


def _unlocks(organization: Organization, snapshot: Snapshot) -> tuple[a.Unlock, ...]:
    catalog = built_in_catalog()
    missing: dict[str, list[int]] = {}
    for row in ControlChange.objects.filter(
        Q(until=None) | Q(until__gt=snapshot.at),
        organization=organization,
        at__lte=snapshot.at,
        state=State.UNMEASURED.value,
    ):
        definition = catalog.controls.get(row.control_id)
        worth = int(definition.control.max_score or 0) if definition else 0
        for table in row.missing:
            missing.setdefault(table, []).append(worth)
    reasons = snapshot.manifest.get("missing", {})
    tables = known_tables()
    unlocks = [
        a.Unlock(
            table,
            reasons.get(table, "not collected yet"),
            tables[table].permission if table in tables else "",
            len(worths),
            Points(sum(worths)),
        )
        for table, worths in missing.items()
    ]
    return tuple(sorted(unlocks, key=lambda u: (-u.max_score, u.table)))
