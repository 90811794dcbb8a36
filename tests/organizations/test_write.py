from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from securescore.core.errors import InputError
from securescore.organizations.models import Installation, Membership, Organization, Role
from securescore.organizations.write import (
    OrganizationFields,
    create_organization,
    delete_organization,
    set_role,
    slug_of,
)

pytestmark = pytest.mark.django_db


def test_equal_names_get_slugs_of_their_own() -> None:
    slugs = [create_organization("Änderung GmbH").slug for _ in range(3)]

    assert slugs == ["anderung-gmbh", "anderung-gmbh-2", "anderung-gmbh-3"]


@given(st.text(max_size=300))
def test_a_slug_fits_an_address_whatever_the_name(name: str) -> None:
    slug = slug_of(name)

    assert 0 < len(slug) <= 60
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize(
    "name, fields",
    [
        ("", {}),
        ("  ", {}),
        ("x" * 201, {}),
        ("Contoso", {"time_zone": "Mars/Base"}),
        ("Contoso", {"zone_good_from": 30.0}),
        ("Contoso", {"zone_okay_from": -1.0}),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_made(
    name: str, fields: OrganizationFields
) -> None:
    with pytest.raises(InputError):
        create_organization(name, **fields)

    assert not Organization.objects.exists()


def test_the_database_itself_refuses_zones_out_of_order() -> None:
    organization = create_organization("Contoso")
    organization.zone_good_from = 10
    with pytest.raises(IntegrityError), transaction.atomic():
        organization.save()


def test_there_is_one_installation() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Installation.objects.create(id=2)


def test_a_person_has_one_role_in_an_organization() -> None:
    contoso, ana = create_organization("Contoso"), User.objects.create_user("ana")
    set_role(contoso, ana, Role.VIEWER)
    set_role(contoso, ana, Role.EDITOR)

    assert Membership.objects.get().role == "editor"


def test_deleting_takes_the_memberships_along_and_leaves_the_people() -> None:
    contoso, ana = create_organization("Contoso"), User.objects.create_user("ana")
    set_role(contoso, ana, Role.ADMIN)
    delete_organization(contoso)

    assert not Membership.objects.exists()
    assert User.objects.get() == ana
