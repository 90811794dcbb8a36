"""A server on loopback with the real middleware (WhiteNoise too), and a watched browser page."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.serving import serving

# Playwright's synchronous interface keeps an event loop running in the thread of the test; Django
# would take every query of a fixture for one made by a coroutine.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

PASSWORD = "correct horse battery staple"
REPORT = """
document.addEventListener("securitypolicyviolation", (event) => {
  window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${location.pathname}`);
});
"""


@pytest.fixture
def server(transactional_db: None, settings: Any) -> Iterator[str]:
    """The address of the application, served with Contoso and the person ``ana`` in it."""
    from django.contrib.auth.models import User
    from django.core.cache import cache

    from securescore.organizations.write import create_organization, set_role
    from securescore.project.static import prepare

    prepare()
    cache.clear()  # allauth counts sign-ins there, those of other tests too
    settings.SECURESCORE_ANSWERS = "tests.present.sample_answers"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a fast one
    ana = User.objects.create_user("ana", "ana@example.com", PASSWORD)
    for name in ("Contoso", "New", "First day", "Stale"):
        set_role(create_organization(name, time_zone="Europe/Berlin", seats=800), ana, "admin")

    with serving() as address:
        yield address


class Watched:
    """What a page must not do: break the policy, ask another host, log an error."""

    def __init__(self) -> None:
        self.hosts: set[str] = set()
        self.violations: list[str] = []
        self.errors: list[str] = []

    def report(self, violation: str) -> None:
        self.violations.append(violation)


@pytest.fixture
def open_page(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Opens a page signed in as ana or another, with a theme and a width; checks it at the end."""
    contexts = []

    def make(
        path: str = "/",
        *,
        theme: str = "light",
        width: int = 1280,
        script: bool = True,
        sign_in: bool = True,
        person: str = "ana",
    ) -> Any:
        context = browser.new_context(
            base_url=server,
            color_scheme=theme,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        watched = Watched()
        context.expose_function("reportViolation", watched.report)
        context.add_init_script(REPORT)
        page = context.new_page()
        page.on("request", lambda request: watched.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        contexts.append((context, page, watched))
        if sign_in:
            page.goto("/sign-in/")
            page.get_by_label("User name or e-mail").fill(person)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in", exact=True).click()
        page.goto(path)
        return page

    yield make
    for context, page, watched in contexts:
        page.wait_for_load_state("networkidle")
        context.close()
        assert watched.violations == []
        assert watched.hosts == {urlsplit(server).netloc}
        assert watched.errors == []
