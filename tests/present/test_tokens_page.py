"""API tokens in the settings: made, shown once, taken back."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from securescore.core.errors import SecureScoreError
from securescore.organizations.models import ApiToken, Organization
from securescore.organizations.tokens import access_of_token
from securescore.organizations.write import create_organization
from securescore.record.models import AuditEntry
from tests.present.reading import SignIn, parsed, text_of

TOKENS = "/o/contoso/settings/tokens/"
GOOD = {"name": "nightly export", "days": "30", "scopes": ["SecurityEvents.Read.All"]}


@pytest.mark.parametrize("role", ["viewer", "evidence_viewer", "editor", "approver"])
def test_only_an_administrator_makes_tokens(signed_in: SignIn, role: str) -> None:
    client = signed_in(role)

    assert client.get(TOKENS).status_code == 403
    assert client.post(TOKENS, GOOD).status_code == 403
    assert not ApiToken.objects.exists()


def test_a_token_is_shown_once_and_works(admin: Client, contoso: Organization) -> None:
    page = parsed(admin.post(TOKENS, GOOD))
    secret = page.get_element_by_id("the-secret").get("value")
    later = admin.get(TOKENS).content.decode()
    access = access_of_token(secret, timezone.now())

    assert secret not in later
    assert "nightly export" in later
    assert (access.organization, access.person) == (contoso, "person-admin")
    assert AuditEntry.objects.get().action == "token.create"
    assert secret not in str(AuditEntry.objects.get().new)


@pytest.mark.parametrize(
    "changes, complaint",
    [
        ({"name": "  "}, "required"),
        ({"name": "x" * 121}, "at most 120"),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"days": "367"}, "less than or equal to 366"),
        ({"days": "soon"}, "whole number"),
        ({"scopes": []}, "Tick at least one"),
        ({"scopes": ["Everything.All"]}, "not one of the available choices"),
    ],
)
def test_a_mistake_is_told_and_stays_typed(
    admin: Client, changes: dict[str, object], complaint: str
) -> None:
    answer = admin.post(TOKENS, {**GOOD, **changes})
    page = parsed(answer)

    assert answer.status_code == 422
    assert complaint in text_of(page)
    assert page.xpath("//input[@name='days']/@value") == [str(changes.get("days", "30"))]
    assert not ApiToken.objects.exists()


def test_a_token_that_is_taken_back_works_no_more(admin: Client) -> None:
    secret = parsed(admin.post(TOKENS, GOOD)).get_element_by_id("the-secret").get("value")
    token = ApiToken.objects.get()
    answer = admin.post(TOKENS, {"do": "revoke", "id": str(token.pk)}, follow=True)

    assert "taken back" in text_of(parsed(answer))
    with pytest.raises(SecureScoreError):
        access_of_token(secret, timezone.now())


@pytest.mark.parametrize("token_id", ["", "x", str(uuid.UUID(int=7)), "\0"])
def test_a_token_that_is_not_there_is_404(admin: Client, token_id: str) -> None:
    assert admin.post(TOKENS, {"do": "revoke", "id": token_id}).status_code == 404


def test_a_token_of_another_organization_is_not_there(admin: Client) -> None:
    theirs = ApiToken.objects.create(
        organization=create_organization("Fabrikam"),
        name="x",
        digest="0",
        hint="oss_x",
        created_by="eve",
        created_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )

    assert admin.post(TOKENS, {"do": "revoke", "id": str(theirs.pk)}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_the_list_says_what_lives_and_what_ended(admin: Client) -> None:
    for name in ("one", "two", "three"):
        admin.post(TOKENS, {**GOOD, "name": name})
    ApiToken.objects.filter(name="two").update(expires_at=timezone.now() - timedelta(days=1))
    admin.post(TOKENS, {"do": "revoke", "id": str(ApiToken.objects.get(name="three").pk)})
    rows = {
        text_of(row.xpath("./th")[0]).split()[0]: text_of(row.xpath("./td[@data-label='Ends']")[0])
        for row in parsed(admin.get(TOKENS)).xpath("//tbody/tr")
    }

    assert "ended" in rows["two"]
    assert "taken back" in rows["three"]
    assert not {"ended", "taken"} & set(rows["one"].split())


def test_without_a_token_the_page_says_so(admin: Client) -> None:
    assert "No token yet" in text_of(parsed(admin.get(TOKENS)))
