"""Changes about people and tokens, each written down in the audit log in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from securescore.core.errors import AccessDenied
from securescore.organizations.access import Access, Right, require
from securescore.organizations.models import ApiToken
from securescore.organizations.tokens import DEFAULT_DAYS, NewToken, create_token, revoke_token
from securescore.record import audit


def make_token(
    access: Access,
    *,
    name: str,
    scopes: Collection[str],
    now: datetime,
    days: int = DEFAULT_DAYS,
) -> NewToken:
    """A new token (:func:`create_token`), written down without its secret."""
    with transaction.atomic():
        made = create_token(access, name=name, scopes=scopes, now=now, days=days)
        audit.append(
            [
                audit.Change(
                    "token.create",
                    str(made.token.pk),
                    {},
                    {
                        "name": made.token.name,
                        "hint": made.token.hint,
                        "scopes": made.token.scopes,
                        "expires_at": made.token.expires_at,
                    },
                )
            ],
            by=access.actor,
            at=now,
            organization=access.organization,
        )
    return made


def take_token_back(access: Access, token_id: str, *, now: datetime) -> ApiToken:
    """Take a token back: one's own, or any with the right to administer.

    Raises:
        AccessDenied: there is no such living token, or it is somebody else's.
    """
    with transaction.atomic():
        token = revoke_token(access.organization, token_id, now)
        if token is None:
            raise AccessDenied(what="there is no such token", where=token_id)
        if token.created_by != access.person:
            require(access, Right.ADMINISTER)
        audit.append(
            [audit.Change("token.revoke", token_id, {"name": token.name, "hint": token.hint})],
            by=access.actor,
            at=now,
            organization=access.organization,
        )
    return token
