"""The door of the API: a token says who calls, for which organization, and what may be done.

There is no session and no cookie here, so there is nothing to forge; the token alone decides, and
it names one organization, so two can never be mixed. A token is refused before anything that it
sends is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from securescore.organizations.access import Access, Right, require
from securescore.organizations.tokens import Scope, TokenRefused, access_of_token
from securescore.present.rest_api.errors import ApiError, invalid

SCOPE_OF: Mapping[Right, Scope] = MappingProxyType(
    {
        Right.VIEW: Scope.READ,
        Right.EVIDENCE: Scope.EVIDENCE,
        Right.EDIT: Scope.WRITE,
        Right.APPROVE: Scope.APPROVE,
        Right.ADMINISTER: Scope.ADMINISTER,
    }
)
CHALLENGE = MappingProxyType({"WWW-Authenticate": 'Bearer realm="Open Secure Score"'})
N_NAMED = 10
NAME_LENGTH = 60


class BearerToken(HttpBearer):
    """Refuses who has no token, a token without the right, and parameters that do not exist.

    Attributes:
        right: what the operation needs.
        parameters: names of its query parameters, set when it is declared.
    """

    openapi_description = (
        "A token of the installation: `securescore token create --org NAME --scope "
        "SecurityEvents.Read.All`, or *Settings, API tokens*. It names one organization, ends by "
        "its date and holds scopes; each operation says which it needs."
    )

    def __init__(self, right: Right) -> None:
        super().__init__()
        self.right = right
        self.parameters: frozenset[str] = frozenset()

    def __call__(self, request: HttpRequest) -> Access:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise ApiError(
                401,
                "There is no token. Send one: Authorization: Bearer oss_...",
                headers=CHALLENGE,
            )
        access = self.authenticate(request, secret.strip())
        require(access, self.right)
        self._refuse_unknown(request)
        return access

    def authenticate(self, request: HttpRequest, token: str) -> Access:
        del request
        try:
            return access_of_token(token, now())
        except TokenRefused as error:
            raise ApiError(
                401,
                "The token is not known, was taken back or has ended. Ask an administrator of "
                "the organization for another.",
                headers=CHALLENGE,
            ) from error

    def _refuse_unknown(self, request: HttpRequest) -> None:
        unknown = sorted(set(request.GET) - self.parameters)
        if unknown:
            named = ", ".join(f"'{name[:NAME_LENGTH]}'" for name in unknown[:N_NAMED])
            known = ", ".join(sorted(self.parameters)) or "none"
            raise invalid(
                where="query",
                what=f"there is no parameter {named}",
                what_to_do=f"These exist: {known}",
            )
        for name, values in request.GET.lists():
            if any("\0" in value for value in values):
                raise invalid(where=f"query.{name}", what="a text holds no NUL character")
        match = request.resolver_match
        if match is not None and any("\0" in str(value) for value in match.kwargs.values()):
            raise ApiError(404, "There is nothing at this address, or it is not yours to see.")


def access_of(request: HttpRequest) -> Access:
    """What the caller may do, and where."""
    return cast("Access", request.auth)  # type: ignore[attr-defined]  # set by ninja from BearerToken


def now() -> datetime:
    """The clock of the API."""
    return datetime.now(UTC)
