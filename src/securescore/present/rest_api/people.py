"""Operations: tokens of the APIs, and the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja.params.functions import Query
from pydantic import ConfigDict, Field, StrictInt

from securescore.ops.people import make_token, take_token_back
from securescore.organizations.access import Right
from securescore.organizations.models import ApiToken
from securescore.organizations.tokens import DEFAULT_DAYS, MAX_DAYS, NAME_LENGTH, Scope, tokens_of
from securescore.present.rest_api.answering import (
    MOST_PER_PAGE,
    PER_PAGE,
    answer,
    file_answer,
    list_answer,
    nothing,
    paging,
    wants_csv,
)
from securescore.present.rest_api.door import access_of, now
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import list_of, page_of, shape
from securescore.present.rest_api.values import Day, Line, Number, Sent
from securescore.record.audit import entries_of, first_altered
from securescore.record.audit_log import AuditFilter, filtered
from securescore.record.models import AuditEntry

operations = Operations("Tokens")
log = Operations("Audit log")


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """A token without its secret."""

    id: str
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditAnswer:
    """One change that a person, a token or the program made."""

    number: int
    at: datetime
    by: str
    action: str
    target: str
    old: dict[str, Any]
    new: dict[str, Any]
    batch: str | None
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class AlteredAnswer:
    """The first place where the chain does not hold."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """Whether the audit log of the installation is as it was written."""

    holds: bool
    n_entries: int
    altered: AlteredAnswer | None


class TokenMade(shape(TokenAnswer)):  # type: ignore[misc]  # a base made at run time
    """A new token; its secret is shown now and never again."""

    secret: str = Field(description="The token itself. It is shown now and never again.")


class TokenAsked(Sent):
    """A token that is asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "dashboard", "scopes": ["SecurityEvents.Read.All"], "days": 90}]
        }
    )

    name: Annotated[Line, Field(min_length=1, max_length=NAME_LENGTH)] = Field(
        description="What the token is for."
    )
    scopes: list[Scope] = Field(
        min_length=1, max_length=len(Scope), description="What it may do: at least one."
    )
    days: StrictInt = Field(default=DEFAULT_DAYS, ge=1, le=MAX_DAYS, description="Days to its end.")


@operations.get(
    "/tokens",
    name="listTokens",
    summary="Tokens",
    gives=list_of(shape(TokenAnswer)),
    right=Right.ADMINISTER,
    is_list=True,
)
def tokens(request: HttpRequest) -> HttpResponse:
    """All tokens of the organization, also ended ones, newest first; never their secrets."""
    rows = [_token(row) for row in tokens_of(access_of(request).organization)]
    return list_answer(request, rows, name="tokens", columns=shape(TokenAnswer).model_fields)


@operations.send(
    "POST",
    "/tokens",
    name="createToken",
    summary="Make a token",
    right=Right.ADMINISTER,
    gives=TokenMade,
    status=201,
)
def create_token(request: HttpRequest, asked: TokenAsked) -> HttpResponse:
    """A token may do at most what the token that makes it may do."""
    made = make_token(
        access_of(request), name=asked.name, scopes=asked.scopes, days=asked.days, now=now()
    )
    response = answer({**_members(_token(made.token)), "secret": made.secret}, 201)
    response.headers["Cache-Control"] = "no-store"
    return response


@operations.send(
    "DELETE",
    "/tokens/{uuid:token_id}",
    name="revokeToken",
    summary="Take a token back",
    right=Right.ADMINISTER,
    gives=None,
    status=204,
)
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """It ends at once; also the one that this request comes with."""
    take_token_back(access_of(request), str(token_id), now=now())
    return nothing()


@log.get(
    "/audit",
    name="listAudit",
    summary="Who changed what",
    gives=page_of(shape(AuditAnswer)),
    right=Right.ADMINISTER,
    is_list=True,
)
def audit(
    request: HttpRequest,
    by: Line = Query("", description="Part of who did it."),
    action: Line = Query("", description="Its name: `action.edit`, `token.create`."),
    target: Line = Query("", description="Part of the id of what was changed."),
    start: Day | None = Query(None, alias="from", description="First day."),
    end: Day | None = Query(None, alias="to", description="Last day, included."),
    page: Number = Query(1, description="From 1."),
    per_page: Number = Query(PER_PAGE, description=f"Entries on a page; {MOST_PER_PAGE} at most."),
) -> HttpResponse:
    """The entries of the organization, newest first. Each holds the digest of the one before in the
    whole installation.
    """
    organization = access_of(request).organization
    wanted = AuditFilter(by, action, target, start, None if end == date.max else end)
    rows = filtered(entries_of(organization), wanted, organization.time_zone)
    columns = shape(AuditAnswer).model_fields
    if wants_csv(request):
        return file_answer(request, [_entry(row) for row in rows], "audit", columns)
    size = min(per_page, MOST_PER_PAGE)
    offset = (page - 1) * size
    return answer(
        {
            "items": [_entry(row) for row in rows[offset : offset + size]],
            **paging(request, page, size, rows.count()),
        }
    )


@log.get(
    "/audit/verification",
    name="verifyAudit",
    summary="Check the audit log",
    gives=shape(ChainAnswer),
    right=Right.ADMINISTER,
)
def verify_audit(request: HttpRequest) -> HttpResponse:
    """Walks the chain of the whole installation and names the first entry that was altered, as
    `securescore verify --audit` does.
    """
    del request
    n_entries, altered = first_altered()
    return answer({"holds": altered is None, "n_entries": n_entries, "altered": altered})


def _token(row: ApiToken) -> TokenAnswer:
    return TokenAnswer(
        id=str(row.pk),
        name=row.name,
        hint=row.hint,
        scopes=tuple(row.scopes),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _members(token: TokenAnswer) -> dict[str, object]:
    return {name: getattr(token, name) for name in shape(TokenAnswer).model_fields}


def _entry(row: AuditEntry) -> AuditAnswer:
    return AuditAnswer(
        number=row.number,
        at=row.at,
        by=row.by,
        action=row.action,
        target=row.target,
        old=row.old,
        new=row.new,
        batch=None if row.batch is None else str(row.batch),
        previous=row.previous,
        digest=row.digest,
    )
