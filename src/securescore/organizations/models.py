"""What is stored about organizations and people: fields and constraints, no logic.

Who may see what is decided in :mod:`securescore.organizations.access`; rows are written by
:mod:`securescore.organizations.write` and :mod:`securescore.organizations.first_run`.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Organization(models.Model):
    """One measured tenant. Zones are percentages, 0..100; a day is a day of ``time_zone``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    is_demo = models.BooleanField(default=False)
    seats = models.PositiveIntegerField(null=True, blank=True)
    industry = models.CharField(max_length=120, blank=True, default="")
    region = models.CharField(max_length=120, blank=True, default="")
    time_zone = models.CharField(max_length=64, default="UTC")
    zone_good_from = models.FloatField(default=70)
    zone_okay_from = models.FloatField(default=40)
    stale_after_days = models.PositiveSmallIntegerField(default=14)
    external_id = models.CharField(max_length=200, blank=True, default="", db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(zone_okay_from__gte=0)
                & models.Q(zone_good_from__gte=models.F("zone_okay_from"))
                & models.Q(zone_good_from__lte=100),
                name="organization_zones_in_order",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person may do in one organization; each role includes those before it."""

    VIEWER = "viewer", "Viewer"
    EVIDENCE_VIEWER = "evidence_viewer", "Evidence viewer"
    EDITOR = "editor", "Editor"
    APPROVER = "approver", "Approver"
    ADMIN = "admin", "Administrator"


class Membership(models.Model):
    """One person's role in one organization."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "user"), name="membership_once_per_person"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.organization_id}"


class Installation(models.Model):
    """The state of this installation: exactly one row (``id`` is 1).

    ``setup_code_digest`` is the SHA-256 of the one-time code of the first run, empty when there
    is none; the code itself is printed once and never stored.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    setup_code_digest = models.CharField(max_length=64, blank=True, default="")
    setup_code_attempts = models.PositiveSmallIntegerField(default=0)
    set_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="installation_is_one_row"),
        )

    def __str__(self) -> str:
        return "set up" if self.set_up_at else "not set up"
