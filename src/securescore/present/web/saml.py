"""Signing in with SAML: allauth's provider, which checks signatures; of the answer we keep groups.

python3-saml believes an assertion that leaves out whom it is for, where it may be handed in and
which sign-in it answers. The profile of browser sign-in (saml-profiles-2.0-os, 4.1.4.2) asks for
all of these, so here they have to be there: an assertion made for another application of the same
provider is of no use here. Imported only where the settings name a SAML provider (the extra
``saml``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.socialaccount.providers.saml.provider import SAMLProvider
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml

from securescore.ops.group_roles import groups_in

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest

AUDIENCES = "//saml:Assertion/saml:Conditions/saml:AudienceRestriction/saml:Audience"
CONFIRMATIONS = (
    f"//saml:Assertion/saml:Subject/saml:SubjectConfirmation[@Method='{Names.CM_BEARER}']"
    "/saml:SubjectConfirmationData"
)


class AnswerRefused(Exception):
    """An answer of a provider that is signed, and still is not for this sign-in; says why."""


class SamlProvider(SAMLProvider):  # type: ignore[misc] # allauth has no types
    """One identity provider that speaks SAML."""

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> SocialLogin:
        """Who signs in.

        Raises:
            AnswerRefused: the assertion does not say that it is for this sign-in.
        """
        require_addressed_to_us(response)
        login: SocialLogin = super().sociallogin_from_response(request, response)
        return login

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """What is kept of the assertion: the groups."""
        groups = groups_in(data.get_attributes(), self.app.settings["groups"])
        return {"groups": sorted(groups or ())}


def require_addressed_to_us(answer: Any) -> None:
    """Check of an answer that python3-saml found valid what it lets an answer leave out.

    Args:
        answer: ``OneLogin_Saml2_Auth`` after ``process_response``; it holds one assertion, signed.

    Raises:
        AnswerRefused: no audience, or no confirmation that names our address, the request that it
            answers, and an end that is still to come.
    """
    document = Xml.to_etree(answer.get_last_response_xml())
    ours = answer.get_settings().get_sp_data()
    if ours["entityId"] not in [(one.text or "").strip() for one in Xml.query(document, AUDIENCES)]:
        msg = "the assertion does not say that it is for us"
        raise AnswerRefused(msg)
    here = ours["assertionConsumerService"]["url"]
    asked = document.get("InResponseTo")
    if not asked or not any(
        one.get("Recipient") == here and one.get("InResponseTo") == asked and _is_to_come(one)
        for one in Xml.query(document, CONFIRMATIONS)
    ):
        msg = "the assertion does not say that it answers this sign-in, here and now"
        raise AnswerRefused(msg)


def _is_to_come(confirmation: Any) -> bool:
    """Whether a confirmation has an end, and it has not come."""
    end = confirmation.get("NotOnOrAfter")
    if not end:
        return False
    try:
        ends_at: int = OneLogin_Saml2_Utils.parse_SAML_to_time(end)
    except (OneLogin_Saml2_Error, ValueError):
        return False
    return bool(ends_at > OneLogin_Saml2_Utils.now())
