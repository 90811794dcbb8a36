"""What is read of Exchange Online Protection and Defender for Office 365."""

from __future__ import annotations

from securescore.core.table import Column, Table, TableKind, columns, flag, number, text, texts

CONFIGURATION = TableKind.CONFIGURATION
PERMISSION = "Exchange.ManageAsApp with the role Security Reader"


def _policy(**more: str | Column) -> dict[str, Column]:
    """The columns that every family of mail policies has, and its own."""
    return columns(
        policy="text",
        is_default=flag(default=False),
        recommended_policy_type=text(default="Custom", doc="Custom, Standard, Strict, BuiltIn"),
        **more,
    )


TABLES = (
    Table(
        "eop_connection_filter",
        CONFIGURATION,
        key=("policy",),
        columns=columns(
            policy=text(default="Default"),
            is_default=flag(default=True),
            ip_allow_list=texts(),
            ip_block_list=texts(),
            enable_safe_list=flag(default=False),
        ),
        doc="Connection filter policies.",
        read_from="Get-HostedConnectionFilterPolicy",
        permission=PERMISSION,
    ),
    Table(
        "eop_hosted_content_policies",
        CONFIGURATION,
        key=("policy",),
        columns=_policy(
            spam_action=text(default="MoveToJmf"),
            high_confidence_spam_action=text(default="MoveToJmf"),
            phish_spam_action=text(default="MoveToJmf"),
            high_confidence_phish_action=text(default="Quarantine"),
            bulk_spam_action=text(default="MoveToJmf"),
            bulk_threshold=number(default=7),
            mark_as_spam_bulk_mail=text(default="On"),
            quarantine_retention_period=number(default=15),
            allowed_senders=texts(),
            allowed_sender_domains=texts(),
            spam_zap_enabled=flag(default=True),
            phish_zap_enabled=flag(default=True),
            zap_enabled=flag(doc="older master switch; null where it is gone"),
        ),
        doc="Inbound anti-spam policies.",
        read_from="Get-HostedContentFilterPolicy",
        permission=PERMISSION,
    ),
    Table(
        "eop_outbound_spam_policies",
        CONFIGURATION,
        key=("policy",),
        columns=_policy(
            recipient_limit_external_per_hour=number(default=0),
            recipient_limit_internal_per_hour=number(default=0),
            recipient_limit_per_day=number(default=0),
            action_when_threshold_reached=text(default="BlockUserForToday"),
            auto_forwarding_mode=text(default="Automatic"),
            bcc_suspicious_outbound_mail=flag(default=False),
            bcc_suspicious_outbound_additional_recipients=texts(),
            notify_outbound_spam=flag(default=False),
            notify_outbound_spam_recipients=texts(),
        ),
        doc="Outbound spam policies (by sender; presets do not apply).",
        read_from="Get-HostedOutboundSpamFilterPolicy",
        permission=PERMISSION,
    ),
    Table(
        "eop_malware_policies",
        CONFIGURATION,
        key=("policy",),
        columns=_policy(
            enable_file_filter=flag(default=True),
            file_types=texts(),
            zap_enabled=flag(default=True),
        ),
        doc="Anti-malware policies.",
        read_from="Get-MalwareFilterPolicy",
        permission=PERMISSION,
    ),
    Table(
        "mdo_anti_phish_policies",
        CONFIGURATION,
        key=("policy",),
        columns=_policy(
            is_enabled=flag(default=True),
            phish_threshold_level=number(default=1),
            enable_targeted_user_protection=flag(default=False),
            targeted_users_to_protect=texts(),
            targeted_user_protection_action=text(default="NoAction"),
            enable_organization_domains_protection=flag(default=False),
            enable_targeted_domains_protection=flag(default=False),
            targeted_domains_to_protect=texts(),
            targeted_domain_protection_action=text(default="NoAction"),
            enable_mailbox_intelligence=flag(default=True),
            enable_mailbox_intelligence_protection=flag(default=False),
            mailbox_intelligence_protection_action=text(default="NoAction"),
            enable_similar_users_safety_tips=flag(default=False),
            enable_similar_domains_safety_tips=flag(default=False),
            enable_unusual_characters_safety_tips=flag(default=False),
            enable_spoof_intelligence=flag(default=True),
        ),
        doc="Anti-phishing policies.",
        read_from="Get-AntiPhishPolicy",
        permission=PERMISSION,
    ),
    Table(
        "mdo_safe_attachment_policies",
        CONFIGURATION,
        key=("policy",),
        columns=_policy(
            enable=flag(default=True),
            action=text(default="Block"),
            quarantine_tag=text(default="AdminOnlyAccessPolicy"),
            redirect=flag(default=False),
            is_built_in_protection=flag(default=False),
        ),
        doc="Safe Attachments policies.",
        read_from="Get-SafeAttachmentPolicy",
        permission=PERMISSION,
    ),
    Table(
        "mdo_safe_links_policies",
        CONFIGURATION,
        key=("policy",),
        columns=_policy(
            enable_safe_links_for_email=flag(default=True),
            enable_safe_links_for_teams=flag(default=True),
            enable_safe_links_for_office=flag(default=True),
            track_clicks=flag(default=True),
            scan_urls=flag(default=True),
            enable_for_internal_senders=flag(default=True),
            deliver_message_after_scan=flag(default=True),
            allow_click_through=flag(default=False),
            disable_url_rewrite=flag(default=False),
            is_built_in_protection=flag(default=False),
        ),
        doc="Safe Links policies.",
        read_from="Get-SafeLinksPolicy",
        permission=PERMISSION,
    ),
    Table(
        "mail_policy_rules",
        CONFIGURATION,
        key=("family", "kind", "rule"),
        columns=columns(
            family=text(
                doc="anti_spam, malware, anti_phish, outbound, safe_attachments, safe_links"
            ),
            kind=text(doc="strict, standard, custom or built_in"),
            rule="text",
            policy=text(doc="name of the policy that the rule applies; as in the family's table"),
            priority=number(default=0),
            state=text(default="Enabled"),
            sent_to=texts("addresses; for outbound: senders"),
            sent_to_member_of=texts("addresses of groups; for outbound: of senders' groups"),
            recipient_domain_is=texts("for outbound: sender domains"),
            except_sent_to=texts(),
            except_sent_to_member_of=texts(),
            except_recipient_domain_is=texts(),
        ),
        doc="Who gets which mail policy: the rules of all families, presets included. "
        "A built_in row holds the exceptions of Built-in protection.",
        read_from="Get-HostedContentFilterRule, Get-HostedOutboundSpamFilterRule, "
        "Get-MalwareFilterRule, Get-AntiPhishRule, Get-SafeAttachmentRule, Get-SafeLinksRule, "
        "Get-EOPProtectionPolicyRule, Get-ATPProtectionPolicyRule, Get-ATPBuiltInProtectionRule",
        permission=PERMISSION,
    ),
    Table(
        "mdo_tenant_policy",
        CONFIGURATION,
        key=("policy",),
        columns=columns(
            policy=text(default="Default"),
            enable_atp_for_spo_teams_odb="bool",
            enable_safe_docs="bool",
            allow_safe_docs_open="bool",
        ),
        doc="Switches of Defender for Office 365 for the whole organization: one row.",
        read_from="Get-AtpPolicyForO365",
        permission=PERMISSION,
    ),
)
