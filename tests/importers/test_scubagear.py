"""The importer of ScubaGear's exports: every table, every gap with its reason, every refusal."""

from __future__ import annotations

import copy
import gzip
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from securescore.core.collection import Collected
from securescore.core.table import TableKind
from securescore.importers.base import ImportContext
from securescore.importers.detect import importer_for, read_files
from securescore.importers.document import Document, DocumentError
from securescore.importers.scubagear import IMPORTERS, ScubaGearImporter
from securescore.importers.scubagear.conditional_access import ALL_GUEST_TYPES
from securescore.importers.scubagear.parts import NEVER_HELD, PARTS
from securescore.land.arrow import sorted_by_key, to_arrow
from securescore.sources import all_tables

FIXTURE = Path(__file__).parent.parent / "fixtures" / "scubagear" / "ProviderSettingsExport.json"
REPOSITORY = Path(__file__).parent.parent.parent
SAMPLES = Path(os.environ.get("SECURESCORE_SAMPLES", REPOSITORY.parent / "shared" / "samples"))
REAL = SAMPLES / "scubagear" / "ProviderSettingsExport.json"
REAL_RESULTS = SAMPLES / "scubagear" / "ScubaResults.json"
needs_samples = pytest.mark.skipif(
    not REAL.exists(), reason="the real ScubaGear sample is not there (SECURESCORE_SAMPLES)"
)
NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)
GLOBAL_ADMINISTRATOR = UUID("62e90394-69f5-4237-9190-012177145e10")

# Keys that ScubaGear 1.8.0 did not write yet.
LATER_KEYS = (
    "anti_phish_rules",
    "built_in_protection_rules",
    "hosted_content_filter_policies",
    "hosted_content_filter_rules",
    "anti_malware_policies",
    "anti_malware_rules",
    "safe_attachment_policies",
    "safe_attachment_rules",
    "safe_links_policies",
    "safe_links_rules",
)

Export = dict[str, Any]
Import = Callable[[Export], Collected]

PARTLY_READ = {"sku_part_number", "spf_records"}  # read for some rows, so unknown for the table


def some_id(number: int) -> UUID:
    return UUID(f"0000{number:04d}-1111-4222-8333-444455556666")


@pytest.fixture
def export() -> Export:
    loaded: Export = json.loads(FIXTURE.read_text())
    return loaded


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    def read(export: Export, on: date | None = None) -> Collected:
        path = tmp_path / "export.json"
        path.write_text(json.dumps(export))
        (collected,) = ScubaGearImporter().read([Document(path)], ImportContext(now=NOW, on=on))
        return collected

    return read


def rows(collected: Collected, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in collected.tables[table]]


