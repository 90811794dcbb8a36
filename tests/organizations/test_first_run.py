from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from securescore.core.errors import InputError
from securescore.organizations.first_run import (
    create_first_administrator,
    is_set_up,
    new_setup_code,
    setup_code_is_right,
)
from securescore.organizations.models import Installation
from securescore.organizations.sign_in_link import (
    LINK_LIFETIME_S,
    SignInLinks,
    sign_in_path,
    user_of_link,
)

pytestmark = pytest.mark.django_db


def administrator(code: str) -> User:
    return create_first_administrator(
        code=code, username="ana", email="", password="correct horse battery"
    )


def test_the_code_itself_is_not_stored() -> None:
    code = new_setup_code()
    installation = Installation.objects.get()

    assert code not in installation.setup_code_digest
    assert setup_code_is_right(code)
    assert setup_code_is_right(f" {code.replace('-', ' ').upper()} ")


def test_a_new_code_replaces_the_one_before() -> None:
    first, second = new_setup_code(), new_setup_code()

    assert not setup_code_is_right(first)
    assert setup_code_is_right(second)


def test_without_a_code_no_code_is_right() -> None:
    assert not setup_code_is_right("")


def test_the_first_administrator_ends_the_first_run() -> None:
    code = new_setup_code()
    administrator(code)

    assert is_set_up()
    assert Installation.objects.get().set_up_at is not None
    with pytest.raises(InputError):
        administrator(code)


def test_a_wrong_code_makes_nobody_and_is_counted() -> None:
    new_setup_code()
    with pytest.raises(InputError):
        administrator("aaaa-bbbb-cccc-dddd")

    assert not is_set_up()
    assert Installation.objects.get().setup_code_attempts == 1


# -- links that sign in once --------------------------------------------------------------------
def parts_of(path: str) -> tuple[int, str]:
    _, _, _, user_id, token, _ = path.split("/")
    return int(user_id), token


def test_a_link_belongs_to_one_person() -> None:
    ana, eve = User.objects.create_user("ana"), User.objects.create_user("eve")
    _, token = parts_of(sign_in_path(ana))

    assert user_of_link(ana.pk, token) == ana
    assert user_of_link(eve.pk, token) is None


def test_a_link_dies_with_the_next_sign_in_or_change_of_password(client: Client) -> None:
    ana = User.objects.create_user("ana")
    user_id, token = parts_of(sign_in_path(ana))
    client.force_login(ana)

    assert user_of_link(user_id, token) is None


def test_a_link_lives_a_day() -> None:
    ana = User.objects.create_user("ana")

    class AtAnotherTime(SignInLinks):
        shift = timedelta(seconds=0)

        def _now(self) -> datetime:
            return datetime.now() + self.shift  # noqa: DTZ005 - as Django's generator counts

    links = AtAnotherTime()
    token = links.make_token(ana)
    links.shift = timedelta(seconds=LINK_LIFETIME_S - 60)
    assert links.is_fresh(token)
    links.shift = timedelta(seconds=LINK_LIFETIME_S + 60)
    assert not links.is_fresh(token)


@pytest.mark.parametrize("token", ["", "x", "zz-", "!-abc"])
def test_a_damaged_link_signs_nobody_in(token: str) -> None:
    ana = User.objects.create_user("ana")

    assert user_of_link(ana.pk, token) is None
