"""Custom comparisons over the API: as in the settings, never under ten organizations."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from securescore.ops.cohorts import compute_cohorts
from securescore.organizations.models import Organization
from securescore.record.models import AuditEntry, CohortDay, CustomComparison, Snapshot
from tests.ops import world
from tests.ops.test_cohorts import others
from tests.rest_api.contract import Api, error_of

LAW = {"name": "Law firms", "filters": {"industries": ["Law"]}}
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
NOWHERE = f"comparisons/{uuid.UUID(int=0)}"


@pytest.fixture
def neighbours(organization: Organization) -> list[Organization]:
    """Ten in Law, three in Retail, each with a score of yesterday."""
    found = [
        *others(10, 1, prefix="Law", industry="Law", region="Europe"),
        *others(3, 1, prefix="Retail", industry="Retail"),
    ]
    Snapshot.objects.filter(organization__in=found).update(on=YESTERDAY)
    compute_cohorts(None, None)
    return found


@pytest.fixture
def made(admin: Api, neighbours: list[Organization]) -> dict[str, Any]:
    response = admin.send("POST", "comparisons", LAW)
    assert response.status_code == 201, response.content
    found: dict[str, Any] = response.json()
    return found


def test_a_comparison_is_added_and_written_down(made: dict[str, Any], reader: Api) -> None:
    [entry] = AuditEntry.objects.filter(action="comparison.add")

    assert [made] == reader.json("comparisons")["items"]
    assert (made["name"], made["created_by"]) == ("Law firms", "test (token of ana)")
    assert made["filters"] == {
        "seats_min": None,
        "seats_max": None,
        "industries": ["Law"],
        "regions": [],
        "licenses": [],
    }
    assert (entry.target, entry.by) == (made["id"], "test (token of ana)")
    assert (made["newest"]["n_organizations"], made["newest"]["on"]) == (10, str(YESTERDAY))


def test_a_comparison_gets_another_name_and_other_filters(made: dict[str, Any], admin: Api) -> None:
    wanted = {"name": "Europe", "filters": {"regions": ["Europe"], "seats_min": 50}}
    changed = admin.send("PUT", f"comparisons/{made['id']}", wanted).json()

    assert (changed["name"], changed["filters"]["regions"]) == ("Europe", ["Europe"])
    assert (changed["filters"]["seats_min"], changed["filters"]["industries"]) == (50, [])
    assert [changed] == admin.json("comparisons")["items"]


def test_what_was_chosen_once_stays_choosable(made: dict[str, Any], admin: Api) -> None:
    kept = CustomComparison.objects.get()
    kept.filters = {"industries": ["Law", "Gone"]}
    kept.save()
    wanted = {"name": "Law firms", "filters": {"industries": ["Law", "Gone"]}}

    assert admin.send("PUT", f"comparisons/{made['id']}", wanted).status_code == 200
    assert admin.send("POST", "comparisons", {**wanted, "name": "Other"}).status_code == 422


def test_a_comparison_is_deleted_with_its_averages(made: dict[str, Any], admin: Api) -> None:
    assert admin.call("DELETE", f"comparisons/{made['id']}").status_code == 204
    assert admin.json("comparisons")["items"] == []
    assert not CohortDay.objects.filter(cohort=f"custom:{made['id']}").exists()
    assert admin.call("DELETE", f"comparisons/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    "filters, n", [({}, 13), ({"industries": ["Law"]}, 10), ({"industries": ["Retail"]}, None)]
)
def test_one_looks_before_one_adds(
    admin: Api, neighbours: list[Organization], filters: dict[str, Any], n: int | None
) -> None:
    assert {"n_organizations": n} == admin.send("POST", "comparisons/preview", filters).json()
    assert not CustomComparison.objects.exists()


@pytest.mark.parametrize(
    "body, where",
    [
        ({"name": "Retail", "filters": {"industries": ["Retail"]}}, "filters"),
        ({"name": "Law firms", "filters": {}}, "name"),
        ({"name": " ", "filters": {}}, "name"),
        ({"name": "x" * 81, "filters": {}}, "name"),
        ({"name": "", "filters": {}}, "body.name"),
        ({"name": "x"}, "body.filters"),
        ({"name": "x", "filters": {"industries": ["Magic"]}}, "body.filters.industries[0]"),
        ({"name": "x", "filters": {"licenses": ["", "A"]}}, "body.filters.licenses[0]"),
        ({"name": "x", "filters": {"seats_min": 1.5}}, "body.filters.seats_min"),
        ({"name": "x", "filters": {"seats_min": -1}}, "body.filters.seats_min"),
        ({"name": "x", "filters": {"seats_max": 10_000_001}}, "body.filters.seats_max"),
        ({"name": "x", "filters": {"seats_min": 9, "seats_max": 8}}, "seats_max"),
        ({"name": "x", "filters": {"seats": 9}}, "body.filters.seats"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(
    made: dict[str, Any], admin: Api, body: dict[str, Any], where: str
) -> None:
    response = admin.send("POST", "comparisons", body)

    assert response.status_code == 422
    assert where == error_of(response)["details"][0]["where"]
    assert CustomComparison.objects.count() == 1


def test_only_administrators_write(made: dict[str, Any], editor: Api) -> None:
    for method, path, body in (
        ("POST", "comparisons", LAW),
        ("POST", "comparisons/preview", {}),
        ("PUT", f"comparisons/{made['id']}", LAW),
        ("DELETE", f"comparisons/{made['id']}", None),
    ):
        response = editor.call(method, path, body)

        assert response.status_code == 403
        assert "Organization.ReadWrite.All" in error_of(response)["message"]


def test_comparisons_of_others_are_not_there(made: dict[str, Any], token: Any) -> None:
    theirs = token("Organization.ReadWrite.All", of=world.organization("Fabrikam"))
    path = f"comparisons/{made['id']}"

    assert theirs.json("comparisons")["items"] == []
    for method, body in (("PUT", LAW), ("DELETE", None)):
        answers = [theirs.call(method, one, body) for one in (path, NOWHERE)]
        assert [404, 404] == [answer.status_code for answer in answers]
    assert CustomComparison.objects.count() == 1


def test_a_comparison_is_a_line_of_the_trend(made: dict[str, Any], reader: Api) -> None:
    [day] = CohortDay.objects.filter(cohort=f"custom:{made['id']}")[:1]
    found = reader.json(f"metrics/comparison?from={day.on}&to={day.on}")
    lines = {line["key"]: line for line in found["lines"]}

    assert (lines[made["id"]]["name"], lines[made["id"]]["n_organizations"]) == ("Law firms", 10)
    assert [[day.on.isoformat(), day.percentage]] == lines[made["id"]]["values"]
