from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from lxml import html

from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization, set_role
from tests.present import sample_answers
from tests.present.reading import parsed, region, rows_of, text_of


def listed(client: Client, query: str = "") -> html.HtmlElement:
    response = client.get(f"/o/contoso/actions/{query}")
    assert response.status_code == 200
    return parsed(response)


def test_the_list_says_how_many_and_what_they_are_worth(admin: Client) -> None:
    page = listed(admin, "?status=planned")
    status = page.xpath("//*[@id='results']//p[@role='status']")[0]

    assert text_of(status) == "2 of 27 actions · 8.04 points left"
    assert len(rows_of(page.xpath("//table")[0])) == 2


def test_a_sorted_column_says_so_and_its_head_turns_the_order(admin: Client) -> None:
    page = listed(admin, "?sort=-impact")
    heads = {text_of(th): th for th in page.xpath("//thead//th")}

    assert heads["Score impact"].get("aria-sort") == "descending"
    assert heads["Score impact"].xpath("./a/@href") == ["?sort=impact"]
    assert heads["Rank"].get("aria-sort") is None


def test_filters_that_are_set_can_be_taken_off_one_by_one(admin: Client) -> None:
    page = listed(admin, "?status=planned&category=Data")
    chips = page.xpath("//*[@class='chips']//a")

    assert [a.get("href") for a in chips] == ["?status=planned", "?category=Data", "?"]


def test_no_match_names_the_filters_and_offers_to_clear_them(admin: Client) -> None:
    page = listed(admin, "?q=zebra&status=planned")
    results = page.get_element_by_id("results")

    assert "search “zebra”, status" in text_of(results)
    assert results.xpath(".//a[contains(., 'Clear filters')]/@href")[-1] == "?"


def test_fifty_rows_are_a_page(admin: Client, contoso: Organization) -> None:
    from django.contrib.auth.models import User

    large = create_organization("Large")
    set_role(large, User.objects.get(username="person-admin"), "viewer")
    first = parsed(admin.get("/o/large/actions/"))
    last = parsed(admin.get("/o/large/actions/?page=2"))
    beyond = parsed(admin.get("/o/large/actions/?page=99"))

    assert len(rows_of(first.xpath("//table")[0])) == 50
    assert len(rows_of(last.xpath("//table")[0])) == 31
    assert len(rows_of(beyond.xpath("//table")[0])) == 31
    assert first.xpath("//a[@rel='next']/@href") == ["?page=2"]


def test_a_group_counts_all_of_its_rows(admin: Client) -> None:
    page = listed(admin, "?group=category")
    heads = [text_of(th) for th in page.xpath("//tbody[contains(@class,'group')]//th")]

    assert [head.split()[0] for head in heads] == [
        "Identity",
        "Data",
        "Device",
        "Apps",
        "Infrastructure",
    ]
    assert heads[1].startswith("Data 4 ·")


def test_htmx_is_told_the_address_without_empty_fields(admin: Client) -> None:
    response = admin.get("/o/contoso/actions/?q=&status=planned&group=")

    assert response.headers["HX-Push-Url"] == "/o/contoso/actions/?status=planned"


# -- files --------------------------------------------------------------------------------------
def test_the_files_hold_what_is_filtered_all_pages(admin: Client) -> None:
    rows = admin.get("/o/contoso/actions.json?status=completed").json()
    text = admin.get("/o/contoso/actions.csv?status=completed").content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))

    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    assert {row["status"] for row in rows} == {"completed"}


def test_a_file_opened_in_a_spreadsheet_runs_no_formula(admin: Client) -> None:
    text = admin.get("/o/contoso/actions.csv").content.decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]

    assert f"'{sample_answers.HOSTILE}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "\t", "\r"))]


def test_the_evidence_file_is_safe_and_complete(admin: Client) -> None:
    response = admin.get("/o/contoso/actions/Control01/evidence.csv")
    lines = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))

    assert response.headers["Content-Disposition"] == (
        'attachment; filename="contoso-evidence.csv"'
    )
    assert len(lines) == 27
    assert lines[0]["resource_name"] == f"'{sample_answers.HOSTILE}"


# -- one action ---------------------------------------------------------------------------------
def action(
    client: Client, key: str = "Control01", query: str = "", **headers: str
) -> html.HtmlElement:
    response = client.get(f"/o/contoso/actions/{key}/{query}", headers=headers)
    assert response.status_code == 200
    return parsed(response)


def test_an_action_shows_everything_in_order(admin: Client) -> None:
    page = action(admin)
    heads = [text_of(h) for h in page.xpath("//article//*[@class='section-title']")]

    assert heads == [
        "Why it matters",
        "User impact",
        "Implementation",
        "Evidence",
        "History",
        "At a glance",
        "Why rank 15",
        "Data it is judged from",
        "How the condition is known",
    ]
    assert len(page.xpath("//ol[@class='steps']/li")) == 3
    assert "Regressed" in text_of(page.xpath("//article")[0])


