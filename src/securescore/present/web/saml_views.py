"""Where a SAML provider sends people back to: allauth's views, and what they leave to us.

Imported only where the settings name a SAML provider (the extra ``saml``).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.saml import views
from allauth.socialaccount.providers.saml.utils import build_saml_config, get_app_or_404
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from securescore.core.errors import InputError
from securescore.present.web.saml import AnswerRefused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

NO_MESSAGE = (SyntaxError, ValueError, zlib.error)
"""What reading a message raises that is no XML (lxml's error is a ``SyntaxError``), no base64, not
packed, or has a DTD."""
SIGN_OUT_HERE = "sign out in the menu with your name"

acs = require_POST(views.acs)
metadata = require_GET(views.metadata)


@require_GET
def finish_acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """``.../acs/finish/``: the answer that came to ``acs``, now with the session of the browser."""
    try:
        response: HttpResponse = views.finish_acs(request, organization_slug=organization_slug)
    except AnswerRefused as error:
        return _refused(request, organization_slug, exception=error)
    except PermissionDenied:
        reason = "no sign-in of this browser waits for this answer, or it was used already"
        return _refused(request, organization_slug, exception=AnswerRefused(reason))
    except NO_MESSAGE as error:  # before the signature is looked at: anybody can send it
        said = {"saml_errors": ["no_message"], "saml_last_error_reason": f"no SAML: {error}"}
        return _refused(request, organization_slug, extra_context=said)
    except (URLError, TimeoutError):  # its metadata cannot be fetched
        return render(request, "sign_in_unavailable.html", status=503)
    return response


def _refused(request: HttpRequest, organization_slug: str, **why: Any) -> HttpResponse:
    provider = get_app_or_404(request, organization_slug).get_provider(request)
    response: HttpResponse = render_authentication_error(request, provider, **why)
    return response


@require_GET
def sls(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """``.../sls/``: the provider signs somebody out. Unsigned anybody could, by a picture's link.

    Raises:
        InputError: it is not signed.
    """
    if "Signature" not in request.GET:
        raise InputError(
            what="nobody was signed out: the message is not signed",
            where="Signature",
            what_to_do=SIGN_OUT_HERE,
        )
    app = get_app_or_404(request, organization_slug)
    if not build_saml_config(request, app.settings, app.client_id)["idp"].get(
        "singleLogoutService"
    ):
        raise InputError(
            what="nobody was signed out: where the provider wants to be told is not known",
            where="slo_url",
            what_to_do=SIGN_OUT_HERE,
        )
    try:
        response: HttpResponse = views.sls(request, organization_slug=organization_slug)
    except NO_MESSAGE as error:
        raise InputError(
            what="nobody was signed out: the message is damaged",
            where="SAMLRequest",
            what_to_do=SIGN_OUT_HERE,
        ) from error
    return response
