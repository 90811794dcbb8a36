"""The smaller organizations: a few tables each, better from month to month, each at its own pace.

They exist to be compared with, so they read sign-in and mail only. How far one has come is a
number between 0 and 1; every setting has a threshold, shifted a little for each organization.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from securescore.core.collection import Collected
from securescore.ops.demo import licenses, policies, roles
from securescore.ops.demo.ledger import Ledger
from securescore.ops.demo.names import FIRST_NAMES, LAST_NAMES, identity, mail_name
from securescore.ops.demo.policies import FAMILIES_OF_EOP, access_policy
from securescore.ops.demo.values import DemoOrganization

TABLES = (
    "entra_service_plans", "entra_users", "entra_registration", "entra_role_assignments",
    "entra_groups", "entra_group_members", "entra_ca_policies", "entra_auth_strengths",
    "entra_security_defaults", "entra_authorization_policy", "entra_domains", "exo_mailboxes",
    "exo_accepted_domains", "eop_hosted_content_policies", "eop_malware_policies",
    "eop_outbound_spam_policies", "mdo_anti_phish_policies", "mail_policy_rules",
)  # fmt: skip
BEGINNINGS = (
    "Alder", "Amber", "Birch", "Bracken", "Calder", "Cinder", "Dapple", "Elder", "Ember", "Fallow",
    "Garnet", "Hazel", "Heron", "Juniper", "Kestrel", "Larch", "Linden", "Marram", "Mistle",
    "Oaken", "Osier", "Plover", "Quill", "Rowan", "Sedge", "Sorrel", "Tansy", "Thistle", "Umber",
    "Willow",
)  # fmt: skip
ENDINGS = (
    "brook", "combe", "dene", "fold", "garth", "hythe", "ley", "mere", "ness", "quay", "stead",
    "thorpe", "wick", "wold", "worth",
)  # fmt: skip
INDUSTRIES = {
    "Manufacturing": ("Works", "Foundry", "Tools"),
    "Healthcare": ("Clinic", "Care", "Hospital"),
    "Education": ("School", "College", "Academy"),
    "Retail": ("Stores", "Market", "Trading"),
    "Finance": ("Savings", "Mutual", "Advisers"),
    "Professional services": ("Partners", "Consulting", "Law"),
    "Public sector": ("Council", "District", "Water Board"),
    "Logistics": ("Freight", "Haulage", "Ferries"),
    "Construction": ("Builders", "Roofing", "Joinery"),
    "Nonprofit": ("Trust", "Relief", "Foundation"),
}
REGIONS = {
    "Europe": ("Europe/Berlin", "Europe/Stockholm", "Europe/Madrid"),
    "United Kingdom": ("Europe/London",),
    "North America": ("America/New_York", "America/Chicago", "America/Vancouver"),
    "Asia Pacific": ("Australia/Sydney", "Asia/Singapore", "Pacific/Auckland"),
    "Latin America": ("America/Sao_Paulo", "America/Bogota"),
}
MONTH = timedelta(days=30)
N_MONTHS = {4: 7, 12: 1, 24: 2}
"""Months of history, and of ten organizations how many have them: enough to compare two years."""
MAX_USERS = 60
HIGHEST = 0.76
"""Nobody is done."""
SETTINGS = {
    # What an organization does when it has come so far; about in the order in which they do it.
    "spam": 0.25, "password": 0.30, "legacy": 0.38, "admins": 0.42, "consent": 0.48, "preset": 0.58,
    "forwarding": 0.62, "apps": 0.66, "everybody": 0.55, "preset_all": 0.86, "session": 0.82,
    "risk": 0.74, "keys": 0.90,
}  # fmt: skip
STEPS = 3
"""Registrations, the largest table that moves, are drawn anew that often at most."""


@dataclass(frozen=True, slots=True)
class Course:
    """How an organization develops: from ``start`` to ``end`` over its months."""

    start: float
    end: float
    n_months: int

    def at(self, month: int) -> float:
        """How far it is in that month, 0 being the oldest."""
        share = month / max(1, self.n_months - 1)
        return self.start + (self.end - self.start) * share


def other_organization(number: int, *, seed: int, last_day: date, days: int) -> DemoOrganization:
    """The smaller organization with that number; the same number and seed give the same one."""
    random = Random(f"{seed}/{number}")
    industry = random.choice(list(INDUSTRIES))
    region = random.choice(list(REGIONS))
    beginning = BEGINNINGS[number % len(BEGINNINGS)]
    ending = ENDINGS[(number // len(BEGINNINGS) + number) % len(ENDINGS)]
    seats = int(20 * 150 ** random.random())
    return DemoOrganization(
        name=f"{beginning}{ending} {random.choice(INDUSTRIES[industry])}"
        + (f" {number // 450 + 1}" if number >= len(BEGINNINGS) * len(ENDINGS) else ""),
        seats=seats,
        industry=industry,
        region=region,
        time_zone=random.choice(REGIONS[region]),
        collections=_collections(number, random, seats, last_day, days),
    )


def _collections(
    number: int, random: Random, seats: int, last_day: date, days: int
) -> Iterator[Collected]:
    told = random.choices(list(N_MONTHS), list(N_MONTHS.values()))[0]
    n_months = max(1, min(told, (days - 1) // MONTH.days + 1))
    start = 0.1 + 0.8 * random.betavariate(1.4, 2.2)
    end = min(HIGHEST, start + random.uniform(0.02, 0.35))
    # All go at their pace of the longest history: an average does not fall when one with a short
    # history is read for the first time.
    course = Course(end - (end - start) * n_months / max(N_MONTHS), end, n_months)
    thresholds = {name: at + random.uniform(-0.15, 0.15) for name, at in SETTINGS.items()}
    at = datetime.combine(last_day, time(5, random.randrange(60)), UTC)
    ledger = Ledger(TABLES)
    readiness = _settle(ledger, number, random, min(seats, MAX_USERS))
    shown = -1
    for month in range(n_months):
        far = course.at(month)
        step = month * STEPS // n_months
        if step != shown:
            shown = step
            _register(ledger, readiness, far)
        _configure(ledger, number, {name for name, needed in thresholds.items() if far >= needed})
        when = at - MONTH * (n_months - 1 - month)
        yield ledger.collected("demo", TABLES, when, whole=month == 0)


def _settle(ledger: Ledger, number: int, random: Random, n_users: int) -> dict[object, float]:
    """The people of an organization; how far it must be until each has a second factor."""
    domain = f"org-{number + 1:03}.example"
    plans = random.choice(
        (licenses.OFFICE_E3, licenses.BUSINESS_STANDARD, licenses.BUSINESS_PREMIUM,
         (*licenses.OFFICE_E3, *licenses.SECURITY_E5))
    )  # fmt: skip
    ledger.put("entra_service_plans", *licenses.subscribed("SUITE", plans, n_users, n_users))
    readiness: dict[object, float] = {}
    for position in range(n_users):
        first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        address = f"{mail_name(first, last)}{position}@{domain}"
        user_id = identity(domain, position)
        person = {"user_id": user_id, "display_name": f"{first} {last}"}
        ledger.put("entra_users", {**person, "upn": address, "service_plans": plans})
        ledger.put(
            "exo_mailboxes",
            {**person, "mailbox_id": identity(domain, "mail", position),
             "primary_smtp_address": address},
        )  # fmt: skip
        readiness[user_id] = random.uniform(-0.1, 1.1)
        held = (roles.GLOBAL_ADMINISTRATOR, roles.USER_ADMINISTRATOR, roles.EXCHANGE_ADMINISTRATOR)
        if position < len(held) and (position != 1 or random.random() < 0.8):
            role = held[0] if position == 1 else held[position // 2 * 2]
            ledger.put("entra_role_assignments", roles.assignment(user_id, f"{first} {last}", role))
    ledger.put("entra_auth_strengths", *policies.auth_strengths())
    ledger.put("eop_malware_policies", {"policy": "Default", "is_default": True})
    has_spf = random.random() < 0.7
    spf = ("v=spf1 include:spf.protection.outlook.com -all",) if has_spf else ()
    ledger.put("exo_accepted_domains", {"name": domain, "is_default": True, "spf_records": spf})
    return readiness


def _register(ledger: Ledger, readiness: dict[object, float], far: float) -> None:
    for user_id, needed in readiness.items():
        has_factor = needed < far
        ledger.put(
            "entra_registration",
            {
                "user_id": user_id,
                "is_mfa_registered": has_factor,
                "is_mfa_capable": has_factor,
                "is_sspr_enabled": far > 0.4,
                "methods_registered": ("microsoftAuthenticatorPush",) if has_factor else (),
            },
        )


def _configure(ledger: Ledger, number: int, done: set[str]) -> None:
    domain = f"org-{number + 1:03}.example"
    ledger.put("entra_security_defaults", {"is_enabled": False})
    for setting, name, columns in (
        ("legacy", "Block legacy authentication",
         {"client_app_types": ("exchangeActiveSync", "other"), "grant_controls": ("block",)}),
        ("admins", "Require MFA for administrators",
         {"include_all_users": False, "include_roles": roles.ADMINISTRATOR_ROLES,
          "grant_controls": ("mfa",)}),
        ("everybody", "Require MFA for everybody", {"grant_controls": ("mfa",)}),
        ("risk", "Block risky sign-ins and users",
         {"sign_in_risk_levels": ("medium", "high"), "user_risk_levels": ("high",),
          "grant_controls": ("block",)}),
        ("session", "Short sessions for administrators",
         {"include_all_users": False, "include_roles": roles.ADMINISTRATOR_ROLES,
          "grant_controls": ("mfa",), "sign_in_frequency_is_enabled": True,
          "sign_in_frequency_interval": "timeBased", "sign_in_frequency_hours": 4,
          "persistent_browser_is_enabled": True, "persistent_browser_mode": "never"}),
        ("keys", "Security keys for administrators",
         {"include_all_users": False, "include_roles": roles.ADMINISTRATOR_ROLES,
          "auth_strength_id": policies.PHISHING_RESISTANT}),
    ):  # fmt: skip
        if setting in done:
            ledger.put("entra_ca_policies", access_policy(domain, name, **columns))
    kind = "low" if "consent" in done else "legacy"
    ledger.put(
        "entra_authorization_policy",
        {
            "permission_grant_policy_ids": (
                f"ManagePermissionGrantsForSelf.microsoft-user-default-{kind}",
            ),
            "allowed_to_create_apps": "apps" not in done,
        },
    )
    ledger.put(
        "entra_domains",
        {
            "name": domain,
            "is_default": True,
            "password_validity_period_in_days": 2147483647 if "password" in done else 90,
        },
    )
    ledger.put(
        "eop_outbound_spam_policies",
        {
            "policy": "Default",
            "is_default": True,
            "auto_forwarding_mode": "Off" if "forwarding" in done else "Automatic",
        },
    )
    is_strict = "spam" in done
    ledger.put(
        "eop_hosted_content_policies",
        {
            "policy": "Default",
            "is_default": True,
            "high_confidence_spam_action": "Quarantine" if is_strict else "MoveToJmf",
            "phish_spam_action": "Quarantine" if is_strict else "MoveToJmf",
            "high_confidence_phish_action": "Quarantine",
        },
    )
    ledger.put(
        "mdo_anti_phish_policies", {"policy": "Office365 AntiPhish Default", "is_default": True}
    )
    if done & {"preset", "preset_all"}:
        users = (f"Director;director@{domain}",)
        ledger.put("eop_hosted_content_policies", policies.anti_spam_preset("Standard"))
        ledger.put("eop_malware_policies", policies.malware_preset("Standard"))
        ledger.put("mdo_anti_phish_policies", policies.anti_phish_preset("Standard", users=users))
        some = [str(row["primary_smtp_address"]) for row in ledger.rows["exo_mailboxes"].values()]
        conditions = {} if "preset_all" in done else {"sent_to": tuple(some[: len(some) // 2])}
        ledger.put(
            "mail_policy_rules",
            *policies.preset_rules("Standard", FAMILIES_OF_EOP, **conditions),
        )
