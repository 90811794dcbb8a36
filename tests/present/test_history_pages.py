"""The History over real records: what is listed, filtered, exported, split; and what is not."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from securescore.core.status import Decision, Status
from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization
from securescore.record import history_answers as h
from securescore.record import query
from tests.ops import world
from tests.present.reading import SignIn, parsed, region, rows_of, text_of

MFA = "MFARegistrationV2"
START = world.START.date()
LAST = START + timedelta(days=6)
PAGE = "/o/contoso/history/"
SPLIT = f"{PAGE}split/"


@pytest.fixture(autouse=True)
def real_answers(sample: None, settings: Any) -> None:
    settings.SECURESCORE_ANSWERS = "securescore.record.query"


@pytest.fixture
def recorded(contoso: Organization) -> Organization:
    """Seven days without the fourth: up, down, up; in between a risk is accepted."""
    days = {0: 5, 1: 7, 2: 4, 4: 6, 5: 6, 6: 8}
    world.record(
        contoso,
        *[world.mfa(day, 10, n) for day, n in days.items()],
        decisions=[
            Decision(
                MFA,
                Status.RISK_ACCEPTED,
                world.START + timedelta(days=1, hours=2),
                "bo",
                '<b>until</b> "Q1"',
                review_on=date(2026, 6, 1),
            )
        ],
    )
    return contoso


def listed(client: Client, query_: str = "") -> list[str]:
    page = parsed(client.get(f"{PAGE}{query_}"))
    return [text_of(event) for event in page.xpath("//li[starts-with(@class, 'event ')]")]


def test_what_happened_is_grouped_by_day_newest_first(
    admin: Client, recorded: Organization
) -> None:
    page = parsed(admin.get(PAGE))
    days = [text_of(h3) for h3 in page.xpath("//section[contains(@class,'day')]//h3")]

    assert ["7 Mar 2026", "5 Mar 2026", "3 Mar 2026", "2 Mar 2026"] == days
    assert query.history(recorded, START, LAST).n_all == len(listed(admin))


def test_each_line_says_points_cause_and_category(admin: Client, recorded: Organization) -> None:
    [up, *_] = listed(admin)

    assert "+1.8" in up
    assert "5.4 → 7.2 / 9 points" in up
    assert "8 of 10" in up
    assert "users" in up
    assert "Identity" in up


def test_a_decision_says_who_why_and_when_to_review(admin: Client, recorded: Organization) -> None:
    [line] = listed(admin, "?kind=status")

    assert "To address → Risk accepted" in line
    assert 'bo: <b>until</b> "Q1"' in line
    assert "review on 1 Jun 2026" in line
    assert "<b>until</b>" not in admin.get(f"{PAGE}?kind=status").content.decode()


def test_a_review_and_an_end_are_told_on_their_days(admin: Client, contoso: Organization) -> None:
    at = world.START + timedelta(hours=2)
    accepted = Decision(
        MFA,
        Status.RISK_ACCEPTED,
        at,
        "bo",
        '<b>until</b> "Q1"',
        review_on=(at + timedelta(days=1)).date(),
        ends_on=(at + timedelta(days=2)).date(),
    )
    world.record(contoso, *[world.mfa(day, 10, 5) for day in range(4)], decisions=[accepted])
    ended, review, decided = listed(admin, "?kind=status")

    assert "Ended on its day: Risk accepted → To address" in ended
    assert "Review date of the accepted risk" in review
    assert all(
        '“<b>until</b> "Q1"”' in one or '<b>until</b> "Q1"' in one for one in (ended, review)
    )
    assert "bo: " in decided
    rows = json.loads(admin.get(f"{PAGE[:-1]}.json?kind=status").content)
    assert ["ended", "review", ""] == [row["moment"] for row in rows]


@pytest.mark.parametrize(
    "asked",
    ["?kind=regression", "?kind=score&kind=status", "?points=lost", "?category=Identity",
     "?category=Data", f"?action={MFA}", "?from=2026-03-03&to=2026-03-05",
     "?kind=SCORE&points=gained"],
)  # fmt: skip
def test_page_csv_and_json_hold_the_same(admin: Client, recorded: Organization, asked: str) -> None:
    n_lines = len(listed(admin, asked))
    rows = list(
        csv.DictReader(
            io.StringIO(admin.get(f"/o/contoso/history.csv{asked}").content.decode("utf-8-sig"))
        )
    )
    objects = admin.get(f"/o/contoso/history.json{asked}").json()

    assert n_lines == len(rows) == len(objects)
    assert [row["action"] for row in rows] == [one["action"] for one in objects]


def test_one_day_is_one_day(admin: Client, recorded: Organization) -> None:
    page = parsed(admin.get(f"{PAGE}?from=2026-03-03&to=2026-03-03"))

    assert 1 == len(page.xpath("//li[starts-with(@class, 'event ')]"))
    assert "2026-03-02" == page.xpath("//form[@class='two-days']//input[@name='from']/@value")[0]


def test_the_chart_has_two_named_axes_and_leaves_gaps_open(
    admin: Client, recorded: Organization
) -> None:
    page = parsed(admin.get(PAGE))
    section = region(page, "Score and points")
    [wide, *_] = section.xpath(".//svg[contains(@class, 'chart-lines')]")
    names = [t.text for t in wide.xpath(".//text[contains(@class, 'axis-name')]")]

    assert ["Score", "Points"] == names
    assert 2 == wide.xpath(".//path[@class='line line-own']/@d")[0].count("M")
    assert "No data on 4 Mar 2026: the line is left open there." in text_of(section)
    assert wide.xpath(".//a/@href")[0].startswith(f"{PAGE}?from=2026-03-0")


@pytest.mark.parametrize(
    "asked, words",
    [
        ("?from=yesterday", "There is no day “yesterday”; days are written YYYY-MM-DD."),
        ("?from=2026-13-40&to=x", "There is no day “2026-13-40” or “x”"),
        ("?range=week", "There is no range “week”"),
        ("?kind=magic", "There is no kind “magic”."),
        ("?category=<b>&points=stolen", "There is no category “<b>”."),
        ("?from=2026-03-05&to=2026-03-02", "they are exchanged"),
        ("?to=9999-12-31", "The range ends with the newest data."),
    ],
)
def test_what_is_not_understood_is_said(
    admin: Client, recorded: Organization, asked: str, words: str
) -> None:
    response = admin.get(f"{PAGE}{asked}")

    assert response.status_code == 200
    assert words in text_of(parsed(response))


@pytest.mark.parametrize("asked", ["?page=0", "?page=-1", "?page=x", "?page=99999999", "?page=%00"])
def test_a_bad_page_falls_back(admin: Client, recorded: Organization, asked: str) -> None:
    assert listed(admin, asked)


def test_no_match_names_the_filters_and_clears_them(admin: Client, recorded: Organization) -> None:
    page = parsed(admin.get(f"{PAGE}?category=Data&kind=catalog"))

    assert "Nothing matches in this range." in text_of(page)
    assert "Filters set: kind, category." in text_of(page)
    assert page.xpath("//a[text()='Clear filters']/@href")


def test_one_snapshot_and_none_are_said(admin: Client, contoso: Organization) -> None:
    nothing = text_of(parsed(admin.get(PAGE)))
    world.record(contoso, world.mfa(0, 10, 5))
    one = text_of(parsed(admin.get(PAGE)))

    assert "No data yet" in nothing
    assert "The line starts with the second day of data." in one
    assert "One day so far." in one


def test_the_number_of_queries_does_not_depend_on_what_is_shown(
    admin: Client, recorded: Organization, django_assert_max_num_queries: Any
) -> None:
    admin.get(PAGE)
    for asked in ("", "?range=30d&kind=regression", "?category=Identity&page=2"):
        with django_assert_max_num_queries(22):
            admin.get(f"{PAGE}{asked}")


def test_the_columns_of_a_split_sum_up(admin: Client, recorded: Organization) -> None:
    page = parsed(admin.get(f"{SPLIT}?from=2026-03-01&to=2026-03-07"))
    rows = rows_of(page.xpath("//table[contains(@class, 'split-table')]")[0])
    answer = query.split_between(recorded, START, LAST)
    assert answer is not None

    assert ["1 Mar 2026", "4.50", "10.00", "45.00%"] == rows[0]
    assert ["Users 1 action", "+2.70", "0.00", "+27.00 pp"] == rows[1]
    assert ["Difference", "+2.70", "0.00", "+27.00 pp"] == rows[-2]
    assert ["7 Mar 2026", "7.20", "10.00", "72.00%"] == rows[-1]
    assert answer.points == sum(part.points for part in answer.parts)


def test_a_split_is_exported_with_the_same_numbers(admin: Client, recorded: Organization) -> None:
    asked = "?from=2026-03-01&to=2026-03-07"
    found = admin.get(f"/o/contoso/history/split.json{asked}").json()
    rows = list(
        csv.DictReader(
            io.StringIO(
                admin.get(f"/o/contoso/history/split.csv{asked}").content.decode("utf-8-sig")
            )
        )
    )

    assert 2.7 == found["points"] == sum(part["points"] for part in found["parts"])
    assert ["start", "cause", "action", "end"] == [row["row"] for row in rows]
    assert ["4.5", "2.7", "2.7", "7.2"] == [row["points"] for row in rows]


@pytest.mark.parametrize(
    "asked, words",
    [
        ("?from=2026-03-04&to=2026-03-07", "4 Mar 2026 has no data: 3 Mar 2026 is shown"),
        ("?from=2020-01-01&to=2026-03-07", "1 Mar 2026 is shown, the first day with data."),
        ("?from=x&to=2026-03-07", "“x” is no day"),
        ("?from=2026-03-07&to=2026-03-01", "they are exchanged"),
        ("?from=0001-01-01&to=9999-12-31", "is shown"),
    ],
)
def test_days_without_data_and_bad_days_are_said(
    admin: Client, recorded: Organization, asked: str, words: str
) -> None:
    response = admin.get(f"{SPLIT}{asked}")

    assert response.status_code == 200
    assert words in text_of(parsed(response))


def detail(cause: str = "user", key: str = MFA) -> str:
    return f"{SPLIT}{quote(key)}/?from=2026-03-02&to=2026-03-03&cause={cause}"


def test_who_flipped_is_named_for_those_who_may_see(
    signed_in: SignIn, recorded: Organization
) -> None:
    seen = text_of(parsed(signed_in("evidence_viewer").get(detail())))
    counted = text_of(parsed(signed_in("viewer").get(detail())))

    assert "3 no longer done" in seen
    assert "user4@example.com" in seen
    assert "3 no longer done" in counted
    assert "example.com" not in counted
    assert "need the role “evidence viewer”" in counted


def test_who_flipped_is_exported_for_those_who_may_see(
    signed_in: SignIn, recorded: Organization
) -> None:
    address = detail().replace("/?", "/resources.csv?")
    rows = csv.DictReader(
        io.StringIO(signed_in("evidence_viewer").get(address).content.decode("utf-8-sig"))
    )

    assert ["yes"] * 3 == [row["is_failing"] for row in rows]
    assert 403 == signed_in("viewer").get(address).status_code


@pytest.mark.parametrize(
    "address", [detail("configuration"), detail("magic"), detail(key="No-Such"), detail("")]
)
def test_what_did_not_change_is_not_there(
    admin: Client, recorded: Organization, address: str
) -> None:
    assert 404 == admin.get(address).status_code


def test_another_organization_is_not_there(admin: Client, recorded: Organization) -> None:
    create_organization("Fabrikam")
    for path in ("history/", "history.csv", "history/split/", "metrics/", "metrics/zone.svg"):
        assert 404 == admin.get(f"/o/fabrikam/{path}").status_code


def test_a_fragment_is_what_htmx_asks_for(admin: Client, recorded: Organization) -> None:
    for address in (f"{SPLIT}?from=2026-03-01&to=2026-03-07", detail(), "/o/contoso/metrics/zone/"):
        fragment = admin.get(address, headers={"HX-Request": "true"}).content.decode()

        assert "<html" not in fragment
        assert "<html" in admin.get(address).content.decode()


def test_the_overview_leads_to_the_history_of_a_day(admin: Client, recorded: Organization) -> None:
    page = parsed(admin.get("/o/contoso/"))
    pins = page.xpath("//svg//a/@href")

    assert pins
    assert all(href.startswith(f"{PAGE}?from=") for href in pins)
    assert {"History", "Metrics & trends"} <= {
        text_of(a) for a in page.xpath("//nav[@aria-label='Main']//a")
    }


def test_page_command_and_record_say_the_same(admin: Client, recorded: Organization) -> None:
    from click.testing import CliRunner

    from securescore.present.cli.history import history

    asked = "?from=2026-03-01&to=2026-03-07"
    ran = CliRunner().invoke(
        history,
        ["--org", "Contoso", "--split", "--from", "2026-03-01", "--to", "2026-03-07", "--json"],
    )
    events = CliRunner().invoke(history, ["--org", "Contoso", "--json"])

    assert 0 == ran.exit_code, ran.output
    assert admin.get(f"/o/contoso/history/split.json{asked}").json() == json.loads(ran.stdout)
    assert [e.control_id for e in query.history(recorded, START, LAST).events] == [
        e["control_id"] for e in json.loads(events.stdout)["events"]
    ]
    assert h.EventFilter() == h.EventFilter(kinds=())
