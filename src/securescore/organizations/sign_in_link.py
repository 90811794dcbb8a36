"""Links that sign a person in once, without a password: printed by the command that starts a demo.

A link is bound to the person, to the password and to the last sign-in, so it is worth nothing
after it was used, and to a day: see :class:`SignInLinks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import PasswordResetTokenGenerator

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LINK_LIFETIME_S = 24 * 3600


class SignInLinks(PasswordResetTokenGenerator):
    """Tokens of sign-in links: another salt and a shorter life than those that reset passwords."""

    key_salt = "securescore.organizations.sign_in_link"

    def is_fresh(self, token: str) -> bool:
        stamp = token.partition("-")[0]
        try:
            made_s = int(stamp, 36)
        except ValueError:
            return False
        return 0 <= self._num_seconds(self._now()) - made_s <= LINK_LIFETIME_S


_links = SignInLinks()


def sign_in_path(user: User) -> str:
    """The path of a link that signs ``user`` in once within a day."""
    return f"/sign-in/link/{user.pk}/{_links.make_token(user)}/"


def user_of_link(user_id: int, token: str) -> User | None:
    """The person a link signs in, or None when it is wrong, used or too old."""
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    if user is None or not _links.is_fresh(token) or not _links.check_token(user, token):
        return None
    return user
