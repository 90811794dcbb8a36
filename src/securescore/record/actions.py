"""Answers about recommended actions: the list, one of them, and what happened to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypedDict
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from securescore.catalog.definition import ControlDefinition
from securescore.catalog.load import built_in_catalog
from securescore.core.control import Control, Level, Scoring, Tier
from securescore.core.points import Points
from securescore.core.rank import (
    COST_WEIGHTS,
    IMPACT_WEIGHTS,
    TIER_WEIGHTS,
    RankInput,
    points_left,
    ranks,
    score_impact,
)
from securescore.core.result import State
from securescore.core.status import Status
from securescore.core.table import TableSet
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record.change_rows import RETIRED
from securescore.record.controls import Names, control_of, reported_controls
from securescore.record.history import events
from securescore.record.history_answers import EventFilter
from securescore.record.kept import kept
from securescore.record.models import (
    ActionDecision,
    ActionWork,
    ControlChange,
    ReportedControl,
    RiskRequest,
    Snapshot,
    SuppressionProposal,
)
from securescore.record.newest import newest_snapshot
from securescore.record.reported_texts import links_of
from securescore.record.risk_events import risk_events
from securescore.record.risk_requests import requests_for
from securescore.record.score_days import FIRST, LAST
from securescore.record.stored_manifests import manifest_from_json

MAX_PROPOSALS = 100
SCORED = (State.MEASURED, State.STALE, State.ERROR)


def known_tables() -> TableSet:
    """All tables of all sources, for their texts. The settings name the function that knows
    them: the record and the sources do not know each other.
    """
    tables: TableSet = import_string(settings.SECURESCORE_TABLES)()
    return tables


@kept
def actions(organization: Organization) -> tuple[a.ActionRow, ...]:
    """All recommended actions, best rank first; those not scored come last."""
    snapshot = newest_snapshot(organization)
    if snapshot is None:
        return ()
    changes = list(
        ControlChange.objects.filter(organization=organization, until=None).exclude(state=RETIRED)
    )
    reported = reported_controls(organization)
    zone = ZoneInfo(organization.time_zone)
    manifest = manifest_from_json(str(organization.pk), snapshot.manifest)
    collected = {v.table: v.collected_at for v in manifest.versions}
    catalog = built_in_catalog()
    controls = {
        row.control_id: control_of(catalog.controls.get(row.control_id), row, reported)
        for row in changes
    }
    rank = ranks(
        RankInput(
            controls[row.control_id],
            points_left(_points(row.max_score), Points(row.points)),
            is_scored=row.state in SCORED,
        )
        for row in changes
    )
    organization_max = Points(snapshot.max_score)
    people = _people(organization)
    made = []
    for row in changes:
        control = controls[row.control_id]
        definition = catalog.controls.get(row.control_id)
        left = points_left(_points(row.max_score), Points(row.points))
        is_open = row.state in SCORED
        synced = None
        if row.basis == "reported" and row.control_id in reported:
            synced = reported[row.control_id].reported_at
        elif definition is not None and is_open:
            times = [collected[t] for t in definition.requires if t in collected]
            synced = min(times, default=None)
        made.append(
            a.ActionRow(
                id=row.control_id,
                title=control.title,
                category=control.category.value,
                product=_product_title(control),
                points=Points(row.points),
                max_score=control.max_score
                if row.state == State.UNMEASURED
                else _points(row.max_score),
                points_left=left,
                score_impact=score_impact(left, organization_max),
                rank=rank[row.control_id],
                status=row.status,
                state=row.state,
                basis=row.basis,
                tool=control.tool,
                passed=row.n_passed,
                total=row.n_total,
                has_license=row.has_license,
                regressed_on=row.regressed_at.astimezone(zone).date() if row.regressed_at else None,
                last_synced=synced,
                tier=control.tier.value,
                user_impact=control.user_impact.value,
                implementation_cost=control.implementation_cost.value,
                added_on=row.added_at.astimezone(zone).date(),
                changed_on=row.at.astimezone(zone).date(),
                **people.of(row),
            )
        )
    return tuple(sorted(made, key=lambda action: action.rank))


@kept
def action(organization: Organization, control_id: str) -> a.ActionAnswer | None:
    """Everything about one action; None if the newest snapshot does not have it."""
    rows = actions(organization)
    position = next((i for i, row in enumerate(rows) if row.id == control_id), None)
    snapshot = newest_snapshot(organization)
    if position is None or snapshot is None:
        return None
    row = rows[position]
    change = ControlChange.objects.get(organization=organization, control_id=control_id, until=None)
    definition = built_in_catalog().controls.get(control_id)
    reported = ReportedControl.objects.filter(
        organization=organization, control_id=control_id
    ).first()
    decisions = list(
        ActionDecision.objects.filter(organization=organization, control_id=control_id)
    )
    newest = next(  # the decision that holds: one that has ended gives way to the one before
        (d for d in reversed(decisions) if d.ends_on is None or d.ends_on > snapshot.on), None
    )
    work = ActionWork.objects.filter(organization=organization, control_id=control_id).first()
    requests = requests_for(organization, control_id)
    is_ours = definition is not None
    own = definition if is_ours else None
    return a.ActionAnswer(
        row=row,
        version=change.version,
        why=own.why.strip() if own else (reported.why if reported else ""),
        fix=own.fix.strip() if own else (reported.remediation if reported else ""),
        user_effect=(
            own.user_effect.strip() if own else (reported.user_effect if reported else "")
        ),
        check_by_hand=own.check_by_hand.strip() if own else "",
        confidence=own.confidence if own else "reported",
        choice=own.choice.strip() if own else "",
        max_score_basis=own.max_score_basis if own else f"reported by {row.tool}",
        scoring=own.control.scoring.value if own else Scoring.PROPORTIONAL.value,
        license=own.control.license if own else (),
        threats=own.threats if own else (),
        frameworks=tuple(sorted(own.frameworks.items())) if own else (),
        rank_parts=_rank_parts(row),
        requires=_requires(organization, snapshot, own),
        state_reason=change.reason,
        note=newest.note if newest else "",
        review_on=newest.review_on if newest else None,
        ends_on=newest.ends_on if newest else None,
        agreement=_agreement(row, change, reported) if own else None,
        history=events(organization, date(1970, 1, 1), date(9999, 1, 1), control_id=control_id),
        statuses=_statuses(decisions),
        previous_id=rows[position - 1].id if position else None,
        next_id=rows[position + 1].id if position + 1 < len(rows) else None,
        evidence=newest.evidence if newest else "",
        owner=newest.owner if newest else "",
        decided_by=newest.by if newest else "",
        approved_by=newest.approved_by if newest else "",
        notes=work.notes if work else "",
        updated_by=work.updated_by if work else "",
        updated_at=work.updated_at if work else None,
        waiting=next((one for one in requests if one.state == RiskRequest.State.OPEN), None),
        requests=requests,
        risk_events=risk_events(
            organization, FIRST, LAST, EventFilter(control_id=control_id), Names(organization)
        ),
        proposals=_proposals(organization, control_id),
        learn_more=own.learn_more if own else links_of(reported.addresses if reported else ()),
    )


def _proposals(organization: Organization, control_id: str) -> tuple[a.Proposal, ...]:
    """Suppressions that reports hold for a control, at most :data:`MAX_PROPOSALS`."""
    rows = SuppressionProposal.objects.filter(organization=organization, control_id=control_id)
    return tuple(
        a.Proposal(row.resource_id, row.reason, row.by, row.until, row.proposed_at)
        for row in rows.order_by("resource_id")[:MAX_PROPOSALS]
    )


@dataclass(frozen=True, slots=True)
class _People:
    """What people noted and decided about actions, by control id."""

    works: Mapping[str, ActionWork]
    decisions: Mapping[str, ActionDecision]
    waiting: frozenset[str]

    def of(self, row: ControlChange) -> _Noted:
        """The fields of an action's row that come from people."""
        work, decision = self.works.get(row.control_id), self.decisions.get(row.control_id)
        holds = decision is not None and decision.status == row.status
        return {
            "assignee": work.assignee if work else (decision.assignee if decision else ""),
            "due_on": work.due_on if work else None,
            "tags": tuple(work.tags) if work else (),
            "review_on": decision.review_on if decision and holds else None,
            "ends_on": decision.ends_on if decision and holds else None,
            "is_waiting": row.control_id in self.waiting,
            "version": work.version if work else 0,
        }


