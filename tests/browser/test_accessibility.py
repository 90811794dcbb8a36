"""Every page x light and dark x wide and narrow: axe, reflow, and right to left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
N_PARTS = 4  # of the pages, for the workers to share
PAGES = {
    "overview": "/o/contoso/?include=planned,achievable",
    "actions": "/o/contoso/actions/?status=to+address&group=category",
    "no match": "/o/contoso/actions/?q=zebra",
    "chosen columns": "/o/contoso/actions/?columns=title,due,tags,done&group=assignee",
    "saved views": "/o/contoso/views/",
    "action": "/o/contoso/actions/Control01/",
    "unmeasured": "/o/contoso/actions/Control05/",
    "evidence": "/o/contoso/actions/Control01/evidence/",
    "days": "/o/contoso/score/?range=30d",
    "history": "/o/contoso/history/",
    "two days": "/o/contoso/history/split/",
    "what flipped": "/o/contoso/history/split/Control03/?cause=user",
    "metrics": "/o/contoso/metrics/",
    "figures": "/o/contoso/metrics/regressions/",
    "zone figures": "/o/contoso/metrics/zone/",
    "comparison figures": "/o/contoso/metrics/comparison/",
    "changes figures": "/o/contoso/metrics/changes/",
    "risk figures": "/o/contoso/metrics/risk/",
    "bad filter": "/o/contoso/actions/?status=magic&sort=magic",
    "bad day": "/o/contoso/history/?from=2026-13-40",
    "comparison": "/o/contoso/settings/comparison/",
    "no history": "/o/new/history/",
    "no data": "/o/new/",
    "one day": "/o/first-day/",
    "stale": "/o/stale/",
    "organizations": "/organizations/",
    "two-step": "/account/2fa/",
    "password": "/account/password/",
    "is it you": "/account/2fa/webauthn/add/",
    "members": "/o/contoso/settings/members/",
    "tokens": "/o/contoso/settings/tokens/",
    "audit": "/o/contoso/settings/audit/",
    "nothing": "/not/there/",
    "forms only": "/o/contoso/actions/Control01/approval/",
}


def complaints(page: Any) -> list[str]:
    """What axe finds. It goes in over the debugging protocol: the policy forbids a script tag.

    Each run reads the page anew; what axe would say of elements without a complaint is left out,
    which takes a quarter of its time.
    """
    session = page.context.new_cdp_session(page)
    if not page.evaluate("'axe' in window"):
        session.send("Runtime.evaluate", {"expression": AXE})
    options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": f"axe.run({options}).then((found) => JSON.stringify(found.violations))",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    session.detach()
    return [
        f"{found['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for found in json.loads(answer["result"]["value"])
        for node in found["nodes"]
    ]


def complaints_everywhere(page: Any) -> dict[str, list[str]]:
    """What axe finds at each width and in each theme; no script of ours looks at either."""
    found = {}
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            if complained := complaints(page):
                found[f"{theme}, {width}"] = complained
    return found


@pytest.mark.parametrize("part", range(N_PARTS))
def test_axe_finds_nothing_on_any_page(open_page: Callable[..., Any], part: int) -> None:
    page = open_page()
    found = {}
    for name, path in list(PAGES.items())[part::N_PARTS]:
        page.goto(path)
        if complained := complaints_everywhere(page):
            found[name] = complained

    assert found == {}


def test_axe_would_find_what_one_width_in_one_theme_breaks(open_page: Callable[..., Any]) -> None:
    """Guards the guard: widths and themes are switched on a page that was read before."""
    page = open_page("/o/new/")
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`@media (prefers-color-scheme: dark) and (max-width: 400px) {
            h1 { color: #777; background: #666 }
          }`);
          document.adoptedStyleSheets.push(sheet);
        }"""
    )
    found = complaints_everywhere(page)

    assert list(found) == ["dark, 320"]
    assert found["dark, 320"][0].startswith("color-contrast: <h1")


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in/",
        "/sign-in/link/1/wrong/",
        "/sign-in/canceled/",
        "/account/inactive/",
        "/account/sign-up/",
    ],
)
def test_axe_finds_nothing_before_one_signs_in(open_page: Callable[..., Any], path: str) -> None:
    assert complaints(open_page(path, sign_in=False)) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(open_page: Callable[..., Any], theme: str) -> None:
    page = open_page("/o/contoso/actions/", theme=theme)
    page.locator("summary", has_text="Status").click()
    menus = complaints(page)
    page.keyboard.press("Escape")
    page.get_by_role("rowheader").first.get_by_role("link").click()
    page.get_by_role("dialog").wait_for()

    assert menus == []
    assert complaints(page) == []


def test_no_page_is_wider_than_the_window(open_page: Callable[..., Any]) -> None:
    page = open_page()
    wide = {}
    for name, path in PAGES.items():
        page.goto(path)
        for direction in ("ltr", "rtl"):
            page.evaluate(f"document.documentElement.dir = '{direction}'")
            for width in (1280, 1024, 900, 768, 560, 320):
                page.set_viewport_size({"width": width, "height": 900})
                actual = page.evaluate("document.documentElement.scrollWidth")
                if actual > width:
                    wide[f"{name}, {direction}, {width}"] = actual

    assert wide == {}


def test_targets_are_large_enough(open_page: Callable[..., Any]) -> None:
    """24 px (WCAG 2.5.8), links within a sentence excepted."""
    page = open_page("/o/contoso/actions/")
    small = page.evaluate(
        """[...document.querySelectorAll("a, button, summary, select, input")]
          .filter((e) => e.checkVisibility() && !e.closest("p, th, .skip, label, .visually-hidden"))
          .filter((e) => !e.classList.contains("skip") && e.type !== "hidden")
          .filter((e) => e.getBoundingClientRect().height < 24)
          .map((e) => e.outerHTML.slice(0, 120))"""
    )

    assert small == []
