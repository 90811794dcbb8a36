"""The company of the demo as it stands on the first day: everything but its people.

Norrmoor Lantern Works makes lights for harbors, buoys and offshore wind farms. It is invented.
"""

from __future__ import annotations

from securescore.core.collection import Row
from securescore.ops.demo.ledger import Ledger
from securescore.ops.demo.licenses import FRONTLINE_F3, OFFICE_E3, subscribed
from securescore.ops.demo.names import identity
from securescore.ops.demo.policies import access_policy, auth_strengths

NAME = "Norrmoor Lantern Works"
OWNER = "norrmoor"
DOMAIN = "norrmoor.example"
CLOUD_DOMAIN = "cloud.norrmoor.example"
CREW_DOMAIN = "crew.norrmoor.example"
BOUGHT_DOMAIN = "tarnvik-optik.example"
SHOP_DOMAIN = "norrmoor-lights.example"
PARTNER_DOMAIN = "brackwater-buoys.example"
SEATS = 820
INDUSTRY = "Manufacturing"
REGION = "Europe"
TIME_ZONE = "Europe/Stockholm"
ORGANIZATION_ID = identity(OWNER, "organization")

SOURCES: dict[str, tuple[str, ...]] = {
    "entra": (
        "entra_organization", "entra_service_plans", "entra_users", "entra_registration",
        "entra_role_assignments", "entra_group_members", "entra_groups", "entra_ca_policies",
        "entra_auth_strengths", "entra_security_defaults", "entra_authorization_policy",
        "entra_admin_consent_policy", "entra_password_settings", "entra_domains",
        "entra_risky_users",
    ),
    "exchange": (
        "exo_organization_config", "exo_mailboxes", "exo_accepted_domains", "exo_owa_policies",
        "exo_role_assignment_policies", "exo_sharing_policies", "exo_transport_rules",
    ),
    "defender_office": (
        "eop_connection_filter", "eop_hosted_content_policies", "eop_outbound_spam_policies",
        "eop_malware_policies", "mdo_anti_phish_policies", "mdo_safe_attachment_policies",
        "mdo_safe_links_policies", "mail_policy_rules", "mdo_tenant_policy",
    ),
    "sharepoint": ("sharepoint_settings",),
    "teams": ("teams_meeting_policies", "teams_meeting_configuration"),
    "purview": (
        "purview_dlp_policies", "purview_label_policies", "purview_audit_config",
        "purview_audit_subscriptions",
    ),
    "m365_admin": ("m365_apps_settings", "m365_forms_settings"),
    "cloud_apps": ("mda_discovery_streams",),
    "intune": ("intune_devices", "defender_device_configurations"),
}  # fmt: skip
"""What each source of the main organization reads, in the order of the night."""

GROUPS = {
    "executives": "Executive board",
    "pilot": "Pilot of new security settings",
    "legacy": "Machines that send mail",
    "emergency": "Emergency access accounts",
    "labels": "Sensitivity labels, first wave",
    "protected": "Standard protection of mail",
    "helpdesk": "Helpdesk",
}
N_TEAMS = 46
N_PUBLIC_TEAMS = 11


def group_id(key: str) -> object:
    """The id of one of ``GROUPS``."""
    return identity(OWNER, "group", key)


def group_mail(key: str) -> str:
    """The address of one of ``GROUPS``."""
    return f"{key}@{DOMAIN}"


def first_day(ledger: Ledger) -> None:
    """Fill in every table of configuration, as it was two years ago."""
    _directory(ledger)
    _mail(ledger)
    _protection(ledger)
    _everything_else(ledger)


