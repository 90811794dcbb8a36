"""A client of the REST API that checks every answer against the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

PREFIX = "/api/v1/"


def document() -> dict[str, Any]:
    from securescore.present.rest_api.openapi import document as made

    return made()


@cache
def operations() -> list[tuple[re.Pattern[str], str, dict[str, Any]]]:
    """Pattern of the path, method and declaration of each operation, longer paths first."""
    found = []
    for path, methods in document()["paths"].items():
        some = re.sub(r"\{control_id\}", ".+", path)
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", some))
        found += [(pattern, method.upper(), operation) for method, operation in methods.items()]
    return sorted(found, key=lambda one: -len(one[0].pattern))


def operation_of(method: str, path: str) -> dict[str, Any]:
    address = path.partition("?")[0].removesuffix(".csv")
    for pattern, its_method, operation in operations():
        if its_method == method and pattern.fullmatch(address):
            return operation
    msg = f"{method} {path} is not declared"
    raise AssertionError(msg)


def problems(schema: dict[str, Any], body: Any) -> Iterator[str]:
    """Where a body leaves its schema."""
    whole = {**schema, "components": document()["components"]}
    for error in Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(body):
        yield f"{error.json_path}: {error.message}"


def check(method: str, path: str, response: Any) -> None:
    """The answer is one that is declared."""
    assert response.headers["request-id"], path
    operation = operation_of(method, path)
    declared = operation["responses"].get(str(response.status_code))
    assert declared is not None, f"{method} {path}: {response.status_code} is not declared"
    content_type = response.headers.get("Content-Type", "").partition(";")[0]
    content = declared.get("content", {})
    if not content:
        assert response.content == b""
        return
    assert content_type in content, f"{path}: {content_type}"
    if content_type == "application/json":
        schema = content["application/json"]["schema"]
        found = list(problems(schema, response.json()))
        assert not found, f"{method} {path}: {found[:5]}"


@dataclass(frozen=True)
class Api:
    """Calls with one token."""

    secret: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The response, checked; ``path`` is below ``/api/v1/``."""
        path = path if path.startswith("/") else PREFIX + path
        more: dict[str, Any] = {"headers": {"Authorization": f"Bearer {self.secret}", **headers}}
        if body is not None:
            more |= {"data": body, "content_type": "application/json"}
        response = (
            Client().generic(method, path, **more)
            if isinstance(body, bytes)
            else getattr(Client(), method.lower())(path, **more)
        )
        check(method, path, response)
        return response

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def json(self, path: str) -> Any:
        response = self.get(path)
        assert response.status_code == 200, response.content
        return response.json()

    def send(self, method: str, path: str, body: Any) -> Any:
        return self.call(method, path, body)


def error_of(response: Any) -> dict[str, Any]:
    """What went wrong, after the form of it was checked."""
    body: dict[str, Any] = response.json()["error"]
    assert {"request-id", "date"} == set(body["innerError"])
    assert body["innerError"]["request-id"] == response.headers["request-id"]
    assert body["code"]
    assert body["message"].endswith((".", "?", "!"))
    return body
