"""Changes of an organization's settings: checked, written with the audit log in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from securescore.catalog.load import built_in_catalog
from securescore.core.errors import InputError
from securescore.ops.jobs import enqueue
from securescore.organizations.access import Access, Right, require
from securescore.organizations.models import Organization, Role
from securescore.organizations.write import (
    NAME_LENGTH,
    create_organization,
    known_time_zones,
    set_role,
)
from securescore.record import audit
from securescore.record.kept import touch
from securescore.record.models import Job, ReportedControl, Snapshot

if TYPE_CHECKING:
    from django.contrib.auth.models import User

REASON_LENGTH = 500
REEVALUATE = "reevaluate"
"""The kind of job that judges the newest data again."""


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


@dataclass(frozen=True, slots=True)
class General:
    """What an organization says of itself."""

    name: str
    time_zone: str
    seats: int | None = None
    industry: str = ""
    region: str = ""
    licenses: tuple[str, ...] = ()


def new_organization(given: General, *, user: User | None, by: str, now: datetime) -> Organization:
    """Create an organization that ``user``, if any, administers.

    Raises:
        InputError: as :func:`check_general`.
    """
    given = check_general(given)
    with transaction.atomic():
        organization = create_organization(
            given.name,
            time_zone=given.time_zone,
            seats=given.seats,
            industry=given.industry,
            region=given.region,
            licenses=list(given.licenses),
        )
        if user is not None:
            set_role(organization, user, Role.ADMIN)
        audit.append(
            [audit.Change("organization.create", organization.slug, {}, {"name": given.name})],
            by=by,
            at=now,
            organization=organization,
        )
    return organization


def change_general(access: Access, given: General, *, now: datetime) -> Organization:
    """Change what an organization says of itself; its address stays.

    Raises:
        InputError: as :func:`check_general`.
    """
    given = check_general(given, but=access.organization)
    return change_settings(
        access, "settings.general", {**asdict(given), "licenses": list(given.licenses)}, now
    )


def check_general(given: General, but: Organization | None = None) -> General:
    """The values, tidied.

    Raises:
        InputError: an empty or overlong name, one that is taken, an unknown time zone.
    """
    name = " ".join(given.name.split())
    if not 0 < len(name) <= NAME_LENGTH:
        raise InputError(
            what=f"a name has 1 to {NAME_LENGTH} characters", where="name", what_to_do="give one"
        )
    others = Organization.objects.filter(name=name)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise InputError(
            what=f"the organization '{name}' exists", where="name", what_to_do="use another name"
        )
    if given.time_zone not in known_time_zones():
        raise InputError(
            what=f"there is no time zone '{given.time_zone}'",
            where="time zone",
            what_to_do="write a name such as Europe/Berlin",
        )
    return replace(
        given,
        name=name,
        industry=" ".join(given.industry.split()),
        region=" ".join(given.region.split()),
        licenses=tuple(dict.fromkeys(one.strip() for one in given.licenses if one.strip())),
    )


def turn_controls(
    access: Access, control_ids: Iterable[str], *, is_on: bool, reason: str, now: datetime
) -> tuple[tuple[str, ...], Job | None]:
    """Score controls no longer, or again: the ids that changed, and the job that judges anew.

    Raises:
        InputError: no control, an unknown one, or no reason.
    """
    require(access, Right.ADMINISTER)
    reason = reason.strip()
    wanted = set(control_ids)
    if not wanted:
        raise InputError(what="no control was chosen", what_to_do="tick at least one")
    if not reason or len(reason) > REASON_LENGTH:
        raise InputError(
            what=f"a reason has 1 to {REASON_LENGTH} characters",
            where="reason",
            what_to_do="say why: it stands in the audit log",
        )
    with transaction.atomic():
        organization = Organization.objects.select_for_update().get(pk=access.organization.pk)
        off = set(organization.disabled_controls)
        known = (
            off
            | set(built_in_catalog().controls)
            | set(
                ReportedControl.objects.filter(organization=organization).values_list(
                    "control_id", flat=True
                )
            )
        )
        if unknown := sorted(wanted - known):
            raise InputError(
                what=f"there is no control '{unknown[0]}'", what_to_do="choose from the list"
            )
        changed = sorted(wanted & off if is_on else wanted - off)
        if not changed:
            return (), None
        organization.disabled_controls = sorted(off - wanted if is_on else off | wanted)
        organization.save(update_fields=["disabled_controls"])
        audit.append(
            [
                audit.Change(
                    f"catalog.{'on' if is_on else 'off'}",
                    control_id,
                    {"is_on": not is_on},
                    {"is_on": is_on, "reason": reason},
                )
                for control_id in changed
            ],
            by=access.actor,
            at=now,
            organization=organization,
        )
        job = None
        if Snapshot.objects.filter(organization=organization).exists():
            job = enqueue(REEVALUATE, organization=organization, given={}, by=access.actor, now=now)
    return tuple(changed), job


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
            touch(organization)
            audit.append(
                [audit.Change(action, organization.slug, old, changed)],
                by=access.actor,
                at=now,
                organization=organization,
            )
    return organization
