"""History, splits and metrics over the API: the record's own numbers, and only what is allowed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from securescore.organizations.models import Organization
from securescore.record import query
from securescore.record.plain import plain
from tests.ops import world
from tests.rest_api.contract import Api, error_of

MFA = "MFARegistrationV2"
RANGE = "from=2026-03-01&to=2026-03-04"
DAYS = (date(2026, 3, 1), date(2026, 3, 4))
DETAIL = f"history/split/detail?{RANGE}&control={MFA}&cause=user"
TODAY = datetime.now(UTC).date().isoformat()
LATER = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
METRICS = ("zone", "comparison", "score-changes", "regressions", "risk-acceptance")


def file_of(api: Api, path: str) -> list[dict[str, str]]:
    response = api.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


# -- history ---------------------------------------------------------------------------------------
def decided(api: Api, note: str = "In spring.") -> None:
    body = {"version": 0, "status": "planned", "note": note}
    assert api.send("PATCH", f"actions/{MFA}", body).status_code == 200


def test_history_has_what_people_decided_beside_what_changed(editor: Api) -> None:
    decided(editor)
    found = editor.json(f"history?from=2026-03-02&to={TODAY}")

    assert [(e["is_decision"], e["status"], e["note"]) for e in found["items"]] == [
        (True, "planned", "In spring."),
        (False, found["items"][1]["status"], ""),
        (False, found["items"][2]["status"], ""),
    ]
    assert [e["delta"] for e in found["items"]] == [0.0, -0.9, 1.8]


def test_history_is_that_of_the_record(reader: Api, organization: Organization) -> None:
    expected = query.history(organization, *DAYS)

    assert plain(expected.events) == reader.json(f"history?{RANGE}")["items"]


@pytest.mark.parametrize(
    "asked, deltas",
    [
        ("points=lost", [-0.9]),
        ("points=gained", [1.8]),
        ("cause=user", [-0.9, 1.8]),
        ("cause=status", [0.0]),
        ("cause=user&cause=status", [0.0, -0.9, 1.8]),
        ("cause=catalog", []),
        ("kind=status", [0.0]),
        ("category=Data", []),
        ("action=Nothing", []),
    ],
)
def test_history_is_narrowed(editor: Api, asked: str, deltas: list[float]) -> None:
    decided(editor)
    found = editor.json(f"history?from=2026-03-02&to={TODAY}&{asked}")

    assert deltas == [event["delta"] for event in found["items"]]
    assert found["n_items"] == len(deltas)


def test_pages_lead_through_the_history_once(editor: Api) -> None:
    decided(editor)
    path: str | None = f"history?from=2026-03-02&to={TODAY}&per_page=1"
    seen = []
    while path:
        found = editor.json(path)
        seen += [(event["at"], event["is_decision"]) for event in found["items"]]
        path = found["next"]

    assert len(set(seen)) == len(seen) == found["n_items"] == found["n_pages"] == 3
    after = editor.json("history?from=2026-03-02&page=999999999&per_page=1")
    assert (after["items"], after["next"]) == ([], None)


def test_the_file_of_the_history_has_every_page(editor: Api) -> None:
    decided(editor, note="=1+1")
    rows = file_of(editor, f"history.csv?from=2026-03-02&to={TODAY}&per_page=1")

    assert [row["delta"] for row in rows] == ["0.0", "-0.9", "1.8"]
    assert rows[0]["note"] == "'=1+1"


# -- two days --------------------------------------------------------------------------------------
def test_a_split_is_that_of_the_record_and_its_parts_sum(
    reader: Api, organization: Organization
) -> None:
    found = reader.json(f"history/split?{RANGE}")

    assert plain(query.split_between(organization, *DAYS)) == found
    assert (found["points"], found["pp"]) == (0.9, found["pp"])
    for member in ("points", "max_score", "pp"):
        assert found[member] == round(sum(part[member] for part in found["parts"]), 2)
    assert found["end"]["points"] == round(found["start"]["points"] + found["points"], 2)


def test_a_split_without_days_is_that_of_the_last_thirty(reader: Api) -> None:
    found = reader.json("history/split")

    assert (found["start"]["asked_on"], found["end"]["on"]) == ("2026-02-02", "2026-03-04")
    assert found["start"]["on"] == "2026-03-01"


def test_the_file_of_a_split_has_a_row_for_each_action_and_cause(reader: Api) -> None:
    [row] = file_of(reader, f"history/split.csv?{RANGE}")

    assert (row["cause"], row["control_id"], row["points"]) == ("user", MFA, "0.9")


def test_resources_that_flipped_are_named_only_with_the_scope(reader: Api, token: Any) -> None:
    without = reader.json(DETAIL)
    named = token("Evidence.Read.All").json(DETAIL)

    assert without == {**named, "flips": None}
    assert [step["points"] for step in named["steps"]] == [-0.9, 1.8]
    assert (named["n_began_failing"], named["n_ceased_failing"]) == (1, 2)
    assert len(named["flips"]) == 3
    assert {"user5@example.com", "user6@example.com"} == {
        flip["resource_name"] for flip in named["flips"]
    }


@pytest.mark.parametrize("wrong", ["control=Nothing&cause=user", f"control={MFA}&cause=device"])
def test_what_did_not_change_has_no_detail_and_says_where_to_look(reader: Api, wrong: str) -> None:
    response = reader.get(f"history/split/detail?{RANGE}&{wrong}")

    assert response.status_code == 404
    assert "/api/v1/history/split" in error_of(response)["message"]


@pytest.mark.parametrize(
    "path, where",
    [
        ("history/split?from=2026-03-04&to=2026-03-01", "query.from"),
        ("history/split?from=yesterday", "query.from"),
        (f"history/split/detail?control={MFA}", "query.cause"),
        (f"history/split/detail?control={MFA}&cause=luck", "query.cause"),
        ("history/split/detail?cause=user", "query.control"),
        ("history?points=kept", "query.points"),
        ("history?page=0", "query.page"),
        ("metrics/zone?from=2026-03-04&to=2026-03-01", "query.from"),
        ("metrics/zone?from=1990-01-01", "query.from"),
    ],
)
def test_values_that_make_no_sense_are_named(reader: Api, path: str, where: str) -> None:
    response = reader.get(path)

    assert response.status_code == 422
    assert where == error_of(response)["details"][0]["where"]


# -- metrics ---------------------------------------------------------------------------------------
def test_metrics_are_those_of_the_record(reader: Api, organization: Organization) -> None:
    expected = query.metrics(organization, *DAYS)

    assert plain(expected.zone) == reader.json(f"metrics/zone?{RANGE}")
    assert plain(expected.comparison) == reader.json(f"metrics/comparison?{RANGE}")
    assert plain(expected.risk) == reader.json(f"metrics/risk-acceptance?{RANGE}")
    changes = reader.json(f"metrics/score-changes?{RANGE}")
    assert expected.changes.total is not None
    assert plain(expected.changes.total.net) == changes["total"]["net"] == 0.9
    losses = reader.json(f"metrics/regressions?{RANGE}")
    assert plain(expected.losses.lost) == losses["lost"]


def test_days_without_data_are_in_no_zone(reader: Api) -> None:
    found = reader.json(f"metrics/zone?{RANGE}")

    assert [day["zone"] is None for day in found["trend"]["days"]] == [False, False, True, False]
    assert found["trend"]["n_without_data"] == 1
    assert sum(found["trend"]["n_days"].values()) == 3


def test_weeks_of_changes_sum_to_the_difference(reader: Api) -> None:
    found = reader.json(f"metrics/score-changes?{RANGE}")
    total = found["total"]

    assert (total["achieved"], total["regressed"], total["other"]) == (1.8, -0.9, 0.0)
    assert round(sum(week["net"] for week in found["weeks"]), 2) == total["net"]
    assert total["net"] == round(found["end"]["points"] - found["start"]["points"], 2)


def test_points_lost_are_told_by_whose_doing(reader: Api) -> None:
    found = reader.json(f"metrics/regressions?{RANGE}")

    assert {"configuration": 0.0, "user": 0.9, "device": 0.0, "rest": 0.0} == found["lost"]
    assert [week["total"] for week in found["weeks"] if week["total"]] == [0.9]


def test_accepted_risks_are_told_with_their_review(editor: Api) -> None:
    body = {"version": 0, "status": "risk accepted", "note": "Old.", "review_on": LATER}
    assert editor.send("PATCH", f"actions/{MFA}", body).status_code == 200
    found = editor.json("metrics/risk-acceptance")

    assert found["now"]["n_accepted"] == 1
    assert [
        (r["control_id"], r["review_on"], r["is_due"], r["is_soon"]) for r in found["risks"]
    ] == [(MFA, LATER, False, False)]


@pytest.mark.parametrize(
    "card, columns",
    [
        ("zone", ["on", "percentage", "zone"]),
        ("comparison", ["key", "name", "on", "percentage"]),
        ("score-changes", ["start", "end", "achieved", "regressed", "other", "net"]),
        ("regressions", ["start", "end", "configuration", "user", "device", "rest", "total"]),
        ("risk-acceptance", ["on", "n_accepted", "points_left", "n_to_review"]),
    ],
)
def test_every_card_is_a_file_too(reader: Api, card: str, columns: list[str]) -> None:
    rows = file_of(reader, f"metrics/{card}.csv?{RANGE}")

    assert columns == list(rows[0])


@pytest.mark.parametrize("card", METRICS)
def test_an_organization_without_data_has_empty_metrics(token: Any, card: str) -> None:
    api = token("SecurityEvents.Read.All", of=world.organization("Empty"))
    found = api.json(f"metrics/{card}")

    assert not any(day.get("points") for day in found.get("days", []))
    assert found.get("weeks", []) == found.get("lines", []) == found.get("risks", []) == []
    assert api.get("history/split").status_code == 404


def test_the_number_of_queries_does_not_grow(
    reader: Api, organization: Organization, django_assert_max_num_queries: Any
) -> None:
    from securescore.record.kept import touch

    paths = [f"metrics/{card}" for card in METRICS]
    paths += ["history?from=2026-03-01", "history/split?from=2026-03-01", DETAIL]

    def counts() -> dict[str, int]:
        made = {}
        for path in paths:
            with django_assert_max_num_queries(25) as captured:
                assert reader.get(path).status_code == 200
            made[path] = len(captured)
        return made

    reader.get("organization")  # writes when the token was last used
    touch(organization)  # nothing is kept in memory
    few = counts()
    world.record(organization, *[world.mfa(day, 10, day % 9) for day in range(5, 25)])

    assert few == counts()
