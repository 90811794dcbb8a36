"""What is recorded: collections, snapshots, changes, decisions. Fields and constraints only.

The truth is change rows: one row for each time a control changed, with the change of its points,
so that a score line is a running sum and a regression is ``delta < 0``. Points are hundredths.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from securescore.organizations.models import Organization


class Collection(models.Model):
    """One landed collection: its manifest says what was read and why not the rest. The row is
    written last, in one transaction with the snapshot: a collection is visible whole or not at
    all.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="collections"
    )
    run_id = models.UUIDField()
    source = models.CharField(max_length=60)
    scope = models.CharField(max_length=200, blank=True, default="")
    collected_at = models.DateTimeField()
    imported_at = models.DateTimeField()
    tool_version = models.CharField(max_length=60, blank=True, default="")
    tables = models.JSONField(default=dict)
    missing = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    content_key = models.CharField(max_length=64)

    class Meta:
        ordering = ("collected_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "content_key"), name="collection_once_per_content"
            ),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.collected_at:%Y-%m-%d}"


class Snapshot(models.Model):
    """Everything computed for an organization at one time; the last one of a day is that day's
    score. ``on`` is the day in the organization's time zone. ``is_status_only``: nothing was read
    again, only what people decided changed; its manifest is that of the snapshot before.
    """

    STEP: ClassVar = timedelta(microseconds=1)  # what two instants differ by at least

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="snapshots"
    )
    at = models.DateTimeField()
    on = models.DateField()
    is_last_of_day = models.BooleanField(default=True)
    is_status_only = models.BooleanField(default=False)
    points = models.IntegerField()
    max_score = models.IntegerField()
    attested = models.IntegerField(default=0)
    remainder = models.IntegerField(default=0)
    views = models.JSONField(default=dict)
    categories = models.JSONField(default=dict)
    coverage = models.JSONField(default=dict)
    n_by_status = models.JSONField(default=dict)
    unknown_max = models.JSONField(default=list)
    unmeasured_max_score = models.IntegerField(default=0)
    manifest = models.JSONField(default=dict)
    catalog_digest = models.CharField(max_length=64)
    catalog_version = models.CharField(max_length=40)
    engine_version = models.CharField(max_length=20)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("at",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "at"), name="snapshot_once"),
        )
        indexes = (models.Index(fields=("organization", "on"), name="snapshot_by_day"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class ControlChange(models.Model):
    """One control from one snapshot (``at``) until another (``until``; NULL: still).

    ``points`` are those that count (with what people attest), ``measured_points`` those from
    data. ``delta`` is the change of the counted points against the row before, ``max_delta``
    that of the maximum; ``parts`` splits ``delta`` by cause (S10), ``cause`` names the largest.
    ``added_at``: when the control came into the score. ``regressed_at``: its last fall by data,
    until its measured points are back at ``regressed_from``; so that no page has to read the rows
    before the open one.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="control_changes"
    )
    control_id = models.CharField(max_length=200)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    state = models.CharField(max_length=20)
    status = models.CharField(max_length=40)
    basis = models.CharField(max_length=12)
    version = models.PositiveIntegerField(default=1)
    points = models.IntegerField()
    measured_points = models.IntegerField()
    max_score = models.IntegerField(null=True)
    n_passed = models.IntegerField(null=True)
    n_total = models.IntegerField(null=True)
    has_license = models.BooleanField(null=True)
    reason = models.TextField(blank=True, default="")
    missing = models.JSONField(default=list)
    is_regression = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    regressed_at = models.DateTimeField(null=True)
    regressed_from = models.IntegerField(null=True)
    delta = models.IntegerField(default=0)
    max_delta = models.IntegerField(default=0)
    cause = models.CharField(max_length=20, blank=True, default="")
    parts = models.JSONField(default=dict)

    class Meta:
        ordering = ("at", "control_id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "control_id", "at"), name="control_change_once"
            ),
        )
        indexes = (
            models.Index(fields=("organization", "at"), name="control_change_by_time"),
            models.Index(
                fields=("organization",),
                name="control_change_open",
                condition=models.Q(until__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.control_id} {self.at:%Y-%m-%d}"


class ReportedControl(models.Model):
    """What a tool says of a control: its description and its newest result (S12)."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="reported_controls"
    )
    control_id = models.CharField(max_length=200)
    tool = models.CharField(max_length=60)
    title = models.TextField()
    category = models.CharField(max_length=20)
    product = models.CharField(max_length=80)
    tier = models.CharField(max_length=20)
    user_impact = models.CharField(max_length=12)
    implementation_cost = models.CharField(max_length=12)
    points = models.IntegerField()
    max_score = models.IntegerField(null=True)
    n_passed = models.IntegerField(null=True)
    n_total = models.IntegerField(null=True)
    text = models.TextField(blank=True, default="")
    remediation = models.TextField(blank=True, default="")
    reported_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "control_id"), name="reported_control_once"
            ),
        )

    def __str__(self) -> str:
        return self.control_id


