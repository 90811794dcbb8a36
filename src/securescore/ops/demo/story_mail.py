"""The story of mail: Exchange, spam and phishing, and the protection that is bought."""

from __future__ import annotations

from securescore.ops.demo import policies
from securescore.ops.demo.company import (
    BOUGHT_DOMAIN,
    DOMAIN,
    OWNER,
    PARTNER_DOMAIN,
    SHOP_DOMAIN,
    group_mail,
)
from securescore.ops.demo.licenses import SECURITY_E5, subscribed
from securescore.ops.demo.names import identity
from securescore.ops.demo.people import OFFICE
from securescore.ops.demo.policies import FAMILIES_OF_DEFENDER, FAMILIES_OF_EOP
from securescore.ops.demo.values import StoryCause, StoryKind
from securescore.ops.demo.world import Scene, World

LICENSED_ON = 425
OUTAGE = (531, 540)
"""First day of the outage of Exchange, and first day after it: nine days."""
OUTAGE_REASON = "sign-in to Exchange Online failed: the certificate expired"
OUTBOUND = "eop_outbound_spam_policies"
SPAM = "eop_hosted_content_policies"
LICENSED_CONTROLS = (
    "mdo_safeattachments", "mdo_safeattachmentpolicy", "mdo_safelinksforemail",
    "mdo_safelinksforOfficeApps", "mdo_atpprotection", "mdo_safedocuments",
    "AATP_AccountWithLeakedCredentials", "McasFirewallLogUpload",
)  # fmt: skip
PHISH_CONTROLS = (
    "mdo_antiphishingpolicies", "mdo_phishthresholdlevel",
    "mdo_mailboxintelligenceprotectionaction", "mdo_targetedusersprotection",
    "mdo_targeteduserprotectionaction", "mdo_enabledomainstoprotect",
    "mdo_targeteddomainprotectionaction", "mdo_similaruserssafetytips",
    "mdo_similardomainssafetytips", "mdo_unusualcharacterssafetytips",
)  # fmt: skip


def _spam_by_hand(world: World) -> None:
    world.ledger.change(
        SPAM, "Default",
        high_confidence_spam_action="Quarantine",
        phish_spam_action="Quarantine",
        allowed_sender_domains=(),
    )  # fmt: skip


def _licensed(world: World) -> None:
    ledger = world.ledger
    ledger.put("entra_service_plans", *subscribed("E5_SECURITY", SECURITY_E5, 430, 402))
    ledger.unlock(
        "entra_risky_users",
        "mdo_safe_attachment_policies", "mdo_safe_links_policies", "mdo_tenant_policy",
    )  # fmt: skip
    ledger.put("mdo_safe_attachment_policies", policies.built_in_attachments())
    ledger.put("mdo_safe_links_policies", policies.built_in_links())
    ledger.put(
        "mdo_tenant_policy",
        {
            "enable_atp_for_spo_teams_odb": False,
            "enable_safe_docs": False,
            "allow_safe_docs_open": False,
        },
    )
    for family in FAMILIES_OF_DEFENDER:
        ledger.put(
            "mail_policy_rules",
            policies.mail_rule(family, "built_in", "Built-In Protection Policy"),
        )
    ledger.put(
        "mda_discovery_streams",
        {
            "stream_id": "uploaded-once",
            "display_name": "Trial upload of the firewall",
            "is_snapshot_report": True,
            "last_data_received_at": world.now,
        },
    )
    world.sources.append("cloud_apps")
    world.people.upgrade(SECURITY_E5, world.day, "IT", "Finance")


def _preset(world: World, level: str, **conditions: object) -> None:
    ledger = world.ledger
    users = (f"Managing director;director@{DOMAIN}", f"Payments;payments@{DOMAIN}")
    ledger.put(SPAM, policies.anti_spam_preset(level))
    ledger.put("eop_malware_policies", policies.malware_preset(level))
    ledger.put("mdo_anti_phish_policies", policies.anti_phish_preset(level, users=users))
    ledger.put("mdo_safe_attachment_policies", policies.safe_attachments_preset(level))
    ledger.put("mdo_safe_links_policies", policies.safe_links_preset(level))
    families = (*FAMILIES_OF_EOP, *FAMILIES_OF_DEFENDER)
    ledger.put("mail_policy_rules", *policies.preset_rules(level, families, **conditions))


