"""What the API answers: the numbers of the record, in pages, filtered, and as files."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from securescore.catalog.load import built_in_catalog
from securescore.organizations.models import Organization
from securescore.record import query
from securescore.record.plain import plain, score_json
from tests.rest_api.contract import Api, error_of

MFA = "MFARegistrationV2"


def rows_of(response: Any) -> list[dict[str, str]]:
    assert response.headers["Content-Type"].startswith("text/csv")
    text = response.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_organization_is_the_one_that_the_token_names(reader: Api) -> None:
    found = reader.json("organization")

    assert (found["name"], found["rights"]) == ("Contoso", ["view"])
    assert (found["first_day"], found["last_day"]) == ("2026-03-01", "2026-03-04")


def test_the_score_is_that_of_the_record(reader: Api, organization: Organization) -> None:
    expected = query.latest_score(organization)
    assert expected is not None

    assert score_json(expected) == reader.json("score")


def test_the_score_of_a_day_is_that_of_its_last_snapshot(reader: Api) -> None:
    points = [reader.json(f"score?on=2026-03-0{day}")["points"] for day in (1, 2, 4)]

    assert points == [4.5, 6.3, 5.4]


def test_a_day_without_data_has_no_score_and_says_so(reader: Api) -> None:
    response = reader.get("score?on=2026-03-03")

    assert response.status_code == 404
    assert "2026-03-03" in error_of(response)["message"]


def test_days_without_data_are_gaps(reader: Api) -> None:
    days = reader.json("score/days?from=2026-03-01&to=2026-03-04")["items"]

    assert [d["on"][-2:] for d in days] == ["01", "02", "03", "04"]
    assert [d["has_data"] for d in days] == [True, True, False, True]
    assert [d["points"] for d in days] == [4.5, 6.3, None, 5.4]


def test_days_without_a_range_are_the_year_to_the_newest_data(reader: Api) -> None:
    days = reader.json("score/days")["items"]

    assert (len(days), days[-1]["on"]) == (366, "2026-03-04")


def test_coverage_says_what_is_missing_and_what_would_bring_it(reader: Api) -> None:
    found = reader.json("coverage")

    assert found["coverage"]["unmeasured"] > 0
    assert found["unlocks"][0]["n_controls"] > 0


def test_actions_are_those_of_the_record_in_its_order(
    reader: Api, organization: Organization
) -> None:
    found = reader.json("actions?per_page=500")

    assert plain(query.actions(organization)) == found["items"]
    assert found["n_items"] == found["n_all"] == len(found["items"])


def test_actions_are_filtered_as_on_the_page(reader: Api) -> None:
    found = reader.json("actions?state=measured&category=Identity&q=register")

    assert [MFA] == [row["id"] for row in found["items"]]
    assert found["n_items"] == 1 < found["n_all"]
    assert found["points_left"] == found["items"][0]["points_left"]


def test_pages_lead_through_all_actions_once(reader: Api) -> None:
    path: str | None = "actions?per_page=20&sort=-title"
    seen: list[str] = []
    while path:
        found = reader.json(path)
        seen += [row["id"] for row in found["items"]]
        path = found["next"]

    assert len(seen) == len(set(seen)) == found["n_items"]
    assert found["page"] == found["n_pages"] == -(-len(seen) // 20)


def test_a_page_after_the_last_is_empty(reader: Api) -> None:
    found = reader.json("actions?page=99999")

    assert (found["items"], found["next"]) == ([], None)


def test_pages_have_five_hundred_entries_at_most(reader: Api) -> None:
    assert reader.json("actions?per_page=999999")["per_page"] == 500


def test_only_the_members_that_are_asked_for(reader: Api) -> None:
    found = reader.json("actions?members=id&members=points&state=measured")

    assert {"id", "points"} == set(found["items"][0])


@pytest.mark.parametrize("path", ["actions.csv", "actions"])
def test_a_file_has_every_page(reader: Api, path: str) -> None:
    rows = rows_of(reader.get(f"{path}?per_page=1&members=id&members=points", Accept="text/csv"))

    assert len(rows) == reader.json("actions")["n_items"] > 1
    assert {"id", "points"} == set(rows[0])


def test_a_browser_gets_json_unless_it_prefers_csv(reader: Api) -> None:
    response = reader.get("actions", Accept="text/html,*/*;q=0.8")

    assert response.headers["Content-Type"].startswith("application/json")


def test_one_action_has_everything_but_names(reader: Api, organization: Organization) -> None:
    answer = query.action(organization, MFA)
    found = reader.json(f"actions/{MFA}")

    assert plain(answer) == found
    assert "user6@example.com" not in str(found)


def test_an_action_that_is_not_there_is_404(reader: Api) -> None:
    response = reader.get("actions/Nothing")

    assert response.status_code == 404
    assert "Nothing" in error_of(response)["message"]


def test_evidence_names_resources_page_by_page(token: Any) -> None:
    api = token("Evidence.Read.All")
    first = api.json(f"actions/{MFA}/evidence?per_page=3")
    second = api.json(first["next"])
    names = [row["resource_name"] for row in first["items"] + second["items"]]

    assert (first["n_items"], first["n_pages"], second["next"]) == (4, 2, None)
    assert [f"user{n}@example.com" for n in (6, 7, 8, 9)] == sorted(names)


def test_evidence_is_searched_and_given_as_a_file(token: Any) -> None:
    api = token("Evidence.Read.All")
    rows = rows_of(api.get(f"actions/{MFA}/evidence.csv?q=user8"))

    assert [row["resource_name"] for row in rows] == ["user8@example.com"]


def test_history_is_what_changed(reader: Api) -> None:
    found = reader.json("history?from=2026-03-02&to=2026-03-04")["items"]

    assert [(e["control_id"], e["delta"], e["kind"]) for e in found] == [
        (MFA, -0.9, "regression"),
        (MFA, 1.8, "score"),
    ]


def test_history_is_filtered(reader: Api) -> None:
    found = reader.json("history?kind=regression&category=Identity")

    assert (found["n_items"], found["items"][0]["delta"]) == (1, -0.9)
    assert reader.json("history?category=Data")["items"] == []


def test_the_catalog_lists_controls_and_how_each_is_judged(reader: Api) -> None:
    listed = reader.json("catalog/controls")["items"]
    one = reader.json(f"catalog/controls/{MFA}")

    assert MFA in {control["id"] for control in listed}
    assert (one["max_score"], one["scoring"]) == (9.0, "proportional")
    assert "select" in one["sql"].lower()
    assert reader.get("catalog/controls/Nothing").status_code == 404


def test_a_control_and_its_action_say_where_to_learn_more(reader: Api) -> None:
    links = plain(built_in_catalog().controls[MFA].learn_more)

    assert links
    assert reader.json(f"catalog/controls/{MFA}")["learn_more"] == links
    assert reader.json(f"actions/{MFA}")["learn_more"] == links


def test_an_organization_without_data_has_empty_lists_and_no_score(token: Any) -> None:
    from tests.ops import world

    api = token("SecurityEvents.Read.All", of=world.organization("Empty"))

    assert api.get("score").status_code == 404
    assert api.get("coverage").status_code == 404
    assert api.json("actions")["items"] == []
    assert api.json("history")["items"] == []
    assert api.json("comparison")["items"] == []
    assert not any(day["has_data"] for day in api.json("score/days")["items"])


def test_head_answers_as_get_without_a_body(reader: Api) -> None:
    headers = {"Authorization": f"Bearer {reader.secret}"}
    head = Client().head("/api/v1/score", headers=headers)
    get = Client().get("/api/v1/score", headers=headers)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(get.content))


PATHS = (
    "organization",
    "score",
    "score/days?from=2026-03-01&to=2026-03-04",
    "coverage",
    "comparison",
    "actions",
    f"actions/{MFA}",
    "history?from=2026-03-01",
    "catalog/controls",
    "settings/zones",
    "risk-requests",
)
MOST_QUERIES = 25


def test_the_number_of_queries_does_not_grow(
    reader: Api, organization: Organization, django_assert_max_num_queries: Any
) -> None:
    from securescore.record.kept import touch
    from tests.ops import world

    def counts() -> dict[str, int]:
        made = {}
        for path in PATHS:
            with django_assert_max_num_queries(MOST_QUERIES) as captured:
                assert reader.get(path).status_code == 200
            made[path] = len(captured)
        return made

    reader.get("organization")  # writes when the token was last used
    touch(organization)  # nothing is kept in memory
    few = counts()
    world.record(organization, *[world.mfa(day, 10, day % 9) for day in range(5, 25)])

    assert few == counts()