class ActionDecision(models.Model):
    """A status that a person chose for an action; rows are only ever added (S5 to S7)."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="decisions"
    )
    control_id = models.CharField(max_length=200)
    status = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    note = models.TextField(blank=True, default="")
    review_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    approved_by = models.CharField(max_length=200, blank=True, default="")
    assignee = models.CharField(max_length=200, blank=True, default="")
    evidence = models.TextField(blank=True, default="")
    owner = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "control_id", "at"), name="decision_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.control_id} {self.status}"


class ActionWork(models.Model):
    """What people note beside an action; one row, made when somebody first edits it.

    ``version`` counts edits of the action, its status included: who edits says which version was
    seen, so that nobody overwrites what somebody else wrote meanwhile.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="work")
    control_id = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=0)
    assignee = models.CharField(max_length=200, blank=True, default="")
    due_on = models.DateField(null=True)
    tags = models.JSONField(default=list)
    notes = models.TextField(blank=True, default="")
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organization", "control_id"), name="work_once"),
        )

    def __str__(self) -> str:
        return f"{self.control_id} {self.version}"


class RiskRequest(models.Model):
    """An accepted risk that waits for somebody else's approval (S6).

    ``points`` (measured) and ``control_version`` are what the request was made for: the approver
    sees when they changed since.
    """

    class State(models.TextChoices):
        OPEN = "open"
        APPROVED = "approved"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="risk_requests"
    )
    control_id = models.CharField(max_length=200)
    reason = models.TextField()
    review_on = models.DateField()
    ends_on = models.DateField(null=True)
    points = models.IntegerField()
    control_version = models.PositiveIntegerField(default=1)
    requested_by = models.CharField(max_length=200)
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_note = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("requested_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "control_id"),
                condition=models.Q(state="open"),
                name="risk_request_open_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.control_id} {self.state}"


class AuditEntry(models.Model):
    """One change that a person, a token or the program made. Rows are only ever added.

    ``digest`` is the SHA-256 over the entry and ``previous``, the digest of the entry before, over
    the whole installation: an entry that is altered, removed or slipped in breaks the chain.
    Organizations are kept by id and name, not by a foreign key: the entry outlives them.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    organization_key = models.UUIDField(null=True, db_index=True)
    organization_name = models.CharField(max_length=200, blank=True, default="")
    target = models.CharField(max_length=255, blank=True, default="")
    old = models.JSONField(default=dict)
    new = models.JSONField(default=dict)
    batch = models.UUIDField(null=True, db_index=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class AuditHead(models.Model):
    """Number and digest of the newest audit entry: one row (``id`` is 1), locked to append."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="audit_head_one_row"),)

    def __str__(self) -> str:
        return str(self.number)


class SavedView(models.Model):
    """A named view of the list of actions: its query string. ``owner`` empty: shared by all."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="saved_views"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="saved_views"
    )
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True, default="")
    is_default = models.BooleanField(default=False)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "owner", "name"),
                condition=models.Q(owner__isnull=False),
                name="saved_view_once",
            ),
            models.UniqueConstraint(
                fields=("organization", "name"),
                condition=models.Q(owner__isnull=True),
                name="shared_view_once",
            ),
        )

    def __str__(self) -> str:
        return self.name


class CustomComparison(models.Model):
    """A cohort that an organization compares itself with: filters over other organizations.

    ``filters`` may hold ``seats_min``, ``seats_max``, ``industries``, ``regions``, ``licenses``.
    Its averages are rows of :class:`CohortDay` with the cohort ``custom:<id>``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="custom_comparisons"
    )
    name = models.CharField(max_length=80)
    filters = models.JSONField(default=dict)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "name"), name="custom_comparison_once"),
        )

    def __str__(self) -> str:
        return self.name


