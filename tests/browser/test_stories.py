"""What people do on the pages from one end to the other, on data that went through the pipeline.

Ana edits, Bo approves, Cleo administers. Every page of every story is watched: no violation of the
Content Security Policy, no request to another host, no error of a script.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.test_accessibility import complaints
from tests.ops import world
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OpenPage = Callable[..., Any]
N_DAYS, N_OTHERS = 40, 11
TITLE = "Every user is registered for multifactor authentication"
REVIEW_ON = (datetime.now(UTC) + timedelta(days=90)).date()


@pytest.fixture
def server(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[str]:
    """The application with an organization of forty days, eleven others and three people."""
    from django.contrib.auth.models import User
    from django.core.cache import cache

    from securescore.ops.cohorts import compute_cohorts
    from securescore.organizations.models import Role
    from securescore.organizations.write import set_role
    from securescore.project.static import prepare

    settings.SECURESCORE_HOME = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a fast one
    prepare()
    cache.clear()
    example = world.organization("Example")
    example.needs_approval, example.seats = True, 500
    example.save()
    world.record(example, *[world.mfa(day, 50 + day // 10, 10 + day // 4) for day in range(N_DAYS)])
    for number in range(N_OTHERS):
        other = world.organization(f"Other {number}")
        other.seats = 400 + number
        other.save()
        world.record(other, world.mfa(N_DAYS - 1, 10, number))
    compute_cohorts(None, None)
    for name, role in (("ana", Role.EDITOR), ("bo", Role.APPROVER), ("cleo", Role.ADMIN)):
        person = User.objects.create_user(name, f"{name}@example.com", PASSWORD)
        set_role(example, person, role)
    with serving() as address:
        yield address


def view_of(page: Any, name: str) -> str:
    """The percentage of a view beside the score."""
    page.goto("/o/example/?include=planned,license,achievable")
    row = page.locator(".include-row", has_text=name)
    return str(row.locator(".include-value").inner_text())


def test_a_risk_is_accepted_by_one_and_approved_by_another(open_page: OpenPage) -> None:
    ana = open_page("/o/example/")
    achievable = view_of(ana, "Achievable")
    ana.goto("/o/example/")
    ana.get_by_role("table", name="The best-ranked recommended actions").get_by_role(
        "link", name=TITLE
    ).click()
    flyout = ana.get_by_role("dialog", name=TITLE)
    flyout.get_by_label("Status", exact=True).select_option(label="Risk accepted")
    flyout.get_by_label(re.compile("^Reason")).fill(
        "The turnstiles cannot do it **before** spring."
    )
    flyout.get_by_label(re.compile("^Review on")).fill(REVIEW_ON.isoformat())
    flyout.get_by_role("button", name="Save").click()
    expect(flyout.get_by_role("heading", name="Waiting for approval")).to_be_visible()
    expect(flyout.get_by_role("button", name="Approve")).to_have_count(0)
    assert achievable == view_of(ana, "Achievable")

    bo = open_page("/o/example/", person="bo")
    bo.get_by_role("link", name=re.compile("Waiting for approval")).click()
    bo.get_by_role("link", name=TITLE).first.click()
    waiting = bo.get_by_role("dialog", name=TITLE)
    expect(waiting.get_by_role("blockquote")).to_contain_text("The turnstiles cannot do it")
    waiting.get_by_role("button", name="Approve").click()
    expect(waiting.get_by_label("Status", exact=True)).to_have_value("risk accepted")

    assert achievable != view_of(bo, "Achievable")


def test_what_changed_in_a_month_is_split_to_the_people_it_is_about(open_page: OpenPage) -> None:
    page = open_page("/o/example/", person="bo")
    first, last = world.START.date() + timedelta(days=5), world.START.date() + timedelta(days=39)
    page.goto(f"/o/example/history/split/?from={first}&to={last}")
    sums = page.get_by_role("table").first
    points = [
        float(text.replace("\N{MINUS SIGN}", "-").replace("+", ""))
        for text in sums.locator("tbody tr td:nth-of-type(1)").all_inner_texts()
    ]
    start, *parts, difference, end = points

    assert round(sum(parts), 2) == difference == round(end - start, 2)
    page.get_by_role("link", name=re.compile("^Users")).click()
    page.locator("summary", has_text=TITLE).first.click()
    expect(page.get_by_text("user11@example.com").first).to_be_visible()


def test_an_administrator_sets_zones_and_a_comparison(open_page: OpenPage) -> None:
    page = open_page("/o/example/settings/zones/", person="cleo")
    page.get_by_label("Good from").fill("20")
    page.get_by_label("Okay from").fill("10")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("nothing is saved yet")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The zones are saved.")).to_be_visible()
    page.goto("/o/example/")
    expect(page.locator(".score-zone")).to_have_text("Good")

    page.goto("/o/example/settings/comparison/")
    page.get_by_label("Name").fill("Of our size")
    page.get_by_label(re.compile("^Seats, at least|^Seats from|^At least")).fill("300")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Of our size").first).to_be_visible()
    page.goto("/o/example/metrics/")
    expect(page.get_by_text("Of our size").first).to_be_visible()


def test_what_is_filtered_is_exported(open_page: OpenPage) -> None:
    page = open_page("/o/example/actions/?category=Identity")
    shown = page.locator("#results").get_by_role("status").first.inner_text()
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as caught:
        page.locator("#export").get_by_role("link", name="CSV").first.click()
    written = Path(caught.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(written)))

    assert int(shown.split()[0]) == len(rows)
    assert {"Identity"} == {row["category"] for row in rows}


def test_an_edit_is_taken_back_with_one_click(open_page: OpenPage) -> None:
    page = open_page("/o/example/actions/MFARegistrationV2/")
    page.get_by_role("combobox", name="Assignee").fill("cleo")
    page.get_by_label("Due", exact=True).fill(date(2027, 1, 31).isoformat())
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("combobox", name="Assignee")).to_have_value("")


def test_axe_finds_nothing_in_what_two_people_do_to_one_action(open_page: OpenPage) -> None:
    """A conflict, a request that waits, and one that was declined."""
    ana, bo = open_page("/o/example/actions/"), open_page("/o/example/", person="bo")
    action = str(ana.get_by_role("link", name=TITLE).get_attribute("href"))
    ana.goto(action)
    bo.goto(action)
    found = {}

    def look(name: str) -> None:
        for width in (1280, 320):
            ana.set_viewport_size({"width": width, "height": 900})
            wide = ana.evaluate("document.documentElement.scrollWidth") > width
            for theme in ("light", "dark"):
                ana.emulate_media(color_scheme=theme)
                if wide or (complained := complaints(ana)):
                    found[f"{name}, {theme}, {width}"] = "too wide" if wide else complained
        ana.set_viewport_size({"width": 1280, "height": 900})

    for page, tags in ((bo, "theirs"), (ana, "mine, a-name-without-any-space")):
        page.get_by_role("textbox", name="Tags").fill(tags)
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved: tags" if page == bo else "while you edited it").wait_for()
    look("conflict")
    ana.goto(action)
    ana.get_by_label("Status", exact=True).select_option(label="Risk accepted")
    ana.get_by_label("Reason").fill("Until the supplier is changed")
    ana.get_by_label("Review on").fill("2030-03-01")
    ana.get_by_role("button", name="Save").click()
    ana.get_by_role("heading", name="Waiting for approval").wait_for()
    look("waiting")
    bo.goto(action)
    bo.get_by_label("Your note").fill("Not before the test is attached")
    bo.get_by_role("button", name="Decline").click()
    bo.get_by_text("Your reason stands with the action").wait_for()
    ana.goto(action)
    ana.get_by_role("heading", name="Risk acceptance declined").wait_for()
    look("declined")

    assert found == {}