def picked(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {column: row[column] for column in wanted}


def land(collected: Collected) -> dict[str, int]:
    """Number of rows by table, after landing has checked types and keys."""
    tables = all_tables()
    return {
        name: sorted_by_key(tables[name], to_arrow(tables[name], found)).num_rows
        for name, found in collected.tables.items()
    }


# -- the contract with the tables ----------------------------------------------------------------


def test_every_table_of_configuration_is_given_or_missing_with_a_reason(
    export: Export, imported: Import
) -> None:
    collected = imported(export)

    actual = {*collected.tables, *collected.missing}
    expected = {
        name for name, table in all_tables().by_name.items() if table.kind != TableKind.REPORTED
    }

    assert expected == actual
    assert not set(collected.tables) & set(collected.missing)
    assert not set(PARTS) & set(NEVER_HELD)
    assert all(collected.missing.values())


def test_every_part_knows_the_key_of_its_table() -> None:
    actual = {name: part.identity for name, part in PARTS.items()}

    expected = {name: all_tables()[name].key for name in PARTS}

    assert expected == actual


def test_rows_say_every_column_and_land(export: Export, imported: Import) -> None:
    collected = imported(export)

    for name in collected.tables:
        for row in rows(collected, name):
            assert set(all_tables()[name].columns) == set(row), name

    assert {name: len(rows(collected, name)) for name in collected.tables} == land(collected)
    assert all(land(collected).values())


def test_missing_columns_are_columns_of_tables_that_are_there(
    export: Export, imported: Import
) -> None:
    collected = imported(export)

    for name, reasons in collected.missing_columns.items():
        assert set(reasons) <= set(all_tables()[name].columns)
        assert name in collected.tables
        for row in rows(collected, name):
            assert all(row[column] is None or column in PARTLY_READ for column in reasons)


# -- the run -------------------------------------------------------------------------------------


def test_the_collection_says_who_when_and_by_what(export: Export, imported: Import) -> None:
    collected = imported(export)

    actual = (
        collected.source,
        collected.collected_at,
        collected.external_id,
        collected.external_name,
        collected.tool_version,
    )
    expected = (
        "scubagear",
        datetime(2026, 3, 2, 8, 15, tzinfo=UTC),
        "6f1b6d0e-2a53-4f2c-9d57-0b8f4c1d7e21",
        "Lindmark Ferries",
        "1.9.0-fictional",
    )

    assert expected == actual


def test_the_results_file_with_its_mark_gives_the_same_as_the_export(
    export: Export, tmp_path: Path
) -> None:
    metadata = {"Tool": "ScubaGear", "ReportUUID": export["report_uuid"]}
    results = {"MetaData": metadata, "Summary": {}, "Results": {}, "Raw": export}
    path = tmp_path / "results.json.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + json.dumps(results).encode()))

    read = read_files([path], ImportContext(now=NOW))
    reference = read_files([FIXTURE], ImportContext(now=NOW))

    assert not read.errors
    assert read.outcomes[0].collected == reference.outcomes[0].collected


def test_both_files_of_one_run_count_once(export: Export, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"MetaData": {"Tool": "x", "ReportUUID": "y"}, "Raw": export}))

    (collected,) = read_files([FIXTURE, path], ImportContext(now=NOW)).outcomes[0].collected

    assert any("results.json is of the same run" in note for note in collected.notes)


def test_two_runs_are_two_collections(export: Export, tmp_path: Path) -> None:
    path = tmp_path / "later.json"
    path.write_text(
        json.dumps(export | {"report_uuid": "another", "timestamp_zulu": "2026-03-09T08:00:00Z"})
    )

    found = read_files([FIXTURE, path], ImportContext(now=NOW)).outcomes[0].collected

    actual = [collected.collected_at.day for collected in found]

    assert actual == [2, 9]


def test_the_day_that_the_person_names_counts_even_without_a_time_in_the_file(
    export: Export, tmp_path: Path
) -> None:
    del export["timestamp_zulu"]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export))
    importer, document = ScubaGearImporter(), Document(path)

    (collected,) = importer.read([document], ImportContext(now=NOW, on=date(2026, 1, 5)))

    assert collected.collected_at == datetime(2026, 1, 5, 12, tzinfo=UTC)
    with pytest.raises(DocumentError, match="timestamp_zulu: the time of the export is missing"):
        importer.read([document], ImportContext(now=NOW))


def test_two_ids_of_one_organization_are_noted(export: Export, imported: Import) -> None:
    export["tenant_id"] = str(some_id(99))

    collected = imported(export)

    assert collected.external_id == str(some_id(99))
    assert any("more than one id" in note for note in collected.notes)


def test_a_sentence_in_place_of_an_id_or_name_is_no_id_and_no_name(
    export: Export, imported: Import
) -> None:
    export["tenant_details"] = [
        {
            "DisplayName": "Error retrieving Display name",
            "TenantId": "Error retrieving Tenant ID",
            "AADAdditionalData": "Error retrieving additional data",
        }
    ]

    collected = imported(export)

    assert (collected.external_id, collected.external_name) == ("", "")
    assert "no details of the directory" in collected.missing["entra_organization"]


# -- Microsoft Entra ID --------------------------------------------------------------------------