class ReportedAverage(models.Model):
    """An average of other organizations as Microsoft reported it for a day; in percent.

    ``basis`` is ``AllTenants``, ``TotalSeats`` or ``IndustryTypes``; ``categories`` holds points
    and maximum by category where they were given.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="reported_averages"
    )
    on = models.DateField()
    basis = models.CharField(max_length=60)
    percentage = models.FloatField()
    seats_from = models.PositiveIntegerField(null=True)
    seats_to = models.PositiveIntegerField(null=True)
    categories = models.JSONField(default=dict)

    class Meta:
        ordering = ("on", "basis")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "on", "basis"), name="reported_average_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.basis} {self.on}"


class DayDocument(models.Model):
    """A day of an organization as the Graph-compatible API answers it, encoded when recorded.

    ``body`` is what the encoder of the settings made of the day, compressed.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="day_documents"
    )
    on = models.DateField()
    body = models.BinaryField()

    class Meta:
        ordering = ("-on",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "on"), name="day_document_once"),
        )

    def __str__(self) -> str:
        return f"{self.on}"


class Job(models.Model):
    """Work that goes on behind a page: an import, a rebuild. Claimed with a lease.

    ``heartbeat_at`` says that somebody works on it; a job whose heart stopped is taken again, as
    the next of its ``n_attempts``: only the holder of the newest attempt may write to it.
    ``given`` is what was asked for, ``result`` what came of it; ``error`` is for people.
    ``canceled_by`` is who asked to stop it; without an organization it is the installation's.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELED = "canceled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, related_name="jobs"
    )
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    given = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True, default="")
    step = models.CharField(max_length=120, blank=True, default="")
    n_done = models.PositiveIntegerField(default=0)
    n_total = models.PositiveIntegerField(default=0)
    n_attempts = models.PositiveSmallIntegerField(default=0)
    created_by = models.CharField(max_length=200)
    canceled_by = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=("state", "created_at"), name="job_by_state"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class SuppressionProposal(models.Model):
    """A suppression found in a scanner's report: proposed, never points (S12)."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="proposals"
    )
    control_id = models.CharField(max_length=200)
    resource_id = models.TextField()
    reason = models.TextField(blank=True, default="")
    by = models.CharField(max_length=200, blank=True, default="")
    until = models.DateTimeField(null=True)
    proposed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "control_id", "resource_id"), name="proposal_once"
            ),
        )

    def __str__(self) -> str:
        return self.control_id


class EvidenceFile(models.Model):
    """Which evidence file holds the failing resources of an organization, all their intervals."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="evidence_file", primary_key=True
    )
    digest = models.CharField(max_length=64)
    n_rows = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.digest


class CohortDay(models.Model):
    """The average percentage of a cohort on a day; computed once a day, never with fewer than
    ten organizations in it.
    """

    cohort = models.CharField(max_length=80)
    on = models.DateField()
    percentage = models.FloatField()
    n_organizations = models.PositiveIntegerField()
    source = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("cohort", "on"), name="cohort_day_once"),)

    def __str__(self) -> str:
        return f"{self.cohort} {self.on}"
