"""The OpenAPI document: what ninja makes of the operations, put in order."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from securescore.present.rest_api.api import api

PREFIX = "/api/v1/"
REF = "#/components/schemas/"


@cache
def document() -> dict[str, Any]:
    """The document; paths sorted, nothing in it that nothing refers to."""
    made: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=PREFIX)))
    made["paths"] = dict(sorted(made["paths"].items()))
    for path in made["paths"].values():
        for operation in path.values():
            _describe_responses(operation)
    made["components"]["schemas"] = _referred(made)
    without: dict[str, Any] = _without_titles(made)
    return {**without, "info": made["info"]}


def text() -> str:
    """The document as the repository keeps it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


DESCRIPTIONS = {
    "200": "Done.",
    "201": "Made.",
    "202": "Taken: it goes on in the background.",
    "204": "Done; there is no body.",
    "400": "The body is not JSON that can be read.",
    "401": "No token, or one that is not known, was taken back or has ended.",
    "403": "The token lacks the scope.",
    "404": "It is not there, or not yours: never says which.",
    "409": "Somebody changed it meanwhile: both sides are in `error.conflict`.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A value cannot be taken: `error.details` names each; nothing was written.",
    "500": "Our bug; the log names the request-id.",
}


def _describe_responses(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        response["description"] = DESCRIPTIONS[status]


def _referred(made: dict[str, Any]) -> dict[str, Any]:
    """The schemas that the paths refer to, directly or through others, by name."""
    schemas: dict[str, Any] = made["components"]["schemas"]
    kept: set[str] = set()
    waiting = [made["paths"]]
    while waiting:
        for name in _names(waiting.pop()):
            if name not in kept:
                kept.add(name)
                waiting.append(schemas[name])
    return {name: schemas[name] for name in sorted(kept)}


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        found = set().union(*(_names(one) for one in value.values()), set())
        reference = value.get("$ref")
        if isinstance(reference, str):
            found.add(reference.removeprefix(REF))
        return found
    if isinstance(value, list):
        return set().union(*(_names(one) for one in value), set())
    return set()


def _without_titles(value: Any) -> Any:
    """The document without the titles that pydantic makes of names: they say nothing more."""
    if isinstance(value, dict):
        return {
            key: _without_titles(one)
            for key, one in value.items()
            if not (key == "title" and isinstance(one, str))
        }
    return [_without_titles(one) for one in value] if isinstance(value, list) else value
