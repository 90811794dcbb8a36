"""Operations: settings of the organization."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from pydantic import ConfigDict, Field, StrictBool, StrictInt

from securescore.ops.organization_settings import (
    General,
    change_general,
    change_settings,
    change_zones,
    turn_controls,
)
from securescore.ops.retention import MAX_DAYS, MIN_DAYS, change_retention
from securescore.organizations.access import Right
from securescore.organizations.models import Organization
from securescore.present.rest_api.answering import answer
from securescore.present.rest_api.door import access_of, now
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import Shape, shape
from securescore.present.rest_api.values import LARGEST, ControlId, Line, Percent, Sent

operations = Operations("Settings")
GOOD, OKAY = "Percentage from which the zone is good.", "Percentage from which the zone is okay."
APPROVAL = "Whether an accepted risk needs somebody else's approval."
TABLES = "Days that landed tables are kept; null for ever."
EVIDENCE = "Days that evidence is kept after a resource stopped failing; null for ever."


class Zones(Shape):
    """From which percentage on a score is good, and okay."""

    good_from: float = Field(description=GOOD)
    okay_from: float = Field(description=OKAY)


class ZonesAsked(Sent):
    """From which percentage on a score is good, and okay: 0 <= okay <= good <= 100."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"good_from": 75, "okay_from": 45}]})

    good_from: Percent = Field(description=GOOD)
    okay_from: Percent = Field(description=OKAY)


class Approval(Shape):
    """Four eyes for accepted risks."""

    needs_approval: bool = Field(description=APPROVAL)


class ApprovalAsked(Sent):
    """Four eyes for accepted risks."""

    needs_approval: StrictBool = Field(description=APPROVAL)


class Retention(Shape):
    """How long tables and evidence are kept; scores and decisions are kept for ever."""

    tables_days: int | None = Field(description=TABLES)
    evidence_days: int | None = Field(description=EVIDENCE)


class RetentionAsked(Sent):
    """How long tables and evidence are kept."""

    tables_days: StrictInt | None = Field(ge=MIN_DAYS, le=MAX_DAYS, description=TABLES)
    evidence_days: StrictInt | None = Field(ge=MIN_DAYS, le=MAX_DAYS, description=EVIDENCE)


class GeneralAsked(Sent):
    """What the organization says of itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Northwind", "time_zone": "Europe/Berlin", "seats": 800}]
        }
    )

    name: Line = Field(description="Its name.")
    time_zone: Line = Field(description="Such as Europe/Berlin.")
    seats: StrictInt | None = Field(default=None, ge=1, le=LARGEST, description="How many.")
    industry: Line = Field(default="", description="For comparisons.")
    region: Line = Field(default="", description="For comparisons.")
    licenses: list[Line] = Field(
        default=[],
        max_length=200,
        description="Service plans, for comparisons. Empty: those of the newest data hold.",
    )


class CatalogSettings(Shape):
    """What of the catalog is off."""

    off: list[str] = Field(description="Ids of the controls.")


class ControlsAsked(Sent):
    """Controls to turn off or on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ids": ["spo_idle_session_timeout"], "is_on": False, "reason": "Kiosks."}]
        }
    )

    ids: list[ControlId] = Field(min_length=1, max_length=1000, description="Their ids.")
    is_on: StrictBool = Field(description="Whether they are to be scored.")
    reason: Line = Field(min_length=1, description="Why; it stands in the audit log.")


class ControlsTurned(Shape):
    """What was turned."""

    changed: list[str] = Field(description="Ids of the controls that changed.")
    run: str | None = Field(description="Address of the run that judges again; or null.")


@operations.get("/settings/zones", name="getZones", summary="Zones", gives=Zones)
def zones(request: HttpRequest) -> HttpResponse:
    """The limits of good and okay, in percent."""
    return answer(_zones(access_of(request).organization))


@operations.send(
    "PUT",
    "/settings/zones",
    name="setZones",
    summary="Set the zones",
    right=Right.ADMINISTER,
    gives=Zones,
)
def set_zones(request: HttpRequest, asked: ZonesAsked) -> HttpResponse:
    """Sets both limits; the history is shown by them at once."""
    changed = change_zones(
        access_of(request), good_from=asked.good_from, okay_from=asked.okay_from, now=now()
    )
    return answer(_zones(changed))