def _standard_for_departments(world: World) -> None:
    for department in ("IT", "Finance", "Engineering", "Sales"):
        world.people.join_group("protected", *(p.user_id for p in world.people.of(department)))
    groups = (group_mail("pilot"), group_mail("protected"))
    _preset(world, "Standard", sent_to_member_of=groups)


def _bought_company(world: World) -> None:
    world.ledger.put(
        "entra_domains", {"name": BOUGHT_DOMAIN, "password_validity_period_in_days": 90}
    )
    world.ledger.put("exo_accepted_domains", {"name": BOUGHT_DOMAIN, "spf_records": ()})


def _allow_auto_forwarding(world: World) -> None:
    world.ledger.change(OUTBOUND, "Default", auto_forwarding_mode="On")


def _fail(world: World) -> None:
    world.failing["exchange"] = OUTAGE_REASON


def _renew(world: World) -> None:
    del world.failing["exchange"]


CONFIGURATION = StoryCause.CONFIGURATION
IMPROVEMENT, REGRESSION, REPAIR = StoryKind.IMPROVEMENT, StoryKind.REGRESSION, StoryKind.REPAIR

SCENES = (
    Scene(62, IMPROVEMENT, CONFIGURATION, ("exo_transportrulesallowlistdomains",),
          "Mail of the buoy yard no longer passes the spam filter unseen.",
          lambda world: world.ledger.change(
              "exo_transport_rules", str(identity(OWNER, "rule", "partner")), set_scl=0)),
    Scene(83, IMPROVEMENT, CONFIGURATION, ("mdo_connectionfilter",),
          "Two addresses that were let through unchecked are taken off the list.",
          lambda world: world.ledger.change(
              "eop_connection_filter", "Default", ip_allow_list=())),
    Scene(140, IMPROVEMENT, CONFIGURATION,
          ("mdo_highconfidencespamaction", "mdo_phisspamacation", "mdo_allowedsenderscombined"),
          "Certain spam and phishing go to quarantine, and no sender is let through unchecked.",
          _spam_by_hand),
    Scene(168, IMPROVEMENT, CONFIGURATION, ("exo_mailtipsenabled",),
          "Writers are warned before mail leaves the company.",
          lambda world: world.ledger.change(
              "exo_organization_config", mail_tips_external_recipients_tips_enabled=True)),
    Scene(183, IMPROVEMENT, CONFIGURATION, ("mdo_blockmailforward",),
          "Mail is no longer forwarded outside by itself.",
          lambda world: world.ledger.change(
              OUTBOUND, "Default", auto_forwarding_mode="Off")),
    Scene(219, IMPROVEMENT, CONFIGURATION, ("mdo_quarantineretentionperiod", "mdo_bulkthreshold"),
          "Quarantine keeps mail for thirty days, and bulk mail is judged more strictly.",
          lambda world: world.ledger.change(
              SPAM, "Default", quarantine_retention_period=30, bulk_threshold=6)),
    Scene(290, IMPROVEMENT, CONFIGURATION, ("exo_SPF_records_for_all_domains",),
          "The domain of the web shop gets its SPF record.",
          lambda world: world.ledger.change(
              "exo_accepted_domains", SHOP_DOMAIN,
              spf_records=("v=spf1 include:spf.protection.outlook.com -all",))),
    Scene(395, REGRESSION, CONFIGURATION, ("mdo_blockmailforward", "mdo_autoforwardingmode"),
          "For the move of a partner's mailboxes automatic forwarding is opened for everybody.",
          _allow_auto_forwarding),
    Scene(407, REPAIR, CONFIGURATION, ("mdo_blockmailforward", "mdo_autoforwardingmode"),
          "Automatic forwarding is closed again.",
          lambda world: world.ledger.change(
              OUTBOUND, "Default", auto_forwarding_mode="Off")),
    Scene(LICENSED_ON, StoryKind.LICENSE, StoryCause.LICENSE, LICENSED_CONTROLS,
          "Defender for Office 365, Entra ID P2 and Defender for Cloud Apps are bought: controls "
          "that could not be measured come in, most of them open.", _licensed),
    Scene(437, IMPROVEMENT, CONFIGURATION, PHISH_CONTROLS,
          "The Standard preset protects the pilot group.",
          lambda world: _preset(
              world, "Standard", sent_to_member_of=(group_mail("pilot"),))),
    Scene(446, StoryKind.LICENSE, StoryCause.USER, (),
          "The new licenses are given to engineering and sales.",
          lambda world: world.people.upgrade(SECURITY_E5, world.day, "Engineering", "Sales")),
    Scene(459, IMPROVEMENT, CONFIGURATION, ("mdo_atpprotection",),
          "Files in SharePoint, OneDrive and Teams are checked.",
          lambda world: world.ledger.change(
              "mdo_tenant_policy", enable_atp_for_spo_teams_odb=True)),
    Scene(467, IMPROVEMENT, CONFIGURATION, PHISH_CONTROLS,
          "The Standard preset protects four departments by a group; the others come later, and "
          "who joins is forgotten now and then.", _standard_for_departments),
    Scene(474, StoryKind.LICENSE, StoryCause.USER, (),
          "Every office account has its new license.",
          lambda world: world.people.upgrade(SECURITY_E5, world.day, *OFFICE)),
    Scene(491, IMPROVEMENT, CONFIGURATION, (),
          "The executive board gets the Strict preset.",
          lambda world: _preset(
              world, "Strict", sent_to_member_of=(group_mail("executives"),))),
    Scene(OUTAGE[0], StoryKind.OUTAGE, StoryCause.DATA,
          ("exo_mailboxaudit", "exo_mailtipsenabled", "exo_SPF_records_for_all_domains"),
          "The certificate of the collection expires: Exchange cannot be read for nine days, and "
          "everything judged from it is stale.", _fail),
    Scene(OUTAGE[1], REPAIR, StoryCause.DATA,
          ("exo_mailboxaudit", "exo_mailtipsenabled", "exo_SPF_records_for_all_domains"),
          "The certificate is renewed.", _renew),
    Scene(618, REGRESSION, CONFIGURATION, ("mdo_allowedsenderscombined",),
          "After complaints about lost orders two domains are allowed past the filter.",
          lambda world: world.ledger.change(
              SPAM, "Default", allowed_sender_domains=(PARTNER_DOMAIN, "sluiceworks.example"))),
    Scene(629, IMPROVEMENT, CONFIGURATION, ("mdo_thresholdreachedaction",),
          "Accounts that send too much are blocked until somebody looks.",
          lambda world: world.ledger.change(
              OUTBOUND, "Default", action_when_threshold_reached="BlockUser")),
    Scene(671, REGRESSION, CONFIGURATION, ("exo_transportrulesallowlistdomains",),
          "A rule lets the mail of a new supplier pass the spam filter; it is still there.",
          lambda world: world.ledger.put(
              "exo_transport_rules",
              {"rule_id": str(identity(OWNER, "rule", "supplier")), "name": "Supplier of lenses",
               "priority": 2, "sender_domain_is": ("lensgrinders.example",), "set_scl": -1})),
    Scene(704, REGRESSION, CONFIGURATION, ("PWAgePolicyNew", "exo_SPF_records_for_all_domains"),
          "The domain of a company that was bought comes in: its passwords expire, and it has no "
          "SPF record.", _bought_company),
    Scene(719, REPAIR, CONFIGURATION, ("exo_SPF_records_for_all_domains",),
          "The domain that was bought gets its SPF record.",
          lambda world: world.ledger.change(
              "exo_accepted_domains", BOUGHT_DOMAIN,
              spf_records=("v=spf1 include:spf.protection.outlook.com -all",))),
)  # fmt: skip