def _directory(ledger: Ledger) -> None:
    ledger.put(
        "entra_organization",
        {
            "organization_id": ORGANIZATION_ID,
            "display_name": NAME,
            "on_premises_sync_enabled": True,
            "password_sync_enabled": True,
        },
    )
    ledger.put("entra_service_plans", *subscribed("SPE_E3", OFFICE_E3, 430, 421))
    ledger.put("entra_service_plans", *subscribed("SPE_F1", FRONTLINE_F3, 300, 263))
    ledger.put("entra_groups", *_groups())
    ledger.put(
        "entra_ca_policies",
        access_policy(
            OWNER,
            "Block sign-ins from countries without business",
            include_locations=("All",),
            exclude_locations=(str(identity(OWNER, "location", "countries")),),
            grant_controls=("block",),
        ),
        access_policy(
            OWNER,
            "Compliant device for the design archive",
            include_apps=(str(identity(OWNER, "app", "design archive")),),
            grant_controls=("compliantDevice",),
        ),
    )
    ledger.put("entra_auth_strengths", *auth_strengths())
    ledger.put("entra_security_defaults", {"is_enabled": False})
    ledger.put(
        "entra_authorization_policy",
        {
            "permission_grant_policy_ids": (
                "ManagePermissionGrantsForSelf.microsoft-user-default-legacy",
            ),
            "allowed_to_create_apps": True,
            "allow_invites_from": "everyone",
            "guest_user_role_id": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        },
    )
    ledger.put("entra_admin_consent_policy", {"is_enabled": False, "n_reviewers": 0})
    ledger.put(
        "entra_password_settings",
        {
            "enable_banned_password_check": False,
            "enable_banned_password_check_on_premises": True,
            "banned_password_check_on_premises_mode": "Audit",
            "lockout_threshold": 10,
        },
    )
    for name in (DOMAIN, SHOP_DOMAIN):
        ledger.put(
            "entra_domains",
            {
                "name": name,
                "is_default": name == DOMAIN,
                "password_validity_period_in_days": 180,
            },
        )
    ledger.put(
        "entra_domains",
        {"name": CREW_DOMAIN, "is_root": False},
        {"name": CLOUD_DOMAIN, "is_root": False},
    )
    ledger.lock("risky users can be read with Microsoft Entra ID P2 only", "entra_risky_users")


def _groups() -> list[Row]:
    rows: list[Row] = [
        {
            "group_id": group_id(key),
            "display_name": name,
            "mail": group_mail(key),
            "visibility": "Private",
        }
        for key, name in GROUPS.items()
    ]
    rows += [
        {
            "group_id": identity(OWNER, "team", number),
            "display_name": f"Project {1200 + 7 * number}",
            "mail": f"project-{1200 + 7 * number}@{DOMAIN}",
            "visibility": "Private" if number % 4 or number >= 4 * N_PUBLIC_TEAMS else "Public",
            "group_types": ("Unified",),
        }
        for number in range(N_TEAMS)
    ]
    return rows


def _mail(ledger: Ledger) -> None:
    ledger.put(
        "exo_organization_config",
        {
            "audit_disabled": False,
            "o_auth2_client_profile_enabled": True,
            "customer_lockbox_enabled": False,
            "mail_tips_all_tips_enabled": True,
            "mail_tips_external_recipients_tips_enabled": False,
            "mail_tips_group_metrics_enabled": True,
            "mail_tips_large_audience_threshold": 25,
        },
    )
    spf = "v=spf1 include:spf.protection.outlook.com ~all"
    ledger.put(
        "exo_accepted_domains",
        {"name": DOMAIN, "is_default": True, "spf_records": (spf,)},
        {"name": CREW_DOMAIN, "spf_records": (spf,)},
        {"name": SHOP_DOMAIN, "spf_records": ()},
        {"name": CLOUD_DOMAIN, "spf_records": (spf,)},
    )
    ledger.put(
        "exo_owa_policies",
        {
            "policy": "OwaMailboxPolicy-Default",
            "is_default": True,
            "additional_storage_providers_available": True,
        },
        {"policy": "Frontline", "additional_storage_providers_available": False},
    )
    ledger.put(
        "exo_role_assignment_policies",
        {
            "policy": "Default Role Assignment Policy",
            "is_default": True,
            "assigned_roles": (
                "MyBaseOptions", "MyContactInformation", "My Custom Apps",
                "My Marketplace Apps", "My ReadWriteMailbox Apps",
            ),
        },
    )  # fmt: skip
    ledger.put(
        "exo_sharing_policies",
        {
            "name": "Default Sharing Policy",
            "is_default": True,
            "domains": (
                "Anonymous:CalendarSharingFreeBusyReviewer",
                "*:CalendarSharingFreeBusySimple",
            ),
        },
    )
    ledger.put(
        "exo_transport_rules",
        {
            "rule_id": str(identity(OWNER, "rule", "partner")),
            "name": "Always deliver mail of the buoy yard",
            "sender_domain_is": (PARTNER_DOMAIN,),
            "set_scl": -1,
        },
        {
            "rule_id": str(identity(OWNER, "rule", "banner")),
            "name": "Mark mail from outside",
            "priority": 1,
        },
    )