def test_conditional_access_is_read_whole(export: Export, imported: Import) -> None:
    block, administrators, guests, workload = rows(imported(export), "entra_ca_policies")

    for row, expected in (
        (
            block,
            {
                "include_all_users": True,
                "include_users": [],
                "exclude_users": [some_id(20)],
                "include_apps": ["All"],
                "client_app_types": ["exchangeActiveSync", "other"],
                "grant_controls": ["block"],
                "auth_strength_id": None,
                "sign_in_frequency_is_enabled": False,
                "has_other_conditions": False,
            },
        ),
        (
            administrators,
            {
                "include_all_users": False,
                "include_roles": [
                    GLOBAL_ADMINISTRATOR,
                    UUID("29232cdf-9323-42fd-ade2-1d097af3e4de"),
                ],
                "auth_strength_id": UUID("00000000-0000-0000-0000-000000000004"),
                "grant_controls": [],
                "sign_in_frequency_is_enabled": True,
                "sign_in_frequency_interval": "timeBased",
                "sign_in_frequency_hours": 48,
                "persistent_browser_is_enabled": True,
                "persistent_browser_mode": "never",
            },
        ),
        (
            guests,
            {
                "state": "enabledForReportingButNotEnforced",
                "include_guest_types": ["b2bCollaborationGuest", "serviceProvider"],
                "exclude_apps": [str(some_id(50))],
                "grant_controls": ["mfa", "compliantDevice", "termsOfUse"],
                "include_platforms": ["all"],
                "exclude_platforms": ["linux"],
                "include_locations": ["All"],
                "exclude_locations": ["AllTrusted"],
                "sign_in_risk_levels": ["high", "medium"],
                "user_risk_levels": ["high"],
                "insider_risk_levels": ["moderate", "elevated"],
                "has_device_filter": True,
                "authentication_flows": ["deviceCodeFlow"],
                "has_other_conditions": True,
            },
        ),
        (workload, {"include_users": [], "has_other_conditions": True, "state": "disabled"}),
    ):
        actual = picked(row, expected)

        assert expected == actual


@pytest.mark.parametrize(
    "where, value, expected",
    [
        (("Conditions", "Times"), {"IncludedRanges": ["09:00"]}, True),
        (("Conditions", "Agents"), {"IncludeAgents": []}, False),
        (("Conditions", "SomethingNew"), "value", True),
        (("Conditions", "SomethingNew@odata.context"), "https://graph.example", False),
        (("Conditions", "Devices"), {"IncludeDevices": ["All"], "ExcludeDevices": []}, False),
        (("Conditions", "Devices"), {"ExcludeDevices": ["Compliant"]}, True),
        (("Conditions", "Applications", "NetworkAccess"), {"Name": "x"}, True),
        (("PartialEnablementStrategy",), "half", True),
    ],
)
def test_a_condition_that_is_not_modeled_narrows_the_policy(
    export: Export, imported: Import, where: tuple[str, ...], value: object, expected: object
) -> None:
    target = export["conditional_access_policies"][0]
    for key in where[:-1]:
        target = target[key]
    target[where[-1]] = value

    actual = rows(imported(export), "entra_ca_policies")[0]["has_other_conditions"]

    assert expected == actual


def test_the_word_for_guests_stands_for_every_type_of_guest(
    export: Export, imported: Import
) -> None:
    users = export["conditional_access_policies"][0]["Conditions"]["Users"]
    users["IncludeUsers"] = "GuestsOrExternalUsers"
    users["ExcludeGuestsOrExternalUsers"] = {"GuestOrExternalUserTypes": "internalGuest"}

    row = rows(imported(export), "entra_ca_policies")[0]

    assert row["include_guest_types"] == list(ALL_GUEST_TYPES)
    assert row["exclude_guest_types"] == ["internalGuest"]
    assert not row["include_all_users"]


def test_every_time_has_no_hours_and_hours_stay_hours(export: Export, imported: Import) -> None:
    session = export["conditional_access_policies"][1]["SessionControls"]
    session["SignInFrequency"] = {"IsEnabled": True, "FrequencyInterval": "everyTime"}

    row = rows(imported(export), "entra_ca_policies")[1]
    actual = (row["sign_in_frequency_interval"], row["sign_in_frequency_hours"])

    assert actual == ("everyTime", None)

    session["SignInFrequency"] = {"IsEnabled": True, "Type": "hours", "Value": 4}

    assert rows(imported(export), "entra_ca_policies")[1]["sign_in_frequency_hours"] == 4


