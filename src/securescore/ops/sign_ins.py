"""Sign-ins and changes of how a person signs in, written down for the operators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth import get_user_model

from securescore.record import audit

NOBODY = "nobody"


def write_sign_in(person: str, *, method: str, now: datetime) -> None:
    """Somebody signed in; ``method`` in words (``password, totp``)."""
    _append("sign-in", person, {"method": method}, now)


def write_refusal(name: str, *, method: str, reason: str, now: datetime) -> None:
    """A sign-in that was refused.

    A name that nobody has is not kept: people type passwords into the wrong field.
    """
    known = (
        get_user_model().objects.filter(username__iexact=name).first()
        or get_user_model().objects.filter(email__iexact=name).first()
        if name
        else None
    )
    person = known.get_username() if known else ""
    change = audit.Change("sign-in.refuse", person, {}, {"method": method, "reason": reason})
    audit.append([change], by=person or NOBODY, at=now)


def write_sign_out(person: str, *, now: datetime) -> None:
    """Somebody signed out."""
    _append("sign-out", person, {}, now)


def write_factor(person: str, action: str, *, now: datetime) -> None:
    """A password, an authenticator app, a key or recovery codes came or went."""
    _append(action, person, {}, now)


def _append(action: str, person: str, new: Mapping[str, object], now: datetime) -> None:
    audit.append([audit.Change(action, person, {}, new)], by=person, at=now)
