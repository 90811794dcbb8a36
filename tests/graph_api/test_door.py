"""Who gets in, and how everything that goes wrong is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.graph_api import world

if TYPE_CHECKING:
    from django.test import Client

    from securescore.organizations.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SCORES = "/v1.0/security/secureScores"
PROFILES = "/v1.0/security/secureScoreControlProfiles"
ADDRESSES = (
    SCORES,
    f"{SCORES}/$count",
    f"{SCORES}/{world.TENANT}_2026-05-04",
    PROFILES,
    f"{PROFILES}/$count",
    f"{PROFILES}/{world.MFA}",
    "/beta/security/secureScores",
)


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "oss_x", "Bearer \u00e9", "Bearer a b"],
)
def test_without_a_token_nothing_is_told(
    contoso: Organization, client: Client, address: str, header: str
) -> None:
    answer = client.get(address, headers={"authorization": header} if header else {})

    assert 401 == answer.status_code
    assert "InvalidAuthenticationToken" == answer.json()["error"]["code"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_that_ended_is_refused(contoso: Organization, client: Client) -> None:
    past = datetime.now(UTC) - timedelta(days=2)
    answer = client.get(SCORES, headers=bearer(world.token(contoso, now=past, days=1)))

    assert 401 == answer.status_code


def test_a_token_that_was_taken_back_is_refused(contoso: Organization, client: Client) -> None:
    from securescore.organizations.tokens import revoke_token, tokens_of

    secret = world.token(contoso)
    assert 200 == client.get(SCORES, headers=bearer(secret)).status_code
    revoke_token(contoso, str(tokens_of(contoso)[0].pk), datetime.now(UTC))

    assert 401 == client.get(SCORES, headers=bearer(secret)).status_code


def test_a_session_opens_nothing(contoso: Organization, client: Client) -> None:
    from django.contrib.auth.models import User

    client.force_login(User.objects.create_superuser("root", "root@example.com", "x" * 20))

    assert 401 == client.get(SCORES).status_code


def test_a_token_without_the_scope_is_403_and_names_it(
    contoso: Organization, client_of: Callable[..., Client]
) -> None:
    reader = client_of(contoso, world.READ)
    answer = reader.patch(f"{PROFILES}/{world.MFA}", {}, content_type="application/json")

    assert (403, "Forbidden") == (answer.status_code, answer.json()["error"]["code"])
    assert world.WRITE in answer.json()["error"]["message"]


def test_the_token_alone_decides_whose_data_it_is(
    db: None, client_of: Callable[..., Client]
) -> None:
    contoso = world.contoso()
    fabrikam = world.contoso(5, name="Fabrikam", external_id="99999999-2222-3333-4444-555555555555")
    of_contoso, of_fabrikam = client_of(contoso), client_of(fabrikam)
    days = {one["id"] for one in of_contoso.get(SCORES).json()["value"]}

    assert days.isdisjoint(one["id"] for one in of_fabrikam.get(SCORES).json()["value"])
    for day in days:
        assert 404 == of_fabrikam.get(f"{SCORES}/{day}").status_code
    question = f"{SCORES}?$filter=azureTenantId eq '{world.TENANT}'"
    assert [] == of_fabrikam.get(question).json()["value"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_other_methods_are_405(graph: Client, method: str) -> None:
    for address in (SCORES, f"{SCORES}/{world.TENANT}_2026-05-04", PROFILES):
        answer = getattr(graph, method)(address)

        assert (405, "GET") == (answer.status_code, answer.headers["Allow"])
    answer = graph.delete(f"{PROFILES}/{world.MFA}")
    assert (405, "GET, PATCH") == (answer.status_code, answer.headers["Allow"])


@pytest.mark.parametrize(
    "address, segment",
    [
        ("/v1.0/", "v1.0"),
        ("/v1.0/me", "me"),
        ("/v1.0/users/x/y", "users"),
        ("/v1.0/security", "security"),
        ("/v1.0/security/alerts", "alerts"),
        ("/v1.0/$metadata", "$metadata"),
        ("/beta/security/nothing", "nothing"),
        ("/v1.0/security/securescores", "securescores"),
    ],
)
def test_addresses_that_are_not_there_are_404(client: Client, address: str, segment: str) -> None:
    for method in ("get", "post"):
        answer = getattr(client, method)(address)

        assert (404, "ResourceNotFound") == (answer.status_code, answer.json()["error"]["code"])
        assert f"'{segment}'" in answer.json()["error"]["message"]


def test_a_bug_is_told_as_json_with_an_id_that_the_log_has(
    graph: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from securescore.record.models import DayDocument

    DayDocument.objects.all().delete()
    settings.SECURESCORE_DAY_ENCODER = "tests.graph_api.world.broken_encoder"
    answer = graph.get(SCORES)
    error = answer.json()["error"]

    assert (500, "InternalServerError") == (answer.status_code, error["code"])
    assert error["innerError"]["request-id"] == answer.headers["request-id"]
    assert error["innerError"]["request-id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in answer.content.decode()


def test_a_host_that_is_not_ours_is_told_as_json(graph: Client) -> None:
    answer = graph.get(SCORES, headers={"host": "evil.example"})

    assert (400, "BadRequest") == (answer.status_code, answer.json()["error"]["code"])


def test_pages_of_the_web_stay_html(client: Client) -> None:
    answer = client.get("/v1.1/nothing")

    assert (404, "text/html; charset=utf-8") == (answer.status_code, answer.headers["Content-Type"])


def test_the_callers_request_id_comes_back(graph: Client) -> None:
    answer = graph.get(SCORES, headers={"client-request-id": "abc-1"})

    assert "abc-1" == answer.headers["client-request-id"]
    assert "4.0" == answer.headers["OData-Version"]


def test_more_than_150_requests_a_minute_are_429(graph: Client, settings: Any) -> None:
    address = f"{SCORES}?$select=id&$top=1"
    codes = [graph.get(address).status_code for _ in range(301)]
    answer = graph.get(address)

    # A minute may begin in between: then its first requests are counted anew.
    assert 150 <= codes.count(200) <= 300
    if answer.status_code == 429:
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert "TooManyRequests" == answer.json()["error"]["code"]
    assert 429 in codes
    assert 200 == graph.get(PROFILES).status_code
    settings.SECURESCORE_API_THROTTLE = False
    assert 200 == graph.get(address).status_code


def test_each_token_has_limits_of_its_own() -> None:
    from securescore.present.graph_api.errors import GraphError
    from securescore.present.graph_api.throttle import counted

    now = datetime(2026, 5, 4, 6, 2, 13, tzinfo=UTC)
    for _ in range(150):
        with counted("first", "secureScores", now):
            pass
    with pytest.raises(GraphError) as refused, counted("first", "secureScores", now):
        pass
    with counted("second", "secureScores", now), counted("first", "other", now):
        pass

    assert {"Retry-After": "47"} == refused.value.headers


def test_four_requests_run_at_once() -> None:
    from contextlib import ExitStack

    from securescore.present.graph_api.errors import GraphError
    from securescore.present.graph_api.throttle import counted

    now = datetime(2026, 5, 4, 6, 2, tzinfo=UTC)
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(counted("token", "other", now))
        with pytest.raises(GraphError, match="at most 4"), counted("token", "other", now):
            pass
    entered = threading.Event()
    with counted("token", "other", now):
        entered.set()

    assert entered.is_set()