def test_strengths_are_those_that_policies_use(export: Export, imported: Import) -> None:
    (strength,) = rows(imported(export), "entra_auth_strengths")

    assert strength["allowed_combinations"] == [
        "windowsHelloForBusiness",
        "fido2",
        "x509CertificateMultiFactor",
    ]

    del export["conditional_access_policies"][1]["GrantControls"]["AuthenticationStrength"][
        "AllowedCombinations"
    ]
    collected = imported(export)

    assert "without their combinations" in collected.missing["entra_auth_strengths"]
    assert "entra_ca_policies" in collected.tables


def test_security_defaults_are_off_where_a_policy_is_on_and_unknown_where_none_is(
    export: Export, imported: Import
) -> None:
    (row,) = rows(imported(export), "entra_security_defaults")

    assert row["is_enabled"] is False

    for policy in export["conditional_access_policies"]:
        policy["State"] = "enabledForReportingButNotEnforced"

    assert "security defaults" in imported(export).missing["entra_security_defaults"]


def test_roles_are_held_directly_through_a_group_or_by_eligibility(
    export: Export, imported: Import
) -> None:
    # User 21 is a Global Administrator without an assignment and without a group: eligible;
    # an Exchange Administrator without an assignment, but group 35 is one: through it.
    found = rows(imported(export), "entra_role_assignments")

    actual = {
        (r["principal_id"], r["role_name"], r["principal_type"], r["assignment_type"])
        for r in found
    }
    expected = {
        (some_id(20), "Global Administrator", "user", "active"),
        (some_id(21), "Global Administrator", "user", "eligible"),
        (some_id(21), "Exchange Administrator", "user", "active"),
        (some_id(22), "User Administrator", "user", "active"),
        (some_id(30), "Exchange Administrator", "servicePrincipal", "active"),
        (some_id(35), "Exchange Administrator", "group", "active"),
    }

    assert expected == actual
    assert {r["principal_name"] for r in found} >= {"Ada Lindmark", "Mail archiver", None}


def test_without_the_premium_license_every_named_role_is_active(
    export: Export, imported: Import
) -> None:
    for role in export["privileged_roles"]:
        del role["Assignments"]

    actual = {
        (r["principal_id"], r["role_name"], r["assignment_type"])
        for r in rows(imported(export), "entra_role_assignments")
    }
    expected = {
        (some_id(20), "Global Administrator", "active"),
        (some_id(21), "Global Administrator", "active"),
        (some_id(21), "Exchange Administrator", "active"),
        (some_id(22), "User Administrator", "active"),
        (some_id(30), "Exchange Administrator", "active"),
    }

    assert expected == actual


def test_a_role_assigned_twice_with_two_ends_is_held_once(export: Export, imported: Import) -> None:
    assignments = export["privileged_roles"][0]["Assignments"]
    assignments.append(assignments[0] | {"EndDateTime": "/Date(1790000000000)/"})

    assert len(rows(imported(export), "entra_role_assignments")) == 6


def test_settings_that_were_never_made_are_off_or_a_table_without_rows(
    export: Export, imported: Import
) -> None:
    export["directory_settings"] = []

    collected = imported(export)

    (consent,) = rows(collected, "entra_admin_consent_policy")
    assert consent["is_enabled"] is False
    assert rows(collected, "entra_password_settings") == []


def test_password_settings_are_counted_not_kept(export: Export, imported: Import) -> None:
    (actual,) = rows(imported(export), "entra_password_settings")

    expected = {
        "settings_id": "Password Rule Settings",
        "enable_banned_password_check": True,
        "n_banned_passwords": 3,
        "enable_banned_password_check_on_premises": False,
        "banned_password_check_on_premises_mode": "Audit",
        "lockout_threshold": 10,
    }

    assert expected == actual


