"""Signing in with a real OpenID provider: people, groups and roles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from securescore.ops.group_roles import add_group_role
from securescore.ops.members import add_member
from securescore.ops.people import make_token
from securescore.organizations.access import access_to, installation_access
from securescore.organizations.models import ApiToken, Membership, Organization
from securescore.organizations.write import create_organization, set_role
from securescore.record.models import AuditEntry
from tests.oidc.conftest import begin, finish
from tests.oidc.providers import CALLBACK, RealProvider
from tests.present.reading import parsed, text_of

pytestmark = [pytest.mark.network, pytest.mark.django_db, pytest.mark.slow]
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def signs_in(provider: RealProvider, knows: Callable[..., None]) -> Callable[..., Any]:
    """Somebody whom the provider describes so signs in; the client and the answer."""
    knows(provider.issuer)

    def run(sub: str, **claims: Any) -> tuple[Any, Any]:
        provider.describe(sub, **claims)
        client = Client()
        return client, finish(client, provider.sign_in(begin(client), sub))

    return run


def maps(organization: Organization, group: str, role: str) -> None:
    add_group_role(installation_access(organization, "root"), group, role, now=NOW)


def test_a_group_with_a_role_lets_somebody_in(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    maps(contoso, "score-editors", "editor")
    client, answer = signs_in(
        "u1",
        name="Ana Lima",
        given_name="Ana",
        preferred_username="ana@contoso.example",
        email="ana@contoso.example",
        email_verified=True,
        groups=["score-editors", "others"],
    )
    user = User.objects.get()

    assert answer.headers["Location"] == "/"
    assert client.get("/o/contoso/").status_code == 200
    assert (user.username, user.email, user.first_name) == ("ana", "ana@contoso.example", "Ana")
    assert not user.has_usable_password()
    assert access_to(user, "contoso").role == "editor"
    assert list(AuditEntry.objects.values_list("action", "by", "target").order_by("number"))[
        1:
    ] == [
        ("member.group", "ana (signing in with Example login)", "ana"),
        ("sign-in", "ana", "ana"),
    ]


def test_the_button_asks_with_pkce_state_and_nonce(
    provider: RealProvider, knows: Callable[..., None], db: None
) -> None:
    knows(provider.issuer)
    asked = parse_qs(urlsplit(begin(Client())).query)

    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email", "groups"}


def test_one_is_back_where_one_wanted_to_go(
    provider: RealProvider, knows: Callable[..., None], contoso: Organization
) -> None:
    knows(provider.issuer)
    maps(contoso, "g", "viewer")
    provider.describe("u1", preferred_username="ana", groups=["g"])
    client = Client()
    answer = finish(client, provider.sign_in(begin(client, next="/o/contoso/actions/"), "u1"))

    assert answer.headers["Location"] == "/o/contoso/actions/"


def test_the_highest_role_of_several_groups_holds(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    maps(contoso, "a-viewers", "viewer")
    maps(contoso, "b-approvers", "approver")
    maps(contoso, "c-editors", "editor")
    signs_in("u1", preferred_username="ana", groups=["a-viewers", "b-approvers", "c-editors"])
    membership = Membership.objects.get()

    assert (membership.role, membership.from_group) == ("approver", "b-approvers")


def test_who_lost_the_group_is_out_at_the_next_sign_in(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    maps(contoso, "staff", "admin")
    signs_in("u1", preferred_username="ana", groups=["staff"])
    make_token(
        access_to(User.objects.get(), "contoso"),
        name="x",
        scopes=["SecurityEvents.Read.All"],
        now=datetime.now(UTC),
    )
    client, answer = signs_in("u1", preferred_username="ana", groups=[])

    assert answer.status_code == 403
    assert "none of your groups has a role here" in text_of(parsed(answer))
    assert client.get("/o/contoso/").status_code == 302
    assert not Membership.objects.exists()
    assert ApiToken.objects.get().revoked_at is not None


def test_another_group_is_another_role(signs_in: Callable[..., Any], contoso: Organization) -> None:
    fabrikam = create_organization("Fabrikam")
    maps(contoso, "readers", "viewer")
    maps(contoso, "admins", "admin")
    maps(fabrikam, "readers", "viewer")
    signs_in("u1", preferred_username="ana", groups=["readers"])
    client, _ = signs_in("u1", preferred_username="ana", groups=["admins"])

    assert access_to(User.objects.get(), "contoso").role == "admin"
    assert client.get("/o/fabrikam/").status_code == 404


def test_what_was_given_directly_stays(signs_in: Callable[..., Any], contoso: Organization) -> None:
    maps(contoso, "admins", "admin")
    signs_in("u1", preferred_username="ana", groups=["admins"])
    set_role(contoso, User.objects.get(), "editor")
    with_group = access_to(User.objects.get(), "contoso").role
    signs_in("u1", preferred_username="ana", groups=[])

    assert with_group == "admin"
    assert access_to(User.objects.get(), "contoso").role == "editor"


def test_a_group_below_a_direct_role_takes_nothing_away(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    maps(contoso, "readers", "viewer")
    maps(contoso, "admins", "admin")
    signs_in("u1", preferred_username="ana", groups=["admins"])
    set_role(contoso, User.objects.get(), "approver")
    signs_in("u1", preferred_username="ana", groups=["readers"])

    assert access_to(User.objects.get(), "contoso").role == "approver"


def test_groups_that_are_too_many_to_be_sent_are_not_none(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    signs_in("u1", preferred_username="ana", groups=["staff"])
    claims = {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "x"}}}
    known, _ = signs_in("u1", preferred_username="ana", **claims)
    _, unknown = signs_in("u2", preferred_username="bo", **claims)

    assert known.get("/o/contoso/").status_code == 200
    assert unknown.status_code == 403
    assert "too many groups" in text_of(parsed(unknown))


# -- who is not let in ---------------------------------------------------------------------------
def test_somebody_unknown_is_told_who_can_help(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    client, answer = signs_in("u1", preferred_username="eve", groups=["others"])
    page = text_of(parsed(answer))

    assert answer.status_code == 403
    assert "administrator of your organization can help" in page
    assert not User.objects.exists()
    assert client.get("/o/contoso/").status_code == 302
    assert AuditEntry.objects.get().action == "sign-in.refuse"


def test_an_address_that_was_invited_lets_in_once_the_provider_verified_it(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    access = installation_access(contoso, "root")
    add_member(access, "bo@contoso.example", "approver", now=NOW)
    _, unverified = signs_in("u1", preferred_username="bo", email="bo@contoso.example")
    client, verified = signs_in(
        "u1", preferred_username="bo", email="Bo@Contoso.example", email_verified=True
    )

    assert unverified.status_code == 403
    assert verified.headers["Location"] == "/"
    assert client.get("/o/contoso/").status_code == 200
    assert User.objects.count() == 1
    assert access_to(User.objects.get(), "contoso").role == "approver"


def test_an_address_takes_no_account_over(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    """Not even a verified one: the account here has a password and an owner."""
    owner = User.objects.create_user("ana", "ana@contoso.example", "correct horse battery")
    set_role(contoso, owner, "admin")
    maps(contoso, "readers", "viewer")
    for number, verified in enumerate((False, True)):
        client, _ = signs_in(
            f"eve{number}",
            preferred_username="ana",
            email="ana@contoso.example",
            email_verified=verified,
            groups=["readers"],
        )
        assert client.get("/o/contoso/settings/zones/").status_code == 403

    assert User.objects.count() == 3
    assert access_to(owner, "contoso").role == "admin"
    assert Client().login(username="ana", password="correct horse battery")


def test_a_changed_address_changes_nobody(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    for address in ("ana@contoso.example", "boss@contoso.example"):
        signs_in(
            "u1",
            preferred_username="ana",
            email=address,
            email_verified=True,
            groups=["staff"],
        )

    assert [(u.username, u.email) for u in User.objects.all()] == [("ana", "ana@contoso.example")]


def test_who_comes_from_a_provider_signs_in_there_only(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    client, _ = signs_in("u1", preferred_username="ana", groups=["staff"])
    user = User.objects.get()
    setting = client.get("/account/password/set/")
    user.set_password("correct horse battery")  # whoever might have
    user.save()
    answer = Client().post("/sign-in/", {"login": "ana", "password": "correct horse battery"})

    assert setting.status_code == 404
    assert answer.status_code == 403
    assert "identity provider" in text_of(parsed(answer))


def test_a_closed_account_stays_closed(signs_in: Callable[..., Any], contoso: Organization) -> None:
    maps(contoso, "staff", "viewer")
    signs_in("u1", preferred_username="ana", groups=["staff"])
    User.objects.update(is_active=False)
    client, answer = signs_in("u1", preferred_username="ana", groups=["staff"])

    assert answer.headers["Location"] == "/account/inactive/"
    assert "closed" in text_of(parsed(client.get("/account/inactive/")))
    assert client.get("/o/contoso/").status_code == 302


# -- answers that do not hold --------------------------------------------------------------------
def test_a_callback_works_once(
    provider: RealProvider, knows: Callable[..., None], contoso: Organization
) -> None:
    knows(provider.issuer)
    maps(contoso, "staff", "viewer")
    provider.describe("u1", preferred_username="ana", groups=["staff"])
    client = Client()
    address = provider.sign_in(begin(client), "u1")
    first = finish(client, address)
    client.post("/sign-out/")

    assert first.status_code == 302
    assert finish(client, address).status_code == 401
    assert finish(Client(), address).status_code == 401
    assert client.get("/o/contoso/").status_code == 302


def test_the_answer_of_another_browser_is_refused(
    provider: RealProvider, knows: Callable[..., None], contoso: Organization
) -> None:
    knows(provider.issuer)
    maps(contoso, "staff", "viewer")
    provider.describe("u1", preferred_username="ana", groups=["staff"])
    stolen = provider.sign_in(begin(Client()), "u1")
    victim = Client()
    begin(victim)

    assert finish(victim, stolen).status_code == 401
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?code=x&state=y", "?error=server_error&state=y", "?state=%00"]
)
def test_an_answer_to_nothing_is_a_page_and_no_line_of_the_log(
    provider: RealProvider, knows: Callable[..., None], db: None, query: str
) -> None:
    knows(provider.issuer)
    answer = Client().get(f"{CALLBACK}{query}")

    assert answer.status_code == 401
    assert "Please begin anew" in text_of(parsed(answer))
    assert not AuditEntry.objects.exists()


def test_breaking_off_at_the_provider_is_no_error(
    provider: RealProvider, knows: Callable[..., None], db: None
) -> None:
    knows(provider.issuer)
    client = Client()
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    answer = client.get(f"{CALLBACK}?error=access_denied&state={state}", follow=True)

    assert "You are not signed in" in text_of(parsed(answer))


def test_signing_in_takes_a_form_and_connects_nothing(
    provider: RealProvider, knows: Callable[..., None], db: None
) -> None:
    knows(provider.issuer)

    assert Client().get("/sign-in/oidc/sso/").headers["Location"] == "/sign-in/"
    connect = Client().post("/sign-in/oidc/sso/", {"process": "connect"})
    assert connect.headers["Location"] == "/sign-in/"
    assert Client().post("/sign-in/oidc/nobody/").status_code == 404
    assert Client().get("/sign-in/oidc/nobody/callback/").status_code == 404


def test_signing_out_ends_the_session_here(
    signs_in: Callable[..., Any], contoso: Organization
) -> None:
    maps(contoso, "staff", "viewer")
    client, _ = signs_in("u1", preferred_username="ana", groups=["staff"])

    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/o/contoso/").status_code == 302
    assert AuditEntry.objects.order_by("-number")[0].action == "sign-out"
