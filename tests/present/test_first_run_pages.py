from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from securescore.organizations.first_run import new_setup_code
from securescore.organizations.models import Membership, Organization
from securescore.organizations.sign_in_link import sign_in_path
from tests.present.conftest import PASSWORD
from tests.present.reading import MakePerson, parsed, text_of

pytestmark = pytest.mark.django_db


def given(code: str, **changes: str) -> dict[str, str]:
    return {
        "code": code,
        "username": "ana",
        "email": "ana@example.com",
        "password": PASSWORD,
        **changes,
    }


def test_an_empty_installation_leads_to_the_first_run() -> None:
    assert Client().get("/").headers["Location"] == "/setup/"


def test_from_the_code_to_an_empty_overview() -> None:
    client = Client()
    made = client.post("/setup/", given(new_setup_code().upper()))
    second = client.get("/setup/")
    done = client.post(
        "/setup/",
        {"name": "Contoso", "time_zone": "Europe/Berlin", "seats": "800", "industry": ""},
    )
    organization = Organization.objects.get()

    assert made.headers["Location"] == "/setup/"
    assert "Your organization" in text_of(parsed(second))
    assert done.headers["Location"] == "/setup/contoso/data/"
    assert (organization.time_zone, organization.seats) == ("Europe/Berlin", 800)
    assert Membership.objects.get().role == "admin"
    assert User.objects.get().is_superuser


@pytest.mark.parametrize(
    "change, label",
    [
        ({"code": "aaaa-bbbb-cccc-dddd"}, "one-time code"),
        ({"password": "too short"}, "at least 12 characters"),
        ({"password": "qwerty123456"}, "too common"),
        ({"username": "a b"}, "valid username"),
        ({"email": "nobody"}, "valid email"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_makes_nobody(
    change: dict[str, str], label: str
) -> None:
    answer = Client().post("/setup/", given(**{"code": new_setup_code(), **change}))
    page = parsed(answer)

    assert answer.status_code == 422
    assert label in text_of(page)
    assert page.xpath("//input[@aria-invalid='true']/@name") == list(change)
    assert not User.objects.exists()


def test_the_password_is_never_sent_back() -> None:
    answer = Client().post("/setup/", given("wrong"))

    assert PASSWORD not in answer.content.decode()


def test_the_code_works_once() -> None:
    code = new_setup_code()
    Client().post("/setup/", given(code))
    again = Client().post("/setup/", given(code, username="eve"))

    assert again.status_code == 302
    assert User.objects.count() == 1


def test_ten_wrong_codes_use_the_code_up() -> None:
    code = new_setup_code()
    for _ in range(10):
        Client().post("/setup/", given("aaaa-bbbb-cccc-dddd"))

    assert Client().post("/setup/", given(code)).status_code == 422
    assert not User.objects.exists()


def test_an_unknown_time_zone_is_refused(person: MakePerson) -> None:
    operator = person("ana")
    operator.is_superuser = True
    operator.save()
    client = Client()
    client.force_login(operator)
    answer = client.post("/setup/", {"name": "Contoso", "time_zone": "Mars/Base"})

    assert answer.status_code == 422
    assert "no such time zone" in text_of(parsed(answer))


# -- signing in ---------------------------------------------------------------------------------
def test_a_name_or_an_address_and_the_password_sign_in(
    person: MakePerson, contoso: Organization
) -> None:
    person("ana", "viewer", contoso)
    for login in ("ana", "ana@example.com"):
        client = Client()
        answer = client.post("/sign-in/", {"login": login, "password": PASSWORD})

        assert answer.headers["Location"] == "/"
        assert client.get("/").headers["Location"] == "/o/contoso/"


def test_a_wrong_password_says_neither_which(person: MakePerson) -> None:
    person("ana")
    answers = [
        Client().post("/sign-in/", {"login": name, "password": "wrong"}) for name in ("ana", "eve")
    ]
    texts = {text_of(parsed(a).xpath("//*[@role='alert']")[0]) for a in answers}

    assert len(texts) == 1


def test_after_signing_in_one_is_where_one_wanted_to_go(
    person: MakePerson, contoso: Organization
) -> None:
    person("ana", "viewer", contoso)
    answer = Client().post(
        "/sign-in/", {"login": "ana", "password": PASSWORD, "next": "/o/contoso/actions/?q=x"}
    )

    assert answer.headers["Location"] == "/o/contoso/actions/?q=x"


def test_nobody_signs_up() -> None:
    answer = Client().post(
        "/account/sign-up/", {"username": "eve", "password1": PASSWORD, "password2": PASSWORD}
    )

    assert answer.status_code == 200
    assert not User.objects.exists()


def test_signing_out_takes_a_form(admin: Client) -> None:
    assert admin.get("/sign-out/").status_code == 405
    assert admin.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert admin.get("/o/contoso/").status_code == 302


def test_a_link_asks_first_then_signs_in_once(person: MakePerson, contoso: Organization) -> None:
    path = sign_in_path(person("demo", "viewer", contoso))
    looked = Client().get(path)
    client = Client()
    used = client.post(path)

    assert looked.status_code == 200
    assert used.headers["Location"] == "/"
    assert client.get("/o/contoso/").status_code == 200
    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 404


# -- a second factor ----------------------------------------------------------------------------
def test_an_authenticator_app_is_set_up_and_asked_for(
    person: MakePerson, contoso: Organization
) -> None:
    from allauth.mfa.totp.internal.auth import (
        format_hotp_value,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    def code(secret: str) -> str:
        return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))

    person("ana", "viewer", contoso)
    client = Client()
    client.post("/sign-in/", {"login": "ana", "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    page = parsed(client.get("/account/2fa/totp/activate/"))
    secret = page.get_element_by_id("authenticator_secret").text
    done = client.post("/account/2fa/totp/activate/", {"code": code(secret)})
    later = Client()
    asked = later.post("/sign-in/", {"login": "ana", "password": PASSWORD})

    assert page.xpath("//*[@class='qr']//*[name()='svg']")
    assert page.xpath("//img[starts-with(@src, 'data:')]") == []
    assert done.status_code == 302
    assert asked.headers["Location"] == "/account/2fa/authenticate/"
    assert later.get("/o/contoso/").status_code == 302
