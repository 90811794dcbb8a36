"""An installation that knows one OpenID provider, and a way through its sign-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.oidc.providers import CLIENT_ID, CLIENT_SECRET, Forger, RealProvider
from tests.present.reading import parsed

if TYPE_CHECKING:
    from securescore.organizations.models import Organization


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    from securescore.project.static import prepare

    prepare()


@pytest.fixture(autouse=True)
def fresh(settings: Any) -> None:
    from django.core.cache import cache

    cache.clear()  # allauth counts sign-ins there, those of other tests too
    settings.SECURESCORE_ANSWERS = "tests.present.sample_answers"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a fast one


@pytest.fixture(scope="session")
def provider() -> Iterator[RealProvider]:
    running = RealProvider("http://testserver")
    yield running
    running.stop()


@pytest.fixture
def forger() -> Iterator[Forger]:
    running = Forger()
    yield running
    running.stop()


@pytest.fixture
def knows(settings: Any) -> Callable[..., None]:
    """Tells the installation about a provider."""
    from securescore.project.identity_providers import social_providers

    def tell(issuer: str, **more: str) -> None:
        environ = {
            "ISSUER": issuer,
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
            "NAME": "Example login",
            "SCOPES": "profile email groups",
            **more,
        }
        settings.SOCIALACCOUNT_PROVIDERS = social_providers(
            Path("/nowhere"), {f"SECURESCORE_OIDC_{key}": value for key, value in environ.items()}
        )

    return tell


@pytest.fixture
def contoso(db: None) -> Organization:
    from securescore.organizations.write import create_organization

    return create_organization("Contoso")


def begin(client: Any, **more: str) -> str:
    """Press the button; where it leads to at the provider."""
    page = parsed(client.post("/sign-in/oidc/sso/", more))
    refresh = page.xpath("//meta[@http-equiv='refresh']/@content")[0]
    return str(refresh.partition("url=")[2])


def finish(client: Any, address: str) -> Any:
    """Come back to the callback, with the browser that began."""
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")
