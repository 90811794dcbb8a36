"""Custom comparisons: added, changed and removed, with their averages and the audit log."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from securescore.core.cohort import MIN_ORGANIZATIONS, CohortFilter, tell_too_much
from securescore.core.errors import AccessDenied, InputError
from securescore.ops.cohorts import compute_comparison, forget_comparison, matching
from securescore.organizations.access import Access, Right, require
from securescore.organizations.models import Organization
from securescore.record import audit
from securescore.record.kept import touch
from securescore.record.models import CustomComparison

NAME_LENGTH = 80
MAX_COMPARISONS = 20


def add_comparison(
    access: Access, name: str, filters: CohortFilter, *, now: datetime
) -> CustomComparison:
    """A new comparison, with the averages of the last two years.

    Raises:
        InputError: it holds fewer than ten other organizations, it differs from another one by
            fewer than ten, or the name is taken.
    """
    require(access, Right.ADMINISTER)
    with transaction.atomic():
        organization = Organization.objects.select_for_update().get(pk=access.organization.pk)
        own = CustomComparison.objects.filter(organization=organization)
        if own.count() >= MAX_COMPARISONS:
            raise InputError(
                what=f"there are {MAX_COMPARISONS} comparisons already",
                where="name",
                what_to_do="delete one that is not needed",
            )
        made = CustomComparison(
            organization=organization,
            name=_checked_name(organization, name, None),
            filters=_checked(organization, filters, None).to_json(),
            created_by=access.actor[:200],
            created_at=now,
        )
        made.save()
        compute_comparison(made, now.date())
        _log(access, now, made, "comparison.add", {}, _values(made))
    return made


def change_comparison(
    access: Access, comparison_id: uuid.UUID, name: str, filters: CohortFilter, *, now: datetime
) -> CustomComparison:
    """Another name or other filters; the averages are computed anew.

    Raises:
        AccessDenied: the organization has no such comparison.
        InputError: as of :func:`add_comparison`.
    """
    require(access, Right.ADMINISTER)
    with transaction.atomic():
        organization = Organization.objects.select_for_update().get(pk=access.organization.pk)
        found = comparison_of(access, comparison_id)
        old = _values(found)
        found.name = _checked_name(organization, name, found)
        found.filters = _checked(organization, filters, found).to_json()
        if _values(found) != old:
            found.save()
            if found.filters != old["filters"]:
                compute_comparison(found, now.date())
            touch(organization)
            _log(access, now, found, "comparison.change", old, _values(found))
    return found


def remove_comparison(access: Access, comparison_id: uuid.UUID, *, now: datetime) -> str:
    """Take a comparison and its averages away; its name."""
    require(access, Right.ADMINISTER)
    with transaction.atomic():
        found = comparison_of(access, comparison_id)
        _log(access, now, found, "comparison.remove", _values(found), {})
        forget_comparison(found)
        found.delete()
    return found.name


def comparison_of(access: Access, comparison_id: uuid.UUID) -> CustomComparison:
    """A comparison of the organization.

    Raises:
        AccessDenied: there is none.
    """
    found = CustomComparison.objects.filter(
        organization=access.organization, pk=comparison_id
    ).first()
    if found is None:
        raise AccessDenied(what="there is no such comparison", where=str(comparison_id))
    return found


def n_compared(organization: Organization, filters: CohortFilter) -> int | None:
    """How many other organizations a comparison would hold; None for fewer than ten, because
    how few there are says something about them.
    """
    n = len(matching(organization, filters))
    return n if n >= MIN_ORGANIZATIONS else None


def _checked(
    organization: Organization, filters: CohortFilter, own: CustomComparison | None
) -> CohortFilter:
    members = matching(organization, filters)
    if len(members) < MIN_ORGANIZATIONS:
        raise InputError(
            what=f"fewer than {MIN_ORGANIZATIONS} other organizations match",
            where="filters",
            what_to_do="widen the filters: a smaller group would show others' scores",
        )
    for other in CustomComparison.objects.filter(organization=organization):
        if own is not None and other.pk == own.pk:
            continue
        if tell_too_much(members, matching(organization, CohortFilter.from_json(other.filters))):
            raise InputError(
                what=f"fewer than {MIN_ORGANIZATIONS} organizations are in only one of this and "
                f"“{other.name}”",
                where="filters",
                what_to_do="choose filters that differ more, or change that one: both averages "
                "together would show others' scores",
            )
    return filters


def _checked_name(organization: Organization, name: str, own: CustomComparison | None) -> str:
    clean = " ".join(name.replace("\0", " ").split())
    if not clean or len(clean) > NAME_LENGTH:
        raise InputError(
            what="a comparison needs a name",
            where="name",
            what_to_do=f"give one of at most {NAME_LENGTH} characters",
        )
    others = CustomComparison.objects.filter(organization=organization, name=clean)
    if own is not None:
        others = others.exclude(pk=own.pk)
    if others.exists():
        raise InputError(
            what=f"there is a comparison “{clean}” already",
            where="name",
            what_to_do="choose another name",
        )
    return clean


def _values(comparison: CustomComparison) -> dict[str, object]:
    return {"name": comparison.name, "filters": comparison.filters}


def _log(
    access: Access,
    now: datetime,
    comparison: CustomComparison,
    action: str,
    old: dict[str, object],
    new: dict[str, object],
) -> None:
    audit.append(
        [audit.Change(action, str(comparison.pk), old, new)],
        by=access.actor,
        at=now,
        organization=access.organization,
    )
