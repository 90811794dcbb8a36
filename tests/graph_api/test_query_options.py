"""What may be asked, and that everything else is refused in Graph's form: never a 500."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.graph_api import world

if TYPE_CHECKING:
    from django.test import Client

    from securescore.organizations.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SCORES = "/v1.0/security/secureScores"
PROFILES = "/v1.0/security/secureScoreControlProfiles"


def ids(client: Client, address: str, **options: str) -> list[str]:
    query = urlencode({f"${name}": value for name, value in options.items()})
    answer = client.get(f"{address}?{query}")

    assert 200 == answer.status_code, answer.content
    return [one["id"] for one in answer.json()["value"]]


def refused(client: Client, address: str, query: str) -> str:
    """The message of a 400."""
    answer = client.get(f"{address}?{query}")

    assert (400, "BadRequest") == (answer.status_code, answer.json()["error"]["code"])
    message: str = answer.json()["error"]["message"]
    return message


DAY = f"{world.TENANT}_2026-05-0"


@pytest.mark.parametrize(
    "text, days",
    [
        (f"id eq '{DAY}3'", "3"),
        (f"id in ('{DAY}3')", "3"),
        (f"id in ('{DAY}3', '{DAY}2')", "32"),
        ("createdDateTime ge 2026-05-03T00:00:00Z", "43"),
        ("createdDateTime lt 2026-05-03", "2"),
        ("createdDateTime eq 2026-05-04T02:00:00+02:00", "4"),
        ("createddatetime gt 2026-05-03T00:00:00.000Z", "4"),
        ("currentScore gt 20.24 and currentScore lt 20.29", "3"),
        ("currentScore eq 20.25", "3"),
        ("not (currentScore eq 20.25)", "42"),
        ("currentScore ne 20.25 or maxScore lt 0", "42"),
        ("maxScore gt -1", "432"),
        (f"azureTenantId eq '{world.TENANT.upper()}'", "432"),
        (f"azureTenantId eq {world.TENANT}", "432"),
        ("contains(id, '05-03')", "3"),
        ("endswith(tolower(id),'04') or startswith(id,'x')", "4"),
        ("length(id) eq 47", "432"),
        ("id eq null", ""),
        ("id ne null", "432"),
        ("id eq 'x'' or ''1'' eq ''1'", ""),
        ("id eq '%'", ""),
        ("(" * 450 + "id eq null" + ")" * 450, ""),
    ],
)
def test_days_are_filtered(graph: Client, text: str, days: str) -> None:
    found = ids(graph, SCORES, filter=text)

    assert [f"{DAY}{number}" for number in days] == found


@pytest.mark.parametrize(
    "text, expected",
    [
        ("service eq 'AzureAD' and id eq 'AdminMFAV2'", [world.ADMINS]),
        ("contains(title,'multifactor') and maxScore eq 10", [world.ADMINS]),
        ("controlCategory eq 'infrastructure'", [world.SCANNED]),
        ("deprecated eq true", []),
        ("deprecated", []),
        ("lastModifiedDateTime ge 2020-01-01T00:00:00Z", []),
        ("lastModifiedDateTime eq null and rank le 1", [world.MFA]),
    ],
)
def test_controls_are_filtered(graph: Client, text: str, expected: list[str]) -> None:
    assert expected == ids(graph, PROFILES, filter=text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "startswith(user/password,'x')",
        "startswith(organization/memberships/user/password,'argon2')",
        "memberships/any(m: m/user/password eq 'x')",
        "controlScores/any(c: c/score gt 5)",
        "controlScores/all()",
        "nosuch eq 1",
        "password eq 'x'",
        "pk eq 1",
        "organization_id eq 1",
        "points eq 1",
        "user.password eq 'x'",
        "controlScores eq null",
        "currentScore eq",
        "currentScore eq 'x'",
        "currentScore",
        "currentScore add 1 gt 5",
        "createdDateTime ge 2026-02-31",
        "createdDateTime ge 2026-02-31T00:00:00Z",
        "createdDateTime ge 2026-13-01T00:00:00Z",
        "createdDateTime ge 0000-00-00",
        "createdDateTime ge 'yesterday'",
        "createdDateTime gt null",
        "createdDateTime eq duration'P1D'",
        "id eq 'a' and",
        "id eq 'unclosed",
        "id eq 'a'; drop table record_snapshot",
        "id eq 'a') or (1 eq 1",
        "id eq 1 or 1 eq 1 --",
        "id in ()",
        "id in ('a', 1)",
        "id in (id, 'a')",
        "in",
        "matchesPattern(id,'(a+)+$')",
        "now() gt 2026-01-01",
        "nosuchfunction(id)",
        "contains(id)",
        "contains(id, 1)",
        "contains(id,'a','b')",
        "startswith(currentScore,'1')",
        "geo.length(id) gt 1",
        "f(a=1)",
        "not id",
        "-id eq 1",
        "$it eq 1",
        "id eq 'a' or " * 30 + "id eq 'a'",
        " and ".join(["maxScore gt 0"] * 2000),
        " or ".join(["id eq 'x'"] * 10_000),
        "(" * 450 + "id eq" + ")" * 450,
        "not " * 240 + "deprecated",
        "/".join(["a"] * 499),
        "id eq '" + "x" * 1000 + "'",
        "\x00",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ],
)
def test_a_filter_that_cannot_be_answered_is_refused(graph: Client, text: str) -> None:
    query = urlencode({"$filter": text})
    messages = [refused(graph, address, query) for address in (SCORES, PROFILES)]
    messages.append(refused(graph, f"{SCORES}/$count", query))

    for message in messages:
        assert len(message) < 700
        for secret in ("password", "memberships", "organization_id", "Traceback"):
            assert secret in text or secret not in message


@pytest.mark.parametrize(
    "query",
    [
        "$foo=1",
        "$expand=controlScores",
        "$search=x",
        "$format=xml",
        "$=1",
        "$top=-1",
        "$top=0",
        "$top=",
        "$top=ten",
        "$top=1.5",
        "$top=1&$top=2",
        "$top=%C2%B2",
        "$skip=-1",
        "$skip=x",
        "$skip=1&$skiptoken=x",
        "$skiptoken=x",
        "$skiptoken=",
        "$count=perhaps",
        "$select=",
        "$select=nosuch",
        "$select=id,",
        "$select=organization",
        "$orderby=",
        "$orderby=nosuch",
        "$orderby=id sideways",
        "$orderby=id desc desc",
        "$orderby=controlScores",
        "$orderby=" + ",".join(["id"] * 9),
    ],
)
def test_an_option_that_cannot_be_answered_is_refused(graph: Client, query: str) -> None:
    for address in (SCORES, PROFILES):
        refused(graph, address, query)


def test_one_entity_takes_select_only(graph: Client) -> None:
    for address in (f"{SCORES}/{DAY}4", f"{PROFILES}/{world.MFA}"):
        assert 200 == graph.get(f"{address}?$select=id").status_code
        refused(graph, address, "$top=1")
        refused(graph, address, "$select=nosuch")


def test_a_huge_top_is_a_large_page(graph: Client) -> None:
    for address in (SCORES, PROFILES):
        assert ids(graph, address) == ids(graph, address, top="99999999999999999999")


def test_options_of_others_and_headers_are_left_alone(graph: Client) -> None:
    answer = graph.get(
        f"{SCORES}?utm_source=x&top=1",
        headers={"ConsistencyLevel": "eventual", "Prefer": "include-unknown-enum-members"},
    )

    assert 3 == len(answer.json()["value"])


def test_controls_are_ordered_and_paged(graph: Client) -> None:
    by_id = ids(graph, PROFILES)
    address: Any = f"{PROFILES}?$top=2&$orderby=maxScore desc,title&$filter=maxScore gt 0"
    pages = []
    while address:
        answer = graph.get(address).json()
        pages.append([(one["maxScore"], one["title"]) for one in answer["value"]])
        address = answer.get("@odata.nextLink")
    flat = [one for page in pages for one in page]

    assert sorted(by_id) == by_id
    assert [2, 2, 1] == [len(page) for page in pages]
    assert sorted(flat, key=lambda one: (-one[0], one[1].casefold())) == flat


def test_a_page_of_controls_goes_on_where_it_stopped(graph: Client) -> None:
    link = graph.get(f"{PROFILES}?$top=2&$count=true").json()

    assert 5 == link["@odata.count"]
    assert ids(graph, PROFILES)[2:4] == [
        one["id"] for one in graph.get(link["@odata.nextLink"]).json()["value"]
    ]


def test_counts_are_bare_numbers(graph: Client) -> None:
    assert b"3" == graph.get(f"{SCORES}/$count").content
    assert b"5" == graph.get(f"{PROFILES}/$count").content
    assert b"1" == graph.get(f"{SCORES}/$count?$filter=currentScore eq 20.25").content
    assert b"1" == graph.get(f"{PROFILES}/$count?$filter=id eq 'OneAdmin'").content


def test_a_token_of_another_list_or_organization_does_not_page(
    graph: Client, contoso: Organization, client_of: Any
) -> None:
    link = graph.get(f"{SCORES}?$top=1").json()["@odata.nextLink"]
    query = link.partition("?")[2]
    other = client_of(world.contoso(name="Fabrikam", external_id="other"))

    assert "another request" in refused(graph, PROFILES, query)
    assert "another request" in refused(other, SCORES, query)
    assert "not one of ours" in refused(graph, SCORES, query[:-2] + "xx")
