"""An organization with data, and tokens of every scope. Django is imported inside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.rest_api.contract import Api

if TYPE_CHECKING:
    from securescore.organizations.models import Organization

MakeApi = Callable[..., Api]


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    from securescore.project.static import prepare

    prepare()


@pytest.fixture
def organization(db: None, tmp_path: Path, settings: Any) -> Organization:
    """Three days of a small organization; seven of its controls are scored."""
    from tests.ops import world

    settings.SECURESCORE_HOME = tmp_path / "home"
    made = world.organization("Contoso")
    world.record(made, world.mfa(0, 10, 5), world.mfa(1, 10, 7), world.mfa(3, 10, 6))
    return made


@pytest.fixture
def token(organization: Organization) -> MakeApi:
    """A client with a token of these scopes, in Contoso or elsewhere."""
    from securescore.ops.people import make_token
    from securescore.organizations.access import installation_access

    def make(*scopes: str, of: Organization | None = None, person: str = "ana") -> Api:
        access = installation_access(of or organization, person)
        made = make_token(access, name="test", scopes=scopes, now=datetime.now(UTC))
        return Api(made.secret)

    return make


@pytest.fixture
def reader(token: MakeApi) -> Api:
    return token("SecurityEvents.Read.All")


@pytest.fixture
def editor(token: MakeApi) -> Api:
    return token("SecurityEvents.ReadWrite.All")


@pytest.fixture
def admin(token: MakeApi) -> Api:
    return token("Organization.ReadWrite.All")
