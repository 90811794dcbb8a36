"""Reading who belongs to an organization, and which groups give roles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from securescore.organizations.models import GroupRole, Membership, Organization, Role

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Member:
    """One member as the page of members shows it.

    Attributes:
        user_id: of the person.
        username: what the audit log calls them.
        name: given and family name; may be empty.
        email: may be empty.
        role: what holds.
        direct_role: given here; empty where only a group gives a role.
        from_group: the group that gives the role that holds; empty where it was given here.
        last_sign_in: None before the first.
        has_second_factor: an authenticator app, a security key or a passkey.
        is_waiting: was invited and never signed in.
        is_active: may sign in.
    """

    user_id: int
    username: str
    name: str
    email: str
    role: str
    direct_role: str
    from_group: str
    last_sign_in: datetime | None
    has_second_factor: bool
    is_waiting: bool
    is_active: bool


def members_of(organization: Organization) -> tuple[Member, ...]:
    """All members by user name; two queries."""
    memberships = list(
        Membership.objects.filter(organization=organization)
        .select_related("user")
        .order_by("user__username")
    )
    protected = set(
        Authenticator.objects.filter(user__in=[m.user_id for m in memberships])
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .values_list("user_id", flat=True)
    )
    return tuple(
        Member(
            user_id=m.user_id,
            username=m.user.get_username(),
            name=m.user.get_full_name(),
            email=m.user.email,
            role=m.role,
            direct_role=m.direct_role,
            from_group=m.from_group,
            last_sign_in=m.user.last_login,
            has_second_factor=m.user_id in protected,
            is_waiting=m.user.last_login is None
            and m.user.password.startswith(UNUSABLE_PASSWORD_PREFIX),
            is_active=m.user.is_active,
        )
        for m in memberships
    )


def n_administrators(organization: Organization, *, without: int | None = None) -> int:
    """How many people who can sign in administer it; ``without`` leaves one user id out."""
    found = Membership.objects.filter(
        organization=organization, role=Role.ADMIN, user__is_active=True
    )
    return (found if without is None else found.exclude(user_id=without)).count()


def group_roles_of(organization: Organization) -> QuerySet[GroupRole]:
    """Which groups give which role there, by group."""
    return GroupRole.objects.filter(organization=organization).order_by("group")
