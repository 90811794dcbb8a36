"""An independent judge: a plain Python loop for each control, over rows in hand.

Written after the published texts of the controls, not after the SQL of the catalog, with sets and
dictionaries where a careful author would use them. What it finds has to equal what the engine
finds, control by control and resource by resource: that tests the SQL, and it is the yardstick of
the benchmark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from bench.oracle_access import Access
from bench.oracle_mail import MAIL_CONTROLS, Mail

Row = dict[str, Any]
ORGANIZATION = "organization"


@dataclass(slots=True)
class Verdict:
    """How many resources of a control pass, how many it has, and which fail."""

    passed: int = 0
    total: int = 0
    failing: list[Any] = field(default_factory=list)

    def add(self, resource: object, *, is_passed: bool) -> None:
        self.total += 1
        if is_passed:
            self.passed += 1
        else:
            self.failing.append(resource)


class Organization:
    """The rows of one organization, with what several controls share."""

    def __init__(self, rows: Mapping[str, list[Row]], as_of: datetime) -> None:
        self.rows = rows
        self.as_of = as_of

    def one(self, table: str) -> Row:
        """The only row of a table of settings; an empty one where it was never set."""
        rows = self.rows[table]
        return rows[0] if rows else {}

    @cached_property
    def people(self) -> list[Row]:
        """Enabled members whose mailbox is their own."""
        return [
            user
            for user in self.rows["entra_users"]
            if user["account_enabled"]
            and user["user_type"] == "Member"
            and user["mailbox_purpose"] not in ("shared", "room", "equipment")
        ]

    @cached_property
    def registration(self) -> dict[Any, Row]:
        return {row["user_id"]: row for row in self.rows["entra_registration"]}

    @cached_property
    def access(self) -> Access:
        return Access(self.rows)

    @cached_property
    def mail(self) -> Mail:
        return Mail(self.rows, self.access.members)


Judge = Callable[[Organization], Verdict]


def judged(organization: Organization, ids: Iterable[str]) -> dict[str, Verdict]:
    """The verdict of each of those controls; all of them must be known."""
    return {control: CONTROLS[control](organization) for control in ids}


def _whole(*, is_passed: object) -> Verdict:
    verdict = Verdict()
    verdict.add(ORGANIZATION, is_passed=bool(is_passed))
    return verdict


def _setting(table: str, test: Callable[[Row], object]) -> Judge:
    """A control that looks at one row of settings."""

    def judge(organization: Organization) -> Verdict:
        return _whole(is_passed=test(organization.one(table)))

    return judge


# -- Entra ID -----------------------------------------------------------------------------------
def _registered(column: str) -> Judge:
    def judge(organization: Organization) -> Verdict:
        registration = organization.registration
        verdict = Verdict()
        for user in organization.people:
            row = registration.get(user["user_id"])
            verdict.add(user["user_id"], is_passed=row is not None and row[column] is True)
        return verdict

    return judge


def _covered(kind: str) -> Judge:
    def judge(organization: Organization) -> Verdict:
        access = organization.access
        verdict = Verdict()
        everyone = access.security_defaults
        covers = access.coverage(kind)
        for user in organization.people:
            user_id = user["user_id"]
            verdict.add(user_id, is_passed=everyone or covers(user_id))
        return verdict

    return judge


def _admin_mfa(organization: Organization) -> Verdict:
    access = organization.access
    covers = access.coverage("mfa", for_administrators=True)
    verdict = Verdict()
    for user_id in access.administrators_who_change:
        row = organization.registration.get(user_id)
        is_registered = row is not None and row["is_mfa_registered"] is True
        verdict.add(
            user_id, is_passed=is_registered and (access.security_defaults or covers(user_id))
        )
    return verdict


def _phishing_resistant(organization: Organization) -> Verdict:
    access = organization.access
    covers = access.coverage("phishing_resistant", for_administrators=True)
    return _whole(
        is_passed=access.has_policy_for_all_administrators("phishing_resistant")
        and all(covers(user_id) for user_id in access.administrators)
    )


def _session(organization: Organization) -> Verdict:
    hours = (
        24
        if any(
            row["service_plan_name"].startswith("AAD_PREMIUM_P2")
            and row["capability_status"] in ("Enabled", "Warning")
            for row in organization.rows["entra_service_plans"]
        )
        else 4
    )
    access = organization.access
    covers = access.coverage(f"session_{hours}", for_administrators=True)
    verdict = Verdict()
    for user_id in access.administrators:
        verdict.add(user_id, is_passed=covers(user_id))
    return verdict


IDENTITY_PLANS = {
    "AAD_PREMIUM",
    "AAD_PREMIUM_P2",
    "MFA_PREMIUM",
    "ADALLOM_S_DISCOVERY",
    "EXCHANGE_S_FOUNDATION",
}


def _separate_accounts(organization: Organization) -> Verdict:
    verdict = Verdict()
    for user_id, user in organization.access.administrators.items():
        verdict.add(
            user_id,
            is_passed=not user["on_premises_sync_enabled"]
            and IDENTITY_PLANS.issuperset(user["service_plans"]),
        )
    return verdict


def _integrated_apps(organization: Organization) -> Verdict:
    rows = organization.rows["entra_authorization_policy"]
    mine = "managepermissiongrantsforself."
    allowed = mine + "microsoft-user-default-low"
    given = [name.lower() for row in rows for name in row["permission_grant_policy_ids"]]
    return _whole(
        is_passed=bool(rows)
        and not any(name.startswith(mine) and name != allowed for name in given)
    )


def _passwords_never_expire(organization: Organization) -> Verdict:
    verdict = Verdict()
    for domain in organization.rows["entra_domains"]:
        is_managed = domain["authentication_type"] in ("Managed", None)
        if domain["is_verified"] and is_managed and domain["is_root"] is not False:
            verdict.add(
                domain["name"],
                is_passed=domain["password_validity_period_in_days"] == 2_147_483_647,
            )
    return verdict


def _public_groups(organization: Organization) -> Verdict:
    verdict = Verdict()
    for group in organization.rows["entra_groups"]:
        if "Unified" in group["group_types"]:
            is_closed = group["visibility"] in ("Private", "HiddenMembership")
            verdict.add(group["group_id"], is_passed=is_closed or bool(group["is_approved_public"]))
    return verdict


def _hash_sync(organization: Organization) -> Verdict:
    row = organization.one("entra_organization")
    if not row.get("on_premises_sync_enabled"):
        return Verdict()
    return _whole(is_passed=row["password_sync_enabled"])


def _on_premises_passwords(organization: Organization) -> Verdict:
    if not organization.one("entra_organization").get("on_premises_sync_enabled"):
        return Verdict()
    row = organization.one("entra_password_settings")
    return _whole(
        is_passed=row.get("enable_banned_password_check_on_premises")
        and row["banned_password_check_on_premises_mode"] == "Enforced"  # noqa: S105 - a mode of a setting
    )


def _leaked(organization: Organization) -> Verdict:
    risky = [
        row
        for row in organization.rows["entra_risky_users"]
        if "leakedCredentials" in row["detection_types"]
    ]
    wanted = {row["user_id"] for row in risky}
    enabled = {
        user["user_id"]
        for user in organization.rows["entra_users"]
        if user["account_enabled"] and user["user_id"] in wanted
    }
    verdict = Verdict()
    for row in risky:
        if row["user_id"] in enabled:
            state = row["risk_state"]
            # A state that was not read is not a risk that was resolved.
            is_over = state is not None and state not in ("atRisk", "confirmedCompromised")
            verdict.add(row["user_id"], is_passed=is_over)
    return verdict


# -- Exchange Online ----------------------------------------------------------------------------
CLOUD_MANAGED = (".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn")
HOSTS = {"outlook.com", "office365.us", "partner.outlook.cn"}


def _spf(organization: Organization) -> Verdict:
    verdict = Verdict()
    for domain in organization.rows["exo_accepted_domains"]:
        if not domain["name"].lower().endswith(CLOUD_MANAGED):
            records = domain["spf_records"]
            is_good = records is not None and len(records) == 1 and _is_good_spf(records[0])
            verdict.add(domain["name"], is_passed=is_good)
    return verdict


def _is_good_spf(record: str) -> bool:
    terms = [term.removeprefix("+") for term in record.lower().split()[1:]]
    if "all" in terms:
        return False
    return terms == ["-all"] or any(f"include:spf.protection.{host}" in terms for host in HOSTS)


def _mailbox_audit(organization: Organization) -> Verdict:
    disabled = organization.one("exo_organization_config").get("audit_disabled")
    verdict = _whole(is_passed=disabled is False)
    for mailbox in organization.rows["exo_mailboxes"]:
        if mailbox["recipient_type_details"] in (
            "RoomMailbox",
            "EquipmentMailbox",
            "PublicFolderMailbox",
            "DiscoveryMailbox",
        ):
            verdict.add(mailbox["mailbox_id"], is_passed=mailbox["audit_enabled"] is True)
    return verdict


def _calendar_sharing(organization: Organization) -> Verdict:
    verdict = Verdict()
    for policy in organization.rows["exo_sharing_policies"]:
        shares = any(
            "calendarsharing" in entry.lower().partition(":")[2] for entry in policy["domains"]
        )
        verdict.add(policy["name"], is_passed=policy["is_enabled"] is False or not shares)
    return verdict


DOMAIN = re.compile(r"[a-z0-9-]\\?\.[a-z]{2,}")


def _allow_listed_domains(organization: Organization) -> Verdict:
    verdict = Verdict()
    for rule in organization.rows["exo_transport_rules"]:
        named = (*rule["from_address_contains_words"], *rule["from_address_matches_patterns"])
        if not rule["sender_domain_is"] and not any(DOMAIN.search(t.lower()) for t in named):
            continue
        is_active = rule["state"] == "Enabled" and rule["mode"] == "Enforce"
        level = rule["set_scl"]
        verdict.add(rule["rule_id"], is_passed=not is_active or level is None or level >= 0)
    return verdict


ADD_INS = {"My Custom Apps", "My Marketplace Apps", "My ReadWriteMailbox Apps"}


def _add_ins(organization: Organization) -> Verdict:
    verdict = Verdict()
    for policy in organization.rows["exo_role_assignment_policies"]:
        if policy["is_default"]:
            verdict.add(policy["policy"], is_passed=ADD_INS.isdisjoint(policy["assigned_roles"]))
    return verdict if verdict.total else _whole(is_passed=False)


def _storage_providers(organization: Organization) -> Verdict:
    verdict = Verdict()
    for policy in organization.rows["exo_owa_policies"]:
        verdict.add(
            policy["policy"],
            is_passed=policy["additional_storage_providers_available"] is False,
        )
    return verdict if verdict.total else _whole(is_passed=False)


def _connection_filter(organization: Organization) -> Verdict:
    rows = [row for row in organization.rows["eop_connection_filter"] if row["is_default"]]
    return _whole(is_passed=rows and not any(row["ip_allow_list"] for row in rows))


# -- Teams, Purview, SharePoint, Cloud Apps -----------------------------------------------------
BUILT_IN_MEETING = {
    "Tag:AllOn",
    "Tag:AllOff",
    "Tag:RestrictedAnonymousAccess",
    "Tag:RestrictedAnonymousNoRecording",
    "Tag:Kiosk",
    "Tag:Default",
}


def _meeting(test: Callable[[Row], bool], *, unless_forbidden: bool = False) -> Judge:
    def judge(organization: Organization) -> Verdict:
        verdict = Verdict()
        forbidden = unless_forbidden and bool(
            organization.one("teams_meeting_configuration").get("disable_anonymous_join")
        )
        for policy in organization.rows["teams_meeting_policies"]:
            counts = (policy["users_assigned"], policy["groups_assigned"])
            is_assigned = any(count for count in counts)
            is_unknown = None in counts and policy["identity"] not in BUILT_IN_MEETING
            if policy["identity"] == "Global" or is_assigned or is_unknown:
                verdict.add(policy["identity"], is_passed=forbidden or test(policy))
        return verdict if verdict.total else _whole(is_passed=forbidden)

    return judge


def _labels(kind: str) -> Judge:
    def judge(organization: Organization) -> Verdict:
        members = organization.access.members
        policies = []
        for row in organization.rows["purview_label_policies"]:
            works = (
                row["mode"] == "Enforce" and bool(row["labels"])
                if kind == "publish"
                else row["mode"] == "Enable" and row["covers_mail_or_onedrive"]
            )
            if row["kind"] != kind or not row["is_enabled"] or not works:
                continue
            inside = set(row["include_users"]).union(*(members[g] for g in row["include_groups"]))
            outside = set(row["exclude_users"]).union(*(members[g] for g in row["exclude_groups"]))
            policies.append((row["includes_everyone"], inside, outside))
        verdict = Verdict()
        for user in organization.people:
            if user["service_plans"]:
                user_id = user["user_id"]
                verdict.add(
                    user_id,
                    is_passed=any(
                        (everyone or user_id in inside) and user_id not in outside
                        for everyone, inside, outside in policies
                    ),
                )
        return verdict

    return judge


def _dlp(test: Callable[[Row], object]) -> Judge:
    def judge(organization: Organization) -> Verdict:
        return _whole(
            is_passed=any(
                row["is_enabled"] and row["mode"] == "Enable" and test(row)
                for row in organization.rows["purview_dlp_policies"]
            )
        )

    return judge


WORKLOADS = {"Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General"}


def _subscriptions(organization: Organization) -> Verdict:
    enabled = {
        row["content_type"]
        for row in organization.rows["purview_audit_subscriptions"]
        if row["status"] == "enabled"
    }
    return _whole(is_passed=enabled >= WORKLOADS)


def _domain_list(row: Row) -> bool:
    lists = {"allowList": "sharing_allowed_domain_list", "blockList": "sharing_blocked_domain_list"}
    column = lists.get(str(row.get("sharing_domain_restriction_mode")))
    return column is not None and bool(row[column])


def _discovery(organization: Organization) -> Verdict:
    since = organization.as_of - timedelta(days=30)
    return _whole(
        is_passed=any(
            not row["is_snapshot_report"]
            and not row["is_defender_for_endpoint"]
            and row["last_data_received_at"] is not None
            and row["last_data_received_at"] >= since
            for row in organization.rows["mda_discovery_streams"]
        )
    )


def _mail(family: str, test: Callable[[Row], object]) -> Judge:
    def judge(organization: Organization) -> Verdict:
        mail = organization.mail
        policies = mail.policies(family)
        good = {name: bool(test(policy)) for name, policy in policies.items()}
        verdict = Verdict()
        for mailbox_id, policy in mail.effective(family):
            verdict.add(mailbox_id, is_passed=good.get(policy or "", False))
        return verdict

    return judge


CONTROLS: dict[str, Judge] = {
    "MFARegistrationV2": _registered("is_mfa_registered"),
    "SelfServicePasswordReset": _registered("is_sspr_enabled"),
    "AdminMFAV2": _admin_mfa,
    "BlockLegacyAuthentication": _covered("blocks_legacy"),
    "SigninRiskPolicy": _covered("sign_in_risk"),
    "UserRiskPolicy": _covered("user_risk"),
    "aad_phishing_MFA_strength": _phishing_resistant,
    "aad_sign_in_freq_session_timeout": _session,
    "aad_limited_administrative_roles": lambda o: _whole(is_passed=o.access.limits_portals()),
    "OneAdmin": lambda o: _whole(is_passed=len(o.access.global_administrators) > 1),
    "RoleOverlap": lambda o: _whole(is_passed=o.access.has_limited_administrator()),
    "aad_admin_accounts_separate_unassigned_cloud_only": _separate_accounts,
    "IntegratedApps": _integrated_apps,
    "aad_third_party_apps": _setting(
        "entra_authorization_policy", lambda r: r.get("allowed_to_create_apps") is False
    ),
    "aad_admin_consent_workflow": _setting(
        "entra_admin_consent_policy", lambda r: r.get("is_enabled") and r["n_reviewers"]
    ),
    "aad_custom_banned_passwords": _setting(
        "entra_password_settings",
        lambda r: r.get("enable_banned_password_check") and r["n_banned_passwords"],
    ),
    "aad_password_protection": _on_premises_passwords,
    "PWAgePolicyNew": _passwords_never_expire,
    "aad_managed_approved_public_groups_only": _public_groups,
    "PasswordHashSync": _hash_sync,
    "AATP_AccountWithLeakedCredentials": _leaked,
    "exo_SPF_records_for_all_domains": _spf,
    "CustomerLockBoxEnabled": _setting(
        "exo_organization_config", lambda r: r.get("customer_lockbox_enabled")
    ),
    "exo_mailboxaudit": _mailbox_audit,
    "exo_mailtipsenabled": _setting(
        "exo_organization_config",
        lambda r: (
            r.get("mail_tips_all_tips_enabled")
            and r["mail_tips_external_recipients_tips_enabled"]
            and r["mail_tips_group_metrics_enabled"]
        ),
    ),
    "exo_oauth2clientprofileenabled": _setting(
        "exo_organization_config", lambda r: r.get("o_auth2_client_profile_enabled")
    ),
    "exo_individualsharing": _calendar_sharing,
    "exo_transportrulesallowlistdomains": _allow_listed_domains,
    "exo_outlookaddins": _add_ins,
    "exo_storageproviderrestricted": _storage_providers,
    "mdo_connectionfilter": _connection_filter,
    "mdo_atpprotection": _setting(
        "mdo_tenant_policy", lambda r: r.get("enable_atp_for_spo_teams_odb")
    ),
    "mdo_safedocuments": _setting(
        "mdo_tenant_policy",
        lambda r: r.get("enable_safe_docs") and r["allow_safe_docs_open"] is False,
    ),
    "spo_idle_session_timeout": _setting(
        "sharepoint_settings", lambda r: r.get("idle_session_sign_out_is_enabled")
    ),
    "spo_legacy_auth": _setting(
        "sharepoint_settings", lambda r: r.get("is_legacy_auth_protocols_enabled") is False
    ),
    "spo_external_sharing_managed": _setting("sharepoint_settings", _domain_list),
    "spo_external_users_sharing": _setting(
        "sharepoint_settings", lambda r: r.get("is_resharing_by_external_users_enabled") is False
    ),
    "spo_block_onedrive_sync_unmanaged_devices": _setting(
        "sharepoint_settings",
        lambda r: (
            r.get("is_unmanaged_sync_app_for_tenant_restricted")
            and r["allowed_domain_guids_for_sync_app"]
        ),
    ),
    "meeting_autoadmitusers_v1": _meeting(
        lambda p: p["auto_admitted_users"] in ("InvitedUsers", "OrganizerOnly")
    ),
    "meeting_designatedpresenter_v1": _meeting(
        lambda p: p["designated_presenter_role_mode"] == "OrganizerOnlyUserOverride"
    ),
    "meeting_restrictanonymousjoin_v1": _meeting(
        lambda p: p["allow_anonymous_users_to_join_meeting"] is False, unless_forbidden=True
    ),
    "meeting_anonymousstartmeeting_v1": _meeting(
        lambda p: p["allow_anonymous_users_to_start_meeting"] is False
    ),
    "meeting_pstnusersbypasslobby_v1": _meeting(
        lambda p: p["allow_pstn_users_to_bypass_lobby"] is False
    ),
    "meeting_externalrequestcontrol_v1": _meeting(
        lambda p: p["allow_external_participant_give_request_control"] is False
    ),
    "dlp_datalossprevention": _dlp(lambda _row: True),
    "mip_DLP_policies_Teams": _dlp(lambda r: r["teams_location"] or "Teams" in r["workload"]),
    "mip_sensitivitylabelspolicies": _labels("publish"),
    "mip_autosensitivitylabelspolicies": _labels("auto"),
    "mip_search_auditlog": _setting(
        "purview_audit_config", lambda r: r.get("unified_audit_log_ingestion_enabled")
    ),
    "mip_management_API_enabled_four_workloads": _subscriptions,
    "admincenter_owned_apps_and_services": _setting(
        "m365_apps_settings", lambda r: r.get("is_office_store_enabled") is False
    ),
    "forms_phishing_protection": _setting(
        "m365_forms_settings", lambda r: r.get("is_in_org_forms_phishing_scan_enabled")
    ),
    "McasFirewallLogUpload": _discovery,
    **{control: _mail(family, test) for control, (family, test) in MAIL_CONTROLS.items()},
}
