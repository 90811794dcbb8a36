from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from lxml import html

from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization
from securescore.present.action_facets import seen_by
from securescore.present.web.overview_model import gain, happenings
from securescore.present.web.review import review_lines
from tests.present import sample_answers
from tests.present.reading import MakePerson, parsed, region, rows_of, text_of


def overview(client: Client, slug: str = "contoso", query: str = "") -> html.HtmlElement:
    response = client.get(f"/o/{slug}/{query}")
    assert response.status_code == 200
    return parsed(response)


def test_the_score_stands_in_points_percent_and_a_word(
    admin: Client, contoso: Organization
) -> None:
    score = sample_answers.latest_score(contoso)
    tile = region(overview(admin), "Your score")
    said = tile.xpath(".//svg[@role='img']/title")[0].text

    assert "54.6%" in said
    assert f"{score.points.short()} of {score.max_score.short()} points" in said
    assert "Okay" in text_of(tile)
    assert "Not a measure of how likely a breach is." in text_of(tile)


def test_included_views_are_chosen_in_the_address(admin: Client, contoso: Organization) -> None:
    page = overview(admin, query="?include=planned,achievable")
    ticked = page.xpath("//input[@name='include'][@checked]/@value")
    tile = text_of(region(page, "Your score"))

    assert ticked == ["planned", "achievable"]
    assert "59.8%" in tile
    assert "75.0%" in tile
    assert "planned 72.0%" in text_of(region(page, "Points by category"))


@pytest.mark.parametrize("view", ["planned", "license", "achievable"])
def test_what_a_view_adds_by_action_is_what_it_adds_to_the_score(
    contoso: Organization, view: str
) -> None:
    score = sample_answers.latest_score(contoso)
    names = {"planned": "planned", "license": "current_license", "achievable": "achievable"}
    expected = next(v.points for v in score.views if v.name == names[view])

    assert expected == score.points + gain(sample_answers.actions(contoso), view)


def test_every_category_leads_to_its_actions(admin: Client) -> None:
    section = region(overview(admin), "Points by category")
    links = [urlsplit(a.get("href")) for a in section.iter("a")]

    assert [parse_qs(link.query)["category"] for link in links] == [
        ["Identity"],
        ["Data"],
        ["Device"],
        ["Apps"],
        ["Infrastructure"],
    ]


def test_every_count_leads_to_as_many_actions(admin: Client) -> None:
    section = region(overview(admin), "Actions to review")
    links = section.xpath(".//ul//a")
    for link in links:
        count = int(text_of((link.xpath("./bdi") or [link])[0]).split()[0])
        rows = admin.get(link.get("href").replace("/actions/?", "/actions.json?")).json()

        assert count == len(rows), link.get("href")
    assert len(links) > 6


def test_counts_by_status_are_those_of_the_score(admin: Client, contoso: Organization) -> None:
    score = sample_answers.latest_score(contoso)
    links = region(overview(admin), "Actions to review").xpath(".//ul[1]//a[not(@class)]")
    counts = {
        text_of(a.xpath("./span")[0]).lower(): int(text_of(a.xpath("./bdi")[0])) for a in links
    }

    assert score is not None
    assert {k: n for k, n in counts.items() if n} == {
        k: n for k, n in score.n_by_status.items() if n
    }


def test_what_needs_a_look_is_counted(contoso: Organization) -> None:
    today = date(2026, 11, 27)
    old = {"added_on": date(2026, 1, 1), "changed_on": date(2026, 1, 1), "regressed_on": None}
    base = replace(sample_answers.actions(contoso)[0], state="measured", status="planned", **old)
    accepted = replace(base, status="risk accepted")
    rows = [
        base,
        replace(base, regressed_on=today),
        replace(base, added_on=today, changed_on=today),
        replace(base, changed_on=today),
        replace(base, is_waiting=True),
        replace(accepted, review_on=today + timedelta(days=31)),
        replace(accepted, review_on=today + timedelta(days=30)),
        replace(accepted, review_on=today + timedelta(days=1)),
        replace(accepted, review_on=date(2026, 1, 1)),
    ]
    statuses, happened = review_lines(rows, seen_by("ana", rows, today), "/actions/")
    [risk] = [line for line in statuses if line.status == "risk accepted"]

    assert (risk.n, risk.notes) == (
        4,
        (
            ("1 past its review date", "/actions/?review=due"),
            ("2 due within 30 days", "/actions/?review=soon"),
        ),
    )
    assert {()} == {line.notes for line in (*statuses, *happened) if line is not risk}
    assert [(line.label, line.n) for line in happened] == [
        ("Regressed", 1),
        ("Recently added", 1),
        ("Recently updated", 1),
        ("Waiting for approval", 1),
    ]


