"""What cannot be taken: one form, a place, what to do; and nothing is written."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.test import Client

from securescore.record.models import ActionWork, AuditEntry
from tests.rest_api.contract import Api, error_of

MFA = "MFARegistrationV2"
PATCH = f"actions/{MFA}"


PARAMETERS = [
    ("actions?colour=red", "query"),
    ("actions?status=fixed", "query.status[0]"),
    ("actions?product=Nothing", "query"),
    ("actions?sort=color", "query.sort"),
    ("actions?group=moon", "query.group"),
    ("actions?members=password", "query.members[0]"),
    ("actions?page=0", "query.page"),
    ("actions?page=-1", "query.page"),
    ("actions?page=1e9", "query.page"),
    ("actions?page=99999999999999999999", "query.page"),
    ("actions?per_page=x", "query.per_page"),
    ("actions?q=%00", "query.q"),
    (f"actions?q={'a' * 201}", "query.q"),
    ("score?on=yesterday", "query.on"),
    ("score?on=2026-02-30", "query.on"),
    ("score?on=1772323200", "query.on"),
    ("score?from=2026-01-01", "query"),
    ("score/days?from=2026-03-02&to=2026-03-01", "query.from"),
    ("score/days?from=1990-01-01&to=2026-03-01", "query.from"),
    ("score/days?from=0001-01-01&to=9999-12-31", "query.from"),
    ("history?kind=earthquake", "query.kind[0]"),
    ("history?from=2026-13-01", "query.from"),
]


def test_parameters_that_cannot_be_taken_are_refused_by_name(reader: Api) -> None:
    for query, where in PARAMETERS:
        response = reader.get(query)
        error = error_of(response)

        assert (422, "InvalidValues") == (response.status_code, error["code"]), query
        assert where == error["details"][0]["where"], query


def test_days_at_the_ends_of_the_calendar_are_no_bug(reader: Api) -> None:
    assert reader.get("score/days?to=0001-01-01").status_code == 200
    assert reader.get("score/days?from=9999-12-30&to=9999-12-31").status_code == 200
    assert reader.get("history?to=0001-01-01").status_code == 200
    assert reader.get("history?from=9999-12-31&to=9999-12-31").status_code == 200
    assert reader.get("score?on=9999-12-31").status_code == 404
    assert reader.get("comparison?on=0001-01-01").status_code == 200
    assert reader.get("history/split?from=0001-01-01&to=9999-12-31").status_code == 422
    for days in ("to=0001-01-01", "from=9999-12-31&to=9999-12-31"):
        assert reader.get(f"history/split?{days}").status_code == 200
        for card in ("zone", "comparison", "score-changes", "regressions", "risk-acceptance"):
            assert reader.get(f"metrics/{card}?{days}").status_code == 200


BODIES: list[tuple[Any, str]] = [
    ({}, "body.version"),
    ([], "body"),
    ("text", "body"),
    (None, "body"),
    ({"version": "0"}, "body.version"),
    ({"version": True}, "body.version"),
    ({"version": 0.5}, "body.version"),
    ({"version": -1}, "body.version"),
    ({"version": 10**30}, "body.version"),
    ({"version": 0, "color": "red"}, "body.color"),
    ({"version": 0, "status": "fixed"}, "body.status"),
    ({"version": 0, "status": 5}, "body.status"),
    ({"version": 0, "due_on": "soon"}, "body.due_on"),
    ({"version": 0, "due_on": 20260101}, "body.due_on"),
    ({"version": 0, "tags": "a"}, "body.tags"),
    ({"version": 0, "tags": ["a", 5]}, "body.tags[1]"),
    ({"version": 0, "tags": ["a"] * 21}, "body.tags"),
    ({"version": 0, "tags": ["a,b"]}, "tags"),
    ({"version": 0, "notes": "x" * 20_001}, "body.notes"),
    ({"version": 0, "note": "why"}, "body.note"),
    ({"version": 0, "status": "completed"}, MFA),
    ({"version": 0, "status": "risk accepted", "note": "why"}, MFA),
    (
        {"version": 0, "status": "risk accepted", "note": "why", "review_on": "2020-01-01"},
        MFA,
    ),
]


def test_bodies_that_cannot_be_taken_are_refused_by_place(editor: Api) -> None:
    for body, where in BODIES:
        response = editor.call("PATCH", PATCH, json.dumps(body).encode())
        error = error_of(response)

        assert response.status_code == 422, body
        assert where == error["details"][0]["where"], body
    assert not ActionWork.objects.exists()


NOT_JSON = [
    b"{",
    b"\xff\xfe{}",
    b'{"version": NaN}',
    b'{"version": Infinity}',
    b'{"version": 0, "version": 1}',
    b'{"version": 0, "notes": "\\ud800"}',
    b'{"version": 0, "notes": "\\u0000"}',
    b"[" * 100_000,
    b'{"a":' * 500 + b"1" + b"}" * 500,
    b'{"version": ' + b"9" * 5000 + b"}",
    b"{} {}",
]


def test_what_is_not_json_is_refused(editor: Api) -> None:
    for body in NOT_JSON:
        response = editor.call("PATCH", PATCH, body)

        assert response.status_code == 400, body[:40]
        assert error_of(response)["code"] == "BadRequest"


def test_another_type_of_body_is_refused(editor: Api) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        response = Client().generic(
            "PATCH",
            f"/api/v1/{PATCH}",
            b'{"version": 0}',
            content_type=content_type,
            headers={"Authorization": f"Bearer {editor.secret}"},
        )

        assert response.status_code == 415
        assert content_type in error_of(response)["message"]


def test_a_huge_body_is_refused(editor: Api) -> None:
    for size in (1_100_000, 3_000_000):
        response = editor.call("PATCH", PATCH, b'{"version": 0, "notes": "' + b"x" * size + b'"}')

        assert response.status_code == 413
        assert error_of(response)["code"] == "RequestEntityTooLarge"


def test_an_address_that_is_not_there_is_404_in_the_same_form(reader: Api) -> None:
    for path in ("/api/", "/api/v1/nothing", "/api/v2/score", "/api/v1/score/"):
        response = Client().get(path, headers={"Authorization": f"Bearer {reader.secret}"})

        assert response.status_code == 404
        assert error_of(response)["code"] == "ResourceNotFound"


METHODS = [
    ("DELETE", "/api/v1/score", {"GET"}),
    ("POST", f"/api/v1/actions/{MFA}", {"GET", "PATCH"}),
    ("TRACE", "/api/v1/tokens", {"GET", "POST"}),
    ("POST", "/api/v1/openapi.json", {"GET"}),
]


def test_another_method_is_405_and_names_those_that_are_taken(reader: Api) -> None:
    for method, path, allowed in METHODS:
        response = Client().generic(
            method, path, headers={"Authorization": f"Bearer {reader.secret}"}
        )

        assert response.status_code == 405
        assert error_of(response)["code"] == "MethodNotAllowed"
        assert allowed <= {name.strip() for name in response.headers["Allow"].split(",")}


def test_a_bug_answers_in_the_same_form_and_says_nothing_of_its_inside(
    reader: Api, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SECURESCORE_TABLES = "securescore.sources.no_such_function"
    with caplog.at_level(logging.ERROR):
        response = reader.get("score")
    error = error_of(response)

    assert response.status_code == 500
    assert "no_such_function" not in str(error)
    assert error["innerError"]["request-id"] in caplog.text


def test_a_host_that_is_not_allowed_is_answered_in_the_same_form(reader: Api) -> None:
    response = Client().get("/api/v1/score", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert error_of(response)["code"] == "BadRequest"


def test_what_was_refused_is_not_in_the_audit_log(editor: Api) -> None:
    before = AuditEntry.objects.count()
    editor.call("PATCH", PATCH, b"{}")
    editor.call("PATCH", "actions/Nothing", b'{"version": 0, "notes": "x"}')

    assert before == AuditEntry.objects.count()
