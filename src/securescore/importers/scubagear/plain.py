"""Tables whose columns are properties of their objects: the types and the odd names only."""

from __future__ import annotations

from collections.abc import Mapping

from securescore.importers.node import Node
from securescore.importers.scubagear.columns import (
    Columns,
    From,
    Read,
    columns,
    named_texts,
    separated,
)

NAME = From(("Name", "Identity"), Node.required_text)

_FAMILY: Mapping[str, From | Read] = {
    "policy": NAME,
    "is_default": Node.flag,
    "recommended_policy_type": Node.text,
}
SHARING_CAPABILITIES = (
    "disabled",
    "externalUserSharingOnly",
    "externalUserAndGuestSharing",
    "existingExternalUserSharingOnly",
)
DOMAIN_RESTRICTION_MODES = ("none", "allowList", "blockList")


def _policy_columns(
    *, flags: str, texts: str = "", numbers: str = "", lists: str = ""
) -> dict[str, From | Read]:
    """The columns that every family of mail policies has, and its own."""
    return {**_FAMILY, **columns(flags=flags, texts=texts, numbers=numbers, lists=lists)}


_LEVELS = tuple(str(level) for level in range(-1, 10))


def _scl(node: Node) -> int | None:
    """A spam confidence level: a number, or the same as text in exports of Exchange's REST."""
    if not isinstance(node.value, str):
        return node.number()
    if not node.value.strip():
        return None
    if node.value.strip() not in _LEVELS:
        node.fail("a spam confidence level from -1 to 9")
    return int(node.value)


def _word(names: tuple[str, ...], node: Node) -> str | None:
    """An enumeration that PowerShell writes as its number or as its name."""
    if isinstance(node.value, str):
        found = next((name for name in names if name.lower() == node.value.lower()), None)
    else:
        number = node.number()
        if number is None:
            return None
        found = names[number] if number in range(len(names)) else None
    if found is None:
        node.fail(f"a number from 0 to {len(names) - 1}, or one of {', '.join(names)}")
    return found


def _sharing_capability(node: Node) -> str | None:
    return _word(SHARING_CAPABILITIES, node)


def _restriction_mode(node: Node) -> str | None:
    return _word(DOMAIN_RESTRICTION_MODES, node)


def _negated(node: Node) -> bool | None:
    flag = node.flag()
    return None if flag is None else not flag


def _blanks(node: Node) -> list[str]:
    return separated(node, None)


def _collection(node: Node) -> list[str]:
    """A list as it is, or wrapped by SharePoint's REST in ``results``."""
    return named_texts(node["results"] if isinstance(node.value, dict) else node)


