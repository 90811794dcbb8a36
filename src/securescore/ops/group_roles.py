"""Groups of identity providers that give roles: the table of an organization, and each sign-in.

At every sign-in through a provider the memberships that came from groups are added, changed and
taken away; what was given directly stays, and the higher role holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from securescore.core.errors import AccessDenied, InputError
from securescore.ops.members import take_tokens_back
from securescore.organizations.access import Access, Right, require
from securescore.organizations.models import GroupRole, Membership, Organization, Role
from securescore.organizations.write import rank_of
from securescore.record import audit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

GROUP_LENGTH = 255
MAX_GROUPS = 10_000
CHUNK = 500


def add_group_role(access: Access, group: str, role: str, *, now: datetime) -> GroupRole:
    """From now on members of ``group`` get ``role`` when they sign in.

    Raises:
        InputError: no name, no such role, or the group is in the table.
    """
    require(access, Right.ADMINISTER)
    group = group.strip()
    if not 0 < len(group) <= GROUP_LENGTH or not group.isprintable():
        raise InputError(
            what=f"a group has 1 to {GROUP_LENGTH} characters",
            where="group",
            what_to_do="write it as the identity provider sends it",
        )
    if role not in Role.values:
        raise InputError(
            what=f"there is no role '{role[:40]}'",
            where="role",
            what_to_do="use one of: " + ", ".join(Role.values),
        )
    with transaction.atomic():
        organization = Organization.objects.select_for_update().get(pk=access.organization.pk)
        if GroupRole.objects.filter(organization=organization, group=group).exists():
            raise InputError(
                what="this group is in the table",
                where="group",
                what_to_do="remove its line to give another role",
            )
        made = GroupRole.objects.create(organization=organization, group=group, role=role)
        audit.append(
            [audit.Change("group.add", group, {}, {"role": role})],
            by=access.actor,
            at=now,
            organization=organization,
        )
    return made


def remove_group_role(access: Access, group_role_id: int, *, now: datetime) -> str:
    """Members of the group lose its role when they next sign in; returns the group.

    Raises:
        AccessDenied: there is no such line.
    """
    require(access, Right.ADMINISTER)
    with transaction.atomic():
        found = GroupRole.objects.filter(organization=access.organization, pk=group_role_id).first()
        if found is None:
            raise AccessDenied(what="there is no such group", where=str(group_role_id))
        group, role = found.group, found.role
        found.delete()
        audit.append(
            [audit.Change("group.remove", group, {"role": role})],
            by=access.actor,
            at=now,
            organization=access.organization,
        )
    return group


def groups_in(claims: Mapping[str, object], path: str) -> frozenset[str] | None:
    """The groups that a provider names; None where it says that there are too many to name.

    Args:
        claims: what the provider says of a person.
        path: name of the claim, or names joined by dots on the way to it.

    >>> sorted(groups_in({"groups": ["b", "a"]}, "groups"))
    ['a', 'b']
    >>> sorted(groups_in({"realm_access": {"roles": ["admin"]}}, "realm_access.roles"))
    ['admin']
    >>> groups_in({"_claim_names": {"groups": "src1"}}, "groups") is None
    True
    >>> groups_in({}, "groups")
    frozenset()
    """
    found: object = claims.get(path)
    if found is None and "." in path:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    if found is None:
        elsewhere = claims.get("_claim_names")  # OpenID Connect Core, 5.6.2: claims kept elsewhere
        if isinstance(elsewhere, Mapping) and path in elsewhere:
            return None
        return frozenset()
    listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    texts = [one for one in listed if isinstance(one, str) and 0 < len(one) <= GROUP_LENGTH]
    return frozenset(texts[:MAX_GROUPS])


def roles_of_groups(groups: Collection[str]) -> dict[object, tuple[str, str]]:
    """Key of the organization -> the highest role that a group gives there, and the group."""
    names = sorted(groups)
    best: dict[object, tuple[str, str]] = {}
    for start in range(0, len(names), CHUNK):
        for row in GroupRole.objects.filter(group__in=names[start : start + CHUNK]):
            held = best.get(row.organization_id)
            if held is None or rank_of(row.role) > rank_of(held[0]):
                best[row.organization_id] = (row.role, row.group)
    return best


def apply_groups(user: User, groups: Collection[str], *, provider: str, now: datetime) -> None:
    """Bring the memberships of ``user`` in line with the groups that ``provider`` names."""
    best = roles_of_groups(groups)
    by = f"{user.get_username()} (signing in with {provider})"
    with transaction.atomic():
        held = {
            m.organization_id: m for m in Membership.objects.select_for_update().filter(user=user)
        }
        organizations = Organization.objects.in_bulk([*best, *held])
        for key in sorted(organizations, key=str):
            role, group = best.get(key, ("", ""))
            _apply(user, organizations[key], held.get(key), role, group, by=by, now=now)


def _apply(
    user: User,
    organization: Organization,
    membership: Membership | None,
    role: str,
    group: str,
    *,
    by: str,
    now: datetime,
) -> None:
    direct = membership.direct_role if membership else ""
    if rank_of(direct) >= rank_of(role):
        role, group = direct, ""
    old = {"role": membership.role, "from_group": membership.from_group} if membership else {}
    new = {"role": role, "from_group": group} if role else {}
    if old == new:
        return
    if membership is None:
        Membership.objects.create(organization=organization, user=user, role=role, from_group=group)
    elif not role:
        membership.delete()
    else:
        membership.role, membership.from_group = role, group
        membership.save()
    name = user.get_username()
    audit.append(
        [audit.Change("member.group", name, old, new)], by=by, at=now, organization=organization
    )
    take_tokens_back(organization, name, role, by=by, now=now)
