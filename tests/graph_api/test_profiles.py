"""secureScoreControlProfiles: what each control says, and PATCH of what people decide."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.graph_api import world

if TYPE_CHECKING:
    from django.test import Client

    from securescore.organizations.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PROFILES = "/v1.0/security/secureScoreControlProfiles"
VENDOR = {"vendor": "Microsoft", "provider": "SecureScore"}
HTML = "<script>alert(1)</script> **bold** \u202e"


def patch(client: Client, control_id: str, headers: Any = None, **body: Any) -> Any:
    return client.patch(
        f"{PROFILES}/{quote(control_id, safe='')}",
        json.dumps({"vendorInformation": VENDOR, **body}),
        content_type="application/json",
        headers=headers or {},
    )


def state_of(client: Client, control_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{PROFILES}/{quote(control_id, safe='')}").json()
    [update] = found["controlStateUpdates"]
    return update


def refused(answer: Any) -> str:
    assert (400, "BadRequest") == (answer.status_code, answer.json()["error"]["code"])
    message: str = answer.json()["error"]["message"]
    return message


def entries(organization: Organization) -> list[tuple[str, str, dict[str, Any]]]:
    from securescore.record.audit import entries_of

    return [(e.by, e.target, e.new) for e in entries_of(organization).order_by("number")]


def test_a_control_is_described_in_full(graph: Client, contoso: Organization) -> None:
    found = graph.get(f"{PROFILES}/{world.ADMINS}").json()
    never_touched = {
        "assignedTo": None,
        "comment": None,
        "state": "Default",
        "updatedBy": None,
        "updatedDateTime": None,
    }

    assert (world.ADMINS, 10, "AzureAD") == (found["id"], found["maxScore"], found["service"])
    assert ("Core", "Low", "Identity") == (
        found["tier"],
        found["userImpact"],
        found["controlCategory"],
    )
    assert f"http://testserver/o/{contoso.slug}/actions/{world.ADMINS}/" == found["actionUrl"]
    assert "Conditional Access" in found["remediation"]
    assert "Account breach" in found["threats"]
    assert [never_touched] == found["controlStateUpdates"]
    [framework] = found["complianceInformation"]
    assert "5.2.2.1" in [one["name"] for one in framework["certificationControls"]]


def test_controls_that_are_not_scored_and_those_of_scanners_are_listed_too(graph: Client) -> None:
    found = graph.get(PROFILES).json()["value"]
    scanned = next(one for one in found if one["id"] == world.SCANNED)

    assert "OneAdmin" in [one["id"] for one in found]
    assert ("Prowler", "Infrastructure", 4) == (
        scanned["service"],
        scanned["controlCategory"],
        scanned["maxScore"],
    )


def test_an_id_that_holds_slashes_is_found_encoded(graph: Client) -> None:
    encoded = graph.get(f"{PROFILES}/{quote(world.SCANNED, safe='')}")
    partly = graph.get(f"{PROFILES}/{quote(world.SCANNED)}")

    assert world.SCANNED == encoded.json()["id"] == partly.json()["id"]
    assert 204 == patch(graph, world.SCANNED, assignedTo="ana").status_code
    assert "ana" == state_of(graph, world.SCANNED)["assignedTo"]


def test_the_number_of_queries_is_the_same_for_one_and_all(
    db: None, client_of: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    from securescore.catalog.load import built_in_catalog

    owner = world.organization()
    everything = [world.measured(name, 1, 2) for name in sorted(built_in_catalog().controls)]
    world.record(owner, [everything, everything])
    client = client_of(owner)
    client.get(PROFILES)
    with django_assert_max_num_queries(16):
        assert len(everything) == len(client.get(PROFILES).json()["value"])


@pytest.mark.parametrize(
    "word, state, status, points",
    [
        ("ThirdParty", "ThirdParty", "resolved through third party", 1000),
        ("thirdparty", "ThirdParty", "resolved through third party", 1000),
        ("REVIEWED", "Reviewed", "resolved through alternate mitigation", 1000),
        ("ignored", "Ignored", "risk accepted", 875),
    ],
)
def test_a_state_is_set_whatever_its_case_and_counts_at_once(
    graph: Client, contoso: Organization, word: str, state: str, status: str, points: int
) -> None:
    from securescore.record import query

    answer = patch(graph, world.ADMINS, state=word, comment="smart cards", assignedTo="ana")
    update = state_of(graph, world.ADMINS)
    [action] = [a for a in query.actions(contoso) if a.id == world.ADMINS]

    assert (204, b"") == (answer.status_code, answer.content)
    assert (state, "smart cards", "ana") == (
        update["state"],
        update["comment"],
        update["assignedTo"],
    )
    assert "test (token of ana)" == update["updatedBy"]
    assert (status, points) == (action.status, action.points)
    newest = graph.get("/v1.0/security/secureScores?$top=1").json()["value"][0]
    assert query.latest_score(contoso).points.to_float() == newest["currentScore"]  # type: ignore[union-attr]  # a day is recorded


def test_the_change_is_written_down_with_the_token_and_its_maker(
    graph: Client, contoso: Organization
) -> None:
    patch(graph, world.ADMINS, state="Reviewed", comment="smart cards")
    [(by, target, new)] = entries(contoso)

    assert ("test (token of ana)", world.ADMINS) == (by, target)
    assert ("resolved through alternate mitigation", "smart cards") == (new["status"], new["note"])


def test_representation_is_returned_when_it_is_preferred(graph: Client) -> None:
    answer = patch(
        graph,
        world.ADMINS,
        headers={"Prefer": "respond-async, return=representation"},
        state="Reviewed",
        comment=HTML,
    )
    [update] = answer.json()["controlStateUpdates"]

    assert (200, "return=representation") == (
        answer.status_code,
        answer.headers["Preference-Applied"],
    )
    assert ("Reviewed", HTML) == (update["state"], update["comment"])
    assert world.ADMINS == answer.json()["id"]


def test_an_ignored_control_is_looked_at_again_after_ninety_days(
    graph: Client, contoso: Organization
) -> None:
    from securescore.record.models import ActionDecision

    patch(graph, world.ADMINS, state="Ignored", comment="no budget")
    decision = ActionDecision.objects.get(organization=contoso)

    assert datetime.now(UTC).date() + timedelta(days=90) == decision.review_on


def test_the_same_change_twice_changes_nothing(graph: Client, contoso: Organization) -> None:
    for _ in range(2):
        assert 204 == patch(graph, world.ADMINS, state="Ignored", comment="no budget").status_code
    assert 204 == patch(graph, world.ADMINS, state="ignored").status_code
    assert 204 == patch(graph, world.MFA, state="Default").status_code

    assert 1 == len(entries(contoso))


def test_default_takes_a_decision_back(graph: Client) -> None:
    patch(graph, world.ADMINS, state="Reviewed", comment="smart cards")

    assert 204 == patch(graph, world.ADMINS, state="Default").status_code
    assert "Default" == state_of(graph, world.ADMINS)["state"]


def test_a_planned_action_is_a_default_that_stays_planned(
    graph: Client, contoso: Organization
) -> None:
    from securescore.core.status import Status
    from securescore.ops.action_edit import ActionEdit
    from securescore.ops.deciding import edit_action
    from securescore.organizations.access import installation_access
    from securescore.record import query

    access = installation_access(contoso, "ana")
    edit = ActionEdit(status=Status.PLANNED)
    edit_action(access, world.MFA, edit, seen_version=None, now=datetime.now(UTC))

    assert "Default" == state_of(graph, world.MFA)["state"]
    assert 204 == patch(graph, world.MFA, state="default", assignedTo="bob").status_code
    [action] = [a for a in query.actions(contoso) if a.id == world.MFA]
    assert ("planned", "bob") == (action.status, action.assignee)


def test_another_comment_keeps_everything_else_of_the_decision(
    graph: Client, contoso: Organization
) -> None:
    from securescore.core.status import Status
    from securescore.ops.action_edit import ActionEdit
    from securescore.ops.deciding import edit_action
    from securescore.organizations.access import installation_access
    from securescore.record.models import ActionDecision

    now = datetime.now(UTC)
    day = now.date() + timedelta(days=20)
    edit_action(
        installation_access(contoso, "ana"),
        world.ADMINS,
        ActionEdit(
            status=Status.THIRD_PARTY, note="Duo", ends_on=day, evidence="ticket 7", owner="bob"
        ),
        seen_version=None,
        now=now,
    )

    assert 204 == patch(graph, world.ADMINS, comment="Duo, checked in May").status_code
    newest = ActionDecision.objects.filter(organization=contoso).latest("at")
    assert ("Duo, checked in May", day, "ticket 7", "bob") == (
        newest.note,
        newest.ends_on,
        newest.evidence,
        newest.owner,
    )


def test_assigning_changes_no_state(graph: Client) -> None:
    patch(graph, world.ADMINS, state="Reviewed", comment="smart cards")
    patch(graph, world.ADMINS, assignedTo="bob")
    update = state_of(graph, world.ADMINS)

    assert ("Reviewed", "smart cards", "bob") == (
        update["state"],
        update["comment"],
        update["assignedTo"],
    )
    patch(graph, world.ADMINS, assignedTo="")
    assert state_of(graph, world.ADMINS)["assignedTo"] is None


def test_where_approval_is_asked_for_ignored_becomes_a_request(
    contoso: Organization, client_of: Callable[..., Client]
) -> None:
    from securescore.record.query import waiting_risks

    contoso.needs_approval = True
    contoso.save()
    client = client_of(contoso, world.WRITE)
    for _ in range(2):  # asking again for the same changes nothing
        assert 204 == patch(client, world.ADMINS, state="Ignored", comment="no budget").status_code
    [waiting] = waiting_risks(contoso)

    assert (world.ADMINS, "no budget") == (waiting.control_id, waiting.reason)
    assert "Default" == state_of(client, world.ADMINS)["state"]
    other = patch(client, world.ADMINS, state="Ignored", comment="another reason")
    assert "waits for approval" in refused(other)


@pytest.mark.parametrize("state", ["Ignored", "ThirdParty", "Reviewed"])
@pytest.mark.parametrize("comment", [None, "", "   "])
def test_a_state_without_a_comment_is_refused(
    graph: Client, contoso: Organization, state: str, comment: str | None
) -> None:
    given = {} if comment is None else {"comment": comment}
    message = refused(patch(graph, world.ADMINS, state=state, **given))

    assert f"The state '{state}' needs a comment" in message
    assert [] == entries(contoso)


def test_a_completed_control_follows_the_data(graph: Client, contoso: Organization) -> None:
    message = refused(patch(graph, world.PASSWORDS, state="Reviewed", comment="done"))

    assert "it is completed: the status follows the data" in message
    assert 204 == patch(graph, world.PASSWORDS, state="Default").status_code
    assert [] == entries(contoso)


@pytest.mark.parametrize(
    "body, message",
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 60_000, "not valid JSON"),
        (b"[]", "a JSON object"),
        (b"null", "a JSON object"),
        ({"state": "Reviewed", "comment": "x", "vendorInformation": None}, "vendorInformation"),
        ({"state": "Reviewed", "comment": "x", "vendorInformation": {}}, "vendorInformation"),
        ({"comment": "x", "vendorInformation": {"vendor": "Microsoft"}}, "vendor and provider"),
        ({"comment": "x", "vendorInformation": {**VENDOR, "vendor": 1}}, "vendor and provider"),
        ({"comment": "x", "vendorInformation": {**VENDOR, "points": 1}}, "has no points"),
        ({}, "Nothing is asked for"),
        ({"@odata.type": "#microsoft.graph.secureScoreControlProfile"}, "Nothing is asked for"),
        ({"state": "Accepted"}, "no state 'Accepted'"),
        ({"state": "Completed", "comment": "x"}, "no state 'Completed'"),
        ({"state": ""}, "no state ''"),
        ({"state": None}, "no state ''"),
        ({"state": 1}, "'state' has to be a text"),
        ({"state": ["Ignored"]}, "'state' has to be a text"),
        ({"comment": {"a": 1}}, "'comment' has to be a text"),
        ({"assignedTo": True}, "'assignedTo' has to be a text"),
        ({"assignedTo": "a" * 201}, "at most 200"),
        ({"state": "Reviewed", "comment": "x" * 20_001}, "at most 20,000"),
        ({"comment": "\ud800"}, "lone surrogate"),
        ({"maxScore": 10, "controlScore": 1}, "controlScore, maxScore"),
        ({"controlStateUpdates": [{"state": "Ignored"}]}, "controlStateUpdates"),
        ({"id": world.MFA, "state": "Default"}, "cannot be changed: id"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_and_changes_nothing(
    graph: Client, contoso: Organization, body: Any, message: str
) -> None:
    raw = body
    if isinstance(body, dict):
        raw = json.dumps({"vendorInformation": VENDOR, **body})
    answer = graph.patch(f"{PROFILES}/{world.ADMINS}", raw, content_type="application/json")

    assert message in refused(answer)
    assert [] == entries(contoso)


def test_a_body_without_vendor_information_is_refused(graph: Client) -> None:
    answer = graph.patch(
        f"{PROFILES}/{world.ADMINS}", {"comment": "x"}, content_type="application/json"
    )

    assert "vendorInformation with vendor and provider is required" in refused(answer)


def test_a_body_that_is_too_large_is_told_as_json(graph: Client, settings: Any) -> None:
    answer = patch(graph, world.ADMINS, comment="x" * 70_000)
    assert (413, "RequestEntityTooLarge") == (answer.status_code, answer.json()["error"]["code"])
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    assert refused(patch(graph, world.ADMINS, comment="x" * 2000))


@pytest.mark.parametrize(
    "control_id", ["NoSuchControl", "AdminMFAV2/evidence", "adminmfav2", "%00"]
)
def test_a_control_that_is_not_there_is_404(graph: Client, control_id: str) -> None:
    for answer in (
        graph.get(f"{PROFILES}/{control_id}"),
        graph.patch(
            f"{PROFILES}/{control_id}",
            {"vendorInformation": VENDOR, "state": "Default"},
            content_type="application/json",
        ),
    ):
        assert (404, "ResourceNotFound") == (answer.status_code, answer.json()["error"]["code"])
