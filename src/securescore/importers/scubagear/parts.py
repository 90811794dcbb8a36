"""Each table of the export: the key it is in, the commands that feed it, and its conversion.

Also the tables that the export never holds, each with a reason that a person understands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from securescore.importers.node import Node
from securescore.importers.scubagear import conditional_access, directory, mail, plain, roles
from securescore.importers.scubagear.export import Export, NotReadError
from securescore.importers.scubagear.rows import Rows

Convert = Callable[[Export, list[Node]], Rows]


@dataclass(frozen=True, slots=True)
class Part:
    """How one table is made.

    Attributes:
        product: key of ``export.PRODUCTS`` that writes it.
        key: key of the export.
        commands: the commands that feed it: one that failed makes the table missing.
        convert: rows of the objects of the key.
        identity: key of the table.
        may_be_empty: an organization can have none. Where it cannot, no objects means that
            they were not read.
        needs: further keys without which the objects cannot be converted.
    """

    product: str
    key: str
    commands: tuple[str, ...]
    convert: Convert
    identity: tuple[str, ...]
    may_be_empty: bool = False
    needs: tuple[str, ...] = ()


def _plain(table: str) -> Convert:
    columns = plain.PLAIN[table]

    def convert(export: Export, nodes: list[Node]) -> Rows:
        reason = f"ScubaGear {export.version} does not export it"
        missing = dict.fromkeys(columns.unwritten(nodes), reason)
        missing.update(columns.absent)
        return Rows([(node, columns.row(node)) for node in nodes], missing)

    return convert


def _licensed(switch: str, title: str, convert: Convert) -> Convert:
    """Refuse what ScubaGear emptied because the organization has no license for it."""

    def checked(export: Export, nodes: list[Node]) -> Rows:
        if export.root[switch].flag() is False:
            msg = f"ScubaGear could not read {title}: there is no license for it, or it failed"
            raise NotReadError(msg)
        return convert(export, nodes)

    return checked


SETTINGS = "directory_settings"
DEFENDER = "Defender for Office 365"

PARTS: Mapping[str, Part] = {
    "entra_organization": Part(
        "aad",
        "tenant_details",
        (),
        directory.organization,
        ("organization_id",),
    ),
    "entra_service_plans": Part(
        "aad",
        "service_plans",
        ("Get-MgBetaSubscribedSku",),
        lambda _, nodes: directory.service_plans(nodes),
        ("sku_part_number", "service_plan_name"),
        may_be_empty=True,
    ),
    "entra_role_assignments": Part(
        "aad",
        "privileged_roles",
        ("Get-PrivilegedRole", "Get-PrivilegedUser"),
        roles.role_assignments,
        ("principal_id", "role_template_id", "assignment_type", "scope"),
        needs=("privileged_users",),
    ),
    "entra_ca_policies": Part(
        "aad",
        "conditional_access_policies",
        ("Get-MgBetaIdentityConditionalAccessPolicy",),
        lambda _, nodes: conditional_access.ca_policies(nodes),
        ("policy_id",),
        may_be_empty=True,
    ),
    "entra_auth_strengths": Part(
        "aad",
        "conditional_access_policies",
        ("Get-MgBetaIdentityConditionalAccessPolicy",),
        lambda _, nodes: conditional_access.auth_strengths(nodes),
        ("auth_strength_id",),
        may_be_empty=True,
    ),
    "entra_security_defaults": Part(
        "aad",
        "conditional_access_policies",
        ("Get-MgBetaIdentityConditionalAccessPolicy",),
        lambda _, nodes: conditional_access.security_defaults(nodes),
        ("policy_id",),
    ),
    "entra_authorization_policy": Part(
        "aad",
        "authorization_policies",
        ("Get-MgBetaPolicyAuthorizationPolicy",),
        lambda _, nodes: directory.authorization_policy(nodes),
        ("policy_id",),
    ),
    "entra_admin_consent_policy": Part(
        "aad",
        SETTINGS,
        ("Get-MgBetaDirectorySetting",),
        lambda export, nodes: directory.admin_consent_policy(export.root[SETTINGS], nodes),
        ("policy_id",),
        may_be_empty=True,
    ),
    "entra_password_settings": Part(
        "aad",
        SETTINGS,
        ("Get-MgBetaDirectorySetting",),
        lambda _, nodes: directory.password_settings(nodes),
        ("settings_id",),
        may_be_empty=True,
    ),
    "entra_domains": Part(
        "aad",
        "domain_settings",
        ("Get-MgBetaDomain",),
        _plain("entra_domains"),
        ("name",),
    ),
    "exo_organization_config": Part(
        "exo",
        "org_config",
        ("Get-OrganizationConfig",),
        _plain("exo_organization_config"),
        ("name",),
    ),
    "exo_accepted_domains": Part(
        "exo",
        "accepted_domains",
        ("Get-AcceptedDomain",),
        mail.accepted_domains,
        ("name",),
    ),
    "exo_sharing_policies": Part(
        "exo",
        "sharing_policy",
        ("Get-SharingPolicy",),
        _plain("exo_sharing_policies"),
        ("name",),
        may_be_empty=True,
    ),
    "exo_transport_rules": Part(
        "exo",
        "transport_rule",
        ("Get-TransportRule",),
        _plain("exo_transport_rules"),
        ("rule_id",),
        may_be_empty=True,
    ),
    "eop_connection_filter": Part(
        "exo",
        "conn_filter",
        ("Get-HostedConnectionFilterPolicy",),
        _plain("eop_connection_filter"),
        ("policy",),
    ),
    "eop_hosted_content_policies": Part(
        "defender",
        "hosted_content_filter_policies",
        ("Get-HostedContentFilterPolicy",),
        _plain("eop_hosted_content_policies"),
        ("policy",),
    ),
    "eop_malware_policies": Part(
        "defender",
        "anti_malware_policies",
        ("Get-MalwareFilterPolicy",),
        _plain("eop_malware_policies"),
        ("policy",),
    ),
    "mdo_anti_phish_policies": Part(
        "defender",
        "anti_phish_policies",
        ("Get-AntiPhishPolicy",),
        _plain("mdo_anti_phish_policies"),
        ("policy",),
    ),
    "mdo_safe_attachment_policies": Part(
        "defender",
        "safe_attachment_policies",
        ("Get-SafeAttachmentPolicy",),
        _licensed("defender_license", DEFENDER, _plain("mdo_safe_attachment_policies")),
        ("policy",),
    ),
    "mdo_safe_links_policies": Part(
        "defender",
        "safe_links_policies",
        ("Get-SafeLinksPolicy",),
        _licensed("defender_license", DEFENDER, _plain("mdo_safe_links_policies")),
        ("policy",),
    ),
    "mail_policy_rules": Part(
        "defender",
        "protection_policy_rules",
        (),
        lambda export, _: mail.policy_rules(export),
        ("family", "kind", "rule"),
        may_be_empty=True,
    ),
    "mdo_tenant_policy": Part(
        "defender",
        "atp_policy_for_o365",
        ("Get-AtpPolicyForO365",),
        _licensed("defender_license", DEFENDER, _plain("mdo_tenant_policy")),
        ("policy",),
    ),
    "purview_dlp_policies": Part(
        "defender",
        "dlp_compliance_policies",
        ("Get-DlpCompliancePolicy",),
        _licensed("defender_dlp_license", "data loss prevention", _plain("purview_dlp_policies")),
        ("name",),
        may_be_empty=True,
    ),
    "purview_audit_config": Part(
        "defender",
        "admin_audit_log_config",
        ("Get-AdminAuditLogConfig",),
        _plain("purview_audit_config"),
        ("config_id",),
    ),
    "sharepoint_settings": Part(
        "sharepoint",
        "SPO_tenant",
        ("Get-SPOTenantRest", "Get-SPOTenant", "Get-PnPTenant"),
        _plain("sharepoint_settings"),
        ("settings_id",),
    ),
    "teams_meeting_policies": Part(
        "teams",
        "meeting_policies",
        ("Get-CsTeamsMeetingPolicy",),
        _plain("teams_meeting_policies"),
        ("identity",),
    ),
}

_NO_LIST = "ScubaGear's export has no list of {}"
_NOT_READ = "ScubaGear does not read {}"

NEVER_HELD: Mapping[str, str] = {
    "entra_users": _NO_LIST.format("users"),
    "entra_registration": _NO_LIST.format("the sign-in methods that users registered"),
    "entra_group_members": _NO_LIST.format("members of groups"),
    "entra_groups": _NO_LIST.format("groups"),
    "entra_risky_users": _NO_LIST.format("risky users"),
    "exo_mailboxes": _NO_LIST.format("mailboxes"),
    "exo_owa_policies": _NOT_READ.format("Outlook on the web policies"),
    "exo_role_assignment_policies": _NOT_READ.format("role assignment policies of mailboxes"),
    "eop_outbound_spam_policies": _NOT_READ.format("outbound spam policies"),
    "purview_label_policies": _NOT_READ.format("sensitivity label policies"),
    "purview_audit_subscriptions": _NOT_READ.format("subscriptions of the Management Activity API"),
    "teams_meeting_configuration": _NOT_READ.format("the organization's meeting settings"),
    "m365_apps_settings": _NOT_READ.format("settings of the Microsoft 365 admin center"),
    "m365_forms_settings": _NOT_READ.format("settings of Microsoft Forms"),
    "mda_discovery_streams": _NOT_READ.format("Defender for Cloud Apps"),
    "intune_devices": _NOT_READ.format("Intune"),
    "defender_device_configurations": _NOT_READ.format("Defender Vulnerability Management"),
}
