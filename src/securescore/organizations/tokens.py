"""Tokens of the APIs: made once, shown once, stored as a digest, ended by their date.

A token names one organization and holds scopes; each scope stands for rights. Nobody can make a
token that may do more than its maker. Scopes of Microsoft Graph keep their names.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.db.models import Q

from securescore.core.errors import InputError, SecureScoreError
from securescore.organizations.access import Access, Right, require
from securescore.organizations.models import ApiToken, Organization

if TYPE_CHECKING:
    from django.db.models import QuerySet

PREFIX = "oss_"
HINT_LENGTH = 10
NAME_LENGTH = 120
DEFAULT_DAYS = 90
MAX_DAYS = 366
USED_EVERY = timedelta(minutes=1)
"""``last_used_at`` is written at most so often."""


class Scope(StrEnum):
    """What a token may do."""

    READ = "SecurityEvents.Read.All"
    WRITE = "SecurityEvents.ReadWrite.All"
    EVIDENCE = "Evidence.Read.All"
    APPROVE = "RiskAcceptance.Approve.All"
    ADMINISTER = "Organization.ReadWrite.All"


RIGHTS_OF: Mapping[Scope, frozenset[Right]] = MappingProxyType(
    {
        Scope.READ: frozenset({Right.VIEW}),
        Scope.WRITE: frozenset({Right.VIEW, Right.EDIT}),
        Scope.EVIDENCE: frozenset({Right.VIEW, Right.EVIDENCE}),
        Scope.APPROVE: frozenset({Right.VIEW, Right.APPROVE}),
        Scope.ADMINISTER: frozenset({Right.VIEW, Right.ADMINISTER}),
    }
)


class TokenRefused(SecureScoreError):
    """A token that is wrong, ended or taken back: never says which; 401."""

    code = "token-refused"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token and its secret, which is shown now and never again."""

    token: ApiToken
    secret: str


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(
    access: Access,
    *,
    name: str,
    scopes: Collection[str],
    now: datetime,
    days: int = DEFAULT_DAYS,
) -> NewToken:
    """A new token of the organization that ``access`` is to.

    Raises:
        InputError: no name, an unknown scope or none, a life out of range.
        RightMissing: a scope would allow more than the maker may do.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LENGTH:
        raise InputError(
            what=f"the name of a token has 1 to {NAME_LENGTH} characters",
            where="name",
            what_to_do="say what the token is for",
        )
    if not 1 <= days <= MAX_DAYS:
        raise InputError(
            what=f"a token lives 1 to {MAX_DAYS} days",
            where="days",
            what_to_do="give a number of days; make a new token when it ends",
        )
    unknown = sorted(set(scopes) - set(Scope))
    if unknown or not scopes:
        raise InputError(
            what=f"there is no scope '{unknown[0]}'" if unknown else "a token needs a scope",
            where="scope",
            what_to_do="use one of: " + ", ".join(Scope),
        )
    held = frozenset(Scope(scope) for scope in scopes)
    for right in sorted({right for scope in held for right in RIGHTS_OF[scope]}):
        require(access, right)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        organization=access.organization,
        name=name,
        digest=_digest(secret),
        hint=secret[:HINT_LENGTH],
        scopes=sorted(held),
        created_by=access.person,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return NewToken(token, secret)


def access_of_token(secret: str, now: datetime) -> Access:
    """What the bearer of a token may do, and where; one query.

    Raises:
        TokenRefused: there is no such token, or it has ended.
    """
    token = (
        ApiToken.objects.select_related("organization")
        .filter(digest=_digest(secret), expires_at__gt=now, revoked_at=None)
        .first()
    )
    if token is None:
        raise TokenRefused(what="the token is not known or has ended", where="Authorization")
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    rights = frozenset(
        right for scope in token.scopes if scope in RIGHTS_OF for right in RIGHTS_OF[scope]
    )
    return Access(
        organization=token.organization,
        role="token",
        rights=rights,
        person=token.created_by,
        actor=f"{token.name} (token of {token.created_by})",
        token_id=str(token.pk),
    )


def tokens_of(organization: Organization) -> QuerySet[ApiToken]:
    """All tokens of an organization, newest first."""
    return ApiToken.objects.filter(organization=organization).order_by("-created_at")


def revoke_token(organization: Organization, token_id: str, now: datetime) -> ApiToken | None:
    """Take a token back; None if the organization has no such living token."""
    found = ApiToken.objects.filter(
        Q(revoked_at=None), organization=organization, pk=token_id
    ).first()
    if found is not None:
        found.revoked_at = now
        found.save(update_fields=["revoked_at"])
    return found


def living_tokens_beyond(
    organization: Organization, person: str, rights: frozenset[Right], now: datetime
) -> list[ApiToken]:
    """Living tokens that ``person`` made and that may do more than ``rights``."""
    return [
        token
        for token in ApiToken.objects.filter(
            organization=organization, created_by=person, revoked_at=None, expires_at__gt=now
        )
        if any(
            right not in rights
            for scope in token.scopes
            if scope in RIGHTS_OF
            for right in RIGHTS_OF[Scope(scope)]
        )
    ]
