"""The oracle's part on mail policies: which one decides for a mailbox, and what it must say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.configuration import FAMILY_TABLES

Row = dict[str, Any]
LEVELS = {"strict": 1, "standard": 2, "custom": 3}
MAX_BULK, RETENTION_DAYS, PHISH_LEVEL = 6, 30, 2
MAX_EXTERNAL, MAX_INTERNAL, MAX_A_DAY = 500, 1000, 1000


class Mail:
    """Mailboxes, policies and rules of one organization."""

    def __init__(self, rows: Mapping[str, list[Row]], members: Mapping[Any, set[Any]]) -> None:
        self._rows = rows
        self._members = members
        self._effective: dict[str, list[tuple[Any, str | None]]] = {}
        self._mailboxes = [
            (
                row["mailbox_id"],
                row["user_id"],
                (row["primary_smtp_address"] or "").lower(),
            )
            for row in rows["exo_mailboxes"]
            if row["recipient_type_details"] == "UserMailbox"
            and row["account_enabled"] is not False
            and row["is_licensed"] is not False
        ]
        self.names = [address for _, _, address in self._mailboxes]
        self._groups: dict[str, set[Any]] = {}
        for group in rows["entra_groups"]:
            address = (group["mail"] or "").lower()
            self._groups.setdefault(address, set()).update(members.get(group["group_id"], ()))

    def policies(self, family: str) -> dict[str, Row]:
        return {row["policy"]: row for row in self._rows[FAMILY_TABLES[family]]}

    def effective(self, family: str) -> list[tuple[Any, str | None]]:
        """For each mailbox in scope the name of the policy that decides; None: there is none."""
        if family not in self._effective:
            self._effective[family] = self._decided(family)
        return self._effective[family]

    def _decided(self, family: str) -> list[tuple[Any, str | None]]:
        rules = [_Rule(row, self._groups) for row in self._ordered(family)]
        is_base = "is_built_in_protection" if family.startswith("safe") else "is_default"
        base = min((n for n, p in self.policies(family).items() if p[is_base]), default=None)
        excepted = [
            _Rule(row, self._groups)
            for row in self._rows["mail_policy_rules"]
            if row["family"] == family and row["kind"] == "built_in"
        ]
        found: list[tuple[Any, str | None]] = []
        for mailbox_id, user_id, address in self._mailboxes:
            for rule in rules:
                if rule.is_for(user_id, address):
                    found.append((mailbox_id, rule.policy))
                    break
            else:
                is_left_out = any(not rule.is_for(user_id, address) for rule in excepted)
                found.append((mailbox_id, None if is_left_out else base))
        return found

    def _ordered(self, family: str) -> list[Row]:
        """Strict, Standard, then custom rules by priority; presets hold no outbound policy."""
        kinds = {"custom"} if family == "outbound" else set(LEVELS)
        return sorted(
            (
                row
                for row in self._rows["mail_policy_rules"]
                if row["family"] == family and row["kind"] in kinds and row["state"] == "Enabled"
            ),
            key=lambda row: (LEVELS[row["kind"]], row["priority"], row["rule"]),
        )


class _Rule:
    """Conditions of different types must all hold; any exception takes the rule away."""

    def __init__(self, row: Row, groups: Mapping[str, set[Any]]) -> None:
        def people(addresses: list[str]) -> set[Any]:
            return set().union(*(groups.get(address.lower(), ()) for address in addresses))

        self.policy: str = row["policy"]
        self._addresses = {address.lower() for address in row["sent_to"]}
        self._has_groups = bool(row["sent_to_member_of"])
        self._people = people(row["sent_to_member_of"])
        self._domains = [domain.lower() for domain in row["recipient_domain_is"]]
        self._not_addresses = {address.lower() for address in row["except_sent_to"]}
        self._not_people = people(row["except_sent_to_member_of"])
        self._not_domains = [domain.lower() for domain in row["except_recipient_domain_is"]]
        self._by_domain: dict[str, bool] = {}

    def is_for(self, user_id: object, address: str) -> bool:
        if self._addresses and address not in self._addresses:
            return False
        if self._has_groups and user_id not in self._people:
            return False
        if address in self._not_addresses or user_id in self._not_people:
            return False
        domain = address.partition("@")[2]
        known = self._by_domain.get(domain)
        if known is None:
            is_inside = not self._domains or _is_below(domain, self._domains)
            known = is_inside and not _is_below(domain, self._not_domains)
            self._by_domain[domain] = known
        return known


def _is_below(domain: str, parents: list[str]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)


def _both_domains(p: Row) -> bool:
    return bool(
        p["enable_organization_domains_protection"] and p["enable_targeted_domains_protection"]
    )


def _intelligence(p: Row) -> bool:
    return bool(p["enable_mailbox_intelligence"] and p["enable_mailbox_intelligence_protection"])


SAFE_LINKS_ON = (
    "enable_safe_links_for_email",
    "enable_safe_links_for_teams",
    "enable_safe_links_for_office",
    "track_clicks",
    "scan_urls",
    "enable_for_internal_senders",
    "deliver_message_after_scan",
)
JUNK_OR_QUARANTINE = ("MoveToJmf", "Quarantine")

MAIL_CONTROLS: dict[str, tuple[str, Callable[[Row], object]]] = {
    "mdo_spamaction": ("anti_spam", lambda p: p["spam_action"] in JUNK_OR_QUARANTINE),
    "mdo_highconfidencespamaction": (
        "anti_spam",
        lambda p: p["high_confidence_spam_action"] == "Quarantine",
    ),
    "mdo_phisspamacation": ("anti_spam", lambda p: p["phish_spam_action"] == "Quarantine"),
    "mdo_highconfidencephishaction": (
        "anti_spam",
        lambda p: p["high_confidence_phish_action"] == "Quarantine",
    ),
    "mdo_bulkspamaction": ("anti_spam", lambda p: p["bulk_spam_action"] in JUNK_OR_QUARANTINE),
    "mdo_bulkthreshold": (
        "anti_spam",
        lambda p: p["bulk_threshold"] <= MAX_BULK and p["mark_as_spam_bulk_mail"] == "On",
    ),
    "mdo_quarantineretentionperiod": (
        "anti_spam",
        lambda p: p["quarantine_retention_period"] == RETENTION_DAYS,
    ),
    "mdo_allowedsenderscombined": (
        "anti_spam",
        lambda p: not p["allowed_senders"] and not p["allowed_sender_domains"],
    ),
    "mdo_zapspam": ("anti_spam", lambda p: p["spam_zap_enabled"] and p["zap_enabled"] is not False),
    "mdo_zapphish": (
        "anti_spam",
        lambda p: p["phish_zap_enabled"] and p["zap_enabled"] is not False,
    ),
    "mdo_commonattachmentsfilter": ("malware", lambda p: p["enable_file_filter"]),
    "mdo_zapmalware": ("malware", lambda p: p["zap_enabled"]),
    "mdo_recipientexternallimitperhour": (
        "outbound",
        lambda p: p["recipient_limit_external_per_hour"] <= MAX_EXTERNAL,
    ),
    "mdo_recipientinternallimitperhour": (
        "outbound",
        lambda p: p["recipient_limit_internal_per_hour"] <= MAX_INTERNAL,
    ),
    "mdo_recipientlimitperday": ("outbound", lambda p: p["recipient_limit_per_day"] <= MAX_A_DAY),
    "mdo_thresholdreachedaction": (
        "outbound",
        lambda p: p["action_when_threshold_reached"] == "BlockUser",
    ),
    "mdo_autoforwardingmode": (
        "outbound",
        lambda p: p["auto_forwarding_mode"] in ("Automatic", "Off"),
    ),
    "mdo_blockmailforward": ("outbound", lambda p: p["auto_forwarding_mode"] == "Off"),
    "mdo_spam_notifications_only_for_admins": (
        "outbound",
        lambda p: (
            p["bcc_suspicious_outbound_mail"]
            and p["bcc_suspicious_outbound_additional_recipients"]
            and p["notify_outbound_spam"]
            and p["notify_outbound_spam_recipients"]
        ),
    ),
    "mdo_enablemailboxintelligence": ("anti_phish", lambda p: p["enable_mailbox_intelligence"]),
    "mdo_mailboxintelligenceprotection": ("anti_phish", _intelligence),
    "mdo_mailboxintelligenceprotectionaction": (
        "anti_phish",
        lambda p: (
            _intelligence(p) and p["mailbox_intelligence_protection_action"] in JUNK_OR_QUARANTINE
        ),
    ),
    "mdo_phishthresholdlevel": ("anti_phish", lambda p: p["phish_threshold_level"] >= PHISH_LEVEL),
    "mdo_targetedusersprotection": (
        "anti_phish",
        lambda p: p["enable_targeted_user_protection"] and p["targeted_users_to_protect"],
    ),
    "mdo_enabledomainstoprotect": ("anti_phish", _both_domains),
    "mdo_targeteduserprotectionaction": (
        "anti_phish",
        lambda p: (
            p["enable_targeted_user_protection"]
            and p["targeted_user_protection_action"] == "Quarantine"
        ),
    ),
    "mdo_targeteddomainprotectionaction": (
        "anti_phish",
        lambda p: _both_domains(p) and p["targeted_domain_protection_action"] == "Quarantine",
    ),
    "mdo_similaruserssafetytips": (
        "anti_phish",
        lambda p: p["enable_targeted_user_protection"] and p["enable_similar_users_safety_tips"],
    ),
    "mdo_similardomainssafetytips": (
        "anti_phish",
        lambda p: _both_domains(p) and p["enable_similar_domains_safety_tips"],
    ),
    "mdo_unusualcharacterssafetytips": (
        "anti_phish",
        lambda p: (
            p["enable_targeted_user_protection"] and p["enable_unusual_characters_safety_tips"]
        ),
    ),
    "mdo_antiphishingpolicies": (
        "anti_phish",
        lambda p: (
            p["phish_threshold_level"] >= PHISH_LEVEL
            and _intelligence(p)
            and p["enable_spoof_intelligence"]
        ),
    ),
    "mdo_safeattachments": ("safe_attachments", lambda p: p["enable"] and p["action"] == "Block"),
    "mdo_safeattachmentpolicy": (
        "safe_attachments",
        lambda p: (
            p["enable"]
            and p["action"] == "Block"
            and p["quarantine_tag"] == "AdminOnlyAccessPolicy"
            and p["redirect"] is False
        ),
    ),
    "mdo_safelinksforemail": ("safe_links", lambda p: p["enable_safe_links_for_email"]),
    "mdo_safelinksforOfficeApps": (
        "safe_links",
        lambda p: (
            all(p[name] for name in SAFE_LINKS_ON)
            and p["allow_click_through"] is False
            and p["disable_url_rewrite"] is False
        ),
    ),
}
