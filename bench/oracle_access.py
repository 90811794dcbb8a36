"""The oracle's part on roles and Conditional Access: who administers, and whom policies cover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from bench.configuration import GLOBAL, ROLES

Row = dict[str, Any]

ADMINISTRATOR_ROLES = frozenset(UUID(role) for role in ROLES[:15])
GLOBAL_ADMINISTRATOR = UUID(GLOBAL)
GLOBAL_READER = UUID("f2ef992c-3afb-46b9-b7cf-a126ee74c451")
UNLIMITED = {
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    UUID("88d8e3e3-8f55-4a1e-953a-9b9898b8876b"),  # Directory Readers
    UUID("d29b2b05-8046-44ba-8758-1e26182fcf32"),  # Directory Synchronization Accounts
    UUID("9f06204d-73c1-4d4c-880a-6edb90606fd8"),  # Joined Device Local Administrator
    UUID("95e79109-95c0-4d8e-aee3-d01accf2d47b"),  # Guest Inviter
}
AZURE_MANAGEMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
BUILT_IN_MFA = {UUID(f"00000000-0000-0000-0000-00000000000{n}") for n in (2, 3, 4)}
PHISHING_RESISTANT = UUID("00000000-0000-0000-0000-000000000004")
RESISTANT_METHODS = {"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"}
STRONG_METHODS = RESISTANT_METHODS | {
    "deviceBasedPush",
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "federatedMultiFactor",
}
MODERN = {"browser", "mobileAppsAndDesktopClients"}
LEGACY = {"exchangeActiveSync", "other"}
FOUR_HOURS, DAY_HOURS = 4, 24


class Access:
    """Roles, groups and policies of one organization."""

    def __init__(self, rows: Mapping[str, list[Row]]) -> None:
        self._rows = rows

    @cached_property
    def security_defaults(self) -> bool:
        return any(row["is_enabled"] for row in self._rows["entra_security_defaults"])

    @cached_property
    def members(self) -> defaultdict[Any, set[Any]]:
        """User ids by group; a group without members is an empty set."""
        found: defaultdict[Any, set[Any]] = defaultdict(set)
        for row in self._rows["entra_group_members"]:
            found[row["group_id"]].add(row["user_id"])
        return found

    @cached_property
    def holders(self) -> dict[tuple[Any, Any], bool]:
        """By (user, role) held over the whole organization: whether it is active."""
        held: dict[tuple[Any, Any], bool] = {}
        for row in self._rows["entra_role_assignments"]:
            if row["scope"] != "/":
                continue
            users = set(self.members.get(row["principal_id"], ()))
            if row["principal_type"] == "user":
                users.add(row["principal_id"])
            for user_id in users:
                key = (user_id, row["role_template_id"])
                held[key] = held.get(key, False) or row["assignment_type"] == "active"
        return held

    @cached_property
    def _enabled_holders(self) -> dict[Any, Row]:
        wanted = {user_id for user_id, _ in self.holders}
        return {
            user["user_id"]: user
            for user in self._rows["entra_users"]
            if user["account_enabled"] and user["user_id"] in wanted
        }

    def _users_with(self, roles: frozenset[UUID]) -> dict[Any, Row]:
        wanted = {user_id for user_id, role in self.holders if role in roles}
        return {
            user_id: user for user_id, user in self._enabled_holders.items() if user_id in wanted
        }

    @cached_property
    def administrators(self) -> dict[Any, Row]:
        return self._users_with(ADMINISTRATOR_ROLES)

    @cached_property
    def administrators_who_change(self) -> dict[Any, Row]:
        return self._users_with(ADMINISTRATOR_ROLES - {GLOBAL_READER})

    @cached_property
    def global_administrators(self) -> set[Any]:
        return {
            user_id
            for (user_id, role), is_active in self.holders.items()
            if role == GLOBAL_ADMINISTRATOR and is_active and user_id in self._enabled_holders
        }

    def has_limited_administrator(self) -> bool:
        """Whether somebody holds a limited role, and not Global Administrator beside it."""
        return any(
            is_active
            and role not in UNLIMITED
            and user_id in self._enabled_holders
            and (user_id, GLOBAL_ADMINISTRATOR) not in self.holders
            for (user_id, role), is_active in self.holders.items()
        )

    # -- Conditional Access ---------------------------------------------------------------------
    @cached_property
    def _in_force(self) -> list[Row]:
        return [row for row in self._rows["entra_ca_policies"] if _is_in_force(row)]

    @cached_property
    def _strengths(self) -> dict[Any, list[str]]:
        return {
            row["auth_strength_id"]: row["allowed_combinations"]
            for row in self._rows["entra_auth_strengths"]
        }

    def _of_kind(self, kind: str) -> list[Row]:
        return [
            row
            for row in self._in_force
            if "All" in row["include_apps"]
            and not row["exclude_apps"]
            and KINDS[kind](row, self._strengths.get(row["auth_strength_id"], []))
        ]

    def coverage(self, kind: str, *, for_administrators: bool = False) -> Callable[[Any], bool]:
        """Whether one policy of a kind includes a user and does not exclude the user.

        For administrators an eligible role includes as an active one does.
        """
        policies = [
            (
                row["include_all_users"],
                self._named(row, "include", with_eligible=for_administrators),
                self._named(row, "exclude", with_eligible=True),
            )
            for row in self._of_kind(kind)
        ]

        def covers(user_id: object) -> bool:
            for everyone, inside, outside in policies:
                if (everyone or user_id in inside) and user_id not in outside:
                    return True
            return False

        return covers

    def _named(self, row: Row, part: str, *, with_eligible: bool) -> set[Any]:
        users = set(row[f"{part}_users"])
        for group in row[f"{part}_groups"]:
            users |= self.members.get(group, set())
        roles = set(row[f"{part}_roles"])
        users |= {
            user_id
            for (user_id, role), is_active in self.holders.items()
            if role in roles and (is_active or with_eligible)
        }
        for guest_type in row[f"{part}_guest_types"]:
            users |= self._guests[guest_type]
        return users

    @cached_property
    def _guests(self) -> defaultdict[str, set[Any]]:
        found: defaultdict[str, set[Any]] = defaultdict(set)
        for user in self._rows["entra_users"]:
            is_external = "#EXT#" in (user["upn"] or "")
            is_guest = user["user_type"] == "Guest"
            if is_external:
                kind = "b2bCollaborationGuest" if is_guest else "b2bCollaborationMember"
                found[kind].add(user["user_id"])
            elif is_guest:
                found["internalGuest"].add(user["user_id"])
        return found

    def has_policy_for_all_administrators(self, kind: str) -> bool:
        return any(
            row["include_all_users"] or ADMINISTRATOR_ROLES.issubset(row["include_roles"])
            for row in self._of_kind(kind)
        )

    def limits_portals(self) -> bool:
        """Whether one policy blocks Azure management for all but administrator roles."""
        return any(
            row["include_all_users"]
            and row["exclude_roles"]
            and ADMINISTRATOR_ROLES.issuperset(row["exclude_roles"])
            and not (row["exclude_users"] or row["exclude_groups"] or row["exclude_guest_types"])
            and not {"All", AZURE_MANAGEMENT}.isdisjoint(row["include_apps"])
            and AZURE_MANAGEMENT not in row["exclude_apps"]
            and "block" in row["grant_controls"]
            and _is_for(row, MODERN)
            and not (row["sign_in_risk_levels"] or row["user_risk_levels"])
            for row in self._in_force
        )


def _is_in_force(row: Row) -> bool:
    """Enabled, and no condition beside users, applications, clients and risk narrows it."""
    narrowing = (
        "include_user_actions",
        "include_authentication_contexts",
        "exclude_platforms",
        "exclude_locations",
        "insider_risk_levels",
        "authentication_flows",
        "has_app_filter",
        "has_device_filter",
        "has_other_conditions",
    )
    return (
        row["state"] == "enabled"
        and not any(row[name] for name in narrowing)
        and (not row["include_platforms"] or "all" in row["include_platforms"])
        and (not row["include_locations"] or "All" in row["include_locations"])
    )


def _is_for(row: Row, clients: set[str]) -> bool:
    given = row["client_app_types"]
    return "all" in given or clients.issubset(given)


def _needs(combinations: Sequence[str], methods: set[str]) -> bool:
    return bool(combinations) and all(one in methods or "," in one for one in combinations)


def _asks_mfa(row: Row, combinations: Sequence[str]) -> bool:
    return (
        "mfa" in row["grant_controls"]
        or row["auth_strength_id"] in BUILT_IN_MFA
        or _needs(combinations, STRONG_METHODS)
    )


def _mfa(row: Row, combinations: Sequence[str]) -> bool:
    has_risk = row["sign_in_risk_levels"] or row["user_risk_levels"]
    return _asks_mfa(row, combinations) and not has_risk and _is_for(row, MODERN)


def _phishing_resistant(row: Row, combinations: Sequence[str]) -> bool:
    has_risk = row["sign_in_risk_levels"] or row["user_risk_levels"]
    is_resistant = bool(combinations) and RESISTANT_METHODS.issuperset(combinations)
    return (
        (row["auth_strength_id"] == PHISHING_RESISTANT or is_resistant)
        and not has_risk
        and _is_for(row, MODERN)
    )


def _blocks_legacy(row: Row, _combinations: Sequence[str]) -> bool:
    has_risk = row["sign_in_risk_levels"] or row["user_risk_levels"]
    return "block" in row["grant_controls"] and not has_risk and _is_for(row, LEGACY)


def _is_for_sign_in_risk(row: Row) -> bool:
    return {"medium", "high"}.issubset(row["sign_in_risk_levels"])


def _is_for_user_risk(row: Row) -> bool:
    return "high" in row["user_risk_levels"]


def _sign_in_risk(row: Row, combinations: Sequence[str]) -> bool:
    return (
        _is_for_sign_in_risk(row)
        and (not row["user_risk_levels"] or _is_for_user_risk(row))
        and (_asks_mfa(row, combinations) or "block" in row["grant_controls"])
        and _is_for(row, MODERN)
    )


def _user_risk(row: Row, combinations: Sequence[str]) -> bool:
    grants = row["grant_controls"]
    changes_password = (
        "passwordChange" in grants
        and _asks_mfa(row, combinations)
        and row["grant_operator"] == "AND"
    )
    return (
        _is_for_user_risk(row)
        and (not row["sign_in_risk_levels"] or _is_for_sign_in_risk(row))
        and ("block" in grants or "riskRemediation" in grants or changes_password)
        and _is_for(row, MODERN)
    )


def _session(most: int) -> Callable[[Row, Sequence[str]], bool]:
    def test(row: Row, combinations: Sequence[str]) -> bool:
        hours = row["sign_in_frequency_hours"]
        is_short = row["sign_in_frequency_interval"] == "everyTime" or (
            hours is not None and hours <= most
        )
        return bool(
            _mfa(row, combinations)
            and row["sign_in_frequency_is_enabled"]
            and is_short
            and row["persistent_browser_is_enabled"]
            and row["persistent_browser_mode"] == "never"
        )

    return test


KINDS: dict[str, Callable[[Row, Sequence[str]], bool]] = {
    "mfa": _mfa,
    "phishing_resistant": _phishing_resistant,
    "blocks_legacy": _blocks_legacy,
    "sign_in_risk": _sign_in_risk,
    "user_risk": _user_risk,
    "session_4": _session(FOUR_HOURS),
    "session_24": _session(DAY_HOURS),
}