def test_the_released_name_of_the_consent_policies_is_known_too(
    export: Export, imported: Import
) -> None:
    policy = export["authorization_policies"][0]
    granted = policy.pop("PermissionGrantPolicyIdsAssignedToDefaultUserRole")

    missing = imported(export).missing_columns["entra_authorization_policy"]

    assert "permission_grant_policy_ids" in missing

    policy["DefaultUserRolePermissions"]["PermissionGrantPoliciesAssigned"] = granted
    (row,) = rows(imported(export), "entra_authorization_policy")

    assert row["permission_grant_policy_ids"] == granted
    assert row["allowed_to_create_apps"] is False


def test_plans_of_two_products_are_one_plan(export: Export, imported: Import) -> None:
    actual = [row["service_plan_name"] for row in rows(imported(export), "entra_service_plans")]

    assert actual == [
        "AAD_PREMIUM",
        "AAD_PREMIUM_P2",
        "EXCHANGE_S_ENTERPRISE",
        "ATP_ENTERPRISE",
        "TEAMS1",
        "SHAREPOINTENTERPRISE",
    ]


# -- Exchange, Defender, SharePoint, Teams -------------------------------------------------------


def test_spf_is_null_where_the_name_servers_gave_no_answer(
    export: Export, imported: Import
) -> None:
    found = rows(imported(export), "exo_accepted_domains")

    actual = [row["spf_records"] for row in found]
    outlook = ["v=spf1 include:spf.protection.outlook.com -all"]

    assert actual == [outlook, outlook, [], None]

    export["exo_unsuccessful_commands"] = ["Get-ScubaSpfRecord"]
    collected = imported(export)

    assert {row["spf_records"] is None for row in rows(collected, "exo_accepted_domains")} == {True}
    assert "spf_records" in collected.missing_columns["exo_accepted_domains"]


def test_a_spam_level_may_be_a_text(export: Export, imported: Import) -> None:
    actual = [row["set_scl"] for row in rows(imported(export), "exo_transport_rules")]

    assert actual == [None, -1, 0]


def test_sharepoint_is_said_in_the_words_of_graph(export: Export, imported: Import) -> None:
    (actual,) = rows(imported(export), "sharepoint_settings")

    expected = {
        "settings_id": "sharepoint",
        "idle_session_sign_out_is_enabled": None,
        "is_legacy_auth_protocols_enabled": False,
        "sharing_domain_restriction_mode": "allowList",
        "sharing_allowed_domain_list": ["pilot.example", "harbor.example"],
        "sharing_blocked_domain_list": [],
        "sharing_capability": "externalUserSharingOnly",
        "is_resharing_by_external_users_enabled": False,
        "is_unmanaged_sync_app_for_tenant_restricted": True,
        "allowed_domain_guids_for_sync_app": [str(some_id(95))],
    }

    assert expected == actual


def test_rules_say_who_gets_which_policy_of_each_family(export: Export, imported: Import) -> None:
    found = rows(imported(export), "mail_policy_rules")

    actual = sorted((r["family"], r["kind"], r["policy"]) for r in found)
    expected = [
        ("anti_phish", "custom", "Crew"),
        ("anti_phish", "strict", "Strict Preset Security Policy2"),
        ("anti_spam", "strict", "Strict Preset Security Policy1"),
        ("malware", "strict", "Strict Preset Security Policy3"),
        ("safe_attachments", "built_in", "Built-In Protection Policy"),
        ("safe_attachments", "strict", "Strict Preset Security Policy4"),
        ("safe_links", "built_in", "Built-In Protection Policy"),
        ("safe_links", "strict", "Strict Preset Security Policy5"),
    ]

    assert expected == actual
    crew = next(r for r in found if r["kind"] == "custom")
    assert crew["sent_to_member_of"] == ["crew@lindmark-ferries.example"]
    safe = next(r for r in found if (r["family"], r["kind"]) == ("safe_links", "strict"))
    assert safe["except_sent_to"] == ["dock@lindmark-ferries.example"]


