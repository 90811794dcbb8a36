"""Reading the audit log: filtered, and its changes as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from securescore.record.models import AuditEntry

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; what is empty or None filters nothing. Both days belong to the range."""

    by: str = ""
    action: str = ""
    target: str = ""
    start: date | None = None
    end: date | None = None

    @property
    def is_set(self) -> bool:
        return bool(self.by or self.action or self.target or self.start or self.end)


@dataclass(frozen=True, slots=True)
class Changed:
    """One value that changed; None is: there was none."""

    field: str
    old: object
    new: object


def filtered(
    entries: QuerySet[AuditEntry], wanted: AuditFilter, time_zone: str
) -> QuerySet[AuditEntry]:
    """The entries that match; days are those of ``time_zone``."""
    zone = ZoneInfo(time_zone)
    if wanted.by:
        entries = entries.filter(by__icontains=wanted.by)
    if wanted.action:
        entries = entries.filter(action=wanted.action)
    if wanted.target:
        entries = entries.filter(target__icontains=wanted.target)
    if wanted.start is not None:
        entries = entries.filter(at__gte=datetime.combine(wanted.start, time.min, zone))
    if wanted.end is not None:
        after = wanted.end + timedelta(days=1)
        entries = entries.filter(at__lt=datetime.combine(after, time.min, zone))
    return entries


def entries_of_installation() -> QuerySet[AuditEntry]:
    """The entries of the installation itself (sign-ins, factors), newest first."""
    return AuditEntry.objects.filter(organization_key=None).order_by("-number")


def actions_in(entries: QuerySet[AuditEntry]) -> list[str]:
    """Every action that occurs, by name."""
    return list(entries.order_by("action").values_list("action", flat=True).distinct())


def changes_of(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[Changed, ...]:
    """What an entry says changed, in the order in which it was written.

    >>> changes_of({"role": "viewer"}, {"role": "editor", "by": None})
    (Changed(field='role', old='viewer', new='editor'),)
    """
    fields = list(dict.fromkeys([*old, *new]))
    made = (Changed(name, old.get(name), new.get(name)) for name in fields)
    return tuple(change for change in made if change.old != change.new)
