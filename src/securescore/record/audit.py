"""The audit log: who changed what, from what to what, in a chain that shows any later edit.

Each entry holds the SHA-256 over itself and the digest of the entry before, across the whole
installation. Whoever alters, removes or slips in an entry breaks the chain there, and
:func:`first_altered` names the place. Somebody who may write to the database can compute the
whole chain anew: whoever has to exclude that keeps the newest digest elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from securescore.organizations.models import Organization
from securescore.record.models import AuditEntry, AuditHead

if TYPE_CHECKING:
    from django.db.models import QuerySet

BEGINNING = "0" * 64
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """One change to be written down.

    Attributes:
        action: ``<thing>.<verb>``: ``action.edit``, ``member.add``, ``token.create`` ...
        target: id of the thing within its organization.
        old, new: the values that changed, as JSON types or dates.
    """

    action: str
    target: str = ""
    old: Mapping[str, object] = field(default_factory=dict)
    new: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Altered:
    """The first place where the chain does not hold."""

    number: int
    what: str


def append(
    changes: Sequence[Change],
    *,
    by: str,
    at: datetime,
    organization: Organization | None = None,
    batch: uuid.UUID | None = None,
) -> list[AuditEntry]:
    """Write changes down, in order; inside the transaction that makes them.

    Args:
        changes: what is changed.
        by: who, as shown (``Access.actor``).
        at: aware.
        organization: whose; None for the installation itself.
        batch: joins what was changed together, for the undo.
    """
    with transaction.atomic():
        AuditHead.objects.get_or_create(id=1, defaults={"digest": BEGINNING})
        head = AuditHead.objects.select_for_update().get(id=1)
        entries = []
        for change in changes:
            entry = AuditEntry(
                number=head.number + 1,
                at=at.astimezone(UTC),
                by=by[:200],
                action=change.action,
                organization_key=organization.pk if organization else None,
                organization_name=organization.name if organization else "",
                target=change.target[:255],
                old=_plain(change.old),
                new=_plain(change.new),
                batch=batch,
                previous=head.digest,
            )
            entry.digest = digest_of(entry)
            head.number, head.digest = entry.number, entry.digest
            entries.append(entry)
        AuditEntry.objects.bulk_create(entries)
        head.save()
    return entries


def digest_of(entry: AuditEntry) -> str:
    """SHA-256 over everything an entry says and the digest of the one before, as hex."""
    parts = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.by,
        entry.action,
        str(entry.organization_key or ""),
        entry.organization_name,
        entry.target,
        entry.old,
        entry.new,
        str(entry.batch or ""),
        entry.previous,
    ]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def first_altered() -> tuple[int, Altered | None]:
    """How many entries hold, and the first that does not; walks the whole log."""
    previous, number = BEGINNING, 0
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=CHUNK):
        if entry.number != number + 1:
            return number, Altered(number + 1, "is missing")
        if entry.previous != previous:
            return number, Altered(entry.number, "does not follow from the entry before")
        if entry.digest != digest_of(entry):
            return number, Altered(entry.number, "was altered")
        previous, number = entry.digest, entry.number
    head = AuditHead.objects.filter(id=1).first()
    if head is None:
        return number, Altered(1, "does not follow: the head is missing") if number else None
    if head.number > number:
        return number, Altered(number + 1, "and what followed were removed")
    if (head.number, head.digest) != (number, previous):
        return number, Altered(number, "is not what the head of the log names")
    return number, None


def entries_of(organization: Organization) -> QuerySet[AuditEntry]:
    """The entries of one organization, newest first."""
    return AuditEntry.objects.filter(organization_key=organization.pk).order_by("-number")


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """JSON types: days as ISO text, tuples as lists; equal before and after the database."""
    return {
        key: value.isoformat()
        if isinstance(value, date)
        else [str(one) for one in value]
        if isinstance(value, (tuple, list, set, frozenset))
        else value
        if value is None or isinstance(value, (bool, int, float, str, dict))
        else str(value)
        for key, value in values.items()
    }
