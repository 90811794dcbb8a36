"""Saved views over the API: a token sees and changes those that all share, and no others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User

from securescore.core.errors import InputError
from securescore.ops.saved_views import save_view
from securescore.organizations.access import installation_access
from securescore.organizations.models import Organization
from securescore.record.models import AuditEntry, SavedView
from tests.ops import world
from tests.rest_api.contract import Api, error_of

OURS = {"name": "Identity", "query": "category=Identity&sort=-points_left"}
BOTH = ("SecurityEvents.ReadWrite.All", "Organization.ReadWrite.All")


@pytest.fixture
def made(editor: Api) -> dict[str, Any]:
    response = editor.send("POST", "views", OURS)
    assert response.status_code == 201, response.content
    found: dict[str, Any] = response.json()
    return found


@pytest.fixture
def private(organization: Organization) -> SavedView:
    """A view of one person: the same who made the tokens."""
    return save_view(
        installation_access(organization, "ana"),
        User.objects.create_user("ana"),
        name="Mine",
        query="",
        is_shared=False,
        is_default=False,
        now=datetime.now(UTC),
    )


def test_a_view_is_shared_and_written_down(made: dict[str, Any], reader: Api) -> None:
    [entry] = AuditEntry.objects.filter(action="view.create")

    assert [made] == reader.json("views")["items"]
    assert made == {**OURS, "id": made["id"], "is_default": False, "created_by": "ana"}
    assert (entry.target, entry.by) == (str(made["id"]), "test (token of ana)")
    assert SavedView.objects.get().owner is None


def test_the_query_of_a_view_filters_the_list(made: dict[str, Any], reader: Api) -> None:
    found = reader.json(f"actions?{made['query']}")

    assert {"Identity"} == {row["category"] for row in found["items"]}


def test_what_is_kept_of_a_query_is_what_the_list_knows(editor: Api) -> None:
    body = {"name": "x", "query": "?nonsense=1&page=3&view=9&status=planned&sort=rank"}

    assert editor.send("POST", "views", body).json()["query"] == "status=planned"


def test_a_view_is_changed_member_by_member(made: dict[str, Any], editor: Api) -> None:
    path = f"views/{made['id']}"
    renamed = editor.send("PATCH", path, {"name": "Who signs in"}).json()
    changed = editor.send("PATCH", path, {"query": "status=planned"}).json()

    assert {**made, "name": "Who signs in"} == renamed
    assert {**renamed, "query": "status=planned"} == changed
    assert [changed] == editor.json("views")["items"]


def test_a_view_is_deleted(made: dict[str, Any], editor: Api) -> None:
    assert editor.call("DELETE", f"views/{made['id']}").status_code == 204
    assert editor.json("views")["items"] == []
    assert editor.call("DELETE", f"views/{made['id']}").status_code == 404
    assert AuditEntry.objects.filter(action="view.delete").count() == 1


def test_views_of_a_person_are_nothing_to_a_token(private: SavedView, token: Any) -> None:
    everything = token(*BOTH)
    path = f"views/{private.pk}"

    assert everything.json("views")["items"] == []
    assert everything.send("PATCH", path, {"name": "Ours"}).status_code == 404
    assert everything.call("DELETE", path).status_code == 404
    assert SavedView.objects.get().name == "Mine"


def test_a_token_keeps_no_view_of_its_own(organization: Organization) -> None:
    with pytest.raises(InputError, match="no views of its own"):
        save_view(
            installation_access(organization, "ana"),
            None,
            name="Mine",
            query="",
            is_shared=False,
            is_default=False,
            now=datetime.now(UTC),
        )

    assert not SavedView.objects.exists()


def test_what_opens_first_for_everybody_is_for_administrators(
    made: dict[str, Any], editor: Api, token: Any
) -> None:
    path = f"views/{made['id']}"
    for response in (
        editor.send("PATCH", path, {"is_default": True}),
        editor.send("POST", "views", {"name": "First", "is_default": True}),
    ):
        assert response.status_code == 403
        assert "Organization.ReadWrite.All" in error_of(response)["message"]
    both = token(*BOTH)
    assert both.send("PATCH", path, {"is_default": True}).json()["is_default"] is True
    first = both.send("POST", "views", {"name": "First", "is_default": True}).json()
    assert {first["id"]: True, made["id"]: False} == {
        view["id"]: view["is_default"] for view in both.json("views")["items"]
    }


def test_views_of_somebody_else_are_changed_by_administrators(
    made: dict[str, Any], token: Any
) -> None:
    path = f"views/{made['id']}"
    bo = token("SecurityEvents.ReadWrite.All", person="bo")

    assert bo.send("PATCH", path, {"name": "Bo's"}).status_code == 403
    assert bo.call("DELETE", path).status_code == 403
    assert token(*BOTH, person="bo").send("PATCH", path, {"name": "Bo's"}).status_code == 200


@pytest.mark.parametrize(
    "body, where",
    [
        ({"name": "Identity"}, "name"),
        ({"name": " "}, "name"),
        ({"name": ""}, "body.name"),
        ({"name": "x" * 81}, "body.name"),
        ({"query": ""}, "body.name"),
        ({"name": "x", "query": "category=Magic"}, "body.query"),
        ({"name": "x", "query": "sort=luck"}, "body.query"),
        ({"name": "x", "query": "&".join("a" * 1_500)}, "body.query"),
        ({"name": "x", "query": "q" * 4_001}, "body.query"),
        ({"name": "x", "is_default": 1}, "body.is_default"),
        ({"name": "x", "is_shared": False}, "body.is_shared"),
    ],
)
def test_a_view_that_cannot_be_is_refused_by_name(
    made: dict[str, Any], editor: Api, body: dict[str, Any], where: str
) -> None:
    response = editor.send("POST", "views", body)

    assert response.status_code == 422
    assert where == error_of(response)["details"][0]["where"]
    assert SavedView.objects.count() == 1


def test_views_of_others_are_not_there(made: dict[str, Any], token: Any) -> None:
    theirs = token(*BOTH, of=world.organization("Fabrikam"))
    answers = [
        theirs.call(method, f"views/{made['id']}", body)
        for method, body in (("PATCH", {"name": "Theirs"}), ("DELETE", None))
    ]

    assert theirs.json("views")["items"] == []
    assert [404, 404] == [answer.status_code for answer in answers]
    assert SavedView.objects.get().name == "Identity"


def test_an_id_beyond_all_numbers_is_not_there(editor: Api) -> None:
    assert editor.call("DELETE", f"views/{10**40}").status_code == 404


def test_views_are_a_file_too(made: dict[str, Any], reader: Api) -> None:
    text = reader.get("views.csv").content.decode("utf-8-sig")

    assert text.splitlines()[1].startswith(f"{made['id']},Identity,category=Identity")
