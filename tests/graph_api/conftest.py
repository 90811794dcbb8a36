"""A client with a token; every answer of every test here is checked against Graph's shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from securescore.organizations.models import Organization


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    from securescore.project.static import prepare

    prepare()


@pytest.fixture(autouse=True)
def shapes(settings: Any) -> Iterator[None]:
    from django.core.cache import cache

    from tests.graph_api.shapes import ValidatingMiddleware

    cache.clear()  # requests are counted there
    settings.MIDDLEWARE = ["tests.graph_api.shapes.ValidatingMiddleware", *settings.MIDDLEWARE]
    ValidatingMiddleware.wrong = []
    yield
    assert [] == ValidatingMiddleware.wrong


@pytest.fixture
def contoso(db: None) -> Organization:
    """Three days, the last one is 2026-05-04."""
    from tests.graph_api import world

    return world.contoso()


@pytest.fixture
def client_of() -> Callable[..., Client]:
    """Makes a client with a new token of an organization; for reading, unless scopes are named."""
    from django.test import Client

    from tests.graph_api import world

    def make(organization: Organization, *scopes: str) -> Client:
        secret = world.token(organization, *scopes)
        return Client(headers={"authorization": f"Bearer {secret}"})

    return make


@pytest.fixture
def graph(contoso: Organization, client_of: Callable[..., Client]) -> Client:
    """Contoso's client for reading and changing."""
    from tests.graph_api import world

    return client_of(contoso, world.WRITE)