def test_a_custom_policy_whose_rule_is_not_in_the_export_leaves_the_rules_unknown(
    export: Export, imported: Import
) -> None:
    for key in LATER_KEYS:
        del export[key]

    collected = imported(export)

    assert "custom policies of the family anti_phish" in collected.missing["mail_policy_rules"]
    assert "mdo_anti_phish_policies" in collected.tables

    del export["anti_phish_policies"][2]
    collected = imported(export)

    assert {(r["family"], r["kind"]) for r in rows(collected, "mail_policy_rules")} == {
        ("anti_spam", "strict"),
        ("malware", "strict"),
        ("anti_phish", "strict"),
        ("safe_attachments", "strict"),
        ("safe_links", "strict"),
    }


@pytest.mark.parametrize(
    "command, what",
    [
        ("Get-EOPProtectionPolicyRule", "Strict and Standard policies of the family anti_phish"),
        ("Get-ATPProtectionPolicyRule", "family safe_links"),
        ("Get-SafeLinksRule", ""),
        ("Get-ATPBuiltInProtectionRule", "Built-in protection policies"),
    ],
)
def test_unread_rules_matter_where_a_policy_could_depend_on_them(
    export: Export, imported: Import, command: str, what: str
) -> None:
    export["securitysuite_unsuccessful_commands"] = [command]

    actual = imported(export).missing.get("mail_policy_rules", "")

    assert what in actual
    assert bool(what) == bool(actual)


# -- gaps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key, command, tables",
    [
        (
            "aad",
            "get-mgbetaidentityconditionalaccesspolicy",
            {"entra_ca_policies", "entra_auth_strengths", "entra_security_defaults"},
        ),
        ("aad", "Get-PrivilegedUser", {"entra_role_assignments"}),
        (
            "aad",
            "Get-MgBetaDirectorySetting",
            {"entra_password_settings", "entra_admin_consent_policy"},
        ),
        ("exo", "Get-TransportRule", {"exo_transport_rules"}),
        ("securitysuite", "Get-DlpCompliancePolicy", {"purview_dlp_policies"}),
        ("SharePoint", "Get-SPOTenantRest", {"sharepoint_settings"}),
        ("teams", "Get-CsTeamsMeetingPolicy", {"teams_meeting_policies"}),
    ],
)
def test_what_a_failed_command_feeds_is_missing_though_its_key_is_an_empty_list(
    export: Export, imported: Import, key: str, command: str, tables: set[str]
) -> None:
    whole = imported(export)
    export[f"{key}_unsuccessful_commands"] = [command]
    for table in tables:
        export[PARTS[table].key] = []

    collected = imported(export)

    actual = set(whole.tables) - set(collected.tables)

    assert tables == actual
    assert all("could not run" in collected.missing[table] for table in tables)


@pytest.mark.parametrize(
    "product, title, tables",
    [
        ("teams", "Teams", {"teams_meeting_policies"}),
        ("SharePoint", "SharePoint", {"sharepoint_settings"}),
    ],
)
def test_a_product_that_was_not_assessed_is_missing_by_its_name(
    export: Export, imported: Import, product: str, title: str, tables: set[str]
) -> None:
    whole = imported(export)
    keys = {PARTS[table].key for table in tables}
    for key in [*keys, f"{product}_successful_commands", f"{product}_unsuccessful_commands"]:
        del export[key]

    collected = imported(export)

    assert set(whole.tables) - set(collected.tables) == tables
    for table in tables:
        assert f"without the product {title}" in collected.missing[table]


@pytest.mark.parametrize("value", [[], [None], None, {}])
def test_an_organization_cannot_be_without_what_every_organization_has(
    export: Export, imported: Import, value: object
) -> None:
    export["meeting_policies"] = value
    export["domain_settings"] = [] if value == {} else value

    missing = imported(export | ({"meeting_policies": []} if value == {} else {})).missing

    assert "cannot be in an organization" in missing["teams_meeting_policies"]
    assert "cannot be in an organization" in missing["entra_domains"]


