"""``/security/secureScoreControlProfiles``: every control, and what people decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from securescore.organizations.access import Access, Right
from securescore.present.graph_api.answers import (
    collection_response,
    count_response,
    entity_response,
)
from securescore.present.graph_api.change import change_profile
from securescore.present.graph_api.door import door
from securescore.present.graph_api.encode import members, object_of, profile_values
from securescore.present.graph_api.errors import GraphError
from securescore.present.graph_api.odata import (
    After,
    EntityType,
    chosen,
    filter_of,
    next_link,
    options_of,
    select_of,
)
from securescore.present.graph_api.odata_tree import Kind
from securescore.record.profiles import ControlProfile, control_profiles

PROFILE = EntityType(
    collection="secureScoreControlProfiles",
    name="secureScoreControlProfile",
    members=(
        "id",
        "azureTenantId",
        "actionType",
        "actionUrl",
        "controlCategory",
        "title",
        "deprecated",
        "implementationCost",
        "lastModifiedDateTime",
        "maxScore",
        "rank",
        "remediation",
        "remediationImpact",
        "service",
        "threats",
        "tier",
        "userImpact",
        "vendorInformation",
        "complianceInformation",
        "controlStateUpdates",
    ),
    kinds={
        "id": Kind.TEXT,
        "azureTenantId": Kind.TEXT,
        "actionType": Kind.TEXT,
        "actionUrl": Kind.TEXT,
        "controlCategory": Kind.TEXT,
        "title": Kind.TEXT,
        "deprecated": Kind.FLAG,
        "implementationCost": Kind.TEXT,
        "lastModifiedDateTime": Kind.INSTANT,
        "maxScore": Kind.NUMBER,
        "rank": Kind.NUMBER,
        "remediation": Kind.TEXT,
        "remediationImpact": Kind.TEXT,
        "service": Kind.TEXT,
        "tier": Kind.TEXT,
        "userImpact": Kind.TEXT,
    },
    default_top=200,
    max_top=999,
)


@door("secureScoreControlProfiles", GET=Right.VIEW)
def list_profiles(request: HttpRequest, access: Access, now: datetime) -> HttpResponse:
    """A page of controls, by id."""
    organization = access.organization
    options = options_of(request, PROFILE, organization)
    rows = [_values(request, access, profile) for profile in control_profiles(organization, now)]
    matching, page, start = chosen(rows, options)
    end = start + len(page)
    following = ""
    if page and end < len(matching):
        following = next_link(request, PROFILE, organization, After(page[-1]["id"], end))
    return collection_response(
        request,
        PROFILE,
        [[_written(row, options.select)] for row in page],
        select=options.select,
        count=len(matching) if options.has_count else None,
        next_link=following,
    )


@door("secureScoreControlProfiles", GET=Right.VIEW)
def count_profiles(request: HttpRequest, access: Access, now: datetime) -> HttpResponse:
    """How many controls there are, or match."""
    test = filter_of(request, PROFILE)
    profiles = control_profiles(access.organization, now)
    return count_response(
        sum(test is None or test(_values(request, access, profile)) for profile in profiles)
    )


@door("secureScoreControlProfiles", GET=Right.VIEW, PATCH=Right.EDIT)
def one_profile(
    request: HttpRequest, access: Access, now: datetime, control_id: str
) -> HttpResponse:
    """One control; PATCH changes what people decided about it."""
    select = select_of(request, PROFILE)
    profile = _profile(access, control_id, now)
    headers = {}
    if request.method == "PATCH":
        change_profile(access, profile, request.body, now)
        if (
            "return=representation"
            not in request.headers.get("Prefer", "").replace(" ", "").lower()
        ):
            return HttpResponse(status=204)
        profile = _profile(access, control_id, now)
        headers["Preference-Applied"] = "return=representation"
    response = entity_response(
        request, PROFILE, [_written(_values(request, access, profile), select)], select
    )
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _profile(access: Access, control_id: str, now: datetime) -> ControlProfile:
    found = next(
        (p for p in control_profiles(access.organization, now) if p.row.id == control_id), None
    )
    if found is None:
        raise GraphError(404, f"There is no secureScoreControlProfile '{control_id[:200]}'.")
    return found


def _values(request: HttpRequest, access: Access, profile: ControlProfile) -> dict[str, Any]:
    page = reverse("action", kwargs={"slug": access.organization.slug, "key": profile.row.id})
    server = f"{request.scheme}://{request.get_host()}"
    return profile_values(access.organization, profile, server + page)


def _written(row: Mapping[str, Any], select: tuple[str, ...] | None) -> bytes:
    return object_of(members({name: row[name] for name in select or PROFILE.members}).values())
