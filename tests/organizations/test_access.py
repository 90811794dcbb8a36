from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User

from securescore.core.errors import AccessDenied
from securescore.organizations.access import (
    RIGHTS,
    Right,
    RightMissing,
    access_to,
    organization_for,
    organizations_of,
)
from securescore.organizations.models import Role
from securescore.organizations.write import create_organization, set_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return User.objects.create_user("ana")


def test_each_role_holds_the_rights_of_those_before_it() -> None:
    held = [RIGHTS[role.value] for role in Role]

    assert all(lower < higher for lower, higher in pairwise(held))
    assert held[-1] == frozenset(Right)


def test_a_member_finds_the_organization_and_nobody_else(ana: User) -> None:
    contoso, fabrikam = create_organization("Contoso"), create_organization("Fabrikam")
    set_role(contoso, ana, Role.VIEWER)

    assert list(organizations_of(ana)) == [contoso]
    assert organization_for(ana, "contoso") == contoso
    with pytest.raises(AccessDenied) as theirs:
        organization_for(ana, fabrikam.slug)
    with pytest.raises(AccessDenied) as nobodys:
        organization_for(ana, "nobody")

    assert theirs.value.what == nobodys.value.what


def test_a_stranger_finds_nothing() -> None:
    create_organization("Contoso")

    assert list(organizations_of(AnonymousUser())) == []
    with pytest.raises(AccessDenied):
        organization_for(AnonymousUser(), "contoso")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_a_right_is_held_or_named_as_missing(ana: User, role: Role, right: Right) -> None:
    contoso = create_organization("Contoso")
    set_role(contoso, ana, role)
    if right in RIGHTS[role.value]:
        assert organization_for(ana, "contoso", right) == contoso
    else:
        with pytest.raises(RightMissing) as missing:
            organization_for(ana, "contoso", right)
        assert missing.value.right is right


def test_an_operator_may_do_everything_everywhere() -> None:
    create_organization("Contoso")
    operator = User.objects.create_superuser("olga")

    assert access_to(operator, "contoso").rights == frozenset(Right)


def test_access_takes_one_query(ana: User, django_assert_num_queries: Any) -> None:
    set_role(create_organization("Contoso"), ana, Role.EDITOR)
    with django_assert_num_queries(1):
        assert access_to(ana, "contoso").organization.name == "Contoso"


def test_a_person_who_left_finds_nothing(ana: User) -> None:
    contoso = create_organization("Contoso")
    set_role(contoso, ana, Role.ADMIN).delete()
    with pytest.raises(AccessDenied):
        organization_for(ana, "contoso")