@pytest.mark.parametrize("value", [[], [None], None])
def test_an_organization_may_be_without_rules(
    export: Export, imported: Import, value: object
) -> None:
    export["transport_rule"] = value

    assert rows(imported(export), "exo_transport_rules") == []


def test_what_is_not_licensed_was_not_read(export: Export, imported: Import) -> None:
    export["defender_license"] = export["defender_dlp_license"] = False
    for key in ("atp_policy_for_o365", "dlp_compliance_policies", "safe_links_policies"):
        export[key] = []

    missing = imported(export).missing

    for table in ("mdo_tenant_policy", "purview_dlp_policies", "mdo_safe_links_policies"):
        assert "no license" in missing[table]


def test_a_property_that_no_object_has_is_a_missing_column(
    export: Export, imported: Import
) -> None:
    for policy in export["anti_phish_policies"]:
        del policy["PhishThresholdLevel"]
    del export["anti_phish_policies"][0]["EnableSpoofIntelligence"]

    collected = imported(export)

    assert set(collected.missing_columns["mdo_anti_phish_policies"]) == {"phish_threshold_level"}
    assert [
        row["enable_spoof_intelligence"] for row in rows(collected, "mdo_anti_phish_policies")
    ] == [None, True, True]


def test_one_object_and_a_list_of_one_are_the_same(export: Export, imported: Import) -> None:
    single = copy.deepcopy(export)
    for key in (
        "org_config",
        "conn_filter",
        "sharing_policy",
        "SPO_tenant",
        "built_in_protection_rules",
    ):
        (single[key],) = export[key]
    single["tenant_details"][0]["AADAdditionalData"] = export["tenant_details"][0][
        "AADAdditionalData"
    ][0]

    assert imported(export) == imported(single)


# -- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path, value, message",
    [
        (["conditional_access_policies", 3, "State"], [], "[3].State: expected a text, found"),
        (["conditional_access_policies", 3, "State"], " ", "expected a text, found an empty text"),
        (["conditional_access_policies", 0, "Id"], "1", "[0].Id: expected an id such as"),
        (["conditional_access_policies", 0, "Conditions"], [], "[0].Conditions: expected an obj"),
        (
            ["conditional_access_policies", 0, "Conditions", "Users", "IncludeUsers"],
            ["Everybody"],
            "Conditions.Users.IncludeUsers[0]: expected an id",
        ),
        (
            ["conditional_access_policies", 1, "SessionControls", "SignInFrequency", "Value"],
            "2",
            "SignInFrequency.Value: expected a whole number, found a text",
        ),
        (
            ["conditional_access_policies", 1, "SessionControls", "SignInFrequency", "Type"],
            "weeks",
            "SignInFrequency.Type: expected hours or days",
        ),
        (["anti_phish_policies", 1, "Enabled"], "True", "[1].Enabled: expected true or false"),
        (["anti_phish_policies", 1, "Name"], None, "anti_phish_policies[1]"),
        (["anti_phish_policies", 1, "Name"], "Crew", "anti_phish_policies[2]: it has the key of"),
        (["anti_phish_policies", 0, "PhishThresholdLevel"], 1.5, "whole number of 64 bits"),
        (["protection_policy_rules", 0, "Name"], "Mine", "begins with Strict or Standard"),
        (["SPO_tenant", 0, "SharingCapability"], 9, "SharingCapability: expected a number from"),
        (["directory_settings", 1, "Values", 0, "Value"], "maybe", "Values[0].Value: expected"),
        (["directory_settings", 1, "Values", 4, "Value"], "ten", "a whole number as text"),
        (["transport_rule", 1, "SetSCL"], "high", "SetSCL: expected a spam confidence level"),
        (
            ["privileged_users", "someone"],
            {"roles": []},
            "privileged_users.someone: expected an id",
        ),
        (["timestamp_zulu"], "yesterday", "timestamp_zulu: expected a date and time"),
        (["timestamp_zulu"], "2031-01-01T00:00:00Z", "which is in the future"),
        (["aad_unsuccessful_commands"], {"a": 1}, "aad_unsuccessful_commands: expected a text"),
        (["module_version"], 18, "module_version: expected a text, found a number"),
    ],
)
def test_a_wrong_shape_is_named_with_its_path(
    export: Export, imported: Import, path: list[Any], value: object, message: str
) -> None:
    target = export
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value

    with pytest.raises(DocumentError) as caught:
        imported(export)

    assert message in caught.value.message
    assert caught.value.message.startswith("export.json, ")


