"""What must hold for every page there is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from lxml import html

from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization, set_role
from tests.present.reading import Get, parsed, text_of

PAGES = (
    "/o/contoso/",
    "/o/contoso/?range=30d&include=planned",
    "/o/contoso/score/",
    "/o/contoso/actions/",
    "/o/contoso/actions/?status=planned&group=status",
    "/o/contoso/actions/?q=nothing-like-this",
    "/o/contoso/actions/?columns=title,due,tags&group=assignee",
    "/o/contoso/views/",
    "/o/contoso/actions/Control01/",
    "/o/contoso/actions/Control05/",
    "/o/contoso/actions/Control01/evidence/",
    "/o/contoso/history/",
    "/o/contoso/history/?range=30d&kind=status&category=Data&points=lost&action=Control03",
    "/o/contoso/history/?from=nonsense&kind=nonsense",
    "/o/contoso/history/split/",
    "/o/contoso/history/split/Control03/?cause=user",
    "/o/contoso/metrics/",
    "/o/contoso/metrics/?range=30d&compare=seats",
    "/o/contoso/metrics/regressions/",
    "/o/contoso/settings/comparison/",
    "/o/new/history/",
    "/o/new/metrics/",
    "/o/first-day/history/",
    "/o/first-day/metrics/",
    "/o/new/",
    "/o/first-day/",
    "/o/stale/",
    "/organizations/",
    "/account/2fa/",
    "/account/password/",
    "/o/contoso/settings/members/",
    "/o/contoso/settings/tokens/",
    "/o/contoso/settings/audit/",
    "/not/there/",
)
ENTRANCES = (
    "/sign-in/",
    "/sign-in/link/1/wrong-token/",
    "/sign-in/canceled/",
    "/account/sign-up/",
    "/account/inactive/",
)
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'none'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest.fixture
def everywhere(admin: Client, contoso: Organization) -> Get:
    """Answers pages of people signed in, entrances to a stranger."""
    from django.contrib.auth.models import User

    for name in ("New", "First day", "Stale"):
        organization = create_organization(name)
        set_role(organization, User.objects.get(username="person-admin"), "admin")

    def get(path: str) -> Any:
        return (Client() if path in ENTRANCES else admin).get(path)

    return get


@pytest.mark.parametrize("path", PAGES + ENTRANCES)
def test_the_policy_is_exactly_ours(everywhere: Get, path: str) -> None:
    header = everywhere(path).headers["Content-Security-Policy"]

    assert {part.strip() for part in header.split(";")} == POLICY


@pytest.mark.parametrize("path", PAGES + ENTRANCES)
def test_nothing_is_inline(everywhere: Get, path: str) -> None:
    page = parsed(everywhere(path))
    check_nothing_is_inline(page)


def test_nothing_is_inline_in_the_first_run(db: None) -> None:
    check_nothing_is_inline(parsed(Client().get("/setup/")))


def check_nothing_is_inline(page: html.HtmlElement) -> None:
    scripts = [s for s in page.iter("script") if s.get("type") != "application/json"]

    assert page.xpath("//@style | //style | //@*[starts-with(name(), 'on')]") == []
    assert all(s.get("src") and not (s.text or "").strip() for s in scripts)
    assert page.xpath("//*[@hx-on or @hx-vals[starts-with(., 'js:')]]") == []


@pytest.mark.parametrize("path", PAGES + ENTRANCES)
def test_nothing_comes_from_elsewhere(everywhere: Get, path: str) -> None:
    page = everywhere(path).content.decode()
    loaded = re.findall(r'<(?:script|link|img|iframe|source)[^>]*(?:src|href)="([^"]*)"', page)

    assert all(address.startswith("/static/") for address in loaded)


@pytest.mark.parametrize("path", PAGES + ENTRANCES)
def test_no_page_is_kept(everywhere: Get, path: str) -> None:
    kept = everywhere(path).headers["Cache-Control"]

    assert "no-store" in kept
    assert "private" in kept


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_heading_a_title_and_unique_ids(everywhere: Get, path: str) -> None:
    page = parsed(everywhere(path))
    ids = page.xpath("//@id")

    assert len(page.xpath("//h1")) == 1
    assert text_of(page.xpath("//h1")[0])
    assert "Open Secure Score" in page.xpath("//title")[0].text
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", [p for p in PAGES if p.startswith("/o/")])
def test_every_link_of_a_page_leads_somewhere(everywhere: Get, path: str) -> None:
    page = parsed(everywhere(path))
    page.make_links_absolute(f"http://testserver{path}")
    for href in sorted(set(page.xpath("//a[not(@rel='external noreferrer')]/@href")))[:40]:
        local = href.removeprefix("http://testserver")
        if not local.startswith("#"):
            assert everywhere(local).status_code in {200, 302}, local


def test_links_to_elsewhere_say_so(everywhere: Get) -> None:
    page = parsed(everywhere("/o/contoso/actions/Control01/"))
    elsewhere = page.xpath("//a[@rel='external noreferrer']/@href")

    assert elsewhere
    assert all(href.startswith("https://") for href in elsewhere)


def test_static_files_are_hashed_and_kept_for_ever(everywhere: Get) -> None:
    page = parsed(everywhere("/o/contoso/"))
    for address in page.xpath("//link[@rel='stylesheet']/@href | //script/@src"):
        response = Client().get(address)

        assert re.search(r"\.[0-9a-f]{12}\.(css|js)$", address)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]
        response.close()


def test_the_theme_is_kept_and_shown(admin: Client) -> None:
    answer = admin.post("/theme/", {"theme": "dark", "next": "/o/contoso/actions/"})
    page = parsed(admin.get("/o/contoso/actions/"))

    assert answer.headers["Location"] == "/o/contoso/actions/"
    assert page.get("data-theme") == "dark"


def test_the_theme_form_sends_nobody_elsewhere(admin: Client) -> None:
    answer = admin.post("/theme/", {"theme": "dark", "next": "https://evil.example/"})

    assert answer.headers["Location"] == "/"


def test_health_is_open_and_says_nothing(db: None) -> None:
    assert Client().get("/healthz").content == b"ok\n"
    assert Client().get("/readyz").content == b"ready\n"
