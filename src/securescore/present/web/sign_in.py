"""Signing in and out: allauth does it, at our addresses; and links that sign in once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.error import URLError

from allauth.account.views import LoginView, LogoutView, PasswordSetView
from allauth.decorators import rate_limit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from requests import RequestException

from securescore.ops.sign_ins import write_sign_in
from securescore.organizations.sign_in_link import user_of_link
from securescore.present.web.drafts import is_on_the_way_to_draft
from securescore.present.web.oidc import OidcAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInView(LoginView):  # type: ignore[misc] # allauth has no types
    """The page of sign-in: password, passkey, and a button for each identity provider."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        values: dict[str, Any] = super().get_context_data(**kwargs)
        values["providers"] = [
            (provider.name, provider.get_login_url(self.request))
            for provider in get_adapter().list_providers(self.request)
        ]
        values["keeps_draft"] = is_on_the_way_to_draft(self.request)
        return values


sign_in = SignInView.as_view()
sign_out = require_POST(LogoutView.as_view())


@require_http_methods(["GET", "POST"])
def sign_in_by_link(request: HttpRequest, user_id: int, token: str) -> HttpResponse:
    """``/sign-in/link/{user}/{token}/``: a question first, so that a preview does not use it up.

    Whoever has no password yet is asked to choose one.
    """
    user = user_of_link(user_id, token)
    if user is None:
        return render(request, "sign_in_link.html", {"person": None}, status=404)
    if request.method == "POST":
        login(request, user, backend=BACKEND)
        write_sign_in(user.get_username(), method="link", now=timezone.now())
        return redirect("home" if user.has_usable_password() else "account_set_password")
    return render(request, "sign_in_link.html", {"person": user})


@login_required
def set_password(request: HttpRequest) -> HttpResponse:
    """``/account/password/set/``: not for people of an identity provider."""
    if SocialAccount.objects.filter(user=request.user).exists():
        raise Http404
    response: HttpResponse = PasswordSetView.as_view()(request)
    return response


@rate_limit(action="login")  # type: ignore[untyped-decorator] # allauth has no types
@require_http_methods(["GET", "POST"])
def sign_in_with_oidc(request: HttpRequest, provider_id: str) -> HttpResponse:
    """``/sign-in/oidc/{provider}/``: to the provider."""
    return _leave(request, lambda: _with_adapter(OAuth2LoginView, request, provider_id))


@require_GET
def oidc_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """``/sign-in/oidc/{provider}/callback/``: back from the provider."""
    return _with_adapter(OAuth2CallbackView, request, provider_id)


def _with_adapter(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    """A view of allauth with our adapter, which is the one that checks."""
    try:
        response: HttpResponse = view.adapter_view(OidcAdapter(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    return response


def _leave(request: HttpRequest, begin: Callable[[], HttpResponse]) -> HttpResponse:
    """A page that goes on to the provider.

    Browsers apply the policy's ``form-action`` to every redirect after a form, and where the
    provider redirects to is not ours to know. So the form ends here, and the page goes on.
    """
    if request.method == "GET" or request.POST.get("process", "login") != "login":
        return redirect("account_login")
    try:
        response = begin()
    except (RequestException, URLError, TimeoutError, OAuth2Error):  # urllib: metadata of SAML
        return render(request, "sign_in_unavailable.html", status=503)
    address = response.headers.get("Location", "")
    if not address or url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return response
    return render(request, "leaving.html", {"address": address})


@rate_limit(action="login")  # type: ignore[untyped-decorator] # allauth has no types
@require_http_methods(["GET", "POST"])
def sign_in_with_saml(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """``/sign-in/saml/{provider}/``: to the provider. Only with the extra ``saml``."""
    from allauth.socialaccount.providers.saml import views

    return _leave(request, lambda: views.login(request, organization_slug=organization_slug))
