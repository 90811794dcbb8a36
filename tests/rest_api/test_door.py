"""Who may do what: tokens, scopes, organizations; never a session."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from securescore.organizations.models import ApiToken, Organization
from securescore.organizations.tokens import Scope
from securescore.organizations.write import set_role
from tests.ops import world
from tests.rest_api.contract import Api, document, error_of

NOTHING = str(uuid.UUID(int=0))


def every_operation() -> list[tuple[str, str, str]]:
    """Method, path with something in it, and the scope it needs."""
    return [
        (
            method.upper(),
            path.replace("{control_id}", "Nothing")
            .replace("{batch}", NOTHING)
            .replace("{request_id}", NOTHING)
            .replace("{token_id}", NOTHING)
            .replace("{run_id}", NOTHING)
            .replace("{comparison_id}", NOTHING)
            .replace("{view_id}", "999")
            .replace("{user_id}", "999")
            .replace("{group_role_id}", "999"),
            operation["x-scope"],
        )
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


HEADERS = (None, "", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "oss_abc", "Token oss_abc")


def test_every_operation_refuses_who_has_no_token(organization: Organization) -> None:
    for header, (method, path, _) in product(HEADERS, every_operation()):
        headers = {} if header is None else {"Authorization": header}
        response = Client().generic(method, path, headers=headers)

        assert response.status_code == 401, (method, path)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert error_of(response)["code"] == "InvalidAuthenticationToken"


def test_every_operation_names_the_scope_that_a_token_lacks(token: Any) -> None:
    rights = {
        Scope.READ: {Scope.READ},
        Scope.WRITE: {Scope.READ, Scope.WRITE},
        Scope.EVIDENCE: {Scope.READ, Scope.EVIDENCE},
        Scope.APPROVE: {Scope.READ, Scope.APPROVE},
        Scope.ADMINISTER: {Scope.READ, Scope.ADMINISTER},
    }
    for held, enough in rights.items():
        api = token(held)
        for method, path, needed in every_operation():
            if needed in enough:
                continue
            response = api.call(method, path)

            assert response.status_code == 403, (held, method, path)
            assert needed in error_of(response)["message"]


@pytest.mark.parametrize("change", ["revoked_at", "expires_at"])
def test_an_ended_token_is_refused(reader: Api, change: str) -> None:
    assert reader.get("organization").status_code == 200
    ApiToken.objects.update(**{change: datetime.now(UTC) - timedelta(seconds=1)})

    assert reader.get("organization").status_code == 401


def test_a_session_opens_nothing(organization: Organization) -> None:
    person = User.objects.create_user("ana", password="correct horse battery staple")
    set_role(organization, person, "admin")
    client = Client()
    client.force_login(person)

    assert client.get("/api/v1/score").status_code == 401


def test_nothing_of_another_organization_is_reached(token: Any, organization: Organization) -> None:
    everything = token(*Scope)
    other = world.organization("Fabrikam")
    world.record(other, world.mfa(0, 4, 1))
    theirs = token(*Scope, of=other)
    edited = everything.send(
        "PATCH", "actions/MFARegistrationV2", {"version": 0, "notes": "Ours alone."}
    ).json()
    their_token = ApiToken.objects.get(organization=other)

    assert theirs.send("POST", f"edits/{edited['batch']}/undo", {}).status_code == 404
    assert everything.call("DELETE", f"tokens/{their_token.pk}").status_code == 404
    assert [theirs.json("tokens")["items"][0]["id"]] == [str(their_token.pk)]
    assert "Ours alone." not in theirs.get("actions/MFARegistrationV2").content.decode()
    assert "action.edit" not in theirs.get("audit").content.decode()


def test_addresses_without_a_token_give_only_the_documents(organization: Organization) -> None:
    assert Client().get("/api/v1/openapi.json").json() == document()
    page = Client().get("/api/v1/").content.decode()

    assert "Recommended actions" in page
    assert "Contoso" not in page
    assert "<script" not in page
    assert " style=" not in page
