"""A few ways through the pages, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Any]


def test_from_sign_in_to_the_evidence_of_the_worst_action(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/")
    top = page.get_by_role("table", name="The best-ranked recommended actions")
    title = top.get_by_role("link").first.inner_text()
    top.get_by_role("link").first.click()
    flyout = page.get_by_role("dialog")
    expect(flyout.get_by_role("heading", level=2)).to_have_text(title)
    flyout.get_by_role("link", name="Full page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("link", name="Search the evidence").or_(
        page.get_by_role("link", name=re.compile(r"^All \d+$"))
    ).first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Evidence: {title}")
    expect(page.get_by_role("rowheader").first).to_contain_text("HYPERLINK")


def test_the_flyout_has_the_address_of_its_page_and_gives_it_back(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/actions/?status=planned")
    page.get_by_role("rowheader").first.get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/actions/Control\d+/\?status=planned$"))
    page.get_by_role("dialog").get_by_role("link", name="Next action").click()
    expect(page.get_by_text("2 of 2", exact=True)).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/actions/\?status=planned$"))


def test_going_back_closes_the_flyout(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/actions/")
    page.get_by_role("rowheader").first.get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recommended actions")


def test_a_filter_changes_rows_counts_export_and_address(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/actions/")
    page.locator("summary", has_text="Status").click()
    page.get_by_label("Risk accepted").check()
    expect(page.locator("#results").get_by_role("status")).to_contain_text("3 of 27 actions")
    expect(page).to_have_url(re.compile(r"/actions/\?status=risk\+accepted$"))
    expect(page.locator("#export")).to_contain_text("Export these 3")
    page.go_back()

    expect(page.locator("#results").get_by_role("status")).to_contain_text("27 actions")


def test_filters_work_without_script(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/actions/", script=False)
    page.locator("summary", has_text="Status").click()
    page.get_by_label("Risk accepted").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#results").get_by_role("status")).to_contain_text("3 of 27 actions")
    page.get_by_role("rowheader").first.get_by_role("link").click()

    expect(page.get_by_role("heading", name="Why it matters")).to_be_visible()


def test_views_are_included_without_script(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/", script=False)
    page.get_by_label("Planned").check()
    page.get_by_role("button", name="Apply").click()

    expect(page.get_by_text("59.8%")).to_be_visible()


def test_a_chart_is_read_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/")
    chart = page.locator("svg.chart-line:visible")
    readout = page.locator("#score-readout")
    chart.focus()
    page.keyboard.press("End")
    expect(readout).to_contain_text("54.6%, 82.92 / 152 points")
    last = readout.inner_text()
    page.keyboard.press("ArrowLeft")
    expect(readout).not_to_have_text(last)
    page.keyboard.press("Escape")

    expect(readout).to_be_empty()


def test_the_table_behind_the_chart_comes_when_asked_for(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/?range=30d")
    page.get_by_text("Show as table").click()

    expect(page.locator("table.days tbody tr")).to_have_count(31)


def test_the_theme_is_chosen_in_the_menu_and_stays(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/", theme="light")
    page.locator(".person summary").click()
    page.get_by_role("button", name="Dark").click()
    page.goto("/o/contoso/actions/")
    shown = page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")

    assert shown == "rgb(16, 18, 20)"


def test_slash_goes_to_the_search_but_not_while_typing(open_page: OpenPage) -> None:
    page = open_page("/o/contoso/actions/")
    page.keyboard.press("/")
    expect(page.get_by_label("Search actions")).to_be_focused()
    page.keyboard.type("a/b")

    expect(page.get_by_label("Search actions")).to_have_value("a/b")


def test_a_violation_of_the_policy_would_be_seen(browser: Any, server: str) -> None:
    """The watch itself works: an inline style is refused and reported."""
    from tests.browser.conftest import REPORT, Watched

    watched = Watched()
    context = browser.new_context(base_url=server)
    context.expose_function("reportViolation", watched.report)
    context.add_init_script(REPORT)
    page = context.new_page()
    page.goto("/sign-in/")
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.wait_for_load_state("networkidle")
    context.close()

    assert len(watched.violations) == 1
    assert watched.violations[0].startswith("style-src")
