"""Tokens of the APIs: one organization, rights of their scopes, never more than their maker's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from securescore.core.errors import AccessDenied, InputError
from securescore.ops.people import make_token, take_token_back
from securescore.organizations.access import Access, Right, RightMissing, installation_access
from securescore.organizations.models import ApiToken, Organization
from securescore.organizations.tokens import (
    RIGHTS_OF,
    Scope,
    TokenRefused,
    access_of_token,
    create_token,
)
from securescore.organizations.write import create_organization
from securescore.record.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.database]
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def organization() -> Organization:
    return create_organization("Example")


def everything(organization: Organization) -> Access:
    return installation_access(organization, "ana")


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_gives_the_rights_of_its_scope(organization: Organization, scope: Scope) -> None:
    made = create_token(everything(organization), name="x", scopes=[scope], now=NOW)
    access = access_of_token(made.secret, NOW)

    assert access.rights == RIGHTS_OF[scope]
    assert access.organization == organization
    assert (access.person, access.actor) == ("ana", "x (token of ana)")


def test_the_secret_is_stored_as_a_digest_only(organization: Organization) -> None:
    made = make_token(everything(organization), name="x", scopes=[Scope.READ], now=NOW)
    stored = ApiToken.objects.values().get()
    written = AuditEntry.objects.values().get()

    assert made.secret not in f"{stored} {written}"
    assert made.secret.startswith(stored["hint"])
    assert len(stored["hint"]) == 10


def test_an_unknown_ended_or_revoked_token_is_refused_alike(organization: Organization) -> None:
    made = create_token(everything(organization), name="x", scopes=[Scope.READ], now=NOW, days=1)
    with pytest.raises(TokenRefused) as unknown:
        access_of_token("oss_nothing", NOW)
    with pytest.raises(TokenRefused) as ended:
        access_of_token(made.secret, NOW + timedelta(days=1))
    take_token_back(everything(organization), str(made.token.pk), now=NOW)
    with pytest.raises(TokenRefused) as revoked:
        access_of_token(made.secret, NOW)

    assert str(unknown.value) == str(ended.value) == str(revoked.value)
    with pytest.raises(AccessDenied):
        take_token_back(everything(organization), str(made.token.pk), now=NOW)


def test_nobody_makes_a_token_that_may_do_more(organization: Organization) -> None:
    viewer = Access(organization, "viewer", frozenset({Right.VIEW}), person="vic", actor="vic")
    with pytest.raises(RightMissing):
        create_token(viewer, name="x", scopes=[Scope.WRITE], now=NOW)

    assert create_token(viewer, name="x", scopes=[Scope.READ], now=NOW).secret


@pytest.mark.parametrize(
    "name, scopes, days",
    [
        ("", [Scope.READ], 1),
        ("x" * 121, [Scope.READ], 1),
        ("x", [], 1),
        ("x", ["Everything"], 1),
        ("x", [Scope.READ], 0),
        ("x", [Scope.READ], 367),
    ],
)
def test_what_makes_no_sense_is_refused(
    organization: Organization, name: str, scopes: list[str], days: int
) -> None:
    with pytest.raises(InputError):
        create_token(everything(organization), name=name, scopes=scopes, now=NOW, days=days)

    assert not ApiToken.objects.exists()


def test_the_last_use_is_written_at_most_once_a_minute(organization: Organization) -> None:
    made = create_token(everything(organization), name="x", scopes=[Scope.READ], now=NOW)
    for seconds in (0, 30, 59, 61):
        access_of_token(made.secret, NOW + timedelta(seconds=seconds))
    made.token.refresh_from_db()

    assert made.token.last_used_at == NOW + timedelta(seconds=61)


def test_a_token_of_somebody_else_is_taken_back_by_an_administrator_only(
    organization: Organization,
) -> None:
    made = create_token(everything(organization), name="x", scopes=[Scope.READ], now=NOW)
    editor = Access(
        organization, "editor", frozenset({Right.VIEW, Right.EDIT}), person="ed", actor="ed"
    )
    with pytest.raises(RightMissing):
        take_token_back(editor, str(made.token.pk), now=NOW)

    made.token.refresh_from_db()
    assert made.token.revoked_at is None
