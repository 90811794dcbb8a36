"""Whatever is sent, by the rules or against them: never a 5xx, never another shape.

The shapes of all answers are checked by the middleware of these tests (:mod:`.shapes`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from tests.graph_api import world

if TYPE_CHECKING:
    from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.slow]
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
OF_LISTS = {
    "$top": NUMBER,
    "$skip": NUMBER,
    "$skiptoken": TEXT,
    "$filter": TEXT,
    "$select": TEXT,
    "$orderby": TEXT,
    "$count": {"type": "boolean"},
}
BODY = {
    "type": "object",
    "properties": {
        "state": {"enum": ["Default", "Ignored", "ThirdParty", "Reviewed"]},
        "comment": TEXT,
        "assignedTo": TEXT,
        "vendorInformation": {
            "type": "object",
            "properties": {"vendor": TEXT, "provider": TEXT},
            "required": ["vendor", "provider"],
        },
    },
    "required": ["vendorInformation"],
    "additionalProperties": False,
}


def operation(asked: dict[str, Any], *ids: str, body: Any = None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "parameters": [
            *({"name": name, "in": "query", "schema": of} for name, of in asked.items()),
            *({"name": n, "in": "path", "required": True, "schema": TEXT} for n in ids),
        ],
        "responses": {"default": {"description": "checked by the shapes"}},
    }
    if body:
        content = {"application/json": {"schema": body}}
        made["requestBody"] = {"required": True, "content": content}
    return made


CONTROL = f"/v1.0/security/secureScoreControlProfiles/{world.MFA}"
PATHS = {
    "/v1.0/security/secureScores": {"get": operation(OF_LISTS)},
    "/v1.0/security/secureScores/$count": {"get": operation({"$filter": TEXT})},
    "/v1.0/security/secureScores/{id}": {"get": operation({"$select": TEXT}, "id")},
    "/v1.0/security/secureScoreControlProfiles": {"get": operation(OF_LISTS)},
    "/v1.0/security/secureScoreControlProfiles/{id}": {"get": operation({"$select": TEXT}, "id")},
    CONTROL: {"patch": operation({}, body=BODY)},
}
SCHEMA = schemathesis.openapi.from_dict(
    {"openapi": "3.1.0", "info": {"title": "Graph", "version": "1"}, "paths": PATHS}
)


OPERATIONS = [
    (path, method, mode)
    for path, by_method in PATHS.items()
    for method in by_method
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    # A text in an address cannot be of another type.
    if mode is GenerationMode.POSITIVE or path == CONTROL or not path.endswith(("}", "$count"))
]


@pytest.mark.parametrize("path, method, mode", OPERATIONS)
def test_no_request_breaks_it(
    graph: Client, settings: Any, path: str, method: str, mode: GenerationMode
) -> None:
    settings.SECURESCORE_API_THROTTLE = False
    statuses = set()

    @given(case=SCHEMA[path][method.upper()].as_strategy(generation_mode=mode))
    @_quick
    def ask(case: Any) -> None:
        query = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in (case.query or {}).items()
        }
        address = case.formatted_path + ("?" + urlencode(query, errors="replace") if query else "")
        if method == "patch":
            body = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str)
            answer = graph.patch(address, body, content_type="application/json")
        else:
            answer = graph.get(address)
        statuses.add(answer.status_code)

    ask()

    assert statuses <= {200, 204, 400, 404}
    assert mode is GenerationMode.NEGATIVE or statuses & {200, 204, 404}


_quick = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
