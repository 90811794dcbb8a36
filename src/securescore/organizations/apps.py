"""The Django app ``organizations``."""

from __future__ import annotations

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "securescore.organizations"
    label = "organizations"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Organizations"
