"""ID tokens that are not what they seem: each is refused, and the reason is in the audit log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import User
from django.test import Client

from securescore.organizations.models import GroupRole, Organization
from securescore.record.models import AuditEntry
from tests.oidc.conftest import begin, finish
from tests.oidc.providers import Forger
from tests.present.reading import parsed, text_of

pytestmark = [pytest.mark.network, pytest.mark.django_db]


@pytest.fixture
def installation(forger: Forger, knows: Callable[..., None], contoso: Organization) -> Forger:
    knows(forger.issuer)
    GroupRole.objects.create(organization=contoso, group="staff", role="viewer")
    return forger


def sign_in(forger: Forger) -> tuple[Any, Any]:
    client = Client()
    return client, finish(client, forger.sign_in(begin(client)))


def refused(forger: Forger) -> str:
    """Sign in, see that nothing came of it; the reason in the log."""
    client, answer = sign_in(forger)

    assert answer.status_code in {401, 403}
    assert not User.objects.exists()
    assert client.get("/o/contoso/").status_code == 302
    return str(AuditEntry.objects.get(action="sign-in.refuse").new["reason"])


def test_a_token_that_holds_signs_in(installation: Forger) -> None:
    client, answer = sign_in(installation)

    assert answer.status_code == 302
    assert client.get("/o/contoso/").status_code == 200


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"aud": "somebody-else"}, "Audience"),
        ({"aud": ["open-secure-score", "other"], "azp": "other"}, "another client"),
        ({"exp": int(time.time()) - 3600}, "expired"),
        ({"iat": int(time.time()) + 3600}, "not yet valid"),
        ({"sub": "somebody"}, "somebody else"),
        ({"nonce": "of-another-sign-in"}, "replayed"),
        ({"nonce": "ü"}, "replayed"),
    ],
)
def test_a_claim_that_does_not_hold_is_refused(
    installation: Forger, changes: dict[str, Any], reason: str
) -> None:
    installation.forge = lambda claims: claims.update(changes)

    assert reason in refused(installation)


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "nonce"])
def test_a_claim_that_is_missing_is_refused(installation: Forger, name: str) -> None:
    installation.forge = lambda claims: claims.pop(name) and None

    assert refused(installation)


def test_the_signature_of_another_key_is_refused(installation: Forger) -> None:
    installation.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert "Signature verification failed" in refused(installation)


def test_an_unsigned_token_is_refused(installation: Forger) -> None:
    installation.signing_key, installation.algorithm = None, "none"

    assert "alg value is not allowed" in refused(installation)


def test_a_token_signed_with_the_shared_secret_is_refused(installation: Forger) -> None:
    """The classic: the public key, or the client's secret, taken for a shared one."""
    installation.signing_key, installation.algorithm = "x" * 64, "HS256"

    assert "alg value is not allowed" in refused(installation)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": None},
        {"jwks_uri": 7},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_left_alone(
    installation: Forger, description: dict[str, Any]
) -> None:
    installation.description = description
    answer = Client().post("/sign-in/oidc/sso/")

    assert answer.status_code == 503
    assert "does not answer" in text_of(parsed(answer))


def test_a_provider_that_is_down_is_said_to_be(
    knows: Callable[..., None], contoso: Organization
) -> None:
    knows("http://127.0.0.1:9")
    answer = Client().post("/sign-in/oidc/sso/")

    assert answer.status_code == 503
    assert "does not answer" in text_of(parsed(answer))


def test_the_answer_of_another_issuer_is_refused(installation: Forger) -> None:
    client = Client()
    address = installation.sign_in(begin(client)) + "&iss=https://elsewhere.example"

    assert finish(client, address).status_code == 403
    assert not User.objects.exists()
