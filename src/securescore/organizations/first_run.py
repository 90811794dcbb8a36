"""The first run: a one-time code, then the first administrator.

Whoever reads the server's console may become the administrator, nobody else: the code has 80
bits, is stored as a digest only, is thrown away after ten wrong tries and after use.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from securescore.core.errors import InputError
from securescore.organizations.models import Installation

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0 o 1 l i: it is typed by hand
GROUPS, GROUP_LENGTH = 4, 4  # 31 ** 16 is 79 bits
MAX_ATTEMPTS = 10


def _digest(code: str) -> str:
    plain = "".join(code.lower().split()).replace("-", "")
    return hashlib.sha256(plain.encode()).hexdigest()


def is_set_up() -> bool:
    """Whether anybody can sign in. One query."""
    return get_user_model().objects.filter(is_active=True).exists()


def new_setup_code() -> str:
    """A fresh one-time code, replacing the one before; print it, it is not stored.

    >>> new_setup_code()  # doctest: +SKIP
    'k7mq-2xfa-9wct-hd4p'
    """
    code = "-".join(
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)
    )
    Installation.objects.update_or_create(
        id=1, defaults={"setup_code_digest": _digest(code), "setup_code_attempts": 0}
    )
    return code


def setup_code_is_right(code: str) -> bool:
    """Whether this is the one-time code. A wrong try is counted; the eleventh finds no code."""
    installation = Installation.objects.filter(id=1).first()
    if installation is None or not installation.setup_code_digest:
        return False
    if hmac.compare_digest(installation.setup_code_digest, _digest(code)):
        return True
    Installation.objects.filter(id=1).update(setup_code_attempts=F("setup_code_attempts") + 1)
    Installation.objects.filter(id=1, setup_code_attempts__gte=MAX_ATTEMPTS).update(
        setup_code_digest=""
    )
    return False


def create_first_administrator(*, code: str, username: str, email: str, password: str) -> User:
    """The first administrator and operator; ends the first run.

    Raises:
        InputError: the code is wrong or used up, or somebody was faster.
    """
    right = setup_code_is_right(code)  # outside: a wrong try stays counted
    with transaction.atomic():
        installation = Installation.objects.select_for_update().filter(id=1).first()
        if not right or installation is None or is_set_up():
            raise InputError(
                what="this code is not the one of this server, or it was used",
                where="one-time code",
                what_to_do="restart the server and take the code it prints",
            )
        user = get_user_model().objects.create_superuser(
            username=username, email=email, password=password
        )
        installation.setup_code_digest = ""
        installation.set_up_at = timezone.now()
        installation.save()
    return user
