"""A small organization whose days are written by hand, for tests of the pipeline."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from securescore.core.collection import Collected
from securescore.ops.pipeline import Recorded, record_collected
from securescore.ops.workspace import Workspace, workspace
from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization

START = datetime(2026, 3, 1, 6, tzinfo=UTC)


def user_id(number: int) -> uuid.UUID:
    return uuid.UUID(int=number + 1)


def users(n: int) -> list[dict[str, Any]]:
    return [{"user_id": user_id(i), "upn": f"user{i}@example.com"} for i in range(n)]


def registrations(n: int, n_registered: int) -> list[dict[str, Any]]:
    return [
        {
            "user_id": user_id(i),
            "is_mfa_registered": i < n_registered,
            "methods_registered": ["fido2"] if i < n_registered else [],
        }
        for i in range(n)
    ]


def collected(
    day: int,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    source: str = "entra",
    missing: Mapping[str, str] | None = None,
    **more: Any,
) -> Collected:
    return Collected(source, START + timedelta(days=day), tables, missing=missing or {}, **more)


def mfa(day: int, n: int, n_registered: int, **more: Any) -> Collected:
    """A day with n users of whom some are registered: decides MFARegistrationV2 (9 points)."""
    return collected(
        day,
        {"entra_users": users(n), "entra_registration": registrations(n, n_registered)},
        **more,
    )


def record(organization: Organization, *days: Collected, **more: Any) -> Recorded:
    return record_collected(
        workspace(), organization, days, now=START + timedelta(days=400), **more
    )


def organization(name: str = "Example") -> Organization:
    return create_organization(name)


def work() -> Workspace:
    return workspace()
