"""Deletes organizations with everything recorded and landed for them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from securescore.ops.workspace import Workspace
from securescore.organizations.access import Access, Right, require
from securescore.organizations.write import delete_organization
from securescore.record import audit


def remove_organization(work: Workspace, access: Access, *, now: datetime) -> None:
    """Delete an organization; that it was there, and who deleted it, stays in the audit log."""
    require(access, Right.ADMINISTER)
    organization = access.organization
    key = str(organization.pk)
    with transaction.atomic():
        audit.append(
            [
                audit.Change(
                    "organization.delete",
                    organization.slug,
                    {"name": organization.name, "seats": organization.seats},
                )
            ],
            by=access.actor,
            at=now,
            organization=organization,
        )
        delete_organization(organization)
    work.tables.delete_organization(key)
    work.evidence.delete_organization(key)
