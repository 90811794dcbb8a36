"""Creates and deletes organizations and memberships. Asks nobody for permission: callers do."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, TypedDict, Unpack
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from securescore.core.errors import InputError
from securescore.organizations.models import Membership, Organization, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

SLUG_LENGTH = 60  # leaves room for "-2" within the column
NAME_LENGTH = 200


class OrganizationFields(TypedDict, total=False):
    """What may be given beside the name; the rest has the defaults of the model."""

    seats: int | None
    industry: str
    region: str
    time_zone: str
    zone_good_from: float
    zone_okay_from: float
    stale_after_days: int
    external_id: str
    licenses: list[str]


@cache
def known_time_zones() -> frozenset[str]:
    """Measured: asking the system takes 18 ms, and the demo makes 300 organizations."""
    return frozenset(available_timezones())


def slug_of(name: str) -> str:
    """The part of an address that a name becomes.

    >>> slug_of("Änderung & Söhne GmbH"), slug_of("東京")
    ('anderung-sohne-gmbh', 'organization')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return slug[:SLUG_LENGTH].rstrip("-") or "organization"


def create_organization(
    name: str, *, is_demo: bool = False, **fields: Unpack[OrganizationFields]
) -> Organization:
    """A new organization; its slug comes from the name and is made unique by a number.

    Raises:
        InputError: an empty or overlong name, an unknown time zone, zones out of order.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LENGTH:
        raise InputError(
            what="the name of an organization has 1 to 200 characters",
            where="name",
            what_to_do="give a name",
        )
    zone = fields.get("time_zone", "UTC")
    if zone not in known_time_zones():
        raise InputError(
            what=f"there is no time zone '{zone}'",
            where="time zone",
            what_to_do="write a name such as Europe/Berlin",
        )
    good, okay = fields.get("zone_good_from", 70.0), fields.get("zone_okay_from", 40.0)
    if not 0 <= okay <= good <= 100:  # noqa: PLR2004 - percentages
        raise InputError(
            what=f"zones out of order: okay from {okay:g}, good from {good:g}",
            where="zones",
            what_to_do="give 0 <= okay <= good <= 100",
        )
    base = slug_of(name)
    taken = set(Organization.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while True:
        slug = base if number == 1 else f"{base}-{number}"
        number += 1
        if slug in taken:
            continue
        try:
            with transaction.atomic():
                return Organization.objects.create(name=name, slug=slug, is_demo=is_demo, **fields)
        except IntegrityError:  # somebody took the slug between the look and the insert
            taken.add(slug)


def delete_organization(organization: Organization) -> None:
    """Delete the organization and everything recorded about it (not its landed files)."""
    organization.delete()


def set_role(organization: Organization, user: User, role: Role) -> Membership:
    """Give ``user`` this role directly. A higher one that a group gives goes on to hold."""
    with transaction.atomic():
        membership, is_new = Membership.objects.select_for_update().get_or_create(
            organization=organization, user=user, defaults={"role": role, "direct_role": role}
        )
        if not is_new:
            membership.direct_role = role
            if not membership.from_group or rank_of(role) >= rank_of(membership.role):
                membership.role, membership.from_group = role, ""
            membership.save()
    return membership


def rank_of(role: str) -> int:
    """Where a role stands: each includes those before it; no role is below all.

    >>> rank_of("") < rank_of("viewer") < rank_of("admin")
    True
    """
    return Role.values.index(role) if role else -1


def keep_licenses_found(organization: Organization, plans: Iterable[str]) -> None:
    """Keep the service plans of the newest data. What a person named stands beside them and holds
    first.
    """
    organization.licenses_found = sorted(plans)
    organization.save(update_fields=["licenses_found"])
