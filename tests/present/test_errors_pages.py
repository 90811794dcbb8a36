"""What is shown where something went wrong: each page says what to do, and keeps what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client, RequestFactory

from securescore.core.errors import InputError
from securescore.organizations.models import Organization
from securescore.present.web import errors
from tests.present.reading import parsed, text_of

NOTE = "The works council has to be told."


@pytest.fixture
def sent() -> Any:
    """A form that came to nothing."""
    return RequestFactory().post("/", {"note": NOTE, "password": "a secret"})


def test_an_address_of_forms_is_a_page_for_whoever_opens_it(
    admin: Client, contoso: Organization
) -> None:
    response = admin.get("/o/contoso/actions/Control01/approval/")
    text = text_of(parsed(response))

    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "There is no page here" in text
    assert "it was opened without one" in text


def test_a_form_sent_to_a_page_that_takes_none_is_shown_again(
    admin: Client, contoso: Organization
) -> None:
    response = admin.post("/o/contoso/history/", {"note": NOTE})
    page = parsed(response)

    assert (response.status_code, response.headers["Allow"]) == (405, "GET")
    assert [NOTE] == page.xpath("//textarea/text()")


def test_the_apis_keep_their_own_words_for_a_method_they_do_not_take(db: None) -> None:
    response = Client().post("/api/v1/openapi.json")

    assert response.status_code == 405
    assert "application/json" == response.headers["Content-Type"].partition(";")[0]


def test_a_name_that_is_not_ours_is_said_to_be(db: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["scores.example"]
    response = Client(headers={"host": "other.example"}).get("/sign-in/")
    text = text_of(parsed(response))

    assert response.status_code == 400
    assert "This server is not set up for that name" in text
    assert "SECURESCORE_ALLOWED_HOSTS" in text
    assert "other.example" not in text


def test_what_django_does_not_take_has_a_page(db: None) -> None:
    response = errors.bad_request(RequestFactory().get("/"), SuspiciousOperation("fields"))

    assert response.status_code == 400
    assert "too much at once, or damaged" in text_of(parsed(response))


def test_bad_input_is_said_in_sentences(db: None, sent: Any) -> None:
    error = InputError(what="a view has this name", where="name", what_to_do="give another name")
    response = errors.bad_input(sent, error)
    text = text_of(parsed(response))

    assert response.status_code == 400
    assert "A view has this name. Give another name." in text
    assert NOTE in text


def test_a_bug_has_a_page_that_keeps_what_was_typed_and_asks_no_database(sent: Any) -> None:
    response = errors.broken(sent)
    page = parsed(response)

    assert response.status_code == 500
    assert "This is a bug of ours" in text_of(page)
    assert page.xpath("//time/@datetime")
    assert [NOTE] == page.xpath("//textarea/text()")
    assert "a secret" not in text_of(page)


def test_a_bug_has_words_where_static_files_are_missing(sent: Any, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "tests.present.test_errors_pages.NoFiles"},
    }
    response = errors.broken(sent)

    assert response.status_code == 500
    assert "Something broke" in text_of(parsed(response))
    assert not parsed(response).xpath("//link")


class NoFiles:
    """A storage of static files whose list of names is lost."""

    def url(self, name: str) -> str:
        msg = f"Missing staticfiles manifest entry for '{name}'"
        raise ValueError(msg)
