"""Conditional Access policies, whole, and the authentication strengths embedded in them.

A condition that the table does not model sets ``has_other_conditions``, so that a policy which
is narrower than it looks never counts as one that covers everybody.
"""

from __future__ import annotations

from uuid import UUID

from securescore.importers.node import Node
from securescore.importers.scubagear.columns import is_empty, named_texts, separated
from securescore.importers.scubagear.export import NotReadError
from securescore.importers.scubagear.rows import Rows

# What the word GuestsOrExternalUsers in a list of users stood for before the types came.
ALL_GUEST_TYPES = (
    "internalGuest",
    "b2bCollaborationGuest",
    "b2bCollaborationMember",
    "b2bDirectConnectUser",
    "otherExternalUser",
    "serviceProvider",
)
HOURS_A_DAY = 24
EXCLUDED_DEFAULTS = (
    "Security defaults: taken as off, because a Conditional Access policy is on and Entra does "
    "not allow both"
)
MAX_FREQUENCY = 100_000  # Entra allows 365 days; beyond this it is no number of days

_MODELED = frozenset(
    {
        "Users",
        "Applications",
        "ClientAppTypes",
        "Platforms",
        "Locations",
        "SignInRiskLevels",
        "UserRiskLevels",
        "InsiderRiskLevels",
        "Devices",
        "AuthenticationFlows",
    }
)
_MODELED_APPLICATIONS = frozenset(
    {
        "IncludeApplications",
        "ExcludeApplications",
        "ApplicationFilter",
        "IncludeUserActions",
        "IncludeAuthenticationContextClassReferences",
    }
)


def ca_policies(policies: list[Node]) -> Rows:
    """Rows of ``entra_ca_policies``."""
    return Rows([(policy, _policy(policy)) for policy in policies])


def auth_strengths(policies: list[Node]) -> Rows:
    """Rows of ``entra_auth_strengths``: those that a policy uses, which is all that matters.

    Raises:
        NotReadError: a policy names a strength without its combinations.
    """
    rows: list[tuple[Node, dict[str, object]]] = []
    for policy in policies:
        strength = policy["GrantControls"]["AuthenticationStrength"]
        if strength.is_null or strength["Id"].is_null:
            continue
        if strength["AllowedCombinations"].is_null:
            msg = "the export names authentication strengths without their combinations"
            raise NotReadError(msg)
        rows.append(
            (
                strength,
                {
                    "auth_strength_id": strength["Id"].required_id(),
                    "display_name": strength["DisplayName"].text(),
                    "allowed_combinations": strength["AllowedCombinations"].texts(),
                },
            )
        )
    return Rows(rows)


def security_defaults(policies: list[Node]) -> Rows:
    """The row of ``entra_security_defaults``, by exclusion.

    Entra refuses to turn security defaults on while a Conditional Access policy is on, and the
    reverse, so one policy that is on says that they are off.

    Raises:
        NotReadError: no policy is on, so nothing is known.
    """
    enabled = [policy for policy in policies if policy["State"].text() == "enabled"]
    if not enabled:
        msg = "ScubaGear does not read security defaults, and no Conditional Access policy is on"
        raise NotReadError(msg)
    row = {"policy_id": "security-defaults", "is_enabled": False}
    return Rows([(enabled[0], row)], notes=(EXCLUDED_DEFAULTS,))


def _policy(policy: Node) -> dict[str, object]:
    conditions = policy["Conditions"]
    state = policy["State"].required_text()
    row: dict[str, object] = {
        "policy_id": policy["Id"].required_id(),
        "display_name": policy["DisplayName"].text(),
        "state": state,
    }
    narrowed = _users(conditions["Users"], row)
    narrowed |= _applications(conditions["Applications"], row)
    narrowed |= _circumstances(conditions, row)
    row["has_other_conditions"] = (
        narrowed
        or not is_empty(policy["PartialEnablementStrategy"].value)
        or any(
            not is_empty(value)
            for key, value in conditions.members().items()
            if key not in _MODELED and "@odata" not in key
        )
    )
    _grant(policy["GrantControls"], row)
    _session(policy["SessionControls"], row)
    return row


