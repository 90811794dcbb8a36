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
    forget_day_documents(organization, since)
    _write(organization, _days_since(organization, since))


def forget_day_documents(organization: Organization, since: datetime) -> None:
    """Take back the documents of the day of ``since`` and of all later ones."""
    DayDocument.objects.filter(
        organization=organization, on__gte=_day(organization, since)
    ).delete()


def encode_day_documents(organization: Organization, since: datetime) -> None:
    """Encode days whose documents were taken back, after the transaction that did it.

    Encoding many days takes long, so the database is not locked meanwhile. Where something else
    was recorded since, nothing is kept: such days are encoded when somebody asks for them.
    """
    whose = Organization.objects.filter(pk=organization.pk)
    revision = whose.values_list("revision", flat=True).get()
    made = _encoded(organization, _days_since(organization, since))
    with transaction.atomic():
        if whose.select_for_update().get().revision == revision:
            DayDocument.objects.bulk_create(made, batch_size=BATCH, ignore_conflicts=True)


def _day(organization: Organization, at: datetime) -> date:
    return at.astimezone(ZoneInfo(organization.time_zone)).date()


def _days_since(organization: Organization, since: datetime) -> list[date]:
    rows = Snapshot.objects.filter(
        organization=organization, is_last_of_day=True, on__gte=_day(organization, since)
    )
    return list(rows.values_list("on", flat=True))


def _stored(organization: Organization, days: Sequence[date]) -> dict[date, bytes]:
    if not days:
        return {}
    rows = DayDocument.objects.filter(
        organization=organization, on__range=(min(days), max(days))
    ).values_list("on", "body")
    wanted = set(days)
    return {on: bytes(body) for on, body in rows if on in wanted}


def _write(organization: Organization, days: Sequence[date]) -> None:
    DayDocument.objects.bulk_create(_encoded(organization, days), batch_size=BATCH)


def _encoded(organization: Organization, days: Sequence[date]) -> list[DayDocument]:
    encode: Callable[[DayRecord], bytes] = import_string(settings.SECURESCORE_DAY_ENCODER)
    return [
        DayDocument(organization=organization, on=record.on, body=encode(record))
        for record in day_records(organization, days)
    ]
