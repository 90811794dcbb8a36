"""An installation that knows the SAML provider of the tests, and a way through its sign-in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.present.reading import parsed
from tests.saml.identity_provider import ENTITY, SSO, IdentityProvider, encoded, request_in

if TYPE_CHECKING:
    from securescore.organizations.models import Organization

ACS = "/sign-in/saml/sso-saml/acs/"


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    from securescore.project.static import prepare

    prepare()


@pytest.fixture(scope="session")
def provider() -> IdentityProvider:
    return IdentityProvider()


@pytest.fixture(autouse=True)
def installation(
    provider: IdentityProvider, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., None]:
    """The settings of an installation with the provider; called, with others beside."""
    from allauth.socialaccount.providers import registry
    from django.core.cache import cache

    from securescore.present.web.saml import SamlProvider
    from securescore.project.identity_providers import social_providers

    cache.clear()  # allauth counts sign-ins there, those of other tests too
    settings.SECURESCORE_ANSWERS = "tests.present.sample_answers"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a fast one
    settings.ALLOWED_HOSTS = ["scores.example"]
    settings.ROOT_URLCONF = "tests.saml.urls"
    # What allauth does at the start where the settings name a provider.
    monkeypatch.setitem(registry.provider_map, "saml", SamlProvider)
    (tmp_path / "idp.pem").write_text(provider.certificate_pem, encoding="utf-8")

    def tell(**more: str) -> None:
        environ = {
            "ENTITY_ID": ENTITY,
            "SSO_URL": SSO,
            "CERTIFICATE_FILE": "idp.pem",
            "NAME": "Example login",
            **more,
        }
        settings.SOCIALACCOUNT_PROVIDERS = social_providers(
            tmp_path, {f"SECURESCORE_SAML_{key}": value for key, value in environ.items()}
        )

    tell()
    return tell


@pytest.fixture
def contoso(db: None) -> Organization:
    from securescore.organizations.write import create_organization

    return create_organization("Contoso")


def browser() -> Client:
    """A browser in which nobody is signed in."""
    return Client(headers={"host": "scores.example"})


def begin(client: Any, **more: str) -> str:
    """Press the button; the id of the request that goes to the provider."""
    page = parsed(client.post("/sign-in/saml/sso-saml/", more))
    refresh = page.xpath("//meta[@http-equiv='refresh']/@content")[0]
    address = str(refresh.partition("url=")[2])
    assert address.startswith(f"{SSO}?SAMLRequest=")
    return request_in(address)


def hand_in(client: Any, response: Any) -> Any:
    """Come back with an answer, as the provider's form sends it; what it leads to."""
    sent = client.post(ACS, {"SAMLResponse": encoded(response)})
    assert sent.status_code == 302
    return client.get(sent.headers["Location"])
