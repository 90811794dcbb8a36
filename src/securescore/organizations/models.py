"""What is stored about organizations and people: fields and constraints, no logic.

Who may see what is decided in :mod:`securescore.organizations.access`; rows are written by
:mod:`securescore.organizations.write` and :mod:`securescore.organizations.first_run`.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower


class Organization(models.Model):
    """One measured tenant. Zones are percentages, 0..100; a day is a day of ``time_zone``.

    ``licenses`` are service plans that a person named; where that is empty, ``licenses_found`` of
    the newest data hold (see :mod:`securescore.organizations.traits`). ``needs_approval``: an
    accepted risk takes effect when somebody else approves it (S6). ``disabled_controls`` are ids
    that this organization does not want to be scored. What is kept for ever has NULL days.
    ``revision`` changes with everything that is recorded.

    ``newest_...`` repeat what the newest snapshot says (:mod:`securescore.record.newest` writes
    them with it), so that a list of thousands reads no snapshots; all NULL before the first.
    ``newest_share`` is the percentage in hundredths, NULL also where nothing can be scored;
    ``newest_data_at`` the time of its data; ``newest_n_regressed`` how many controls fell in the
    30 days before it.
    """

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
    licenses = models.JSONField(default=list, blank=True)
    licenses_found = models.JSONField(default=list, editable=False)
    needs_approval = models.BooleanField(default=False)
    disabled_controls = models.JSONField(default=list, blank=True)
    keep_evidence_days = models.PositiveIntegerField(null=True, blank=True)
    keep_tables_days = models.PositiveIntegerField(null=True, blank=True)
    revision = models.UUIDField(default=uuid.uuid4, editable=False)
    newest_at = models.DateTimeField(null=True, editable=False)
    newest_data_at = models.DateTimeField(null=True, editable=False)
    newest_points = models.IntegerField(null=True, editable=False)
    newest_max_score = models.IntegerField(null=True, editable=False)
    newest_share = models.IntegerField(null=True, editable=False)
    newest_n_regressed = models.PositiveIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "id")
        indexes = (
            models.Index(fields=("name", "id"), name="organization_by_name"),
            models.Index(Lower("name"), "id", name="organization_by_lower_name"),
            models.Index(fields=("industry",), name="organization_by_industry"),
            models.Index(fields=("newest_share", "seats"), name="organization_by_share"),
            models.Index(fields=("newest_data_at",), name="organization_by_data"),
            models.Index(fields=("seats",), name="organization_by_seats"),
        )
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
    """One person's role in one organization.

    ``role`` is what holds: the higher of ``direct_role`` (given here; empty: none) and of what a
    group of an identity provider gives. ``from_group`` names that group where it gives the role
    that holds; it is taken again when the group is lost.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.VIEWER)
    direct_role = models.CharField(max_length=20, choices=Role.choices, blank=True, default="")
    from_group = models.CharField(max_length=255, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "user"), name="membership_once_per_person"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_known"
            ),
            models.CheckConstraint(
                condition=models.Q(direct_role__in=["", *Role.values]),
                name="membership_direct_role_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(direct_role="", from_group=""),
                name="membership_from_somewhere",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.organization_id}"


class GroupRole(models.Model):
    """The role that members of a group of an identity provider get when they sign in."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="group_roles"
    )
    group = models.CharField(max_length=255)
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        ordering = ("group",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "group"), name="group_role_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="group_role_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.group} {self.role}"


class ApiToken(models.Model):
    """A token of the APIs: names one organization, is stored as a digest, ends by itself.

    ``hint`` is its first characters, to recognize it by. ``created_by`` is the name of who made
    it; what the token does is written down as done by ``name (token of created_by)``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.hint} {self.name}"


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
