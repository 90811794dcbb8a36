"""Signing in with OpenID Connect: allauth's provider, with every check of the ID token.

allauth keeps the state and PKCE. It leaves the token's signature unchecked where the token came
straight from the provider, and knows no nonce; here both are checked, as are issuer, audience,
expiry, and that the user information is that of the token's subject.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter

from securescore.ops.group_roles import groups_in

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
    from django.http import HttpRequest, HttpResponse

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""Signatures with a key pair: a provider's public key must never pass as a shared secret."""
LEEWAY_S = 60
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OidcAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # allauth has no types
    """Asks the provider, and believes only what is signed for us."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's description of itself, which has to name the issuer we expect."""
        config: dict[str, Any] = super().openid_config
        expected = self.get_provider().app.settings["issuer"]
        if config.get("issuer") != expected:
            msg = "the provider describes another issuer"
            raise OAuth2Error(msg)
        if not all(isinstance(config.get(name), str) for name in ENDPOINTS):
            msg = "the provider's description lacks an endpoint"
            raise OAuth2Error(msg)
        return config

    def complete_login(
        self,
        request: HttpRequest,
        app: SocialApp,
        token: SocialToken,
        **kwargs: Any,
    ) -> SocialLogin:
        """Who signs in: the claims of the ID token, and the user information about the same."""
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            msg = "the provider sent no ID token"
            raise OAuth2Error(msg)
        claims = self.checked(id_token, app.client_id)
        data = {"id_token": claims, "userinfo": claims}
        if self.openid_config.get("userinfo_endpoint"):
            about = self._fetch_user_info(token.token)
            if about.get("sub") != claims["sub"]:
                msg = "the user information is about somebody else"
                raise OAuth2Error(msg)
            data["userinfo"] = {**claims, **about}
        return self.get_provider().sociallogin_from_response(request, data)

    def checked(self, id_token: str, client_id: str) -> dict[str, Any]:
        """The claims of an ID token.

        Raises:
            OAuth2Error: it is not signed by the provider, not for us, not by it, or too old.
        """
        try:
            header = jwt.get_unverified_header(id_token)
            with get_adapter().get_requests_session() as session:
                answer = session.get(self.openid_config["jwks_uri"])
                answer.raise_for_status()
                keys = jwt.PyJWKSet.from_dict(answer.json()).keys
            key = next((k for k in keys if "kid" not in header or k.key_id == header["kid"]), None)
            if key is None:
                msg = "the ID token is signed with a key that the provider does not have"
                raise OAuth2Error(msg)
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=list(ALGORITHMS),
                audience=client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY_S,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            msg = f"the ID token does not hold: {error}"
            raise OAuth2Error(msg) from error
        if claims.get("azp", client_id) != client_id:
            msg = "the ID token is for another client"
            raise OAuth2Error(msg)
        return claims


class OidcProvider(OpenIDConnectProvider):  # type: ignore[misc] # allauth has no types
    """A provider whose answers carry our nonce; nothing of the request changes what is asked."""

    oauth2_adapter_class = OidcAdapter

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:
        """To the provider, with a nonce that is kept in the session beside the state."""
        nonce = secrets.token_urlsafe(24)
        kwargs["auth_params"] = {**self.get_auth_params(), "nonce": nonce}
        response: HttpResponse = super().redirect(
            request, process, next_url, data, nonce=nonce, **kwargs
        )
        return response

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """What is kept of the claims: the groups (null: too many to be sent) and the nonce."""
        groups = groups_in(data["userinfo"], self.app.settings["groups"])
        return {
            "groups": None if groups is None else sorted(groups),
            "nonce": data["id_token"].get("nonce", ""),
        }

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """The scopes of the settings; the address asks for no others."""
        del request
        return list(self.get_scope())

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """The parameters of the settings; the address adds none."""
        del request, action
        return dict(self.get_auth_params())


def is_answer_to(request: HttpRequest, login: SocialLogin) -> bool:
    """Whether the answer was made for the sign-in that this browser began (nonce and issuer)."""
    expected = login.state.get("nonce")
    given = str(login.account.extra_data.get("nonce", ""))
    issuer = login.provider.app.settings["issuer"]
    return (
        isinstance(expected, str)
        and secrets.compare_digest(expected.encode(), given.encode())
        and request.GET.get("iss", issuer) == issuer  # RFC 9207
    )
