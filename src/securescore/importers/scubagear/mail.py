"""Exchange and Defender beyond plain properties: domains with SPF, and who gets which policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from securescore.importers.node import Node
from securescore.importers.scubagear.columns import Columns, From, columns, named_texts
from securescore.importers.scubagear.export import Export, NotReadError
from securescore.importers.scubagear.plain import NAME
from securescore.importers.scubagear.rows import Rows

# ScubaGear's sentence where the name servers gave no answer at all.
DNS_FAILED = "Exceptions other than NXDOMAIN"

_DOMAIN = Columns(
    columns(
        name=From(("DomainName", "Name"), Node.required_text),
        texts="domain_type",
        flags="is_default",
    )
)
_WHO = Columns(
    columns(
        rule=NAME,
        numbers="priority",
        texts="state",
        lists="sent_to sent_to_member_of recipient_domain_is",
        except_sent_to=From(("ExceptIfSentTo",), named_texts),
        except_sent_to_member_of=From(("ExceptIfSentToMemberOf",), named_texts),
        except_recipient_domain_is=From(("ExceptIfRecipientDomainIs",), named_texts),
    )
)


@dataclass(frozen=True, slots=True)
class Family:
    """One family of mail policies and the keys of the export that say who gets which.

    Attributes:
        policies: key with the policies.
        custom_rules: key with the rules of custom policies, and the command that feeds it.
        preset_rules: the same for the Standard and Strict presets.
        policy: property of a rule that names the policy.
        is_built_in: whether Built-in protection stands behind the presets.
    """

    policies: str
    custom_rules: tuple[str, str]
    preset_rules: tuple[str, str]
    policy: str
    is_built_in: bool = False


EOP_RULES = ("protection_policy_rules", "Get-EOPProtectionPolicyRule")
ATP_RULES = ("atp_policy_rules", "Get-ATPProtectionPolicyRule")
BUILT_IN_RULES = ("built_in_protection_rules", "Get-ATPBuiltInProtectionRule")

FAMILIES: Mapping[str, Family] = {
    "anti_spam": Family(
        "hosted_content_filter_policies",
        ("hosted_content_filter_rules", "Get-HostedContentFilterRule"),
        EOP_RULES,
        "HostedContentFilterPolicy",
    ),
    "malware": Family(
        "anti_malware_policies",
        ("anti_malware_rules", "Get-MalwareFilterRule"),
        EOP_RULES,
        "MalwareFilterPolicy",
    ),
    "anti_phish": Family(
        "anti_phish_policies",
        ("anti_phish_rules", "Get-AntiPhishRule"),
        EOP_RULES,
        "AntiPhishPolicy",
    ),
    "safe_attachments": Family(
        "safe_attachment_policies",
        ("safe_attachment_rules", "Get-SafeAttachmentRule"),
        ATP_RULES,
        "SafeAttachmentPolicy",
        is_built_in=True,
    ),
    "safe_links": Family(
        "safe_links_policies",
        ("safe_links_rules", "Get-SafeLinksRule"),
        ATP_RULES,
        "SafeLinksPolicy",
        is_built_in=True,
    ),
}
PRESETS = ("strict", "standard")
MICROSOFTS_OWN_DOMAIN = ".onmicrosoft.com"


def accepted_domains(export: Export, domains: list[Node]) -> Rows:
    """Rows of ``exo_accepted_domains`` with the SPF records found.

    A domain that ScubaGear did not ask the name servers for, or got no answer, has NULL.
    """
    unread = export.why_unread("spf_records", "exo", ("Get-ScubaSpfRecord",))
    found: dict[str, list[str] | None] = {}
    for record in [] if unread else export.objects("spf_records"):
        asked = record["domain"].text()
        failed = (record["message"].text() or "").startswith(DNS_FAILED)
        if asked is not None:
            found[asked.lower()] = None if failed else _spf(record["rdata"])
    rows = []
    for domain in domains:
        row = _DOMAIN.row(domain)
        row["spf_records"] = found.get(str(row["name"]).lower())
        rows.append((domain, row))
    reasons = dict.fromkeys(_DOMAIN.unwritten(domains), "the export has no such property")
    not_asked = [
        row["name"]
        for _, row in rows
        if row["spf_records"] is None
        and not str(row["name"]).lower().endswith(MICROSOFTS_OWN_DOMAIN)
    ]
    if unread:
        reasons["spf_records"] = unread
    elif not_asked:
        # Unknown is not "no record": the control is unmeasured until every domain was asked.
        reasons["spf_records"] = (
            f"ScubaGear has no DNS answer for {len(not_asked)} of {len(rows)} accepted domains"
        )
    return Rows(rows, reasons)


def _spf(rdata: Node) -> list[str]:
    return [t for t in rdata.texts() if t.lower() == "v=spf1" or t.lower().startswith("v=spf1 ")]


def policy_rules(export: Export) -> Rows:
    """Rows of ``mail_policy_rules``.

    The table says who gets which policy, so for each family whose policies the export holds
    it has to be whole: a custom policy without its rule, or a preset without its own, could
    apply to anybody. A family without policies cannot be judged anyway, and what the export
    knows of it is kept.

    Raises:
        NotReadError: the rules of a family of which policies are known were not read.
    """
    reasons = [
        f"{', '.join(kinds)} policies of the family {name}: {reason}"
        for name, family in FAMILIES.items()
        for reason, kinds in _unread(export, family).items()
    ]
    if reasons:
        raise NotReadError("; ".join(reasons))
    rows: list[tuple[Node, dict[str, object]]] = []
    for name, family in FAMILIES.items():
        for rule in _read(export, family.preset_rules):
            # The rule of a preset exists without a policy of a family that was never set up.
            policy = rule[family.policy].text()
            if policy:
                rows.append((rule, _rule(rule, name, _preset(rule), policy)))
        for rule in _read(export, family.custom_rules):
            policy = rule[family.policy].required_text()
            rows.append((rule, _rule(rule, name, "custom", policy)))
        if family.is_built_in:
            for rule in _read(export, BUILT_IN_RULES):
                policy = rule[family.policy].text()
                if policy:
                    rows.append((rule, _rule(rule, name, "built_in", policy)))
    if not rows and all(_is_unread(export, source) for source in (EOP_RULES, ATP_RULES)):
        msg = _is_unread(export, EOP_RULES) or ""
        raise NotReadError(msg)
    return Rows(rows)


def _rule(rule: Node, family: str, kind: str, policy: str) -> dict[str, object]:
    row = _WHO.row(rule)
    if row["priority"] is None:
        row["priority"] = 0
    if row["state"] is None:
        # A rule without a state (Built-in protection has none in some versions) applies.
        row["state"] = "Enabled"
    return {"family": family, "kind": kind, "policy": policy, **row}


def _preset(rule: Node) -> str:
    name = (rule["Name"].text() or rule["Identity"].text() or "").lower()
    kind = next((preset for preset in PRESETS if name.startswith(preset)), None)
    if kind is None:
        rule.fail("a rule whose name begins with Strict or Standard")
    return kind


def _unread(export: Export, family: Family) -> dict[str, list[str]]:
    """Kinds of policies whose rules were not read, by reason."""
    policies = _policies(export, family)
    kinds = {
        "Strict and Standard": (family.preset_rules, ("strict", "standard")),
        "custom": (family.custom_rules, ("custom",)),
        "Built-in protection": (BUILT_IN_RULES, ("builtin",)),
    }
    found: dict[str, list[str]] = {}
    for kind, (source, types) in kinds.items():
        if any(policy in types for policy in policies) and (reason := _is_unread(export, source)):
            found.setdefault(reason, []).append(kind)
    return found


def _policies(export: Export, family: Family) -> set[str]:
    """The types of the policies of a family, the default policy aside: it needs no rule."""
    types = set()
    for policy in export.objects(family.policies):
        if not policy["IsDefault"].flag():
            kind = (policy["RecommendedPolicyType"].text() or "custom").lower().replace("-", "")
            is_built_in = policy["IsBuiltInProtection"].flag() or kind == "builtin"
            types.add("builtin" if is_built_in else kind if kind in PRESETS else "custom")
    return types


def _is_unread(export: Export, source: tuple[str, str]) -> str | None:
    key, command = source
    return export.why_unread(key, "defender", (command,))


def _read(export: Export, source: tuple[str, str]) -> list[Node]:
    return [] if _is_unread(export, source) else export.objects(source[0])