def _protection(ledger: Ledger) -> None:
    ledger.put(
        "eop_connection_filter",
        {"policy": "Default", "ip_allow_list": ("203.0.113.40", "203.0.113.41")},
    )
    ledger.put(
        "eop_hosted_content_policies",
        {
            "policy": "Default",
            "is_default": True,
            "allowed_sender_domains": (PARTNER_DOMAIN,),
        },
    )
    ledger.put("eop_outbound_spam_policies", {"policy": "Default", "is_default": True})
    # Made before the filter of file types came on by itself.
    ledger.put(
        "eop_malware_policies",
        {"policy": "Default", "is_default": True, "enable_file_filter": False},
    )
    ledger.put(
        "mdo_anti_phish_policies",
        {
            "policy": "Office365 AntiPhish Default",
            "is_default": True,
            "enable_mailbox_intelligence_protection": True,
        },
    )
    ledger.lock(
        "the commands of Defender for Office 365 are not there: it is not licensed",
        "mdo_safe_attachment_policies", "mdo_safe_links_policies", "mdo_tenant_policy",
    )  # fmt: skip


def _everything_else(ledger: Ledger) -> None:
    ledger.put(
        "sharepoint_settings",
        {
            "idle_session_sign_out_is_enabled": False,
            "is_legacy_auth_protocols_enabled": True,
            "sharing_domain_restriction_mode": "none",
            "sharing_capability": "externalUserAndGuestSharing",
            "is_resharing_by_external_users_enabled": True,
            "is_unmanaged_sync_app_for_tenant_restricted": False,
        },
    )
    open_meetings = {
        "auto_admitted_users": "EveryoneInCompany",
        "designated_presenter_role_mode": "EveryoneInCompanyUserOverride",
        "allow_anonymous_users_to_join_meeting": True,
        "allow_anonymous_users_to_start_meeting": False,
        "allow_pstn_users_to_bypass_lobby": False,
        "allow_external_participant_give_request_control": False,
        "users_assigned": 0,
        "groups_assigned": 0,
    }
    ledger.put(
        "teams_meeting_policies",
        {"identity": "Global", **open_meetings},
        {
            "identity": "Tag:Sales webinars",
            **open_meetings,
            "allow_pstn_users_to_bypass_lobby": True,
            "users_assigned": 14,
        },
        {"identity": "Tag:AllOn", **open_meetings},
        {"identity": "Tag:AllOff", **open_meetings},
    )
    ledger.put("teams_meeting_configuration", {"disable_anonymous_join": False})
    ledger.put(
        "purview_dlp_policies",
        {
            "name": "Personal data in mail",
            "mode": "TestWithNotifications",
            "workload": ("Exchange",),
        },
    )
    ledger.put("purview_audit_config", {"unified_audit_log_ingestion_enabled": True})
    ledger.lock("ActivityFeed.Read was not granted", "purview_audit_subscriptions")
    ledger.put(
        "m365_apps_settings",
        {"is_office_store_enabled": True, "is_app_and_services_trial_enabled": True},
    )
    ledger.put("m365_forms_settings", {"is_in_org_forms_phishing_scan_enabled": True})
    ledger.lock("Vulnerability.Read.All was not granted", "defender_device_configurations")
