"""SAML answers that are not what they seem: each is refused, and the reason is in the audit log."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from lxml import etree

from securescore.organizations.models import GroupRole, Organization
from securescore.record.models import AuditEntry
from tests.present.reading import parsed, text_of
from tests.saml.conftest import ACS, begin, browser, hand_in
from tests.saml.identity_provider import NAMES, IdentityProvider, instant, one

pytestmark = pytest.mark.django_db
GROUPS = {"username": ["ana"], "groups": ["staff"]}
Change = Callable[[Any], None]


@pytest.fixture(autouse=True)
def staff(contoso: Organization) -> None:
    """A group with a role: whoever the provider vouches for comes in."""
    GroupRole.objects.create(organization=contoso, group="staff", role="viewer")


def refused(client: Any, answer: Any) -> str:
    """See that nothing came of an answer; the reason in the log."""
    assert answer.status_code in {401, 403}
    assert not User.objects.exists()
    assert client.get("/o/contoso/").status_code == 302
    return str(AuditEntry.objects.get(action="sign-in.refuse").new["reason"])


def changed(provider: IdentityProvider, change: Change) -> str:
    """An answer changed *before* the provider signs it; why it is refused."""
    client = browser()
    answer = provider.answer(begin(client), attributes=GROUPS, change=change)
    return refused(client, hand_in(client, provider.signed(answer)))


def sets(path: str, attribute: str, value: str) -> Change:
    return lambda response: one(response, path).set(attribute, value)


def says(path: str, text: str) -> Change:
    return lambda response: setattr(one(response, path), "text", text)


def lacks(path: str, attribute: str = "") -> Change:
    def change(response: Any) -> None:
        found = one(response, path)
        if attribute:
            del found.attrib[attribute]
        else:
            found.getparent().remove(found)

    return change


PAST = instant(datetime.now(UTC) - timedelta(hours=2))
FUTURE = instant(datetime.now(UTC) + timedelta(hours=2))
CONFIRMATION = "//saml:SubjectConfirmationData"
AUDIENCE = "//saml:Audience"


def test_an_answer_that_holds_signs_in(provider: IdentityProvider) -> None:
    client = browser()
    answer = provider.answer(begin(client), attributes=GROUPS, change=lambda _: None)
    landed = hand_in(client, provider.signed(answer))

    assert landed.status_code == 302
    assert client.get("/o/contoso/").status_code == 200


@pytest.mark.parametrize(
    "change, reason",
    [
        (sets("//saml:Conditions", "NotOnOrAfter", PAST), "expired"),
        (sets("//saml:Conditions", "NotBefore", FUTURE), "timestamp"),
        (sets(CONFIRMATION, "NotOnOrAfter", PAST), "SubjectConfirmation"),
        (sets(CONFIRMATION, "Recipient", "https://other.example/acs/"), "SubjectConfirmation"),
        (sets(CONFIRMATION, "InResponseTo", "_of_another"), "SubjectConfirmation"),
        (sets(".", "Destination", "https://other.example/acs/"), "received at"),
        (says(AUDIENCE, "https://other.example/metadata/"), "audience"),
        (says("/samlp:Response/saml:Issuer", "https://other.example"), "issuer"),
        (says("//saml:Assertion/saml:Issuer", "https://other.example"), "issuer"),
        (lacks("//saml:AudienceRestriction"), "not say that it is for us"),
        (lacks(CONFIRMATION, "NotOnOrAfter"), "here and now"),
        (lacks(CONFIRMATION, "Recipient"), "here and now"),
        (lacks(CONFIRMATION, "InResponseTo"), "here and now"),
        (lacks("//saml:SubjectConfirmation"), "SubjectConfirmation"),
        (lacks("//saml:Conditions"), "Conditions"),
        (lacks("//saml:AuthnStatement"), "AuthnStatement"),
        (lacks("//saml:AttributeStatement"), "AttributeStatement"),
    ],
)
def test_a_statement_that_does_not_hold_is_refused(
    provider: IdentityProvider, change: Change, reason: str
) -> None:
    assert reason in changed(provider, change)


def test_an_unsigned_answer_is_refused(provider: IdentityProvider) -> None:
    client = browser()
    answer = hand_in(client, provider.answer(begin(client), attributes=GROUPS))

    assert "not signed" in refused(client, answer)


def test_an_answer_whose_assertion_is_not_signed_is_refused(provider: IdentityProvider) -> None:
    client = browser()
    answer = provider.answer(begin(client), attributes=GROUPS)

    assert "not signed" in refused(client, hand_in(client, provider.signed_message(answer)))


def test_the_signature_of_another_key_is_refused(provider: IdentityProvider) -> None:
    client, forger = browser(), IdentityProvider()
    answer = forger.signed(forger.answer(begin(client), attributes=GROUPS))

    assert "Signature validation failed" in refused(client, hand_in(client, answer))


def test_a_signature_with_sha1_is_refused(provider: IdentityProvider) -> None:
    from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names

    client = browser()
    answer = provider.signed(provider.answer(begin(client), attributes=GROUPS), Names.RSA_SHA1)

    assert "Deprecated" in refused(client, hand_in(client, answer))


@pytest.mark.parametrize(
    "change",
    [
        says("//saml:NameID", "somebody-else"),
        says("//saml:Attribute[@Name='groups']/saml:AttributeValue", "admins"),
        sets(CONFIRMATION, "NotOnOrAfter", FUTURE),
    ],
)
def test_what_is_changed_after_signing_is_refused(
    provider: IdentityProvider, change: Change
) -> None:
    client = browser()
    answer = provider.signed(provider.answer(begin(client), attributes=GROUPS))
    change(answer)

    assert "Signature validation failed" in refused(client, hand_in(client, answer))


def test_a_second_assertion_beside_the_signed_one_is_refused(provider: IdentityProvider) -> None:
    """Signature wrapping: what is signed stays in the document, what is read is another."""
    client = browser()
    answer = provider.signed(provider.answer(begin(client), attributes=GROUPS))
    mine = copy.deepcopy(one(answer, "//saml:Assertion"))
    mine.set("ID", "_mine")
    mine.remove(one(mine, "ds:Signature"))
    one(mine, ".//saml:NameID").text = "somebody-else"
    one(answer, "//saml:Assertion").addprevious(mine)

    assert "1 assertion" in refused(client, hand_in(client, answer))


def test_the_signed_assertion_hidden_in_another_is_refused(provider: IdentityProvider) -> None:
    client = browser()
    answer = provider.signed(provider.answer(begin(client), attributes=GROUPS))
    signed = one(answer, "//saml:Assertion")
    mine = copy.deepcopy(signed)
    mine.set("ID", "_mine")
    one(mine, ".//saml:NameID").text = "somebody-else"
    signed.getparent().replace(signed, mine)
    hidden = mine.makeelement(f"{{{NAMES['ds']}}}Object")
    hidden.append(signed)
    one(mine, "ds:Signature").append(hidden)

    assert refused(client, hand_in(client, answer))


def test_a_comment_does_not_cut_a_name(provider: IdentityProvider) -> None:
    """``admin<!-- -->.evil`` was read as ``admin`` by many: it stays one name, or is refused."""
    client = browser()
    answer = provider.signed(provider.answer(begin(client), "u1.evil", attributes=GROUPS))
    name, comment = one(answer, "//saml:NameID"), etree.Comment("cut here")
    name.text, comment.tail = "u1", ".evil"
    name.append(comment)
    landed = hand_in(client, answer)
    uids = [u for user in User.objects.all() for u in user.socialaccount_set.values_list("uid")]

    assert landed.status_code in {302, 401, 403}
    assert uids in ([], [("u1.evil",)])


def test_an_answer_works_once(provider: IdentityProvider) -> None:
    client = browser()
    answer = provider.signed(provider.answer(begin(client), attributes=GROUPS))
    first = hand_in(client, answer)
    client.post("/sign-out/")
    again = hand_in(client, answer)

    assert (first.status_code, again.status_code) == (302, 401)
    assert "begin anew" in text_of(parsed(again))
    assert client.get("/o/contoso/").status_code == 302
    assert "used already" in AuditEntry.objects.get(action="sign-in.refuse").new["reason"]


def test_an_answer_works_only_in_the_browser_that_asked(provider: IdentityProvider) -> None:
    answer = provider.signed(provider.answer(begin(browser()), attributes=GROUPS))
    thief = browser()

    assert "no sign-in of this browser" in refused(thief, hand_in(thief, answer))


def test_an_answer_to_another_request_cannot_be_turned_into_one_to_this(
    provider: IdentityProvider,
) -> None:
    """Only the assertion is signed; around it stands what anybody can write."""
    thief = browser()
    answer = provider.signed(provider.answer(begin(browser()), attributes=GROUPS))
    answer.set("InResponseTo", begin(thief))

    assert "SubjectConfirmation" in refused(thief, hand_in(thief, answer))


def test_a_sign_in_that_the_provider_begins_is_refused(provider: IdentityProvider) -> None:
    client = browser()
    answer = provider.answer("_none", attributes=GROUPS)
    del answer.attrib["InResponseTo"]
    del one(answer, CONFIRMATION).attrib["InResponseTo"]

    assert "here and now" in refused(client, hand_in(client, provider.signed(answer)))


@pytest.mark.parametrize("sent", ["", "no base64!", "PHg+", "PCFET0NUWVBFIHggW10+PHgvPg=="])
def test_what_is_no_answer_is_refused(provider: IdentityProvider, sent: str) -> None:
    client = browser()
    begin(client)
    landed = client.post(ACS, {"SAMLResponse": sent}, follow=True)

    assert landed.status_code in {401, 403}
    assert not User.objects.exists()
    assert AuditEntry.objects.filter(action="sign-in.refuse").exists()


def test_what_comes_without_a_sign_in_of_ours_fills_no_log(provider: IdentityProvider) -> None:
    client = browser()
    for _ in range(3):
        landed = hand_in(
            client, IdentityProvider().signed(provider.answer("_x", attributes=GROUPS))
        )

        assert landed.status_code in {401, 403}
    assert not AuditEntry.objects.filter(action="sign-in.refuse").exists()


def test_the_page_without_an_answer_says_that_it_did_not_work(provider: IdentityProvider) -> None:
    page = browser().get(f"{ACS}finish/")

    assert page.status_code in {401, 403}
    assert "begin anew" in text_of(parsed(page))
