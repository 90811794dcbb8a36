"""Changes of an organization's settings: checked, written with the audit log in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from securescore.core.errors import InputError
from securescore.organizations.access import Access, Right, require
from securescore.organizations.models import Organization
from securescore.record import audit


def change_zones(
    access: Access, *, good_from: float, okay_from: float, now: datetime
) -> Organization:
    """Set the limits of good and okay, in percent.

    Raises:
        InputError: not 0 <= okay <= good <= 100.
    """
    if not 0 <= okay_from <= good_from <= 100:  # noqa: PLR2004 - percent
        raise InputError(
            what=f"zones out of order: okay from {okay_from:g}, good from {good_from:g}",
            where="zones",
            what_to_do="give 0 <= okay <= good <= 100",
        )
    values = {"zone_good_from": good_from, "zone_okay_from": okay_from}
    return change_settings(access, "settings.zones", values, now)


def change_settings(
    access: Access, action: str, values: Mapping[str, object], now: datetime
) -> Organization:
    """Write fields of an organization, and what they were, down; nothing where nothing differs.

    Args:
        access: needs the right to administer.
        action: what the audit log calls it.
        values: by field name, checked by the caller.
        now: aware.
    """
    require(access, Right.ADMINISTER)
    with transaction.atomic():
        organization = Organization.objects.select_for_update().get(pk=access.organization.pk)
        changed = {
            name: value for name, value in values.items() if getattr(organization, name) != value
        }
        if changed:
            old = {name: getattr(organization, name) for name in changed}
            for name, value in changed.items():
                setattr(organization, name, value)
            organization.save(update_fields=list(changed))
            audit.append(
                [audit.Change(action, organization.slug, old, changed)],
                by=access.actor,
                at=now,
                organization=organization,
            )
    return organization