def test_the_implementation_ends_with_where_to_learn_more(admin: Client) -> None:
    section = region(action(admin), "Implementation")
    heads = [text_of(h) for h in section.xpath(".//*[@class='sub-title']")]
    links = section.xpath(".//*[@class='sub-title'][.='Learn more']/following-sibling::ul[1]//a")

    assert heads[-1] == "Learn more"
    assert [(text_of(a), a.get("href"), a.get("rel")) for a in links] == [
        (
            "Require a second <factor>",
            "https://learn.microsoft.com/entra/second-factor",
            "external noreferrer",
        ),
        ("What roles may do", "https://support.microsoft.com/topic/roles", "external noreferrer"),
    ]


def test_what_no_vendor_documents_has_no_empty_list_of_pages(admin: Client) -> None:
    section = region(action(admin, "Control02"), "Implementation")

    assert "Learn more" not in text_of(section)


def test_evidence_names_resource_reason_and_since_when(admin: Client) -> None:
    section = region(action(admin), "Evidence")
    rows = rows_of(section.xpath(".//table")[0])

    assert "27 not done of 53" in text_of(section)
    assert len(rows) == 10
    assert rows[1][1] == "No second factor registered; covered by no policy"
    assert "6 days" in rows[1][2]


def test_a_viewer_sees_counts_and_no_names(viewer: Client) -> None:
    page = action(viewer)

    assert "27 not done of 53" in text_of(region(page, "Evidence"))
    assert "person001" not in text_of(page)


def test_the_flyout_is_the_same_content_without_the_frame(admin: Client) -> None:
    whole = action(admin).xpath("//article")[0]
    fragment = action(admin, **{"HX-Request": "true"})

    assert fragment.xpath("//header") == []
    assert [text_of(s) for s in fragment.iter("section")] == [
        text_of(s) for s in whole.iter("section")
    ]


def test_previous_and_next_stay_in_the_list_one_came_from(admin: Client) -> None:
    listed_ids = [r["id"] for r in admin.get("/o/contoso/actions.json?status=planned").json()]
    page = action(admin, listed_ids[0], "?status=planned")

    assert page.xpath("//a[@rel='prev']") == []
    assert page.xpath("//a[@rel='next']/@href") == [
        f"/o/contoso/actions/{listed_ids[1]}/?status=planned"
    ]


def test_a_control_with_a_slash_in_its_id_has_a_page_and_evidence(admin: Client) -> None:
    row = next(r for r in admin.get("/o/contoso/actions.json").json() if "/" in r["id"])

    assert text_of(action(admin, row["id"]).xpath("//h1")[0]) == row["title"]
    assert admin.get(f"/o/contoso/actions/{row['id']}/evidence/").status_code == 200


@pytest.mark.parametrize(
    "state, words",
    [
        ("unmeasured", "Not measured. The table entra_registration was not collected"),
        ("stale", "Stale. The newest data is 61 hours old."),
        ("error", "Error in the control. The control ran into its time limit."),
    ],
)
def test_an_action_that_is_not_measured_says_why(
    admin: Client, contoso: Organization, state: str, words: str
) -> None:
    row = next(r for r in sample_answers.actions(contoso) if r.state == state)

    assert words in text_of(action(admin, row.id).xpath("//article")[0])


def test_the_evidence_page_searches_and_pages(admin: Client) -> None:
    found = parsed(admin.get("/o/contoso/actions/Control01/evidence/?q=person002"))
    nothing = parsed(admin.get("/o/contoso/actions/Control01/evidence/?q=zebra"))

    assert len(rows_of(found.xpath("//table")[0])) == 1
    assert "Nothing matches." in text_of(nothing)


@pytest.mark.parametrize(
    "path", ["actions/", "actions/?group=status&sort=-impact", "actions/Control01/"]
)
def test_pages_of_actions_make_few_queries(
    admin: Client, django_assert_max_num_queries: Any, path: str
) -> None:
    admin.get("/o/contoso/")
    # session, person, membership, switcher; of the list the saved views, of an action the members
    with django_assert_max_num_queries(5):
        assert admin.get(f"/o/contoso/{path}").status_code == 200


def test_the_columns_are_those_chosen_and_the_address_says_which(admin: Client) -> None:
    page = listed(admin, "?columns=points&columns=due&columns=tags")
    heads = [text_of(th) for th in page.xpath("//thead//th")][1:]

    assert heads == ["Recommended action", "Points", "Due", "Tags"]
    assert "columns=title%2Cpoints%2Cdue%2Ctags" in page.xpath("//thead//a/@href")[0]


def test_the_export_names_how_many_of_how_many(admin: Client) -> None:
    menu = text_of(listed(admin, "?status=planned").get_element_by_id("export"))

    assert "Export these 2" in menu
    assert "Export all 27" in menu
    for form in ("csv", "xlsx", "json"):
        assert admin.get(f"/o/contoso/actions.{form}?status=planned").status_code == 200


def test_shortcuts_can_be_switched_off_and_are_listed(admin: Client) -> None:
    answer = admin.post("/shortcuts/", {"shortcuts": "off", "next": "/o/contoso/actions/"})
    page = listed(admin)

    assert answer.headers["Location"] == "/o/contoso/actions/"
    assert page.get("data-shortcuts") == "off"
    assert "Next, previous action" in text_of(page.get_element_by_id("shortcuts"))
