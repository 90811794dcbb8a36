"""What an organization is compared with."""

from __future__ import annotations

import uuid

from django.db import models

from securescore.organizations.models import Organization


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
