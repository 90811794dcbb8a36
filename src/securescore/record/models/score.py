"""What is computed of an organization: collections, snapshots, change rows, evidence."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

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
    why = models.TextField(blank=True, default="")
    user_effect = models.TextField(blank=True, default="")
    addresses = models.JSONField(default=list)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "control_id"), name="reported_control_once"
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
