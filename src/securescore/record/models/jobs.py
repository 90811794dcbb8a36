"""Work that goes on behind a page."""

from __future__ import annotations

import uuid

from django.db import models

from securescore.organizations.models import Organization


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
