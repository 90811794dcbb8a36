"""Settings, policies and rules of one synthetic organization, drawn from a ``Random``."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
IdOf = Callable[[str, int], uuid.UUID]

GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
ROLES = (
    GLOBAL,
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "158c047a-c907-4556-b7ef-446551a6b5f7",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "966707d0-3269-4727-9be2-8c3a10f19b9d",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "95e79109-95c0-4d8e-aee3-d01accf2d47b",  # Guest Inviter: no administrator
    "fdd7a751-b60b-444a-984c-02652fe8fa1c",  # Groups Administrator: none of the fifteen
)
STRENGTHS = ("2", "3", "4", "9")
FAMILIES = ("anti_spam", "malware", "anti_phish", "outbound", "safe_attachments", "safe_links")
FAMILY_TABLES = {
    "anti_spam": "eop_hosted_content_policies",
    "malware": "eop_malware_policies",
    "anti_phish": "mdo_anti_phish_policies",
    "outbound": "eop_outbound_spam_policies",
    "safe_attachments": "mdo_safe_attachment_policies",
    "safe_links": "mdo_safe_links_policies",
}


def configuration(
    random: Random,
    n_users: int,
    n_groups: int,
    domains: Sequence[str],
    id_of: IdOf,
    now: datetime,
) -> dict[str, list[Row]]:
    """Rows by table for one organization: everything but its people."""
    return {
        **_directory(random, n_users, n_groups, id_of),
        **_conditional_access(random, n_users, n_groups, id_of),
        **_mail_policies(random, n_users, n_groups, domains),
        **_exchange(random, domains),
        **_others(random, n_users, n_groups, id_of, now),
    }


def _flag(random: Random) -> bool | None:
    return random.choice((True, True, False, None))


def _some(random: Random, values: Sequence[Any], most: int) -> list[Any]:
    return random.sample(list(values), min(len(values), random.randint(0, most)))


def _directory(random: Random, n_users: int, n_groups: int, id_of: IdOf) -> dict[str, list[Row]]:
    assignments: dict[tuple[Any, ...], Row] = {}
    for number in range(min(n_users, 60)):
        for role in _some(random, ROLES, 2):
            row = {
                "principal_id": id_of("u", number),
                "principal_type": "user",
                "principal_name": f"Person {number}",
                "role_template_id": role,
                "role_name": role[:8],
                "assignment_type": random.choice(("active", "active", "eligible")),
                "scope": random.choice(("/", "/", "/", "/administrativeUnits/1")),
            }
            assignments[(number, role, row["assignment_type"], row["scope"])] = row
    others = (("group", "g", 3), ("servicePrincipal", "s", 2))
    for kind, letter, number in others:
        if n_users >= 1_000:
            continue  # a role for a whole group would make everyone of a small one administrator
        role = random.choice(ROLES)
        assignments[(kind, role)] = {
            "principal_id": id_of(letter, number),
            "principal_type": kind,
            "principal_name": kind,
            "role_template_id": role,
            "role_name": role[:8],
        }
    return {
        "entra_organization": [
            {
                "organization_id": id_of("o", 1),
                "display_name": "Example",
                "on_premises_sync_enabled": random.random() < 0.5,
                "password_sync_enabled": _flag(random),
            }
        ],
        "entra_service_plans": [
            {"sku_part_number": "SPE_E5", "service_plan_name": plan, "enabled_units": n_users}
            for plan in (
                "EXCHANGE_S_ENTERPRISE",
                "TEAMS1",
                "SHAREPOINTENTERPRISE",
                "ATP_ENTERPRISE",
                "AAD_PREMIUM",
                "ADALLOM_S_O365",
                "LOCKBOX_ENTERPRISE",
                *(("AAD_PREMIUM_P2",) if random.random() < 0.5 else ()),
            )
        ],
        "entra_role_assignments": list(assignments.values()),
        "entra_groups": [
            {
                "group_id": id_of("g", number),
                "display_name": f"Group {number}",
                "mail": f"Group{number}@contoso.example",
                "visibility": random.choice(
                    ("Private", "Private", "Public", "HiddenMembership", None)
                ),
                "group_types": random.choice((["Unified"], [], ["DynamicMembership"])),
                "is_approved_public": random.random() < 0.2,
            }
            for number in range(n_groups)
        ],
        "entra_security_defaults": [{"is_enabled": random.random() < 0.1}],
        "entra_authorization_policy": [
            {
                "permission_grant_policy_ids": _some(
                    random,
                    (
                        "ManagePermissionGrantsForSelf.microsoft-user-default-low",
                        "ManagePermissionGrantsForSelf.microsoft-user-default-legacy",
                        "ManagePermissionGrantsForOwnedResource.something",
                    ),
                    2,
                ),
                "allowed_to_create_apps": _flag(random),
                "allow_invites_from": "everyone",
            }
        ],
        "entra_admin_consent_policy": [
            {"is_enabled": _flag(random), "n_reviewers": random.randint(0, 2)}
        ],
        "entra_password_settings": [
            {
                "enable_banned_password_check": _flag(random),
                "n_banned_passwords": random.randint(0, 3),
                "enable_banned_password_check_on_premises": _flag(random),
                "banned_password_check_on_premises_mode": random.choice(
                    ("Audit", "Enforced", None)
                ),
                "lockout_threshold": 10,
            }
        ][: random.choice((0, 1, 1, 1))],
        "entra_domains": [
            {
                "name": f"domain{number}.example",
                "is_verified": random.random() < 0.9,
                "is_root": random.random() < 0.9,
                "is_default": number == 0,
                "authentication_type": random.choice(("Managed", "Managed", "Federated")),
                "password_validity_period_in_days": random.choice(
                    (2147483647, 2147483647, 90, None)
                ),
            }
            for number in range(6)
        ],
    }


def _conditional_access(
    random: Random, n_users: int, n_groups: int, id_of: IdOf
) -> dict[str, list[Row]]:
    people = [id_of("u", number) for number in range(0, n_users, max(1, n_users // 40))]
    groups = [id_of("g", number) for number in range(n_groups)]
    guest_types = ("b2bCollaborationGuest", "b2bCollaborationMember", "internalGuest")
    grants: tuple[Row, ...] = (
        {"grant_controls": ["mfa"]},
        {"grant_controls": ["mfa", "compliantDevice"]},
        {"grant_controls": [], "auth_strength_id": _strength("4")},
        {"grant_controls": [], "auth_strength_id": _strength("9")},
        {"grant_controls": ["block"], "client_app_types": ["exchangeActiveSync", "other"]},
        {"grant_controls": ["block"], "client_app_types": ["other"]},
        {"grant_controls": ["block"], "sign_in_risk_levels": ["medium", "high"]},
        {"grant_controls": ["mfa"], "sign_in_risk_levels": ["high", "medium", "low"]},
        {"grant_controls": ["mfa"], "sign_in_risk_levels": ["high"]},
        {
            "grant_controls": ["mfa", "passwordChange"],
            "grant_operator": "AND",
            "user_risk_levels": ["high"],
        },
        {
            "grant_controls": ["block"],
            "user_risk_levels": ["high"],
            "sign_in_risk_levels": ["medium", "high"],
        },
        {"grant_controls": ["riskRemediation"], "user_risk_levels": ["medium", "high"]},
        {
            "grant_controls": ["mfa"],
            "sign_in_frequency_is_enabled": True,
            "sign_in_frequency_interval": "timeBased",
            "sign_in_frequency_hours": random.choice((4, 12, 24, 48)),
            "persistent_browser_is_enabled": True,
            "persistent_browser_mode": "never",
        },
        {
            "grant_controls": ["block"],
            "include_apps": ["797f4846-ba00-4fd7-ba43-dac1f8f63013"],
            "include_all_users": True,
            "exclude_roles": random.sample(ROLES[:15], 3),
            "exclude_users": [],
            "exclude_groups": [],
            "exclude_guest_types": [],
        },
        {"grant_controls": ["compliantDevice"]},
    )
    policies = []
    for number, grant in enumerate(random.sample(grants, 8)):
        policies.append(
            {
                "policy_id": id_of("p", number),
                "display_name": f"Policy {number}",
                "state": random.choice(
                    ("enabled",) * 6 + ("disabled", "enabledForReportingButNotEnforced")
                ),
                "include_all_users": random.random() < 0.6,
                "include_users": _some(random, people, 3),
                "include_groups": _some(random, groups, 2),
                "include_roles": random.choice(([], list(ROLES[:15]), list(ROLES[:4]))),
                "include_guest_types": _some(random, guest_types, 1),
                "exclude_users": _some(random, people, 2),
                "exclude_groups": _some(random, groups, 1),
                "exclude_roles": _some(random, ROLES, 1),
                "exclude_guest_types": _some(random, guest_types, 1),
                "include_apps": random.choice((["All"],) * 5 + (["Office365"],)),
                "exclude_apps": random.choice(([],) * 7 + (["Office365"],)),
                "client_app_types": random.choice(
                    (["all"], ["all"], ["browser", "mobileAppsAndDesktopClients"], ["browser"])
                ),
                "include_platforms": random.choice(([],) * 5 + (["all"], ["iOS"])),
                "include_locations": random.choice(([],) * 5 + (["All"], ["trusted"])),
                "has_device_filter": random.random() < 0.05,
                **grant,
            }
        )
    return {
        "entra_ca_policies": policies,
        "entra_auth_strengths": [
            {
                "auth_strength_id": _strength("2"),
                "display_name": "MFA",
                "allowed_combinations": ["fido2", "password,sms", "windowsHelloForBusiness"],
            },
            {
                "auth_strength_id": _strength("4"),
                "display_name": "Phishing-resistant",
                "allowed_combinations": ["fido2", "windowsHelloForBusiness"],
            },
            {
                "auth_strength_id": _strength("9"),
                "display_name": "Custom",
                "allowed_combinations": random.choice(
                    (["fido2"], ["fido2", "password,sms"], ["fido2", "password"], ["qrCodePin"])
                ),
            },
        ],
    }


def _strength(number: str) -> str:
    return f"00000000-0000-0000-0000-00000000000{number}"


def _mail_policies(
    random: Random, n_users: int, n_groups: int, domains: Sequence[str]
) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    rules: list[Row] = []
    for family in FAMILIES:
        names = ["Default", "Strict", "Standard", "Custom A", "Custom B", "Custom C"]
        if family.startswith("safe"):
            names[0] = "Built-in"
        if family == "outbound":
            names = [name for name in names if name not in ("Strict", "Standard")]
        tables[FAMILY_TABLES[family]] = [
            {
                "policy": name,
                "is_default": name == "Default",
                "recommended_policy_type": name if name in ("Strict", "Standard") else "Custom",
                **(
                    {"is_built_in_protection": name == "Built-in"}
                    if family.startswith("safe")
                    else {}
                ),
                **POLICIES[family](random),
            }
            for name in names
        ]
        for place, name in enumerate(names[1:]):
            kind = name.lower() if name in ("Strict", "Standard") else "custom"
            policy = "Gone" if random.random() < 0.03 else name
            rules.append(
                {
                    "family": family,
                    "kind": kind,
                    "rule": f"Rule {name}",
                    "policy": policy,
                    "priority": 0 if kind != "custom" else len(names) - place,
                    "state": random.choice(("Enabled",) * 5 + ("Disabled",)),
                    **_conditions(random, n_users, n_groups, domains, kind),
                }
            )
        if family.startswith("safe") and random.random() < 0.7:
            built_in = _conditions(random, n_users, n_groups, domains, "built_in")
            rules.append(
                {
                    "family": family,
                    "kind": "built_in",
                    "rule": "Built-in",
                    "policy": "Built-in",
                    **built_in,
                }
            )
    return {**tables, "mail_policy_rules": rules}


def _conditions(
    random: Random, n_users: int, n_groups: int, domains: Sequence[str], kind: str
) -> Row:
    people = [
        f"user{number}@{domain}"
        for number in range(0, n_users, max(1, n_users // 10))
        for domain in domains
    ]
    groups = [f"group{number}@CONTOSO.example" for number in range(n_groups)]
    named = [domain.upper() for domain in domains] + ["example", "else.where"]
    conditions = {
        "sent_to": _some(random, people, 8) if random.random() < 0.3 else [],
        "sent_to_member_of": _some(random, groups, 4) if random.random() < 0.5 else [],
        "recipient_domain_is": _some(random, named, 2) if random.random() < 0.6 else [],
    }
    if kind == "built_in":
        conditions = {}
    elif not any(conditions.values()) and random.random() < 0.8:
        conditions["recipient_domain_is"] = [random.choice(named)]
    return {
        **conditions,
        "except_sent_to": _some(random, people, 3) if random.random() < 0.3 else [],
        "except_sent_to_member_of": _some(random, groups, 1) if random.random() < 0.3 else [],
        "except_recipient_domain_is": _some(random, named[2:], 1) if random.random() < 0.2 else [],
    }


ACTIONS = ("MoveToJmf", "Quarantine", "NoAction")


def _anti_spam(random: Random) -> Row:
    return {
        "spam_action": random.choice(("MoveToJmf", "Quarantine", "AddXHeader")),
        "high_confidence_spam_action": random.choice(ACTIONS),
        "phish_spam_action": random.choice(ACTIONS),
        "high_confidence_phish_action": random.choice(("Quarantine", "Quarantine", "MoveToJmf")),
        "bulk_spam_action": random.choice(ACTIONS),
        "bulk_threshold": random.choice((5, 6, 7)),
        "mark_as_spam_bulk_mail": random.choice(("On", "On", "Off")),
        "quarantine_retention_period": random.choice((15, 30)),
        "allowed_senders": _some(random, ("a@example.com",), 1),
        "allowed_sender_domains": _some(random, ("example.com",), 1),
        "spam_zap_enabled": _flag(random),
        "phish_zap_enabled": _flag(random),
        "zap_enabled": _flag(random),
    }


def _malware(random: Random) -> Row:
    return {"enable_file_filter": _flag(random), "zap_enabled": _flag(random)}


def _anti_phish(random: Random) -> Row:
    flags = (
        "enable_targeted_user_protection",
        "enable_organization_domains_protection",
        "enable_targeted_domains_protection",
        "enable_mailbox_intelligence",
        "enable_mailbox_intelligence_protection",
        "enable_similar_users_safety_tips",
        "enable_similar_domains_safety_tips",
        "enable_unusual_characters_safety_tips",
        "enable_spoof_intelligence",
    )
    return {
        **{name: _flag(random) for name in flags},
        "phish_threshold_level": random.choice((1, 2, 3, 4)),
        "targeted_users_to_protect": _some(random, ("CEO;ceo@example.com",), 1),
        "targeted_user_protection_action": random.choice(ACTIONS),
        "targeted_domain_protection_action": random.choice(ACTIONS),
        "mailbox_intelligence_protection_action": random.choice(ACTIONS),
    }


def _outbound(random: Random) -> Row:
    return {
        "recipient_limit_external_per_hour": random.choice((0, 500, 501)),
        "recipient_limit_internal_per_hour": random.choice((0, 1000, 1001)),
        "recipient_limit_per_day": random.choice((0, 1000, 1001)),
        "action_when_threshold_reached": random.choice(("BlockUser", "BlockUserForToday")),
        "auto_forwarding_mode": random.choice(("Automatic", "Off", "On")),
        "bcc_suspicious_outbound_mail": _flag(random),
        "bcc_suspicious_outbound_additional_recipients": _some(random, ("a@example.com",), 1),
        "notify_outbound_spam": _flag(random),
        "notify_outbound_spam_recipients": _some(random, ("a@example.com",), 1),
    }


def _safe_attachments(random: Random) -> Row:
    return {
        "enable": _flag(random),
        "action": random.choice(("Block", "Block", "DynamicDelivery", "Allow")),
        "quarantine_tag": random.choice(("AdminOnlyAccessPolicy", "AdminOnlyAccessPolicy", "Own")),
        "redirect": random.choice((False, False, True, None)),
    }


def _safe_links(random: Random) -> Row:
    wanted = (
        "enable_safe_links_for_email",
        "enable_safe_links_for_teams",
        "enable_safe_links_for_office",
        "track_clicks",
        "scan_urls",
        "enable_for_internal_senders",
        "deliver_message_after_scan",
    )
    return {
        **{name: random.random() < 0.9 for name in wanted},
        "allow_click_through": random.choice((False,) * 8 + (True, None)),
        "disable_url_rewrite": random.random() < 0.1,
    }


POLICIES: dict[str, Callable[[Random], Row]] = {
    "anti_spam": _anti_spam,
    "malware": _malware,
    "anti_phish": _anti_phish,
    "outbound": _outbound,
    "safe_attachments": _safe_attachments,
    "safe_links": _safe_links,
}


def _exchange(random: Random, domains: Sequence[str]) -> dict[str, list[Row]]:
    spf: tuple[list[str] | None, ...] = (
        None,
        [],
        ["v=spf1 include:spf.protection.outlook.com -all"],
        ["v=spf1 include:spf.protection.outlook.com ~all"],
        ["v=spf1 -all"],
        ["v=spf1 include:spf.protection.outlook.com +all"],
        ["v=spf1 ip4:192.0.2.1 -all"],
        ["v=spf1 -all", "v=spf1 include:spf.protection.outlook.com -all"],
    )
    return {
        "exo_organization_config": [
            {
                "audit_disabled": _flag(random),
                "o_auth2_client_profile_enabled": _flag(random),
                "customer_lockbox_enabled": _flag(random),
                "mail_tips_all_tips_enabled": _flag(random),
                "mail_tips_external_recipients_tips_enabled": _flag(random),
                "mail_tips_group_metrics_enabled": _flag(random),
                "mail_tips_large_audience_threshold": 25,
            }
        ],
        "exo_accepted_domains": [
            {"name": name, "spf_records": random.choice(spf)}
            for name in (*domains, "example.onmicrosoft.com")
        ],
        "exo_owa_policies": [
            {"policy": name, "additional_storage_providers_available": _flag(random)}
            for name in ("OwaMailboxPolicy-Default", "Own")
        ],
        "exo_role_assignment_policies": [
            {
                "policy": name,
                "is_default": name == "Default",
                "assigned_roles": _some(
                    random, ("My Custom Apps", "MyProfileInformation", "My Marketplace Apps"), 2
                ),
            }
            for name in ("Default", "Own")
        ],
        "exo_sharing_policies": [
            {
                "name": name,
                "is_enabled": _flag(random),
                "domains": _some(
                    random,
                    (
                        "*:CalendarSharingFreeBusySimple",
                        "contoso.com:ContactsSharing",
                        "Anonymous:CalendarSharingFreeBusyReviewer",
                    ),
                    2,
                ),
            }
            for name in ("Default Sharing Policy", "Own", "Older")
        ],
        "exo_transport_rules": [
            {
                "rule_id": f"rule{number}",
                "name": f"Rule {number}",
                "state": random.choice(("Enabled", "Enabled", "Disabled")),
                "mode": random.choice(("Enforce", "Enforce", "Audit")),
                "sender_domain_is": _some(random, ("fabrikam.com",), 1),
                "from_address_contains_words": _some(random, ("invoice", "partner.com"), 1),
                "from_address_matches_patterns": _some(random, (r"@contoso\.com$", "boss"), 1),
                "set_scl": random.choice((-1, 0, 5, None)),
            }
            for number in range(8)
        ],
        "eop_connection_filter": [{"ip_allow_list": _some(random, ("192.0.2.1",), 1)}],
        "mdo_tenant_policy": [
            {
                "enable_atp_for_spo_teams_odb": _flag(random),
                "enable_safe_docs": _flag(random),
                "allow_safe_docs_open": random.choice((False, False, True, None)),
            }
        ],
    }


def _others(
    random: Random, n_users: int, n_groups: int, id_of: IdOf, now: datetime
) -> dict[str, list[Row]]:
    users = [id_of("u", number) for number in range(0, n_users, max(1, n_users // 20))]
    groups = [id_of("g", number) for number in range(n_groups)]
    meeting = (
        "allow_anonymous_users_to_join_meeting",
        "allow_anonymous_users_to_start_meeting",
        "allow_pstn_users_to_bypass_lobby",
        "allow_external_participant_give_request_control",
    )
    return {
        "sharepoint_settings": [
            {
                "idle_session_sign_out_is_enabled": _flag(random),
                "is_legacy_auth_protocols_enabled": _flag(random),
                "sharing_domain_restriction_mode": random.choice(
                    ("none", "allowList", "blockList", None)
                ),
                "sharing_allowed_domain_list": _some(random, ("a.example",), 1),
                "sharing_blocked_domain_list": _some(random, ("b.example",), 1),
                "is_resharing_by_external_users_enabled": _flag(random),
                "is_unmanaged_sync_app_for_tenant_restricted": _flag(random),
                "allowed_domain_guids_for_sync_app": _some(random, ("guid",), 1),
            }
        ],
        "teams_meeting_policies": [
            {
                "identity": identity,
                "auto_admitted_users": random.choice(
                    ("InvitedUsers", "OrganizerOnly", "Everyone", None)
                ),
                "designated_presenter_role_mode": random.choice(
                    ("OrganizerOnlyUserOverride", "EveryoneUserOverride", None)
                ),
                **{name: _flag(random) for name in meeting},
                "users_assigned": random.choice((0, 3, None)),
                "groups_assigned": random.choice((0, 1, None)),
            }
            for identity in ("Global", "Tag:AllOn", "Tag:Kiosk", "Tag:Sales", "Tag:Board")
        ],
        "teams_meeting_configuration": [{"disable_anonymous_join": _flag(random)}],
        "purview_dlp_policies": [
            {
                "name": f"DLP {number}",
                "is_enabled": random.random() < 0.7,
                "mode": random.choice(("Enable", "Disable", "TestWithNotifications")),
                "workload": random.choice((["Teams"], ["Exchange"], [])),
                "teams_location": _some(random, ("All",), 1),
            }
            for number in range(random.randint(0, 3))
        ],
        "purview_label_policies": [
            {
                "kind": kind,
                "name": f"Labels {number}",
                "is_enabled": random.random() < 0.9,
                "mode": random.choice(
                    ("Enforce", "Enforce", "Enable")
                    if kind == "publish"
                    else ("Enable", "Enable", "TestWithoutNotifications")
                ),
                "labels": _some(random, ("Secret", "Public"), 2),
                "includes_everyone": random.random() < 0.3,
                "include_users": _some(random, users, 5),
                "include_groups": _some(random, groups, 3),
                "exclude_users": _some(random, users, 2),
                "exclude_groups": _some(random, groups, 1),
                "covers_mail_or_onedrive": random.random() < 0.8,
            }
            for kind in ("publish", "auto")
            for number in range(3)
        ],
        "purview_audit_config": [{"unified_audit_log_ingestion_enabled": _flag(random)}],
        "purview_audit_subscriptions": [
            {"content_type": content, "status": random.choice(("enabled",) * 6 + ("disabled",))}
            for content in (
                "Audit.AzureActiveDirectory",
                "Audit.Exchange",
                "Audit.SharePoint",
                "Audit.General",
                "DLP.All",
            )
        ],
        "m365_apps_settings": [
            {
                "is_office_store_enabled": _flag(random),
                "is_app_and_services_trial_enabled": _flag(random),
            }
        ],
        "m365_forms_settings": [{"is_in_org_forms_phishing_scan_enabled": _flag(random)}],
        "mda_discovery_streams": [
            {
                "stream_id": f"stream{number}",
                "is_snapshot_report": random.random() < 0.5,
                "is_defender_for_endpoint": random.random() < 0.3,
                "last_data_received_at": random.choice(
                    (None, now - timedelta(days=2), now - timedelta(days=40))
                ),
            }
            for number in range(3)
        ],
    }