def test_the_trend_names_its_ends_and_its_gap(admin: Client) -> None:
    section = region(overview(admin, query="?range=1y"), "Score over time")
    figure = section.xpath(".//figure[@data-chart]")[0]

    assert "No data from" in text_of(section)
    assert len(figure.get("data-values").split(",")) == 366
    assert section.xpath(".//svg/@role") == ["group"] * 3
    assert [li.xpath("./span")[0].text for li in section.xpath(".//ol/li")] == list("12345")


def test_the_table_of_days_has_every_day_newest_first(admin: Client, contoso: Organization) -> None:
    page = parsed(admin.get("/o/contoso/score/?range=30d"))
    rows = rows_of(page.xpath("//table")[0])

    assert len(rows) == 31
    assert rows[0][1] == "54.6%"


def test_a_bad_range_falls_back_and_the_page_says_so(admin: Client) -> None:
    page = overview(admin, query="?range=week")

    assert "There is no range “week”" in text_of(page)


def test_top_actions_are_open_scored_and_by_rank(admin: Client, contoso: Organization) -> None:
    section = region(overview(admin), "Do next")
    ranks = [int(row[0]) for row in rows_of(section.xpath(".//table")[0])]
    by_rank = {r.rank: r for r in sample_answers.actions(contoso)}

    assert len(ranks) == 8
    assert ranks == sorted(ranks)
    assert {by_rank[n].status for n in ranks} <= {"to address", "planned"}
    assert {by_rank[n].state for n in ranks} <= {"measured", "stale", "error"}


def test_coverage_says_what_is_not_measured_and_what_unlocks_it(admin: Client) -> None:
    section = text_of(region(overview(admin), "How sure is this"))

    assert "1 control not measured" in section
    assert "up to 8 points" in section
    assert "AuditLog.Read.All" in section
    assert "Attested by people12 points" in section


@pytest.mark.parametrize(
    "name, words",
    [
        ("New", "No data yet"),
        ("First day", "1 snapshot; the trend starts tomorrow"),
        ("Stale", "The data is 3 days old."),
    ],
)
def test_each_state_says_what_is_there(
    admin: Client, person: MakePerson, name: str, words: str
) -> None:
    from django.contrib.auth.models import User

    from securescore.organizations.write import set_role

    organization = create_organization(name)
    set_role(organization, User.objects.get(username="person-admin"), "viewer")

    assert words in text_of(overview(admin, organization.slug))


@pytest.mark.parametrize("page", ["", "actions/", "history/", "metrics/"])
@pytest.mark.parametrize(
    "role, links, words",
    [
        ("admin", ["/o/new/connectors/"], "Here will be"),
        ("viewer", [], "An administrator of the organization can import files."),
    ],
)
def test_a_page_without_data_offers_the_import_to_those_who_may(
    person: MakePerson, page: str, role: str, links: list[str], words: str
) -> None:
    client = Client()
    client.force_login(person("nia", role, create_organization("New")))
    main = parsed(client.get(f"/o/new/{page}")).xpath("//main")[0]

    assert main.xpath(".//a[text()='Import files']/@href") == links
    assert words in text_of(main)


def test_a_demo_is_marked(admin: Client) -> None:
    from django.contrib.auth.models import User

    from securescore.organizations.write import set_role

    organization = create_organization("Fiction", is_demo=True)
    set_role(organization, User.objects.get(username="person-admin"), "viewer")
    page = overview(admin, "fiction")

    assert page.xpath("//header//*[@class='demo']")
    assert "A fictional company" in text_of(page)


def test_the_days_that_moved_most_are_numbered_in_order_of_time(contoso: Organization) -> None:
    from datetime import date

    events = sample_answers.events(contoso, date.min, date.max)
    found = happenings(events, "UTC", 3)

    assert [h.mark for h in found] == ["1", "2", "3"]
    assert [h.on for h in found] == sorted(h.on for h in found)
    assert min(h.delta for h in found) >= max(
        e.delta for e in events if e.control_id not in {h.first.control_id for h in found}
    )


def test_the_number_of_queries_does_not_depend_on_the_range(
    admin: Client, django_assert_max_num_queries: Any
) -> None:
    overview(admin)  # the session remembers the organization now
    for query in ("?range=30d", "?range=2y"):
        with django_assert_max_num_queries(4):  # session, person, membership, switcher
            overview(admin, query=query)
