"""Signing in with SAML: people, groups and roles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User

from securescore.ops.group_roles import add_group_role
from securescore.ops.members import add_member
from securescore.organizations.access import access_to, installation_access
from securescore.organizations.models import Membership, Organization
from securescore.record.models import AuditEntry
from tests.present.reading import parsed, text_of
from tests.saml.conftest import begin, browser, hand_in
from tests.saml.identity_provider import IdentityProvider

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
SLS = "/sign-in/saml/sso-saml/sls/"
CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"


def maps(organization: Organization, group: str, role: str) -> None:
    add_group_role(installation_access(organization, "root"), group, role, now=NOW)


def sign_in(provider: IdentityProvider, sub: str, **attributes: list[str]) -> tuple[Any, Any]:
    """Somebody whom the provider describes so signs in; the client and the answer."""
    client = browser()
    return client, hand_in(client, provider.signed(provider.answer(begin(client), sub, attributes)))


def test_a_group_with_a_role_lets_somebody_in(
    provider: IdentityProvider, contoso: Organization
) -> None:
    maps(contoso, "score-editors", "editor")
    described = {
        f"{CLAIMS}/name": ["ana@contoso.example"],
        f"{CLAIMS}/givenname": ["Ana"],
        f"{CLAIMS}/surname": ["Lima"],
        f"{CLAIMS}/emailaddress": ["ana@contoso.example"],
        "groups": ["others", "score-editors"],
    }
    client, answer = sign_in(provider, "u1", **described)
    user = User.objects.get()

    assert answer.headers["Location"] == "/"
    assert client.get("/o/contoso/").status_code == 200
    assert (user.username, user.first_name, user.last_name) == ("ana", "Ana", "Lima")
    assert user.email == ""  # nobody said that it is verified
    assert not user.has_usable_password()
    assert access_to(user, "contoso").role == "editor"
    assert list(AuditEntry.objects.values_list("action", "by", "target").order_by("number"))[
        1:
    ] == [
        ("member.group", "ana (signing in with Example login)", "ana"),
        ("sign-in", "ana", "ana"),
    ]


def test_one_is_back_where_one_wanted_to_go(
    provider: IdentityProvider, contoso: Organization
) -> None:
    maps(contoso, "g", "viewer")
    client = browser()
    asked = begin(client, next="/o/contoso/actions/")
    answer = hand_in(client, provider.signed(provider.answer(asked, attributes={"groups": ["g"]})))

    assert answer.headers["Location"] == "/o/contoso/actions/"


def test_groups_come_from_the_attribute_that_is_set(
    provider: IdentityProvider, installation: Callable[..., None], contoso: Organization
) -> None:
    entra = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"
    installation(GROUPS_ATTRIBUTE=entra)
    maps(contoso, "6f1c0d9e", "approver")
    maps(contoso, "of-the-usual-name", "admin")
    sign_in(provider, "u1", **{entra: ["6f1c0d9e"], "groups": ["of-the-usual-name"]})
    membership = Membership.objects.get()

    assert (membership.role, membership.from_group) == ("approver", "6f1c0d9e")


def test_who_lost_the_group_is_out_at_the_next_sign_in(
    provider: IdentityProvider, contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    _, first = sign_in(provider, "u1", username=["ana"], groups=["staff"])
    client, second = sign_in(provider, "u1", username=["ana"], groups=["others"])

    assert (first.status_code, second.status_code) == (302, 403)
    assert "none of your groups has a role here" in text_of(parsed(second))
    assert client.get("/o/contoso/").status_code == 302
    assert not Membership.objects.exists()


def test_the_name_id_is_the_person_not_the_user_name(
    provider: IdentityProvider, contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    sign_in(provider, "u1", username=["ana"], groups=["staff"])
    sign_in(provider, "u2", username=["ana"], groups=["staff"])

    assert User.objects.count() == 2


@pytest.mark.parametrize("verified, status", [("1", 302), ("", 403)])
def test_an_invited_address_lets_in_where_the_provider_verifies_addresses(
    provider: IdentityProvider,
    installation: Callable[..., None],
    contoso: Organization,
    verified: str,
    status: int,
) -> None:
    installation(VERIFIED_EMAIL=verified)
    access = installation_access(contoso, "root")
    add_member(access, "bo@contoso.example", "evidence_viewer", now=NOW)
    _, answer = sign_in(provider, "u1", email=["bo@contoso.example"], groups=["none-with-a-role"])

    assert answer.status_code == status


def test_the_provider_signs_somebody_out(
    provider: IdentityProvider, installation: Callable[..., None], contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    installation(SLO_URL="https://idp.example/slo")
    client, _ = sign_in(provider, "u1", username=["ana"], groups=["staff"])
    answer = client.get(f"{SLS}?{provider.logout(is_signed=True)}")

    assert answer.headers["Location"].startswith("https://idp.example/slo?SAMLResponse=")
    assert client.get("/o/contoso/").status_code == 302


def test_nobody_is_signed_out_where_the_provider_cannot_be_told(
    provider: IdentityProvider, contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    client, _ = sign_in(provider, "u1", username=["ana"], groups=["staff"])
    answer = client.get(f"{SLS}?{provider.logout(is_signed=True)}")

    assert answer.status_code == 400
    assert client.get("/o/contoso/").status_code == 200


@pytest.mark.parametrize("message", ["", "SAMLRequest=x", "SAMLRequest=!!", "SAMLResponse=PHg%2B"])
def test_what_is_no_message_signs_nobody_out(
    provider: IdentityProvider,
    installation: Callable[..., None],
    contoso: Organization,
    message: str,
) -> None:
    maps(contoso, "staff", "viewer")
    installation(SLO_URL="https://idp.example/slo")
    client, _ = sign_in(provider, "u1", username=["ana"], groups=["staff"])
    answer = client.get(f"{SLS}?{message}&Signature=x")

    assert answer.status_code == 400
    assert client.get("/o/contoso/").status_code == 200


def test_an_unsigned_message_signs_nobody_out(
    provider: IdentityProvider, contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    client, _ = sign_in(provider, "u1", username=["ana"], groups=["staff"])
    answer = client.get(f"{SLS}?{provider.logout(is_signed=False)}")

    assert answer.status_code == 400
    assert "not signed" in text_of(parsed(answer))
    assert client.get("/o/contoso/").status_code == 200


def test_a_message_signed_by_another_key_signs_nobody_out(
    provider: IdentityProvider, installation: Callable[..., None], contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    installation(SLO_URL="https://idp.example/slo")
    client, _ = sign_in(provider, "u1", username=["ana"], groups=["staff"])
    forged = IdentityProvider().logout(is_signed=True)
    answer = client.get(f"{SLS}?{forged}")

    assert answer.status_code == 400
    assert client.get("/o/contoso/").status_code == 200


@pytest.mark.network
def test_a_provider_whose_metadata_cannot_be_fetched_is_said_to_be_away(
    installation: Callable[..., None], contoso: Organization
) -> None:
    installation(METADATA_URL="http://127.0.0.1:9/metadata")
    answer = browser().post("/sign-in/saml/sso-saml/")

    assert answer.status_code == 503
    assert "does not answer" in text_of(parsed(answer))
