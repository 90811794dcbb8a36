"""What people decide and note about actions, and the log of every change."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from securescore.organizations.models import Organization


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
