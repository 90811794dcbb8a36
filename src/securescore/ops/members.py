"""Who belongs to an organization, and as what: added, invited, changed, removed.

Each change is checked and written down in the audit log in one transaction. The last
administrator stays one. Whoever loses a right loses the API tokens that were made with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.utils import generate_unique_username
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from securescore.core.errors import AccessDenied, InputError
from securescore.organizations.access import RIGHTS, Access, Right, require
from securescore.organizations.members import n_administrators
from securescore.organizations.models import Membership, Organization, Role
from securescore.organizations.sign_in_link import sign_in_path
from securescore.organizations.tokens import living_tokens_beyond
from securescore.organizations.write import set_role
from securescore.record import audit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EMAIL_LENGTH = 254


@dataclass(frozen=True, slots=True)
class Added:
    """Who was added; ``link`` signs an invited person in once, empty for one who was here."""

    username: str
    link: str = ""


def add_member(access: Access, who: str, role: str, *, now: datetime) -> Added:
    """Add somebody by user name or e-mail address; an unknown address is invited.

    An account that is here already is found by its address only where the address is vouched
    for: an identity provider verified it, the account is a member where ``access`` administers
    too, or an operator asks. Otherwise whoever invites a foreign address first would be let in
    by everybody who adds it later.

    Raises:
        InputError: nobody is called so, no role is called so, or they are a member already.
    """
    require(access, Right.ADMINISTER)
    who = who.strip()
    with transaction.atomic():
        organization = _locked(access.organization)
        user = _found(access, who)
        link = ""
        if user is None:
            user = _invited(who)
            link = sign_in_path(user)
        elif Membership.objects.filter(organization=organization, user=user).exists():
            raise InputError(
                what=f"{user.get_username()} is a member already",
                where="who",
                what_to_do="change the role in the list",
            )
        set_role(organization, user, _known(role))
        _write_down(
            access,
            organization,
            audit.Change(
                "member.invite" if link else "member.add", user.get_username(), {}, {"role": role}
            ),
            now,
        )
    return Added(user.get_username(), link)


def change_role(access: Access, user_id: int, role: str, *, now: datetime) -> Membership:
    """Give a member another role directly; a higher one that a group gives goes on to hold.

    Raises:
        AccessDenied: there is no such member.
        InputError: no role is called so, or it would leave nobody who administers.
    """
    require(access, Right.ADMINISTER)
    wanted = _known(role)
    with transaction.atomic():
        organization = _locked(access.organization)
        before = _membership(organization, user_id)
        old = {"role": before.role, "direct_role": before.direct_role}
        after = set_role(organization, before.user, wanted)
        new = {"role": after.role, "direct_role": after.direct_role}
        if new == old:
            return after
        _refuse_without_administrator(organization, before, after.role)
        name = before.user.get_username()
        _write_down(access, organization, audit.Change("member.role", name, old, new), now)
        take_tokens_back(organization, name, after.role, by=access.actor, now=now)
    return after


def remove_member(access: Access, user_id: int, *, now: datetime) -> str:
    """Take a member out; returns the user name.

    Raises:
        AccessDenied: there is no such member.
        InputError: the last administrator, or a group would bring them back.
    """
    require(access, Right.ADMINISTER)
    with transaction.atomic():
        organization = _locked(access.organization)
        membership = _membership(organization, user_id)
        _refuse_without_administrator(organization, membership, "")
        name = membership.user.get_username()
        old = {"role": membership.role, "from_group": membership.from_group}
        membership.delete()
        _write_down(access, organization, audit.Change("member.remove", name, old), now)
        take_tokens_back(organization, name, "", by=access.actor, now=now)
    return name


def new_link(access: Access, user_id: int, *, now: datetime) -> Added:
    """Another link for somebody who was invited here and never signed in.

    Raises:
        AccessDenied: there is no such member.
        InputError: they signed in before, or belong elsewhere too: the link would sign its
            reader in as somebody else.
    """
    require(access, Right.ADMINISTER)
    with transaction.atomic():
        organization = _locked(access.organization)
        user = _membership(organization, user_id).user
        elsewhere = Membership.objects.filter(user=user).exclude(organization=organization)
        if not _never_signed_in(user) or user.is_superuser or elsewhere.exists():
            raise InputError(
                what=f"{user.get_username()} cannot be given a link",
                where="link",
                what_to_do="links are for people who were invited here and never signed in",
            )
        name = user.get_username()
        _write_down(access, organization, audit.Change("member.link", name), now)
    return Added(name, sign_in_path(user))


def take_tokens_back(
    organization: Organization, person: str, role: str, *, by: str, now: datetime
) -> int:
    """Take back what tokens of ``person`` may do more than ``role`` may; how many."""
    rights = RIGHTS.get(role, frozenset())
    tokens = living_tokens_beyond(organization, person, rights, now)
    for token in tokens:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
    audit.append(
        [audit.Change("token.revoke", str(t.pk), {"name": t.name, "hint": t.hint}) for t in tokens],
        by=by,
        at=now,
        organization=organization,
    )
    return len(tokens)


def person_invited_by(email: str) -> User | None:
    """The one person who was invited with this address and never signed in, if there is one.

    The caller has it from an identity provider that verified it.
    """
    found = [
        user
        for user in get_user_model().objects.filter(
            email__iexact=email, is_active=True, is_superuser=False, last_login=None
        )
        if _never_signed_in(user)
    ]
    return found[0] if len(found) == 1 else None


def _never_signed_in(user: User) -> bool:
    return user.last_login is None and not user.has_usable_password()


def _locked(organization: Organization) -> Organization:
    return Organization.objects.select_for_update().get(pk=organization.pk)


def _known(role: str) -> Role:
    if role not in Role.values:
        raise InputError(
            what=f"there is no role '{role[:40]}'",
            where="role",
            what_to_do="use one of: " + ", ".join(Role.values),
        )
    return Role(role)


def _membership(organization: Organization, user_id: int) -> Membership:
    found = (
        Membership.objects.select_related("user")
        .filter(organization=organization, user_id=user_id)
        .first()
    )
    if found is None:
        raise AccessDenied(what="there is no such member", where=str(user_id))
    return found


def _refuse_without_administrator(
    organization: Organization, membership: Membership, role: str
) -> None:
    if (
        membership.role == Role.ADMIN
        and role != Role.ADMIN
        and n_administrators(organization, without=membership.user_id) == 0
    ):
        raise InputError(
            what=f"{membership.user.get_username()} is the last administrator",
            where="role",
            what_to_do="make somebody else an administrator first",
        )


def _found(access: Access, who: str) -> User | None:
    """The person meant; None for an address that nobody here may vouch for."""
    users = get_user_model().objects.filter(is_active=True)
    user = users.filter(username=who).first()
    if user is not None or "@" not in who:
        if user is None:
            raise InputError(
                what=f"nobody here has the user name '{who[:80]}'" if who else "nobody is named",
                where="who",
                what_to_do="give the user name of somebody here, or an e-mail address to invite",
            )
        return user
    verified = EmailAddress.objects.filter(email__iexact=who, verified=True).values("user_id")
    known = users.filter(pk__in=verified).first()
    if known is not None:
        return known
    same = users.filter(email__iexact=who)
    asker = get_user_model().objects.filter(username=access.person).first()
    if asker is None or not asker.is_superuser:
        theirs = Membership.objects.filter(user__username=access.person, role=Role.ADMIN).values(
            "organization_id"
        )
        same = same.filter(memberships__organization_id__in=theirs).distinct()
    several = list(same[:2])
    if len(several) > 1:
        raise InputError(
            what=f"several people have the address {who[:80]}",
            where="who",
            what_to_do="give the user name",
        )
    return several[0] if several else None


def _invited(email: str) -> User:
    try:
        validate_email(email)
    except ValidationError as error:
        raise InputError(
            what=f"'{email[:80]}' is no e-mail address",
            where="who",
            what_to_do="write it as name@example.com",
        ) from error
    if len(email) > EMAIL_LENGTH:
        raise InputError(
            what="the address is too long", where="who", what_to_do="give at most 254 characters"
        )
    name = generate_unique_username([email.partition("@")[0], "person"])
    user = get_user_model()(username=name, email=email)
    user.set_unusable_password()
    user.save()
    return user


def _write_down(
    access: Access, organization: Organization, change: audit.Change, now: datetime
) -> None:
    audit.append([change], by=access.actor, at=now, organization=organization)
