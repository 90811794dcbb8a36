"""Pages over sample answers: organizations and people of every role.

Django is imported inside the fixtures: this file is read before Django is set up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.present.reading import MakePerson, SignIn

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from securescore.organizations.models import Organization

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    from securescore.project.static import prepare

    prepare()


@pytest.fixture(autouse=True)
def sample(settings: Any) -> None:
    from django.core.cache import cache

    cache.clear()  # allauth counts sign-ins there, those of other tests too
    settings.SECURESCORE_ANSWERS = "tests.present.sample_answers"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a fast one


@pytest.fixture
def contoso(db: None) -> Organization:
    from securescore.organizations.write import create_organization

    return create_organization("Contoso", time_zone="Europe/Berlin", seats=800)


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Makes a person with a role in each organization given."""
    from django.contrib.auth.models import User

    from securescore.organizations.write import set_role

    def make(name: str, role: str = "viewer", *organizations: Organization) -> User:
        user = User.objects.create_user(name, f"{name}@example.com", PASSWORD)
        for organization in organizations:
            set_role(organization, user, role)
        return user

    return make


@pytest.fixture
def signed_in(contoso: Organization, person: MakePerson) -> Callable[[str], Client]:
    """A client of a person with that role in Contoso."""
    from django.test import Client

    def make(role: str) -> Client:
        client = Client()
        client.force_login(person(f"person-{role}", role, contoso))
        return client

    return make


@pytest.fixture
def admin(signed_in: SignIn) -> Client:
    return signed_in("admin")


@pytest.fixture
def viewer(signed_in: SignIn) -> Client:
    return signed_in("viewer")
