"""The official SDK of Microsoft, unchanged but for its base address and the token it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.graph_api import world

if TYPE_CHECKING:
    from msgraph import GraphServiceClient

    from securescore.organizations.models import Organization

pytestmark = [
    pytest.mark.network,
    pytest.mark.database,
    pytest.mark.slow,  # the SDK alone takes seconds to be imported
    # What the SDK warns itself of when it is imported.
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]
FAR_FUTURE = 4_000_000_000
Answer = TypeVar("Answer")
Ask = Callable[[Callable[["GraphServiceClient"], Awaitable[Answer]]], Answer]


@pytest.fixture
def owner(transactional_db: None) -> Organization:
    return world.contoso(7)


@pytest.fixture
def address(owner: Organization) -> Iterator[str]:
    from tests.serving import serving

    with serving() as found:
        yield found


@pytest.fixture
def ask(address: str, owner: Organization) -> Ask[Any]:
    """Asks something of the SDK's client, which holds a token for reading and changing."""
    return asking(address, world.token(owner, world.WRITE))


def asking(address: str, secret: str) -> Ask[Any]:
    from azure.core.credentials import AccessToken
    from msgraph import GraphServiceClient

    class OurToken:
        def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
            return AccessToken(secret, FAR_FUTURE)

    def run(question: Callable[[GraphServiceClient], Awaitable[Answer]]) -> Answer:
        async def answered() -> Answer:
            client = GraphServiceClient(credentials=OurToken())
            client.request_adapter.base_url = f"{address}/v1.0"
            return await question(client)

        # In a thread of its own: a browser test before it leaves its loop running in this one.
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(asyncio.run, answered()).result()

    return run


def test_it_lists_days(ask: Ask[Any]) -> None:
    page = ask(lambda client: client.security.secure_scores.get())
    newest = page.value[0]
    mfa = next(c for c in newest.control_scores if c.control_name == world.MFA)

    assert 7 == len(page.value)
    assert page.odata_next_link is None
    assert (f"{world.TENANT}_2026-05-04", 20.47) == (newest.id, newest.current_score)
    assert (2026, 5, 4, 0) == newest.created_date_time.timetuple()[:4]
    assert ("16", "200", 8) == (
        mfa.additional_data["count"],
        mfa.additional_data["total"],
        mfa.additional_data["scoreInPercentage"],
    )
    assert "SecureScore" == newest.vendor_information.provider


def test_it_follows_the_pages(ask: Ask[Any]) -> None:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.security.secure_scores.secure_scores_request_builder import (
        SecureScoresRequestBuilder,
    )
    from msgraph_core.tasks.page_iterator import PageIterator

    parameters = SecureScoresRequestBuilder.SecureScoresRequestBuilderGetQueryParameters(
        top=3, count=True, select=["id", "currentScore"]
    )

    async def every_day(client: GraphServiceClient) -> tuple[int | None, list[str | None]]:
        first = await client.security.secure_scores.get(
            RequestConfiguration(query_parameters=parameters)
        )
        assert first is not None
        found: list[str | None] = []
        iterator = PageIterator(first, client.request_adapter)
        await iterator.iterate(lambda score: found.append(score.id) or True)  # type: ignore[func-returns-value]  # the callback says to go on
        return first.odata_count, found

    n, found = ask(every_day)

    assert [f"{world.TENANT}_2026-05-0{day}" for day in (4, 3, 2, 1)] == found[:4]
    assert n == len(found) == len(set(found)) == 7


def test_it_filters_and_gets_one(ask: Ask[Any]) -> None:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.security.secure_score_control_profiles import (
        secure_score_control_profiles_request_builder as builder,
    )

    kind = builder.SecureScoreControlProfilesRequestBuilder
    parameters = kind.SecureScoreControlProfilesRequestBuilderGetQueryParameters(
        filter="service eq 'AzureAD' and maxScore ge 10", orderby=["title"]
    )

    async def question(client: GraphServiceClient) -> tuple[Any, Any, Any]:
        controls = client.security.secure_score_control_profiles
        page = await controls.get(RequestConfiguration(query_parameters=parameters))
        one = await controls.by_secure_score_control_profile_id(world.SCANNED).get()
        day = await client.security.secure_scores.by_secure_score_id(
            f"{world.TENANT}_2026-05-03"
        ).get()
        return page, one, day

    page, one, day = ask(question)

    assert [world.ADMINS] == [control.id for control in page.value]
    assert (world.SCANNED, 4.0, "Prowler") == (one.id, one.max_score, one.service)
    assert (f"{world.TENANT}_2026-05-03", 4) == (day.id, len(day.control_scores))


def test_it_changes_a_control_and_reads_it_back(ask: Ask[Any]) -> None:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.models.secure_score_control_profile import SecureScoreControlProfile
    from msgraph.generated.models.security_vendor_information import SecurityVendorInformation

    body = SecureScoreControlProfile(
        vendor_information=SecurityVendorInformation(provider="SecureScore", vendor="Microsoft"),
        additional_data={"state": "ThirdParty", "comment": "smart cards", "assignedTo": "ana"},
    )
    preferring = RequestConfiguration[Any]()
    preferring.headers.add("Prefer", "return=representation")

    async def change(client: GraphServiceClient) -> tuple[Any, Any, Any, Any]:
        control = client.security.secure_score_control_profiles.by_secure_score_control_profile_id(
            world.ADMINS
        )
        silent = await control.patch(body)
        read = await control.get()
        body.additional_data["comment"] = "smart cards, all of them"
        told = await control.patch(body, request_configuration=preferring)
        newest = await client.security.secure_scores.get()
        return silent, read, told, newest

    silent, read, told, newest = ask(change)
    [update] = read.control_state_updates
    admins = next(c for c in newest.value[0].control_scores if c.control_name == world.ADMINS)

    assert silent is None
    assert ("ThirdParty", "smart cards", "ana", "test (token of ana)") == (
        update.state,
        update.comment,
        update.assigned_to,
        update.updated_by,
    )
    assert "smart cards, all of them" == told.control_state_updates[0].comment
    assert 10 == admins.score


def test_it_raises_graphs_own_errors(address: str, owner: Organization) -> None:
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError

    strange = asking(address, "oss_unknown")
    with pytest.raises(ODataError) as unknown:
        strange(lambda client: client.security.secure_scores.get())
    reading = asking(address, world.token(owner))
    with pytest.raises(ODataError) as missing:
        reading(
            lambda client: client.security.secure_scores.by_secure_score_id("x_2026-05-09").get()
        )

    assert (401, "InvalidAuthenticationToken") == (
        unknown.value.response_status_code,
        unknown.value.error.code,  # type: ignore[union-attr]  # the SDK read the error
    )
    assert (404, "ResourceNotFound") == (
        missing.value.response_status_code,
        missing.value.error.code,  # type: ignore[union-attr]  # the SDK read the error
    )
    assert missing.value.error.inner_error.request_id  # type: ignore[union-attr]  # as above