@operations.get("/settings/approval", name="getApproval", summary="Approval", gives=Approval)
def approval(request: HttpRequest) -> HttpResponse:
    """Whether accepted risks wait for somebody else."""
    return answer({"needs_approval": access_of(request).organization.needs_approval})


@operations.send(
    "PUT",
    "/settings/approval",
    name="setApproval",
    summary="Set the approval",
    right=Right.ADMINISTER,
    gives=Approval,
)
def set_approval(request: HttpRequest, asked: ApprovalAsked) -> HttpResponse:
    """From now on; what was accepted before stays."""
    wanted = {"needs_approval": asked.needs_approval}
    changed = change_settings(access_of(request), "settings.approval", wanted, now())
    return answer({"needs_approval": changed.needs_approval})


@operations.get(
    "/settings/retention",
    name="getRetention",
    summary="Retention",
    gives=Retention,
    right=Right.ADMINISTER,
)
def retention(request: HttpRequest) -> HttpResponse:
    """How many days landed tables and evidence are kept."""
    return answer(_retention(access_of(request).organization))


@operations.send(
    "PUT",
    "/settings/retention",
    name="setRetention",
    summary="Set the retention",
    right=Right.ADMINISTER,
    gives=Retention,
)
def set_retention(request: HttpRequest, asked: RetentionAsked) -> HttpResponse:
    """What is older is deleted within a day. Snapshots without their tables can no longer be
    recomputed.
    """
    changed = change_retention(
        access_of(request),
        tables_days=asked.tables_days,
        evidence_days=asked.evidence_days,
        now=now(),
    )
    return answer(_retention(changed))


@operations.get(
    "/settings/general",
    name="getGeneral",
    summary="What the organization says of itself",
    gives=shape(General),
)
def general(request: HttpRequest) -> HttpResponse:
    """Name, time zone, seats, industry, region and licenses: what comparisons go by."""
    return answer(_general(access_of(request).organization))


@operations.send(
    "PUT",
    "/settings/general",
    name="setGeneral",
    summary="Set what the organization says of itself",
    right=Right.ADMINISTER,
    gives=shape(General),
)
def set_general(request: HttpRequest, asked: GeneralAsked) -> HttpResponse:
    """Sets all of it; what is left out becomes empty. Its address stays."""
    given = General(
        name=asked.name,
        time_zone=asked.time_zone,
        seats=asked.seats,
        industry=asked.industry,
        region=asked.region,
        licenses=tuple(asked.licenses),
    )
    return answer(_general(change_general(access_of(request), given, now=now())))


@operations.get(
    "/settings/catalog",
    name="getCatalogSettings",
    summary="Controls that are off",
    gives=CatalogSettings,
)
def catalog(request: HttpRequest) -> HttpResponse:
    """The controls that the organization does not want to be scored."""
    return answer({"off": access_of(request).organization.disabled_controls})


@operations.send(
    "POST",
    "/settings/catalog",
    name="turnControls",
    summary="Turn controls off or on",
    right=Right.ADMINISTER,
    gives=ControlsTurned,
)
def turn(request: HttpRequest, asked: ControlsAsked) -> HttpResponse:
    """The newest data is judged again; `run` is the address that tells how far that is, null where
    nothing is to be judged.
    """
    changed, job = turn_controls(
        access_of(request), asked.ids, is_on=asked.is_on, reason=asked.reason, now=now()
    )
    return answer({"changed": changed, "run": None if job is None else f"/api/v1/runs/{job.pk}"})


def _general(organization: Organization) -> General:
    return General(
        name=organization.name,
        time_zone=organization.time_zone,
        seats=organization.seats,
        industry=organization.industry,
        region=organization.region,
        licenses=tuple(organization.licenses),
    )


def _zones(organization: Organization) -> dict[str, float]:
    return {"good_from": organization.zone_good_from, "okay_from": organization.zone_okay_from}


def _retention(organization: Organization) -> dict[str, int | None]:
    return {
        "tables_days": organization.keep_tables_days,
        "evidence_days": organization.keep_evidence_days,
    }
