"""Days as documents: encoded when they are recorded, read without work.

The record knows what stood on a day; how that is written is the business of the function that
``settings.SECURESCORE_DAY_ENCODER`` names. A document is written again whenever its day is, and
one that is missing (an older installation) is made when somebody first asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from securescore.organizations.models import Organization
from securescore.record.days import DayRecord, day_records
from securescore.record.models import DayDocument, Snapshot

BATCH = 200


def documents(organization: Organization, days: Sequence[date]) -> dict[date, bytes]:
    """The documents of recorded days; one query when all of them are there.

    Args:
        organization: whose.
        days: recorded ones, in any order.
    """
    found = _stored(organization, days)
    missing = [on for on in days if on not in found]
    if missing:
        with transaction.atomic():
            Organization.objects.select_for_update().get(pk=organization.pk)
            # Whoever held the lock may have written them.
            there = _stored(organization, missing)
            _write(organization, [on for on in missing if on not in there])
            found |= there | _stored(organization, missing)
    return found


def write_day_documents(organization: Organization, since: datetime) -> None:
    """Encode the day of ``since`` and all later ones anew; in the transaction that records them."""
    first = since.astimezone(ZoneInfo(organization.time_zone)).date()
    DayDocument.objects.filter(organization=organization, on__gte=first).delete()
    rows = Snapshot.objects.filter(organization=organization, is_last_of_day=True, on__gte=first)
    _write(organization, list(rows.values_list("on", flat=True)))


def _stored(organization: Organization, days: Sequence[date]) -> dict[date, bytes]:
    if not days:
        return {}
    rows = DayDocument.objects.filter(
        organization=organization, on__range=(min(days), max(days))
    ).values_list("on", "body")
    wanted = set(days)
    return {on: bytes(body) for on, body in rows if on in wanted}


def _write(organization: Organization, days: Sequence[date]) -> None:
    if not days:
        return
    encode: Callable[[DayRecord], bytes] = import_string(settings.SECURESCORE_DAY_ENCODER)
    DayDocument.objects.bulk_create(
        (
            DayDocument(organization=organization, on=record.on, body=encode(record))
            for record in day_records(organization, days)
        ),
        batch_size=BATCH,
    )
