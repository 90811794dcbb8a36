from __future__ import annotations

import pytest
from django.test import Client

from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization
from tests.present.reading import MakePerson, SignIn, parsed, text_of

PATHS = (
    "",
    "score/",
    "score.csv",
    "score.json",
    "actions/",
    "actions.csv",
    "actions.json",
    "actions.xlsx",
    "actions/Control01/",
    "actions/Control01/evidence/",
    "actions/Control01/evidence.csv",
    "history/",
    "history.csv",
    "history.json",
    "history/split/",
    "history/split.csv",
    "history/split.json",
    "history/split/Control03/?cause=user",
    "history/split/Control03/resources.csv?cause=user",
    "metrics/",
    "metrics/zone/",
    "metrics/zone.csv",
    "metrics/zone.json",
    "metrics/zone.svg",
)
NEEDS_EVIDENCE = {path for path in PATHS if "evidence" in path or "resources" in path}
ROLES = ("viewer", "evidence_viewer", "editor", "approver", "admin")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_it_includes(signed_in: SignIn, role: str, path: str) -> None:
    expected = 403 if role == "viewer" and path in NEEDS_EVIDENCE else 200

    assert signed_in(role).get(f"/o/contoso/{path}").status_code == expected


@pytest.mark.parametrize("path", PATHS)
def test_another_organization_is_not_there(admin: Client, path: str) -> None:
    create_organization("Fabrikam")
    theirs = admin.get(f"/o/fabrikam/{path}")
    nobodys = admin.get(f"/o/nobody/{path}")

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_anything_before_signing_in(contoso: Organization, path: str) -> None:
    response = Client().get(f"/o/contoso/{path}")

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in/?next=/o/contoso/")


def test_an_operator_reaches_every_organization(person: MakePerson, contoso: Organization) -> None:
    operator = person("olga")
    operator.is_superuser = True
    operator.save()
    client = Client()
    client.force_login(operator)

    assert client.get("/o/contoso/actions/Control01/evidence/").status_code == 200


def test_a_missing_right_is_named_and_who_gives_it(viewer: Client) -> None:
    page = parsed(viewer.get("/o/contoso/actions/Control01/evidence/"))

    assert "evidence.view" in text_of(page)
    assert "administrator of the organization" in text_of(page)


def test_the_switcher_and_the_list_name_only_ones_own(admin: Client) -> None:
    create_organization("Fabrikam")

    assert "Fabrikam" not in text_of(parsed(admin.get("/o/contoso/")))
    assert "Fabrikam" not in text_of(parsed(admin.get("/organizations/")))


def test_an_action_that_is_not_there_is_404(admin: Client) -> None:
    assert admin.get("/o/contoso/actions/Nothing/").status_code == 404


@pytest.mark.parametrize("path", ["", "actions/", "actions/Control01/"])
def test_pages_are_only_read(admin: Client, path: str) -> None:
    assert admin.post(f"/o/contoso/{path}").status_code == 405