def _users(users: Node, row: dict[str, object]) -> bool:
    """Fill in who is included and excluded; whether something more narrows the inclusion."""
    included, words = _ids(users["IncludeUsers"], {"All", "None", "GuestsOrExternalUsers"})
    excluded, left_out = _ids(users["ExcludeUsers"], {"None", "GuestsOrExternalUsers"})
    guests, only_some_tenants = _guest_types(users["IncludeGuestsOrExternalUsers"], words)
    # Guests of named tenants only: they are taken for all guests, which never covers more.
    left_out_guests, _ = _guest_types(users["ExcludeGuestsOrExternalUsers"], left_out)
    row.update(
        include_all_users="All" in words,
        include_users=included,
        include_groups=_ids(users["IncludeGroups"], {"None"})[0],
        include_roles=_ids(users["IncludeRoles"], {"None"})[0],
        include_guest_types=guests,
        exclude_users=excluded,
        exclude_groups=_ids(users["ExcludeGroups"], {"None"})[0],
        exclude_roles=_ids(users["ExcludeRoles"], {"None"})[0],
        exclude_guest_types=left_out_guests,
    )
    return only_some_tenants


def _ids(node: Node, words: set[str]) -> tuple[list[UUID], set[str]]:
    """The ids of a list, and those of ``words`` that stand among them."""
    ids = []
    found = set()
    for entry in node.elements(may_be_single=True):
        text = entry.required_text()
        if text in words:
            found.add(text)
        else:
            ids.append(entry.required_id())
    return ids, found


def _guest_types(node: Node, words: set[str]) -> tuple[list[str], bool]:
    """The types of guests, and whether only guests of some tenants are meant."""
    if "GuestsOrExternalUsers" in words:
        return list(ALL_GUEST_TYPES), False
    types = [t for t in separated(node["GuestOrExternalUserTypes"]) if t.lower() != "none"]
    kind = node["ExternalTenants"]["MembershipKind"].text()
    return types, bool(types) and kind is not None and kind.lower() == "enumerated"


def _applications(applications: Node, row: dict[str, object]) -> bool:
    row.update(
        include_apps=applications["IncludeApplications"].texts(),
        exclude_apps=[a for a in applications["ExcludeApplications"].texts() if a != "None"],
        has_app_filter=not is_empty(applications["ApplicationFilter"].value),
        include_user_actions=applications["IncludeUserActions"].texts(),
        include_authentication_contexts=applications[
            "IncludeAuthenticationContextClassReferences"
        ].texts(),
    )
    return any(
        not is_empty(value)
        for key, value in applications.members().items()
        if key not in _MODELED_APPLICATIONS and "@odata" not in key
    )


def _circumstances(conditions: Node, row: dict[str, object]) -> bool:
    platforms, locations, devices = (
        conditions[name] for name in ("Platforms", "Locations", "Devices")
    )
    row.update(
        client_app_types=conditions["ClientAppTypes"].texts(),
        include_platforms=separated(platforms["IncludePlatforms"]),
        exclude_platforms=separated(platforms["ExcludePlatforms"]),
        include_locations=locations["IncludeLocations"].texts(),
        exclude_locations=locations["ExcludeLocations"].texts(),
        sign_in_risk_levels=separated(conditions["SignInRiskLevels"]),
        user_risk_levels=separated(conditions["UserRiskLevels"]),
        insider_risk_levels=separated(conditions["InsiderRiskLevels"]),
        has_device_filter=not is_empty(devices["DeviceFilter"].value),
        authentication_flows=[
            flow
            for flow in separated(conditions["AuthenticationFlows"]["TransferMethods"])
            if flow.lower() != "none"
        ],
    )
    return any(
        not is_empty(value) and value != ["All"]
        for key, value in devices.members().items()
        if key != "DeviceFilter" and "@odata" not in key
    )


def _grant(grant: Node, row: dict[str, object]) -> None:
    controls = grant["BuiltInControls"].texts()
    if named_texts(grant["TermsOfUse"]):
        controls.append("termsOfUse")
    if named_texts(grant["CustomAuthenticationFactors"]):
        controls.append("customAuthenticationFactor")
    strength = grant["AuthenticationStrength"]
    row.update(
        grant_operator=grant["Operator"].text() or "OR",
        grant_controls=controls,
        auth_strength_id=None if strength.is_null else strength["Id"].id(),
    )


def _session(session: Node, row: dict[str, object]) -> None:
    frequency, browser = session["SignInFrequency"], session["PersistentBrowser"]
    value = frequency["Value"].number()
    unit = frequency["Type"].text()
    if value is not None and not 0 <= value <= MAX_FREQUENCY:
        frequency["Value"].fail(f"a number from 0 to {MAX_FREQUENCY}")
    if value is not None and unit not in {"hours", "days"}:
        frequency["Type"].fail("hours or days")
    row.update(
        sign_in_frequency_is_enabled=frequency["IsEnabled"].flag() or False,
        sign_in_frequency_interval=frequency["FrequencyInterval"].text(),
        sign_in_frequency_hours=(
            value * HOURS_A_DAY if value is not None and unit == "days" else value
        ),
        persistent_browser_is_enabled=browser["IsEnabled"].flag() or False,
        persistent_browser_mode=browser["Mode"].text(),
    )
