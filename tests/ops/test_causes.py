"""Every change names its cause; mixed causes are dealt out by evaluating what never was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from securescore.catalog.definition import Catalog
from securescore.catalog.load import built_in_catalog, without_controls
from securescore.core.points import Points
from securescore.ops.verification import verify
from securescore.organizations.models import Organization
from securescore.record import query
from securescore.record.models import ControlChange, Snapshot
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LEGACY = "BlockLegacyAuthentication"
MFA = "MFARegistrationV2"
DAY = timedelta(days=1)


def policy(*excluded: int, state: str = "enabled") -> dict[str, Any]:
    return {
        "policy_id": "0d5b9c0e-0000-4000-8000-000000000001",
        "display_name": "Block old clients",
        "state": state,
        "include_all_users": True,
        "exclude_users": [world.user_id(n) for n in excluded],
        "include_apps": ["All"],
        "client_app_types": ["exchangeActiveSync", "other"],
        "grant_controls": ["block"],
    }


def day(number: int, n_users: int, *policies: dict[str, Any]) -> Any:
    catalog = built_in_catalog()
    tables: dict[str, Any] = {name: [] for name in catalog.tables_of(catalog.controls[LEGACY].sql)}
    tables |= {
        "entra_users": world.users(n_users),
        "entra_ca_policies": list(policies),
        "entra_security_defaults": [{"is_enabled": False}],
    }
    return world.collected(number, tables)


def legacy_changes(organization: Organization) -> list[ControlChange]:
    rows = ControlChange.objects.filter(organization=organization, control_id=LEGACY)
    return list(rows.order_by("at"))


def test_a_policy_set_to_report_only_is_a_regression_by_configuration() -> None:
    organization = world.organization()
    world.record(organization, day(0, 4, policy()), day(1, 4, policy(state="disabled")))
    row = legacy_changes(organization)[-1]

    assert (-800, "configuration", True) == (row.delta, row.cause, row.is_regression)
    assert {"configuration": -800} == row.parts


def test_new_users_who_are_not_covered_are_a_regression_by_users() -> None:
    organization = world.organization()
    world.record(organization, day(0, 4, policy(4, 5)), day(1, 6, policy(4, 5)))
    row = legacy_changes(organization)[-1]

    assert (-267, "user") == (row.delta, row.cause)


def test_two_causes_share_a_change_by_every_order() -> None:
    """800 with 4 users covered; 4 of 6 covered after: users alone -> 8 x 6/6, policy alone ->
    8 x 4/4 (the excluded are not there yet): neither alone lowers it, each order charges the
    second, so both get half."""
    organization = world.organization()
    world.record(organization, day(0, 4, policy()), day(1, 6, policy(4, 5)))
    row = legacy_changes(organization)[-1]

    assert -267 == row.delta
    assert -267 == sum(row.parts.values())
    assert {"configuration", "user"} == set(row.parts)
    assert abs(row.parts["configuration"] - row.parts["user"]) <= 1


def test_mixed_causes_are_found_the_same_day_by_day() -> None:
    together, apart = world.organization("Together"), world.organization("Apart")
    days = [day(0, 4, policy()), day(1, 6, policy(4, 5)), day(2, 6, policy(1))]
    world.record(together, *days)
    for one in days:
        world.record(apart, one)
    found = [[(r.delta, r.cause, r.parts) for r in legacy_changes(o)] for o in (together, apart)]

    assert found[0] == found[1]


def test_a_new_and_a_retired_control_are_changes_of_the_catalog() -> None:
    organization = world.organization()
    newest = built_in_catalog()
    older = without_controls(newest, frozenset({MFA}), "2025.1")

    def catalog_at(at: datetime) -> Catalog:
        return newest if at == world.START + timedelta(days=1) else older

    world.record(organization, *[world.mfa(n, 10, 5) for n in range(3)], catalog_at=catalog_at)
    rows = [
        (r.state, r.delta, r.max_delta, r.cause)
        for r in ControlChange.objects.filter(organization=organization, control_id=MFA).order_by(
            "at"
        )
    ]

    assert [("measured", 450, 900, "catalog"), ("retired", -450, -900, "catalog")] == rows
    assert [0, 450, 0] == [s.points for s in Snapshot.objects.order_by("at")]
    assert MFA not in {a.id for a in query.actions(organization)}
    assert () == verify(world.work(), organization).differences


def test_a_product_newly_licensed_is_a_change_of_license() -> None:
    organization = world.organization()
    plans = {"sku_part_number": "SKU", "service_plan_name": "AAD_PREMIUM"}
    exchange = {"sku_part_number": "SKU", "service_plan_name": "EXCHANGE_S_ENTERPRISE"}
    config = [{"customer_lockbox_enabled": True, "o_auth2_client_profile_enabled": False}]
    days = [
        world.collected(n, {"entra_service_plans": held, "exo_organization_config": config})
        for n, held in enumerate([[plans], [plans, exchange]])
    ]
    world.record(organization, *days)
    row = ControlChange.objects.filter(control_id="exo_oauth2clientprofileenabled").latest("at")

    assert ("measured", "license", 300) == (row.state, row.cause, row.max_delta)
    assert Points(0) == row.points


TEAMS = "mip_DLP_policies_Teams"
HELD, OTHER = "COMMUNICATIONS_DLP", "AAD_PREMIUM"


def teams_day(number: int, plan: str | None, *, is_read: bool) -> Any:
    """The policies of Teams are read or not; ``plan`` None: the licenses are not read either."""
    tables: dict[str, Any] = {"entra_users": world.users(1)}
    if is_read:
        tables["purview_dlp_policies"] = []
    if plan is not None:
        tables["entra_service_plans"] = [{"sku_part_number": "SKU", "service_plan_name": plan}]
    return world.collected(number, tables)


@pytest.mark.parametrize(
    "plan, plan_after, cause",
    [
        pytest.param(OTHER, HELD, "license", id="the license was bought"),
        pytest.param(HELD, HELD, "data", id="it was held and the table can be read now"),
        pytest.param(OTHER, OTHER, "data", id="the table can be read without it"),
        pytest.param(None, HELD, "data", id="the licenses were not known before"),
    ],
)
def test_what_can_be_measured_since_its_license_was_bought_is_of_the_license(
    plan: str | None, plan_after: str, cause: str
) -> None:
    organization = world.organization()
    world.record(
        organization,
        teams_day(0, plan, is_read=False),
        teams_day(1, plan_after, is_read=True),
    )
    rows = ControlChange.objects.filter(control_id=TEAMS).order_by("at")
    split = query.split_between(organization, world.START.date(), world.START.date() + DAY)

    assert ["unmeasured", "measured"] == [row.state for row in rows]
    assert (cause, {cause: rows[1].delta}) == (rows[1].cause, rows[1].parts)
    assert split is not None
    [part] = [p for p in split.parts if TEAMS in {c.control_id for c in p.controls}]
    assert cause == part.cause
    assert part.max_score > 0
