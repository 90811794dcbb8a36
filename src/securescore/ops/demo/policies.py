"""Policies as tables hold them: Conditional Access, and mail policies by level of protection.

The values of the levels are those that Microsoft publishes for its Standard and Strict presets.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from securescore.core.collection import Row
from securescore.ops.demo.names import identity

ENABLED = "enabled"
REPORT_ONLY = "enabledForReportingButNotEnforced"
STRENGTHS = (
    (2, "Multifactor authentication", ("windowsHelloForBusiness", "fido2", "password,sms",
                                       "password,microsoftAuthenticatorPush")),
    (3, "Passwordless MFA", ("windowsHelloForBusiness", "fido2", "deviceBasedPush")),
    (4, "Phishing-resistant MFA", ("windowsHelloForBusiness", "fido2",
                                   "x509CertificateMultiFactor")),
)  # fmt: skip
PHISHING_RESISTANT = UUID("00000000-0000-0000-0000-000000000004")


def access_policy(owner: str, name: str, **columns: object) -> dict[str, object]:
    """A Conditional Access policy for all users and apps, unless ``columns`` say otherwise."""
    return {
        "policy_id": identity(owner, "policy", name),
        "display_name": name,
        "state": ENABLED,
        "include_all_users": True,
        "include_apps": ("All",),
        "client_app_types": ("all",),
        **columns,
    }


def auth_strengths() -> list[Row]:
    """The authentication strengths that every organization has."""
    return [
        {
            "auth_strength_id": UUID(int=number),
            "display_name": name,
            "allowed_combinations": combinations,
        }
        for number, name, combinations in STRENGTHS
    ]


# -- mail ---------------------------------------------------------------------------------------
LEVELS = ("Standard", "Strict")
FAMILIES_OF_EOP = ("anti_spam", "malware", "anti_phish")
FAMILIES_OF_DEFENDER = ("safe_attachments", "safe_links")


def preset_name(level: str) -> str:
    """The name of a preset's policies; the service adds a number."""
    return f"{level} Preset Security Policy17{41 if level == 'Standard' else 42}9360025"


def anti_spam_preset(level: str) -> Row:
    """Inbound anti-spam policy of a preset."""
    is_strict = level == "Strict"
    return {
        "policy": preset_name(level),
        "recommended_policy_type": level,
        "spam_action": "Quarantine" if is_strict else "MoveToJmf",
        "high_confidence_spam_action": "Quarantine",
        "phish_spam_action": "Quarantine",
        "high_confidence_phish_action": "Quarantine",
        "bulk_spam_action": "Quarantine" if is_strict else "MoveToJmf",
        "bulk_threshold": 5 if is_strict else 6,
        "quarantine_retention_period": 30,
    }


def malware_preset(level: str) -> Row:
    """Anti-malware policy of a preset."""
    return {"policy": preset_name(level), "recommended_policy_type": level}


def protected_anti_phish(policy: str, *, users: Sequence[str], **columns: object) -> Row:
    """An anti-phishing policy with everything on; Strict differs in level and junk action."""
    return {
        "policy": policy,
        "phish_threshold_level": 3,
        "enable_targeted_user_protection": True,
        "targeted_users_to_protect": tuple(users),
        "targeted_user_protection_action": "Quarantine",
        "enable_organization_domains_protection": True,
        "enable_targeted_domains_protection": True,
        "targeted_domain_protection_action": "Quarantine",
        "enable_mailbox_intelligence_protection": True,
        "mailbox_intelligence_protection_action": "MoveToJmf",
        "enable_similar_users_safety_tips": True,
        "enable_similar_domains_safety_tips": True,
        "enable_unusual_characters_safety_tips": True,
        **columns,
    }


def anti_phish_preset(level: str, *, users: Sequence[str]) -> Row:
    """Anti-phishing policy of a preset."""
    is_strict = level == "Strict"
    return protected_anti_phish(
        preset_name(level),
        users=users,
        recommended_policy_type=level,
        phish_threshold_level=4 if is_strict else 3,
        mailbox_intelligence_protection_action="Quarantine" if is_strict else "MoveToJmf",
    )


def safe_attachments_preset(level: str) -> Row:
    """Safe Attachments policy of a preset."""
    return {"policy": preset_name(level), "recommended_policy_type": level}


def safe_links_preset(level: str) -> Row:
    """Safe Links policy of a preset."""
    return {"policy": preset_name(level), "recommended_policy_type": level}


def built_in_attachments() -> Row:
    """Built-in protection of attachments: what recipients without another policy get."""
    return {
        "policy": "Built-In Protection Policy",
        "recommended_policy_type": "BuiltIn",
        "is_built_in_protection": True,
    }


def built_in_links() -> Row:
    """Built-in protection of links: weaker than the presets in three settings."""
    return {
        "policy": "Built-In Protection Policy",
        "recommended_policy_type": "BuiltIn",
        "is_built_in_protection": True,
        "enable_for_internal_senders": False,
        "disable_url_rewrite": True,
        "allow_click_through": True,
    }


def mail_rule(family: str, kind: str, policy: str, **columns: object) -> Row:
    """A row of ``mail_policy_rules``; the rule bears the name of its policy."""
    return {"family": family, "kind": kind, "rule": policy, "policy": policy, **columns}


def preset_rules(level: str, families: Sequence[str], **conditions: object) -> list[Row]:
    """The rules that give a preset's policies to those who meet the conditions."""
    name = preset_name(level)
    return [mail_rule(family, level.lower(), name, **conditions) for family in families]