PLAIN: Mapping[str, Columns] = {
    "entra_domains": Columns(
        columns(
            name=From(("Id", "Name"), Node.required_text),
            flags="is_verified is_root is_default",
            texts="authentication_type",
            numbers="password_validity_period_in_days",
        )
    ),
    "exo_organization_config": Columns(
        columns(
            flags="audit_disabled o_auth2_client_profile_enabled customer_lockbox_enabled "
            "mail_tips_all_tips_enabled mail_tips_external_recipients_tips_enabled "
            "mail_tips_group_metrics_enabled",
            numbers="mail_tips_large_audience_threshold",
        ),
        constant={"name": "organization"},
    ),
    "exo_sharing_policies": Columns(
        columns(name=NAME, flags="is_enabled is_default", domains=named_texts)
    ),
    "exo_transport_rules": Columns(
        columns(
            rule_id=From(("Guid", "ImmutableId", "Identity", "Name"), Node.required_text),
            texts="name state mode",
            numbers="priority",
            lists="sender_domain_is from_address_contains_words from_address_matches_patterns "
            "redirect_message_to",
            set_scl=From(("SetSCL",), _scl),
        )
    ),
    "eop_connection_filter": Columns(
        columns(
            policy=NAME,
            flags="is_default enable_safe_list",
            lists="ip_allow_list ip_block_list",
        )
    ),
    "eop_hosted_content_policies": Columns(
        _policy_columns(
            texts="spam_action high_confidence_spam_action phish_spam_action "
            "high_confidence_phish_action bulk_spam_action mark_as_spam_bulk_mail",
            numbers="bulk_threshold quarantine_retention_period",
            lists="allowed_senders allowed_sender_domains",
            flags="spam_zap_enabled phish_zap_enabled zap_enabled",
        ),
        optional=frozenset({"zap_enabled"}),
    ),
    "eop_malware_policies": Columns(
        _policy_columns(flags="enable_file_filter zap_enabled", lists="file_types")
    ),
    "mdo_anti_phish_policies": Columns(
        _policy_columns(
            flags="is_enabled enable_targeted_user_protection "
            "enable_organization_domains_protection enable_targeted_domains_protection "
            "enable_mailbox_intelligence enable_mailbox_intelligence_protection "
            "enable_similar_users_safety_tips enable_similar_domains_safety_tips "
            "enable_unusual_characters_safety_tips enable_spoof_intelligence",
            numbers="phish_threshold_level",
            texts="targeted_user_protection_action targeted_domain_protection_action "
            "mailbox_intelligence_protection_action",
            lists="targeted_users_to_protect targeted_domains_to_protect",
        )
    ),
    "mdo_safe_attachment_policies": Columns(
        _policy_columns(
            flags="enable redirect is_built_in_protection",
            texts="action quarantine_tag",
        )
    ),
    "mdo_safe_links_policies": Columns(
        _policy_columns(
            flags="enable_safe_links_for_email enable_safe_links_for_teams "
            "enable_safe_links_for_office track_clicks scan_urls enable_for_internal_senders "
            "deliver_message_after_scan allow_click_through disable_url_rewrite "
            "is_built_in_protection",
        )
    ),
    "mdo_tenant_policy": Columns(
        columns(
            policy=NAME,
            flags="enable_atp_for_spo_teams_odb enable_safe_docs allow_safe_docs_open",
        )
    ),
    "purview_dlp_policies": Columns(
        columns(
            name=NAME,
            texts="mode",
            flags="is_enabled",
            workload=separated,
            teams_location=named_texts,
        )
    ),
    "purview_audit_config": Columns(
        columns(flags="unified_audit_log_ingestion_enabled"), constant={"config_id": "audit"}
    ),
    "sharepoint_settings": Columns(
        columns(
            is_legacy_auth_protocols_enabled=From(("LegacyAuthProtocolsEnabled",), Node.flag),
            sharing_domain_restriction_mode=_restriction_mode,
            sharing_allowed_domain_list=_blanks,
            sharing_blocked_domain_list=_blanks,
            sharing_capability=_sharing_capability,
            is_resharing_by_external_users_enabled=From(
                ("PreventExternalUsersFromResharing",), _negated
            ),
            is_unmanaged_sync_app_for_tenant_restricted=From(
                ("IsUnmanagedSyncClientForTenantRestricted",), Node.flag
            ),
            allowed_domain_guids_for_sync_app=From(
                ("AllowedDomainListForSyncClient",), _collection
            ),
        ),
        constant={"settings_id": "sharepoint"},
        absent={
            "idle_session_sign_out_is_enabled": "the SharePoint settings that ScubaGear reads do "
            "not hold the sign-out of idle sessions"
        },
    ),
    "teams_meeting_policies": Columns(
        columns(
            identity=Node.required_text,
            texts="auto_admitted_users designated_presenter_role_mode",
            flags="allow_anonymous_users_to_join_meeting allow_anonymous_users_to_start_meeting "
            "allow_pstn_users_to_bypass_lobby allow_external_participant_give_request_control",
        ),
        constant={"users_assigned": None, "groups_assigned": None},
    ),
}