class _Noted(TypedDict):
    assignee: str
    due_on: date | None
    tags: tuple[str, ...]
    review_on: date | None
    ends_on: date | None
    is_waiting: bool
    version: int


def _people(organization: Organization) -> _People:
    """Three queries, whatever the number of actions."""
    return _People(
        {w.control_id: w for w in ActionWork.objects.filter(organization=organization)},
        {d.control_id: d for d in ActionDecision.objects.filter(organization=organization)},
        frozenset(
            RiskRequest.objects.filter(
                organization=organization, state=RiskRequest.State.OPEN
            ).values_list("control_id", flat=True)
        ),
    )


def _product_title(control: Control) -> str:
    product = built_in_catalog().products.get(control.product)
    return product.title if product else control.product


def _rank_parts(row: a.ActionRow) -> tuple[a.RankPart, ...]:
    cost, impact = Level(row.implementation_cost), Level(row.user_impact)
    return (
        a.RankPart("points left", row.points_left.short(), row.points_left.to_float()),
        a.RankPart("implementation cost", cost.value, COST_WEIGHTS[cost] / 100),
        a.RankPart("user impact", impact.value, IMPACT_WEIGHTS[impact] / 100),
        a.RankPart("tier", row.tier, TIER_WEIGHTS[Tier(row.tier)] / 100),
    )