def test_a_results_file_without_its_configuration_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"MetaData": {"Tool": "x", "ReportUUID": "y"}, "Results": {}}))
    document = Document(path)

    assert importer_for(document) is IMPORTERS[0]
    with pytest.raises(DocumentError, match="the part Raw with the configuration is missing"):
        ScubaGearImporter().read([document], ImportContext(now=NOW))


def test_a_truncated_export_is_recognized_and_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_bytes(FIXTURE.read_bytes()[:9000])

    read = read_files([path, FIXTURE], ImportContext(now=NOW))

    (error,) = read.errors
    assert "cut off" in error.error.message
    assert read.outcomes[0].files == (FIXTURE,)


def test_keys_that_scubagear_writes_twice_are_accepted_when_they_agree(tmp_path: Path) -> None:
    text = FIXTURE.read_text()
    domains = json.dumps(json.loads(text)["accepted_domains"])
    path = tmp_path / "twice.json"
    path.write_text(text.rstrip()[:-1] + f', "accepted_domains": {domains}}}')

    assert not read_files([path], ImportContext(now=NOW)).errors

    path.write_text(text.rstrip()[:-1] + ', "accepted_domains": []}')
    (error,) = read_files([path], ImportContext(now=NOW)).errors

    assert "'accepted_domains' appears twice" in error.error.message


# -- a real file ---------------------------------------------------------------------------------

EXPECTED_ROWS = {
    "entra_organization": 1,
    "entra_service_plans": 61,
    "entra_role_assignments": 42,
    "entra_ca_policies": 7,
    "entra_auth_strengths": 1,
    "entra_security_defaults": 1,
    "entra_authorization_policy": 1,
    "entra_admin_consent_policy": 1,
    "entra_password_settings": 0,
    "entra_domains": 1,
    "exo_organization_config": 1,
    "exo_accepted_domains": 7,
    "exo_sharing_policies": 1,
    "exo_transport_rules": 1,
    "eop_connection_filter": 1,
    "mdo_anti_phish_policies": 3,
    "mail_policy_rules": 10,
    "mdo_tenant_policy": 1,
    "purview_dlp_policies": 11,
    "purview_audit_config": 1,
    "sharepoint_settings": 1,
    "teams_meeting_policies": 11,
}


@needs_samples
def test_the_real_export_gives_the_numbers_of_its_readme() -> None:
    (collected,) = read_files([REAL], ImportContext(now=NOW)).outcomes[0].collected

    actual = land(collected)

    assert actual == EXPECTED_ROWS
    assert collected.collected_at == datetime(2026, 5, 4, 17, 15, 48, 307000, tzinfo=UTC)
    assert set(collected.missing) == set(NEVER_HELD) | {
        "eop_hosted_content_policies",
        "eop_malware_policies",
        "mdo_safe_attachment_policies",
        "mdo_safe_links_policies",
    }
    roles = rows(collected, "entra_role_assignments")
    administrators = {r["principal_name"] for r in roles if r["role_name"].startswith("Global")}
    assert administrators == {"John Public", "Jane Doe", None}


@needs_samples
def test_raw_of_the_real_results_equals_the_export() -> None:
    (export,) = read_files([REAL], ImportContext(now=NOW)).outcomes[0].collected
    (results,) = read_files([REAL_RESULTS], ImportContext(now=NOW)).outcomes[0].collected

    differing = {
        name
        for name in {*export.tables, *results.tables}
        if rows(export, name) != rows(results, name)
    }

    # The two files differ in the rules of one role only, and no table holds those.
    assert not differing
    assert export.missing == results.missing
