"""What the record answers: frozen values that the web, the CLI and the APIs show alike.

Points are :class:`securescore.core.points.Points` (hundredths); percentages are ``float`` with
two decimals or None where there is nothing to divide by. Instants are aware, UTC. Dates are
days of the organization's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from securescore.catalog.definition import Link
from securescore.core.points import Points


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A view of the score (S8): achieved, possible, percentage, and how it is computed."""

    name: str  # current, planned, current_license, achievable, verified
    points: Points
    max_score: Points
    percentage: float | None
    formula: str


@dataclass(frozen=True, slots=True)
class CategoryScore:
    name: str  # Identity, Data, Device, Apps, Infrastructure
    points: Points
    max_score: Points
    percentage: float | None
    n_controls: int
    n_unknown_max: int  # controls whose maximum is unknown: max_score is a lower bound then


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many controls are in which state (S4)."""

    measured: int
    stale: int
    unmeasured: int
    not_applicable: int
    error: int
    unmeasured_max_score: Points


@dataclass(frozen=True, slots=True)
class ScoreAnswer:
    organization: str
    as_of: datetime
    snapshot_id: str
    points: Points
    max_score: Points
    percentage: float | None
    zone: str  # good, okay, bad
    zone_good_from: float
    zone_okay_from: float
    views: tuple[ScoreView, ...]
    categories: tuple[CategoryScore, ...]
    coverage: Coverage
    attested_points: Points  # points that people attest: third party, alternate mitigation (S5)
    verified_points: Points
    n_controls: int  # scored
    n_by_status: dict[str, int]
    n_regressed_30_days: int
    remainder_max_score: Points  # of a reported maximum, what no control's maximum explains
    unknown_max_controls: tuple[str, ...]  # ids of reported controls without a known maximum
    catalog_version: str
    catalog_digest: str
    unlocks: tuple[Unlock, ...]


@dataclass(frozen=True, slots=True)
class Unlock:
    """A missing table: what it costs and what would bring it."""

    table: str
    reason: str
    permission: str
    n_controls: int
    max_score: Points


@dataclass(frozen=True, slots=True)
class DayScore:
    """One day of the history; ``has_data`` false is a day without data: a gap, never a zero."""

    on: date
    points: Points | None
    max_score: Points | None
    percentage: float | None
    has_data: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """The average of a cohort on a day. Cohorts under 10 organizations are never shown."""

    name: str
    percentage: float
    n_organizations: int
    source: str
    on: date


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """A change row (one control changed from one snapshot to the next), or a decision.

    ``moment`` tells what else happened to a decision: ``asked`` (an accepted risk waits for
    approval), ``declined``, ``withdrawn``, ``review`` (its review date came), ``ended``.
    """

    at: datetime
    control_id: str
    title: str
    category: str
    kind: str  # score, status, catalog, regression, coverage
    cause: str  # configuration, user, device, status, catalog, license, data
    delta: Points  # change of the points
    points: Points
    max_score: Points | None
    state: str
    detail: str
    max_delta: Points = Points(0)
    parts: tuple[tuple[str, Points], ...] = ()  # cause and points; they sum to ``delta``
    is_current: bool = True  # the control is still part of the score
    is_decision: bool = False  # what people decided: it moves no points by itself
    old_status: str = ""
    status: str = ""
    by: str = ""  # who decided; on a change, where people's decisions moved it
    approved_by: str = ""
    note: str = ""
    review_on: date | None = None
    ends_on: date | None = None
    moment: str = ""  # asked, declined, withdrawn, review, ended; of a decision itself empty


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One recommended action in the list (the fields of `securescore actions --json`)."""

    id: str
    title: str
    category: str
    product: str
    points: Points
    max_score: Points | None
    points_left: Points
    score_impact: float | None  # percent of the organization's max score
    rank: int
    status: str  # to address, planned, risk accepted, ... completed
    state: str  # measured, stale, unmeasured, not_applicable, error
    basis: str  # evaluated or reported
    tool: str  # tool that reported it, else empty
    passed: int | None
    total: int | None
    has_license: bool | None
    regressed_on: date | None
    last_synced: datetime | None
    tier: str
    user_impact: str
    implementation_cost: str
    assignee: str = ""
    due_on: date | None = None
    tags: tuple[str, ...] = ()
    review_on: date | None = None  # of the accepted risk that holds
    ends_on: date | None = None  # of the decision that holds
    is_waiting: bool = False  # an accepted risk waits for approval
    added_on: date | None = None  # first day it was part of the score
    changed_on: date | None = None  # last day its points, state or status changed
    version: int = 0  # edits so far; an edit says which one it saw


@dataclass(frozen=True, slots=True)
class ResourceOutcome:
    resource_id: str
    resource_name: str
    passed: bool
    reason: str
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class RequiredTable:
    table: str
    collected_at: datetime | None
    missing_reason: str
    read_from: str
    permission: str


@dataclass(frozen=True, slots=True)
class RankPart:
    """One factor of the rank formula, for "why rank 1"."""

    name: str
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Our figure beside the one a tool reports for the same control (S12)."""

    tool: str
    reported_points: Points | None
    our_points: Points | None
    agrees: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """One decision of a person about an action."""

    at: datetime
    by: str
    old_status: str
    status: str
    note: str
    review_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class AskedRisk:
    """An accepted risk that somebody asked for (S6), and what was decided about it.

    ``has_changed``: the measured points or the control itself are not those it was asked for;
    said of those that wait.
    """

    id: str
    control_id: str
    title: str
    reason: str
    review_on: date
    ends_on: date | None
    requested_by: str
    requested_at: datetime
    points: Points
    has_changed: bool
    state: str = "open"  # open, approved, declined, withdrawn
    decided_by: str = ""
    decided_at: datetime | None = None
    decided_note: str = ""  # the reason of a decline


@dataclass(frozen=True, slots=True)
class Proposal:
    """A suppression in a tool's report: somebody decides about it, it gives no points (S12)."""

    resource_id: str
    reason: str
    by: str
    until: datetime | None
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class ActionAnswer:
    """Everything about one recommended action, without its resources."""

    row: ActionRow
    version: int
    why: str
    fix: str
    user_effect: str
    check_by_hand: str
    confidence: str
    choice: str
    max_score_basis: str
    scoring: str
    license: tuple[str, ...]
    threats: tuple[str, ...]
    frameworks: tuple[tuple[str, tuple[str, ...]], ...]
    rank_parts: tuple[RankPart, ...]
    requires: tuple[RequiredTable, ...]
    state_reason: str  # why stale, unmeasured, not applicable or error; else empty
    note: str
    review_on: date | None
    ends_on: date | None
    agreement: Agreement | None
    history: tuple[HistoryEvent, ...]
    statuses: tuple[StatusRecord, ...]
    previous_id: str | None  # neighbours by rank
    next_id: str | None
    evidence: str = ""  # where what people attest can be checked
    owner: str = ""
    decided_by: str = ""
    approved_by: str = ""
    notes: str = ""  # Markdown, plain subset
    updated_by: str = ""
    updated_at: datetime | None = None
    waiting: AskedRisk | None = None
    risk_events: tuple[HistoryEvent, ...] = ()  # what happened to its acceptance, newest first
    requests: tuple[AskedRisk, ...] = ()  # all of them, the waiting one first, then newest first
    proposals: tuple[Proposal, ...] = ()
    learn_more: tuple[Link, ...] = ()  # the vendor's documentation, or pages that the tool names


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """Failing resources of one control, a page of them."""

    control_id: str
    n_failing: int
    n_total: int | None
    resources: tuple[ResourceOutcome, ...]
    page: int
    n_pages: int
