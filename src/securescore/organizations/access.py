"""The only door to organizations: who may see which, and do what there.

Operators of the installation (``is_superuser``) may do everything in every organization: they
hold the database and the key anyway. Everyone else needs a membership. An organization that is
not yours and one that does not exist get the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import connection

from securescore.core.errors import AccessDenied, SecureScoreError
from securescore.organizations.models import Membership, Organization, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet


class Right(StrEnum):
    """What may be allowed in one organization."""

    VIEW = "view"  # scores, actions, counts
    EVIDENCE = "evidence.view"  # names of people and devices
    EDIT = "edit"  # status, notes, plan
    APPROVE = "approve"  # risk acceptances of others
    ADMINISTER = "administer"  # settings, members, connectors


# Every page asks these two. Written out they take a fifth of the time that building them did.
HELD = """
    select o.*, m.role as held
    from organizations_organization o
    join organizations_membership m on m.organization_id = o.id
    where m.user_id = %s and o.slug = %s
"""
SWITCHABLE = """
    select o.name, o.slug, m.role
    from organizations_organization o
    join organizations_membership m on m.organization_id = o.id
    where m.user_id = %s
    order by o.name, o.id
    limit %s
"""

RIGHTS: dict[str, frozenset[Right]] = {}
_held: frozenset[Right] = frozenset()
for _role, _adds in (
    (Role.VIEWER, Right.VIEW),
    (Role.EVIDENCE_VIEWER, Right.EVIDENCE),
    (Role.EDITOR, Right.EDIT),
    (Role.APPROVER, Right.APPROVE),
    (Role.ADMIN, Right.ADMINISTER),
):
    _held |= {_adds}
    RIGHTS[_role.value] = _held


class RightMissing(SecureScoreError):
    """A member asks for what the role does not allow: the page answers 403 and says so."""

    code = "right-missing"

    def __init__(self, right: Right, organization: Organization) -> None:
        self.right = right
        self.organization = organization
        super().__init__(
            what=f"this needs the right '{right}' in {organization.name}",
            what_to_do="an administrator of the organization can give it",
        )


@dataclass(frozen=True, slots=True)
class Access:
    """One person's, or one token's, access to one organization.

    Attributes:
        person: user name of who is behind it; four eyes are two persons.
        actor: who, as the audit log and pages show it.
        token_id: of the token it came with, else empty.
    """

    organization: Organization
    role: str
    rights: frozenset[Right]
    person: str
    actor: str
    token_id: str = ""

    def may(self, right: Right) -> bool:
        return right in self.rights


def organizations_of(user: User | AnonymousUser) -> QuerySet[Organization]:
    """Every organization that ``user`` may see, by name."""
    if not user.is_authenticated:
        return Organization.objects.none()
    if user.is_superuser:
        return Organization.objects.all()
    return Organization.objects.filter(memberships__user=user)


def switchable(user: User | AnonymousUser, n: int) -> list[tuple[str, str, frozenset[Right]]]:
    """Name, slug and rights of the first ``n`` organizations of ``user``, by name: one query."""
    if not user.is_authenticated:
        return []
    if user.is_superuser:
        every = RIGHTS[Role.ADMIN.value]
        found = Organization.objects.values_list("name", "slug")[:n]
        return [(name, slug, every) for name, slug in found]
    with connection.cursor() as cursor:
        cursor.execute(SWITCHABLE, [user.pk, n])
        return [
            (name, slug, RIGHTS.get(role, frozenset())) for name, slug, role in cursor.fetchall()
        ]


def access_to(user: User | AnonymousUser, slug: str) -> Access:
    """The access of ``user`` to the organization with this slug, in one query.

    Raises:
        AccessDenied: it is not there, or not for this person.
    """
    if user.is_authenticated:
        if user.is_superuser:
            found = Organization.objects.filter(slug=slug).first()
            if found is not None:
                return _access(user, found, Role.ADMIN.value)
        else:
            for found in Organization.objects.raw(HELD, [user.pk, slug]):
                return _access(user, found, found.held)  # type: ignore[attr-defined]  # of HELD
    raise AccessDenied(what="there is no such organization", where=slug)


def _access(user: User, organization: Organization, role: str) -> Access:
    name = user.get_username()
    return Access(organization, role, RIGHTS.get(role, frozenset()), person=name, actor=name)


def installation_access(organization: Organization, person: str) -> Access:
    """The access of whoever runs commands on the server: all of it."""
    rights = RIGHTS[Role.ADMIN.value]
    return Access(organization, Role.ADMIN.value, rights, person=person, actor=person)


def member_names(organization: Organization) -> tuple[str, ...]:
    """User names of the members, to choose from; one query."""
    return tuple(
        Membership.objects.filter(organization=organization)
        .order_by("user__username")
        .values_list("user__username", flat=True)
    )


def organization_for(
    user: User | AnonymousUser, slug: str, right: Right = Right.VIEW
) -> Organization:
    """The organization, if ``user`` holds ``right`` there.

    Raises:
        AccessDenied: it is not there, or not for this person.
        RightMissing: it is, but the role does not hold the right.
    """
    access = access_to(user, slug)
    require(access, right)
    return access.organization


def require(access: Access, right: Right) -> None:
    """Raise :class:`RightMissing` unless the right is held."""
    if not access.may(right):
        raise RightMissing(right, access.organization)
