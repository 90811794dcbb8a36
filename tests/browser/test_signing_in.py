"""Passkeys with Chromium's virtual authenticator, and an identity provider, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, REPORT, Watched
from tests.oidc.providers import CLIENT_ID, CLIENT_SECRET, RealProvider

pytestmark = pytest.mark.browser


@pytest.fixture
def named(server: str) -> str:
    """The server by a name: passkeys belong to a host name, not to an address of numbers."""
    return f"http://localhost:{urlsplit(server).port}"


@pytest.fixture
def watched_page(browser: Any, named: str) -> Iterator[Callable[[], Any]]:
    """A page in a browser of its own; at its end nothing has broken the policy."""
    contexts = []

    def make() -> Any:
        context = browser.new_context(base_url=named, reduced_motion="reduce")
        watched = Watched()
        context.expose_function("reportViolation", watched.report)
        context.add_init_script(REPORT)
        page = context.new_page()
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        contexts.append((context, watched))
        return page

    yield make
    for context, watched in contexts:
        context.close()
        assert watched.violations == []
        assert watched.errors == []


def with_authenticator(page: Any) -> Any:
    """Plug a virtual authenticator in that verifies its user."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def sign_in(page: Any) -> None:
    page.goto("/sign-in/")
    page.get_by_label("User name or e-mail").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).not_to_have_url(re.compile("/sign-in/"))


def add_key(page: Any, *, passkey: bool) -> None:
    page.goto("/account/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)  # is it you?
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("checkbox").set_checked(passkey)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")


def sign_out(page: Any) -> None:
    page.goto("/o/contoso/")
    page.locator(".person summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in/$"))


def test_a_passkey_is_added_and_signs_in_alone(watched_page: Callable[[], Any]) -> None:
    page = watched_page()
    with_authenticator(page)
    sign_in(page)
    add_key(page, passkey=True)
    page.goto("/account/2fa/webauthn/")
    expect(page.get_by_text("My laptop")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page).not_to_have_url(re.compile("/sign-in/"))
    page.goto("/o/contoso/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_security_key_is_the_second_step(watched_page: Callable[[], Any]) -> None:
    page = watched_page()
    with_authenticator(page)
    sign_in(page)
    add_key(page, passkey=False)
    sign_out(page)
    page.get_by_label("User name or e-mail").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    page.get_by_role("button", name="Use a security key or passkey").click()

    expect(page).not_to_have_url(re.compile("/2fa/authenticate/"))
    page.goto("/o/contoso/")
    expect(page).to_have_url(re.compile("/o/contoso/$"))


def test_a_recovery_code_helps_when_the_key_is_lost(watched_page: Callable[[], Any]) -> None:
    page = watched_page()
    with_authenticator(page)
    sign_in(page)
    add_key(page, passkey=False)
    code = page.locator("#recovery-codes").inner_text().split()[0]
    sign_out(page)
    page.get_by_label("User name or e-mail").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()

    page.goto("/account/2fa/")
    expect(page.get_by_text("9 of 10 codes are left")).to_be_visible()


def test_what_goes_wrong_with_a_passkey_is_said(
    watched_page: Callable[[], Any], server: str
) -> None:
    page = watched_page()
    with_authenticator(page)
    page.goto(f"{server}/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("need a host name")


def test_a_secret_is_copied(watched_page: Callable[[], Any]) -> None:
    page = watched_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page)
    page.goto("/o/contoso/settings/tokens/")
    page.get_by_role("textbox", name="Name").fill("nightly")
    page.get_by_label("Read scores, recommended actions and history").check()
    page.get_by_role("button", name="Make token").click()
    secret = page.get_by_role("textbox", name="The token").input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    assert secret.startswith("oss_")
    assert page.evaluate("navigator.clipboard.readText()") == secret


@pytest.mark.network
def test_an_identity_provider_signs_in_under_the_policy(
    watched_page: Callable[[], Any], named: str, settings: Any
) -> None:
    """There and back through forms and redirects of another origin: nothing is refused."""
    from securescore.organizations.models import GroupRole, Organization
    from securescore.project.identity_providers import social_providers

    provider = RealProvider(named)
    environ = {
        "ISSUER": provider.issuer,
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "NAME": "Example login",
        "SCOPES": "profile groups",
    }
    settings.SOCIALACCOUNT_PROVIDERS = social_providers(
        Path("/nowhere"), {f"SECURESCORE_OIDC_{key}": value for key, value in environ.items()}
    )
    contoso = Organization.objects.get(slug="contoso")
    GroupRole.objects.create(organization=contoso, group="staff", role="viewer")
    provider.describe("u1", preferred_username="carla", groups=["staff"])
    page = watched_page()
    page.goto("/o/contoso/actions/")
    page.get_by_role("button", name="Sign in with Example login").click()
    page.locator("input[name=login]").fill("u1")
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name=re.compile("sign.in", re.IGNORECASE)).click()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile("/o/contoso/actions/$"))
    expect(page.locator(".person summary")).to_have_text("carla")
    sign_out(page)
    provider.stop()

    page.goto("/o/contoso/")
    expect(page).to_have_url(re.compile("/sign-in/"))
