"""secureScores: shape, order, pages, and the numbers of the record."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.graph_api import world

if TYPE_CHECKING:
    from django.test import Client

    from securescore.organizations.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SCORES = "/v1.0/security/secureScores"


def days(answer: Any) -> list[str]:
    return [one["id"].rpartition("_")[2] for one in answer.json()["value"]]


def control(score: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in score["controlScores"] if one["controlName"] == name)


def test_days_come_newest_first_with_ids_of_tenant_and_day(graph: Client) -> None:
    answer = graph.get(SCORES)

    assert ["2026-05-04", "2026-05-03", "2026-05-02"] == days(answer)
    assert f"{world.TENANT}_2026-05-04" == answer.json()["value"][0]["id"]
    assert "2026-05-04T00:00:00Z" == answer.json()["value"][0]["createdDateTime"]


def test_the_score_is_the_sum_of_its_controls_and_that_of_the_record(
    graph: Client, contoso: Organization
) -> None:
    from securescore.record import query

    [score] = graph.get(f"{SCORES}?$top=1").json()["value"]
    recorded = query.latest_score(contoso)

    assert recorded is not None
    assert recorded.points.to_float() == score["currentScore"]
    assert recorded.max_score.to_float() == score["maxScore"]
    assert score["currentScore"] == pytest.approx(sum(c["score"] for c in score["controlScores"]))


def test_counters_are_texts_on_every_day(graph: Client) -> None:
    scores = graph.get(SCORES).json()["value"]
    counted = [(control(s, world.MFA)["count"], control(s, world.MFA)["total"]) for s in scores]

    assert [("12", "200"), ("11", "200"), ("10", "200")] == counted


def test_a_control_is_told_in_words_numbers_and_times(graph: Client) -> None:
    [score] = graph.get(f"{SCORES}?$top=1").json()["value"]
    admins = control(score, world.ADMINS)
    passwords = control(score, world.PASSWORDS)
    scanned = control(score, world.SCANNED)

    assert (8.75, 87.5) == (admins["score"], admins["scoreInPercentage"])
    assert "You have 7 of 8 set as recommended." == admins["implementationStatus"]
    assert ("evaluation", "Prowler") == (admins["source"], scanned["source"])
    assert ("true", 100) == (passwords["on"], passwords["scoreInPercentage"])
    assert ("2026-05-04T06:00:00Z", "2026-05-03T06:02:00Z") == (
        admins["lastSynced"],
        scanned["lastSynced"],
    )
    assert "<" not in (admins["description"] or "")


def test_what_is_not_scored_is_not_among_the_controls(graph: Client) -> None:
    [score] = graph.get(f"{SCORES}?$top=1").json()["value"]

    assert "OneAdmin" not in [one["controlName"] for one in score["controlScores"]]


def test_a_stale_control_says_so(db: None, client_of: Callable[..., Client]) -> None:
    owner = world.organization()
    old = world.stale(world.measured(world.MFA, 5, 10), "403 Forbidden")
    world.record(owner, [[old]])
    [score] = client_of(owner).get(SCORES).json()["value"]

    assert "403 Forbidden" in control(score, world.MFA)["implementationStatus"]


def test_users_seats_and_services_are_those_of_the_organization(
    db: None, client_of: Callable[..., Client]
) -> None:
    owner = world.contoso(licenses=["AAD_PREMIUM", "EXCHANGE_S_ENTERPRISE"])
    [score] = client_of(owner).get(f"{SCORES}?$top=1").json()["value"]

    assert (200, 820) == (score["activeUserCount"], score["licensedUserCount"])
    assert ["HasAADP1", "HasEOP", "HasEXOP2"] == score["enabledServices"]


def test_averages_are_percentages_of_cohorts_of_ten_and_more(
    graph: Client, contoso: Organization
) -> None:
    from securescore.record.models import CohortDay

    for cohort, on, share, n in (
        ("all organizations", world.NOW.date() - timedelta(days=2), 52.86, 12),
        ("all organizations", world.NOW.date(), 53.1, 12),
        ("301 to 1,000 seats", world.NOW.date(), 48.1, 10),
        ("301 to 1,000 seats", world.NOW.date() - timedelta(days=1), 99.0, 9),
    ):
        CohortDay.objects.create(
            cohort=cohort, on=on, percentage=share, n_organizations=n, source="test"
        )
    scores = graph.get(SCORES).json()["value"]
    similar = {
        "basis": "TotalSeats",
        "averageScore": 48.1,
        "SeatSizeRangeLowerValue": "301",
        "SeatSizeRangeUpperValue": "1000",
    }

    assert [
        [{"basis": "AllTenants", "averageScore": 53.1}, similar],
        [{"basis": "AllTenants", "averageScore": 52.86}],
        [{"basis": "AllTenants", "averageScore": 52.86}],
    ] == [one["averageComparativeScores"] for one in scores]


def test_one_day_is_the_same_as_in_the_list(graph: Client) -> None:
    listed = graph.get(SCORES).json()["value"][1]
    answer = graph.get(f"{SCORES}/{listed['id']}")
    found = answer.json()

    assert found.pop("@odata.context").endswith("$metadata#security/secureScores/$entity")
    assert listed == found


def test_beta_answers_the_same(graph: Client) -> None:
    released = graph.get(SCORES).json()
    beta = graph.get(SCORES.replace("v1.0", "beta")).json()

    assert released["value"] == beta["value"]
    assert "/beta/$metadata" in beta["@odata.context"]


def test_without_microsofts_id_the_organization_has_its_own(
    db: None, client_of: Callable[..., Client]
) -> None:
    owner = world.contoso(external_id="")
    [score] = client_of(owner).get(f"{SCORES}?$top=1").json()["value"]

    assert str(owner.pk) == score["azureTenantId"]
    owner.external_id = world.TENANT
    owner.save()
    [score] = client_of(owner).get(f"{SCORES}?$top=1").json()["value"]
    assert f"{world.TENANT}_2026-05-04" == score["id"]


@pytest.mark.parametrize(
    "identifier",
    [
        "nothing",
        "2026-05-04",
        f"{world.TENANT}_2026-05-05",
        f"{world.TENANT}_2026-13-45",
        f"{world.TENANT}_20260504",
        "00000000-0000-0000-0000-000000000000_2026-05-04",
        f"{world.TENANT}_2026-05-04/more",
        "%00",
    ],
)
def test_a_day_that_is_not_there_is_404(graph: Client, identifier: str) -> None:
    answer = graph.get(f"{SCORES}/{identifier}")

    assert (404, "ResourceNotFound") == (answer.status_code, answer.json()["error"]["code"])


def test_an_organization_without_a_day_answers_an_empty_list(
    db: None, client_of: Callable[..., Client]
) -> None:
    client = client_of(world.organization())

    assert [] == client.get(f"{SCORES}?$count=true").json()["value"]
    assert [] == client.get("/v1.0/security/secureScoreControlProfiles").json()["value"]
    assert "0" == client.get(f"{SCORES}/$count").content.decode()


def test_pages_follow_each_other_and_keep_the_other_options(
    db: None, client_of: Callable[..., Client]
) -> None:
    client = client_of(world.contoso(7))
    address: str | None = f"{SCORES}?$top=3&$select=id,currentScore&$count=true"
    pages = []
    while address:
        answer = client.get(address).json()
        assert 7 == answer["@odata.count"]
        assert all({"id", "currentScore"} == one.keys() for one in answer["value"])
        pages.append(len(answer["value"]))
        address = answer.get("@odata.nextLink")
        if address:
            kept = parse_qs(urlsplit(address).query)
            assert {"$top", "$select", "$count", "$skiptoken"} == kept.keys()

    assert [3, 3, 1] == pages


def test_a_new_day_does_not_shift_the_pages(
    contoso: Organization, client_of: Callable[..., Client]
) -> None:
    client = client_of(contoso)
    link = client.get(f"{SCORES}?$top=2").json()["@odata.nextLink"]
    world.record(contoso, [world.day(3)], last=world.NOW + timedelta(days=1))

    assert ["2026-05-02"] == days(client.get(link))


@pytest.mark.parametrize("order", ["currentScore", "currentScore desc", "createdDateTime asc"])
def test_ordered_pages_give_every_day_once(
    db: None, client_of: Callable[..., Client], order: str
) -> None:
    client = client_of(world.contoso(5))
    address: str | None = f"{SCORES}?$top=2&$orderby={order}"
    found: list[str] = []
    while address:
        answer = client.get(address)
        found += days(answer)
        address = answer.json().get("@odata.nextLink")

    assert sorted(found, reverse=order.endswith("desc")) == found
    assert 5 == len(set(found))


def test_the_first_page_holds_ninety_days(db: None, client_of: Callable[..., Client]) -> None:
    client = client_of(world.contoso(95))
    first = client.get(SCORES)

    assert 90 == len(days(first))
    assert 5 == len(days(client.get(first.json()["@odata.nextLink"])))


def test_skip_passes_over_days_and_beyond_the_end_is_empty(graph: Client) -> None:
    assert ["2026-05-03"] == days(graph.get(f"{SCORES}?$top=1&$skip=1"))
    beyond = graph.get(f"{SCORES}?$skip=999999999999").json()
    assert [] == beyond["value"]
    assert "@odata.nextLink" not in beyond


@pytest.mark.parametrize(
    "chosen",
    [
        "id",
        "currentScore,maxScore,createdDateTime",
        "averageComparativeScores,createdDateTime",
        "vendorInformation",
        "enabledServices,activeUserCount",
        "controlScores",
        "controlScores,id",
        "CURRENTSCORE",
    ],
)
def test_selected_members_are_those_of_the_whole(graph: Client, chosen: str) -> None:
    whole = graph.get(SCORES).json()["value"]
    answer = graph.get(f"{SCORES}?$select={chosen}")
    names = {name.lower() for name in chosen.split(",")}

    assert [
        {name: value for name, value in one.items() if name.lower() in names} for one in whole
    ] == answer.json()["value"]
    assert "secureScores(" in answer.json()["@odata.context"]
    one = graph.get(f"{SCORES}/{whole[0]['id']}?$select={chosen}").json()
    assert answer.json()["value"][0] == {k: v for k, v in one.items() if k != "@odata.context"}


def test_compressed_and_plain_answers_are_equal(graph: Client) -> None:
    plain = graph.get(SCORES)
    packed = graph.get(SCORES, headers={"accept-encoding": "gzip, deflate"})
    refused = graph.get(SCORES, headers={"accept-encoding": "identity"})

    assert "gzip" == packed.headers["Content-Encoding"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert plain.content == gzip.decompress(packed.content) == refused.content
    assert "Content-Encoding" not in refused.headers


def test_head_is_answered_as_get(graph: Client) -> None:
    assert 200 == graph.head(SCORES).status_code


def test_the_number_of_queries_does_not_grow_with_the_days(
    db: None, client_of: Callable[..., Client], django_assert_num_queries: Any
) -> None:
    few, many = client_of(world.contoso(2)), client_of(world.contoso(40, name="Fabrikam"))
    for client in (few, many):
        client.get("/v1.0/security/secureScoreControlProfiles?$top=1")
        # The token's last use was written, once a minute. Token, days, averages, documents:
        with django_assert_num_queries(4):
            client.get(SCORES)
        with django_assert_num_queries(2):  # days and averages are kept
            client.get(SCORES)
        with django_assert_num_queries(1):
            client.get(f"{SCORES}?$select=id,currentScore")


def test_missing_documents_are_made_once_and_kept(
    db: None, client_of: Callable[..., Client], django_assert_num_queries: Any
) -> None:
    from securescore.record.models import DayDocument

    owner = world.contoso(6)
    client = client_of(owner)
    recorded = client.get(SCORES).json()["value"]
    bodies = dict(DayDocument.objects.values_list("on", "body"))
    DayDocument.objects.filter(on__lt=world.NOW.date()).delete()
    made = client.get(SCORES).json()["value"]

    assert recorded == made
    assert {on: bytes(body) for on, body in bodies.items()} == {
        on: bytes(body) for on, body in DayDocument.objects.values_list("on", "body")
    }
    with django_assert_num_queries(2):
        client.get(SCORES)


def test_answers_are_json_with_the_record_s_decimals(graph: Client) -> None:
    text = graph.get(f"{SCORES}?$top=1").content.decode()

    assert json.loads(text)["value"][0]["currentScore"] == 20.29
    assert '"currentScore":20.29,' in text
