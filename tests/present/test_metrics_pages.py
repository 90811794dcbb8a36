"""Metrics & trends over real records: the cards, their figures, their files."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from lxml import etree

from securescore.core.status import Decision, Status
from securescore.organizations.models import Organization
from securescore.present.web.words import EN_DASH
from securescore.record import query
from securescore.record.models import CohortDay, CustomComparison
from tests.ops import world
from tests.present.reading import parsed, region, rows_of, text_of

MFA = "MFARegistrationV2"
START = world.START.date()
LAST = START + timedelta(days=20)
PAGE = "/o/contoso/metrics/"
CARDS = ("zone", "comparison", "changes", "regressions", "risk")
TITLES = (
    "Zone",
    "Comparison trend",
    "Score changes",
    "Regression trend",
    "Risk acceptance trend",
)


@pytest.fixture(autouse=True)
def real_answers(sample: None, settings: Any) -> None:
    settings.SECURESCORE_ANSWERS = "securescore.record.query"


@pytest.fixture
def recorded(contoso: Organization) -> Organization:
    """Three weeks; on three days no data; a fall in each week; a risk accepted on day 8."""
    days = {day: 5 + (day * 3) % 5 for day in range(21) if day not in (4, 5, 12)}
    world.record(
        contoso,
        *[world.mfa(day, 10, n) for day, n in days.items()],
        decisions=[
            Decision(
                MFA,
                Status.RISK_ACCEPTED,
                world.START + timedelta(days=8, hours=1),
                "bo",
                "why",
                review_on=date(2026, 3, 15),
            )
        ],
    )
    CohortDay.objects.bulk_create(
        CohortDay(cohort=cohort, on=START + timedelta(days=day), percentage=40 + day,
                  n_organizations=n, source="this installation")
        for cohort, n in (("301 to 1,000 seats", 57), ("all organizations", 214), ("tiny", 9))
        for day in (0, 10)
    )  # fmt: skip
    return contoso


def test_every_card_has_a_sentence_a_chart_a_table_and_files(
    admin: Client, recorded: Organization
) -> None:
    page = parsed(admin.get(PAGE))
    for key, title in zip(CARDS, TITLES, strict=True):
        card = region(page, title)

        assert text_of(card.xpath("./p[@class='sentence']")[0])
        assert ["group"] * 3 == card.xpath(".//svg[contains(@class, 'chart ')]/@role")
        assert card.xpath(f".//a[starts-with(@href, '{PAGE}{key}.csv')]")
        assert card.xpath(f".//a[starts-with(@href, '{PAGE}{key}.svg')]")
        assert card.xpath(".//details[contains(@class, 'as-table')]")


def test_the_sentences_say_what_the_record_says(admin: Client, recorded: Organization) -> None:
    page = parsed(admin.get(PAGE))
    found = query.metrics(recorded, START, LAST)
    assert found.changes.total is not None
    assert found.risk.now is not None
    total = found.changes.total
    lost = sum(found.losses.lost.values())
    said = {title: text_of(region(page, title)) for title in TITLES}

    assert "In this range: " in said["Zone"]
    assert "3 days without data are in no zone." in said["Zone"]
    assert f"+{total.achieved.short()} points achieved" in said["Score changes"]
    assert f"{lost / 100:g} points were lost" in said["Regression trend"]
    assert "1 risk accepted" in said["Risk acceptance trend"]
    assert "1 past its review date." in said["Risk acceptance trend"]
    assert "review was due on 15 Mar 2026" in said["Risk acceptance trend"]
    assert "No data from 5 Mar 2026 to 6 Mar 2026, on 13 Mar 2026." in text_of(page)


def test_a_bar_leads_to_the_losses_of_its_week(admin: Client, recorded: Organization) -> None:
    card = region(parsed(admin.get(PAGE)), "Regression trend")
    [wide, *_] = card.xpath(".//svg[contains(@class, 'chart-stacked')]")
    weeks = [w for w in query.regression_trend(recorded, START, LAST).weeks if w.total]
    links = wide.xpath(".//a/@href")

    assert len(weeks) == len(links)
    for week, href in zip(weeks, links, strict=True):
        found = admin.get(href.replace("/history/?", "/history.json?")).json()
        lost = -sum(one["change"] for one in found)

        assert round(week.total / 100, 2) == round(lost, 2)


def test_compared_lines_are_those_asked_for(admin: Client, recorded: Organization) -> None:
    every = region(parsed(admin.get(PAGE)), "Comparison trend")
    one = region(parsed(admin.get(f"{PAGE}?compare=seats")), "Comparison trend")
    none = text_of(parsed(admin.get(f"{PAGE}?compare=magic")))

    def looks(card: Any) -> set[str]:
        [wide, *_] = card.xpath(".//svg[contains(@class, 'chart-lines')]")
        return set(wide.xpath(".//path[starts-with(@class, 'line ')]/@class"))

    assert {"line line-own", "line line-similar", "line line-all"} == looks(every)
    assert {"line line-own", "line line-similar"} == looks(one)
    assert "57 organizations" in text_of(every)
    assert "No comparison “magic” has data in this range." in none


def test_a_cohort_under_ten_is_not_shown_even_if_it_is_stored(
    admin: Client, recorded: Organization
) -> None:
    made = CustomComparison.objects.create(
        organization=recorded, name="Tiny", created_by="x", created_at=world.START
    )
    CohortDay.objects.filter(cohort="tiny").update(cohort=f"custom:{made.pk}")

    assert "Tiny" not in text_of(region(parsed(admin.get(PAGE)), "Comparison trend"))


@pytest.mark.parametrize("card", CARDS)
def test_table_csv_and_json_hold_the_same(admin: Client, recorded: Organization, card: str) -> None:
    table = rows_of(parsed(admin.get(f"{PAGE}{card}/")).xpath("//table")[0])
    rows = list(csv.reader(io.StringIO(admin.get(f"{PAGE}{card}.csv").content.decode("utf-8-sig"))))
    objects = admin.get(f"{PAGE}{card}.json").json()

    assert len(table) == len(rows) - 1 == len(objects) > 0
    assert list(objects[0]) == rows[0]


@pytest.mark.parametrize("card", CARDS)
def test_the_page_of_a_card_shows_its_picture_beside_its_figures(
    admin: Client, recorded: Organization, card: str
) -> None:
    page = parsed(admin.get(f"{PAGE}{card}/?range=30d"))

    assert ["group"] * 3 == page.xpath("//main//svg[contains(@class, 'chart ')]/@role")
    assert ["30 days"] == page.xpath("//nav[@aria-label='Range of days']/a[@aria-current]/text()")
    assert page.xpath(f"//a[starts-with(@href, '{PAGE}{card}.svg')]")


def test_the_page_of_a_card_keeps_what_is_compared(admin: Client, recorded: Organization) -> None:
    page = parsed(admin.get(f"{PAGE}comparison/?compare=seats,magic"))
    [wide, *_] = page.xpath("//svg[contains(@class, 'chart-lines')]")
    drawn = set(wide.xpath(".//path[starts-with(@class, 'line ')]/@class"))
    ranges = page.xpath("//nav[@aria-label='Range of days']/a/@href")

    assert {"line line-own", "line line-similar"} == drawn
    assert all(href.endswith("&compare=seats") for href in ranges)


def test_percentages_have_their_sign_and_words_begin_where_their_head_begins(
    admin: Client, recorded: Organization
) -> None:
    page = parsed(admin.get(f"{PAGE}zone/"))
    heads = dict(zip(page.xpath("//thead//th/text()"), page.xpath("//thead//th"), strict=True))
    figures = [text_of(row[1]) for row in page.xpath("//tbody/tr")]

    assert ("num", None) == (heads["Percentage"].get("class"), heads["Zone"].get("class"))
    assert all(figure == EN_DASH or figure.endswith("%") for figure in figures)
    assert {EN_DASH} < set(figures)


@pytest.mark.parametrize("card", CARDS)
def test_a_picture_stands_alone(admin: Client, recorded: Organization, card: str) -> None:
    response = admin.get(f"{PAGE}{card}.svg")
    tree = etree.fromstring(response.content)

    assert "image/svg+xml" == response.headers["Content-Type"]
    assert f'attachment; filename="contoso-{card}.svg"' == response.headers["Content-Disposition"]
    assert "{http://www.w3.org/2000/svg}svg" == tree.tag
    assert 1 == len(tree.findall("{http://www.w3.org/2000/svg}style"))
    assert [] == tree.xpath("//@href")


def test_an_unknown_card_is_not_there(admin: Client, recorded: Organization) -> None:
    for path in ("magic/", "magic.csv", "magic.svg"):
        assert 404 == admin.get(f"{PAGE}{path}").status_code


def test_days_without_anything_say_so(admin: Client, contoso: Organization) -> None:
    nothing = text_of(parsed(admin.get(PAGE)))
    world.record(contoso, world.mfa(0, 10, 5))
    page = parsed(admin.get(PAGE))

    assert "No data yet" in nothing
    assert "The line starts with the second day of data." in text_of(region(page, "Zone"))
    assert "A regression needs two days of data." in text_of(region(page, "Regression trend"))
    assert "Nothing to compare with in this range." in text_of(region(page, "Comparison trend"))
    assert 404 == admin.get(f"{PAGE}changes.svg").status_code


def test_the_number_of_queries_does_not_depend_on_the_range(
    admin: Client, recorded: Organization, django_assert_max_num_queries: Any
) -> None:
    admin.get(PAGE)
    for asked in ("?range=30d", "?range=2y", "?from=2026-03-02&to=2026-03-09"):
        with django_assert_max_num_queries(20):
            admin.get(f"{PAGE}{asked}")
