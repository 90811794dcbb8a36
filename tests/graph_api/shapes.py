"""The shapes of Microsoft Graph as this project holds them, and what checks every answer.

Written from the documentation and from answers of real tenants (see docs/guides/graph-api.md).
:class:`ValidatingMiddleware` stands in front of the whole application in each of these tests, so
that no answer of any test leaves unchecked, whatever the test itself looks at.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from jsonschema import Draft202012Validator

TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
NUMBER = {"type": "number", "minimum": 0}
COUNTER = {"type": "string", "pattern": "^[0-9]+$"}
WORD = {"enum": ["true", "false"]}
SHARE = {"type": "number", "minimum": 0, "maximum": 100}
DAY = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT00:00:00Z$"}
INSTANT_OR_NULL = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
CATEGORY = {"enum": ["Identity", "Data", "Device", "Apps", "Infrastructure"]}
LEVEL = {"enum": ["Low", "Moderate", "High", "Unknown"]}


def an_object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def a_list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


VENDOR = an_object(
    {
        "provider": {"const": "SecureScore"},
        "providerVersion": {"type": "null"},
        "subProvider": {"type": "null"},
        "vendor": {"const": "Microsoft"},
    }
)
CONTROL_SCORE = an_object(
    {
        "controlCategory": CATEGORY,
        "controlName": TEXT,
        "description": TEXT_OR_NULL,
        "score": NUMBER,
        "implementationStatus": TEXT,
        "IsApplicable": WORD,
        "source": TEXT,
        "scoreInPercentage": SHARE,
        "lastSynced": INSTANT_OR_NULL,
    },
    {"count": COUNTER, "total": COUNTER, "on": WORD},
)
AVERAGE = an_object(
    {"basis": {"enum": ["AllTenants", "TotalSeats"]}, "averageScore": SHARE},
    {"SeatSizeRangeLowerValue": COUNTER, "SeatSizeRangeUpperValue": COUNTER},
)
SECURE_SCORE = {
    "id": {"type": "string", "pattern": r"^.+_\d{4}-\d\d-\d\d$"},
    "azureTenantId": TEXT,
    "activeUserCount": {"type": "integer", "minimum": 0},
    "createdDateTime": DAY,
    "currentScore": NUMBER,
    "enabledServices": a_list({"type": "string", "pattern": "^Has"}),
    "licensedUserCount": {"type": "integer", "minimum": 0},
    "maxScore": NUMBER,
    "vendorInformation": VENDOR,
    "averageComparativeScores": a_list(AVERAGE),
    "controlScores": a_list(CONTROL_SCORE),
}
STATE_UPDATE = an_object(
    {
        "assignedTo": TEXT_OR_NULL,
        "comment": TEXT_OR_NULL,
        "state": {"enum": ["Default", "Ignored", "ThirdParty", "Reviewed"]},
        "updatedBy": TEXT_OR_NULL,
        "updatedDateTime": INSTANT_OR_NULL,
    }
)
COMPLIANCE = an_object(
    {
        "certificationName": TEXT,
        "certificationControls": a_list(an_object({"name": TEXT, "url": TEXT})),
    }
)
PROFILE = {
    "id": TEXT,
    "azureTenantId": TEXT,
    "actionType": {"const": "Config"},
    "actionUrl": {"type": "string", "pattern": "^https?://"},
    "controlCategory": CATEGORY,
    "title": TEXT,
    "deprecated": {"type": "boolean"},
    "implementationCost": LEVEL,
    "lastModifiedDateTime": {"type": "null"},
    "maxScore": {"type": ["number", "null"], "minimum": 0},
    "rank": {"type": "integer", "minimum": 1},
    "remediation": TEXT,
    "remediationImpact": TEXT,
    "service": TEXT,
    "threats": a_list(TEXT),
    "tier": {"enum": ["Core", "Defense In Depth", "Advanced"]},
    "userImpact": LEVEL,
    "vendorInformation": VENDOR,
    "complianceInformation": a_list(COMPLIANCE),
    "controlStateUpdates": {**a_list(STATE_UPDATE), "minItems": 1, "maxItems": 1},
}
ERROR = an_object(
    {
        "error": an_object(
            {
                "code": {"type": "string", "minLength": 1},
                "message": {"type": "string", "minLength": 1},
                "innerError": an_object(
                    {
                        "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"},
                        "request-id": TEXT,
                        "client-request-id": TEXT,
                    }
                ),
            }
        )
    }
)
OF_COLLECTION = {"secureScores": SECURE_SCORE, "secureScoreControlProfiles": PROFILE}
CONTEXT = {"type": "string", "pattern": r"^http://[^/]+/(v1\.0|beta)/\$metadata#security/"}
LINK = {"type": "string", "pattern": r"^http://[^/]+/(v1\.0|beta)/security/.*\$skiptoken="}


def shape_of(path: str, status: int, *, is_selected: bool) -> dict[str, Any] | None:
    """The schema of an answer; None where there must be no body of JSON."""
    if status >= 400:
        return ERROR
    segments = path.strip("/").split("/", 3)
    if status == 204 or segments[-1] == "$count":
        return None
    members = OF_COLLECTION[segments[2]]
    entity = {} if is_selected else members
    rest = members if is_selected else {}
    if len(segments) == 4:
        return an_object({"@odata.context": CONTEXT, **entity}, rest)
    return an_object(
        {"@odata.context": CONTEXT, "value": a_list(an_object(entity, rest))},
        {"@odata.nextLink": LINK, "@odata.count": {"type": "integer", "minimum": 0}},
    )


class ValidatingMiddleware:
    """Notes what is wrong with an answer; the fixture ``shapes`` lets the test fail with it."""

    wrong: ClassVar[list[str]] = []
    n_checked: ClassVar[int] = 0

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(("/v1.0/", "/beta/")):
            ValidatingMiddleware.n_checked += 1
            ValidatingMiddleware.wrong += [
                f"{request.method} {request.get_full_path()} {response.status_code}: {problem}"
                for problem in self.problems(request, response)
            ]
        return response

    def problems(self, request: HttpRequest, response: HttpResponse) -> list[str]:
        found = [
            f"no header {header}"
            for header in ("request-id", "OData-Version")
            if header not in response.headers and response.status_code < 400
        ]
        if response.cookies:
            found.append("it sets a cookie")
        shape = shape_of(request.path, response.status_code, is_selected="$select" in request.GET)
        if shape is None:
            return found
        if not response.headers["Content-Type"].startswith("application/json"):
            return [*found, f"it is {response.headers['Content-Type']}"]
        body = response.content
        if response.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        problems = Draft202012Validator(shape).iter_errors(json.loads(body))
        return found + [f"{error.json_path}: {error.message[:200]}" for error in problems]