def _requires(
    organization: Organization, snapshot: Snapshot, definition: ControlDefinition | None
) -> tuple[a.RequiredTable, ...]:
    if definition is None:
        return ()
    manifest = manifest_from_json(str(organization.pk), snapshot.manifest)
    tables = known_tables()
    read = built_in_catalog().identifiers_of(definition.sql)
    found = []
    for name in definition.requires:
        versions = manifest.of_table(name)
        known = tables.by_name.get(name)
        columns = {why for v in versions for c, why in v.missing_columns.items() if c in read}
        reason = "; ".join(sorted({v.stale_reason for v in versions} - {""} | columns))
        if not versions:
            reason = manifest.missing.get(name, "not collected yet")
        found.append(
            a.RequiredTable(
                name,
                min((v.collected_at for v in versions), default=None),
                reason,
                known.read_from if known else "",
                known.permission if known else "",
            )
        )
    return tuple(found)


def _agreement(
    row: a.ActionRow, change: ControlChange, reported: ReportedControl | None
) -> a.Agreement | None:
    if reported is None or row.basis == "reported":
        return None
    theirs, ours = Points(reported.points), Points(change.measured_points)
    agrees = theirs == ours
    text = (
        f"{reported.tool} reports {theirs.short()} points as well"
        if agrees
        else f"{reported.tool} reports {theirs.short()} points, we measure {ours.short()}"
    )
    return a.Agreement(reported.tool, theirs, ours, agrees, text)


def _statuses(decisions: Iterable[ActionDecision]) -> tuple[a.StatusRecord, ...]:
    old = Status.TO_ADDRESS.value
    made = []
    for row in decisions:
        made.append(
            a.StatusRecord(row.at, row.by, old, row.status, row.note, row.review_on, row.ends_on)
        )
        old = row.status
    return tuple(reversed(made))


def _points(value: int | None) -> Points | None:
    return None if value is None else Points(value)
