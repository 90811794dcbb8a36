"""Every route x role (or token) x organization x method, against the reviewed table.

What is not yours is 404, with the same bytes as what is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization, set_role
from tests.access.routes import (
    PEOPLE,
    Route,
    every_route,
    expected_of,
    table,
    verdict,
    written,
)

pytestmark = pytest.mark.slow
ROUTES = every_route()
TABLE = table()
PROFILES = TABLE["profiles"]
ROWS = TABLE["routes"]
METHODS = ("get", "post", "patch")
SESSION = "securescore_session"
Ask = Callable[[str, str, str], Any]
"""Column, method, path: the response."""


def row_of(route: Route) -> dict[str, Any]:
    """The row of a route, its profile filled in."""
    row = ROWS[route.name]
    if isinstance(row, str):
        return dict(PROFILES[row])
    return {**PROFILES.get(row.get("profile", ""), {}), **row}


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    from securescore.project.static import prepare

    prepare()


@pytest.fixture
def ask(db: None, settings: Any) -> Ask:
    """Asks as one of the table's columns: each time with a browser, or a program, of its own."""
    from django.contrib.auth.models import User
    from django.core.cache import cache

    from securescore.ops.people import make_token
    from securescore.organizations.access import installation_access
    from securescore.organizations.tokens import Scope

    settings.SECURESCORE_ANSWERS = "tests.present.sample_answers"
    own, _ = create_organization("Contoso"), create_organization("Fabrikam")
    people = {name: User.objects.create(username=name) for name in PEOPLE[1:]}
    for name in PEOPLE[2:-1]:
        set_role(own, people[name], name)
    people["operator"].is_superuser = True
    people["operator"].save()
    secrets = {"unknown": "oss_nobody-made-this"}

    def secret(column: str) -> str:
        if column not in secrets:
            from django.utils import timezone

            made = make_token(
                installation_access(own, "root"),
                name=column,
                scopes=[Scope[column]],
                now=timezone.now(),
            )
            secrets[column] = made.secret
        return secrets[column]

    clients: dict[str, Client] = {}

    def request(column: str, method: str, path: str) -> Any:
        cache.clear()  # allauth counts tries there
        headers = {}
        client = clients.setdefault(column, Client())
        if column in people and SESSION not in client.cookies:
            client.force_login(people[column])
        elif column not in {*people, "anonymous", "none"}:
            headers["Authorization"] = f"Bearer {secret(column)}"
        if method == "get":
            return client.get(path, headers=headers)
        del clients[column]  # what it changed must not reach the next
        if method == "patch":
            return client.patch(path, "{}", content_type="application/json", headers=headers)
        return client.post(path, headers=headers)

    return request


def path_of(route: Route, slug: str) -> str:
    """The address in an organization; a row's ``with`` names arguments that exist."""
    values = {**TABLE["arguments"], **row_of(route).get("with", {}), "slug": slug}
    return route.path(**{name: str(values[name]) for name in route.arguments if name in values})


def measured(ask: Ask, route: Route, slug: str, method: str) -> tuple[str, ...]:
    path = path_of(route, slug)
    return tuple(verdict(ask(column, method, path)) for column in route.columns)


def methods_of(route: Route) -> list[str]:
    return [method for method in METHODS if method in row_of(route)]


def test_every_route_has_a_row(ask: Ask) -> None:
    lines = []
    for name, route in ROUTES.items():
        if name in ROWS:
            continue
        path = route.path(
            slug="contoso",
            **{
                key: str(value)
                for key, value in TABLE["arguments"].items()
                if key in route.arguments
            },
        )
        answers = {
            method: written(tuple(verdict(ask(c, method, path)) for c in route.columns))
            for method in (METHODS if route.is_api else METHODS[:2])
        }
        said = ", ".join(f'{method}: "{words}"' for method, words in answers.items())
        lines.append(f"  {name}: {{{said}}}  # {route.address}")

    assert lines == [], (
        "these routes have no row. Look at each, whether this is what it should answer, and add "
        "to 'routes' in tests/access/expected.yaml (a profile's name is enough where one fits):\n"
        + "\n".join(lines)
    )


def test_every_row_has_a_route() -> None:
    gone = sorted(set(ROWS) - set(ROUTES))

    assert gone == [], "remove these rows from tests/access/expected.yaml"


@pytest.mark.parametrize("name", sorted(set(ROUTES) & set(ROWS)))
def test_each_role_gets_what_the_table_says_and_nothing_elsewhere(ask: Ask, name: str) -> None:
    """In one's own organization, and in another, where one is a stranger."""
    route = ROUTES[name]
    for method in methods_of(route):
        expected = expected_of(row_of(route), method, route)

        assert expected == measured(ask, route, "contoso", method), (
            f"{method.upper()} {path_of(route, 'contoso')} by {', '.join(route.columns)}"
        )
        if "slug" in route.arguments:
            check_another_organization(ask, route, method, expected)


def check_another_organization(
    ask: Ask, route: Route, method: str, expected: tuple[str, ...]
) -> None:
    """Whoever is something in one organization is a stranger in the other."""
    columns = route.columns[2:] if route.is_api else PEOPLE[2:-1]
    as_strangers = "404" if route.is_api else expected[PEOPLE.index("stranger")]
    path = path_of(route, "fabrikam")
    answers = {column: ask(column, method, path) for column in columns}

    assert dict.fromkeys(columns, as_strangers) == {
        column: verdict(answer) for column, answer in answers.items()
    }, f"{method.upper()} {path}"
    if as_strangers == "404":
        nobodys = ask(columns[-1], method, path_of(route, "nobody"))
        assert answers[columns[-1]].content == nobodys.content


@pytest.mark.parametrize(
    "name", sorted(name for name, route in ROUTES.items() if name in ROWS and not route.is_api)
)
def test_a_form_from_elsewhere_is_refused(ask: Ask, name: str) -> None:
    """Without the token of a form of ours every POST is refused, whatever it asks for."""
    from django.contrib.auth.models import User

    route = ROUTES[name]
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="admin"))
    answer = client.post(path_of(route, "contoso"))
    if row_of(route).get("csrf") == "exempt":
        assert "This form has expired" not in answer.content.decode()
    else:
        assert answer.status_code == 403
        assert "This form has expired" in answer.content.decode()


def test_the_organization_of_the_table_is_real(ask: Ask) -> None:
    """Guards the guard: with another name everything would be 404 and look safe."""
    assert Organization.objects.filter(slug__in=["contoso", "fabrikam"]).count() == 2
    assert ask("viewer", "get", "/o/contoso/").status_code == 200
