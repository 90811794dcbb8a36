"""The story of sign-in: people, administrators, Conditional Access."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from securescore.ops.demo import roles
from securescore.ops.demo.company import DOMAIN, OWNER, SHOP_DOMAIN, group_id
from securescore.ops.demo.names import identity
from securescore.ops.demo.people import N_SEASONAL, OFFICE, WORKSHOP, Person
from securescore.ops.demo.policies import PHISHING_RESISTANT, REPORT_ONLY, access_policy
from securescore.ops.demo.values import StoryCause, StoryKind
from securescore.ops.demo.world import Scene, World

LEGACY = "Block legacy authentication"
ADMINS = "Require MFA for administrators"
EVERYBODY = "Require MFA for everybody"
SIGN_IN_RISK = "Require MFA when a sign-in is risky"
AZURE_SERVICE_MANAGEMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
CAMPAIGN_STARTS, CAMPAIGN_ENDS = 24, 420
EMERGENCY_NAMES = ("lighthouse-1", "lighthouse-2")


def first_day(world: World) -> None:
    """Groups, roles and the accounts that hold them two years ago."""
    people = world.people
    people.join_group("executives", *_ids(people.permanent(9, "Finance", "Sales", "People")))
    people.join_group("pilot", *_ids(people.permanent(18, "IT", "Engineering")))
    people.join_group("labels", *_ids(people.permanent(30, "Finance", "Engineering", "Optics")))
    emergency = people.administrator(EMERGENCY_NAMES[0], is_registered=False)
    people.join_group("emergency", emergency)
    _assign(world, emergency, EMERGENCY_NAMES[0], roles.GLOBAL_ADMINISTRATOR)
    team = people.permanent(7, "IT")
    held = (
        (roles.GLOBAL_ADMINISTRATOR, roles.SECURITY_ADMINISTRATOR),
        (roles.GLOBAL_ADMINISTRATOR,),
        (roles.EXCHANGE_ADMINISTRATOR, roles.SHAREPOINT_ADMINISTRATOR),
        (roles.USER_ADMINISTRATOR,),
        (roles.HELPDESK_ADMINISTRATOR,),
        (roles.HELPDESK_ADMINISTRATOR,),
        (roles.GLOBAL_READER,),
    )
    for person, names in zip(team, held, strict=True):
        for role in names:
            _assign(world, person.user_id, person.name, role)
    [bookkeeper] = people.permanent(1, "Finance")
    _assign(world, bookkeeper.user_id, bookkeeper.name, roles.BILLING_ADMINISTRATOR)


def _ids(people: Iterable[Person]) -> list[UUID]:
    return [person.user_id for person in people]


def _assign(world: World, principal: UUID, name: str, role: UUID, kind: str = "active") -> None:
    world.ledger.put("entra_role_assignments", roles.assignment(principal, name, role, kind=kind))


def _unassign(world: World, principal: UUID, role: UUID, kind: str = "active") -> None:
    world.ledger.drop("entra_role_assignments", principal, role, kind, "/")


def _policy(world: World, name: str, **columns: object) -> None:
    columns.setdefault("exclude_groups", (group_id("emergency"),))
    world.ledger.put("entra_ca_policies", access_policy(OWNER, name, **columns))


def _set(world: World, name: str, **columns: object) -> None:
    world.ledger.change("entra_ca_policies", identity(OWNER, "policy", name), **columns)


# -- Conditional Access -------------------------------------------------------------------------
def _legacy_watched(world: World) -> None:
    _policy(
        world, LEGACY,
        state=REPORT_ONLY,
        client_app_types=("exchangeActiveSync", "other"),
        exclude_groups=(group_id("emergency"), group_id("legacy")),
        grant_controls=("block",),
    )  # fmt: skip


def _admins_watched(world: World) -> None:
    _policy(
        world, ADMINS,
        state=REPORT_ONLY,
        include_all_users=False,
        include_roles=roles.ADMINISTRATOR_ROLES,
        grant_controls=("mfa",),
    )  # fmt: skip


def _everybody(world: World) -> None:
    _policy(
        world, EVERYBODY,
        exclude_groups=(group_id("emergency"), group_id("legacy")),
        grant_controls=("mfa", "compliantDevice"),
    )  # fmt: skip


def _guests(world: World) -> None:
    _policy(
        world, "Require MFA for guests",
        include_all_users=False,
        include_guest_types=("b2bCollaborationGuest", "b2bCollaborationMember"),
        grant_controls=("mfa",),
    )  # fmt: skip


def _azure_management(world: World) -> None:
    _policy(
        world, "Only administrators manage Azure",
        include_apps=(AZURE_SERVICE_MANAGEMENT,),
        exclude_groups=(),
        exclude_roles=(roles.GLOBAL_ADMINISTRATOR, roles.SECURITY_ADMINISTRATOR),
        grant_controls=("block",),
    )  # fmt: skip


def _sign_in_risk(world: World) -> None:
    _policy(
        world, SIGN_IN_RISK,
        include_all_users=False,
        include_groups=(group_id("pilot"), group_id("protected")),
        sign_in_risk_levels=("medium", "high"),
        grant_controls=("mfa",),
        sign_in_frequency_is_enabled=True,
        sign_in_frequency_interval="everyTime",
    )  # fmt: skip


def _user_risk_watched(world: World) -> None:
    _policy(
        world, "Change the password when a user is at risk",
        state=REPORT_ONLY,
        user_risk_levels=("high",),
        grant_operator="AND",
        grant_controls=("mfa", "passwordChange"),
    )  # fmt: skip


def _short_sessions(world: World) -> None:
    _policy(
        world, "Short sessions for administrators",
        include_all_users=False,
        include_roles=roles.ADMINISTRATOR_ROLES,
        exclude_groups=(),
        grant_controls=("mfa",),
        sign_in_frequency_is_enabled=True,
        sign_in_frequency_interval="timeBased",
        sign_in_frequency_hours=4,
        persistent_browser_is_enabled=True,
        persistent_browser_mode="never",
    )  # fmt: skip


def _keys_watched(world: World) -> None:
    _policy(
        world, "Security keys for administrators",
        state=REPORT_ONLY,
        include_all_users=False,
        include_roles=roles.ADMINISTRATOR_ROLES,
        auth_strength_id=PHISHING_RESISTANT,
    )  # fmt: skip


def _passwords_stay(world: World) -> None:
    for name in (DOMAIN, SHOP_DOMAIN):
        world.ledger.change("entra_domains", name, password_validity_period_in_days=2147483647)


def _legacy_blocked_again(world: World) -> None:
    _set(world, LEGACY, state="enabled")
    for number in range(13):
        world.people.leave_group("legacy", identity(OWNER, "machine", number))


# -- administrators -----------------------------------------------------------------------------
def _separate_accounts(world: World) -> None:
    """The team of IT gets accounts of its own for administration."""
    people = world.people.permanent(7, "IT")
    for number, person in enumerate(people, 1):
        name = f"adm-{number}"
        account = world.people.administrator(name)
        for row in list(world.ledger.rows["entra_role_assignments"].values()):
            if row["principal_id"] == person.user_id:
                role = row["role_template_id"]
                assert isinstance(role, UUID)  # noqa: S101 - the type of the column
                _unassign(world, person.user_id, role)
                _assign(world, account, name, role)


def _eligible(world: World) -> None:
    """Roles are activated for the hours they are needed, but for two Global Administrators."""
    kept = {identity(OWNER, "administrator", name) for name in ("adm-1", EMERGENCY_NAMES[0])}
    for row in list(world.ledger.rows["entra_role_assignments"].values()):
        principal, role = row["principal_id"], row["role_template_id"]
        assert isinstance(principal, UUID)  # noqa: S101 - the type of the column
        assert isinstance(role, UUID)  # noqa: S101 - the type of the column
        if role == roles.GLOBAL_ADMINISTRATOR and principal not in kept:
            _unassign(world, principal, role)
            _assign(world, principal, str(row["principal_name"]), role, "eligible")


def _billing_moves(world: World) -> None:
    [bookkeeper] = world.people.permanent(1, "Finance")
    _unassign(world, bookkeeper.user_id, roles.BILLING_ADMINISTRATOR)
    account = identity(OWNER, "administrator", "adm-2")
    _assign(world, account, "adm-2", roles.BILLING_ADMINISTRATOR)


def _administrator_leaves(world: World) -> None:
    account = identity(OWNER, "administrator", "adm-1")
    world.ledger.change("entra_users", account, account_enabled=False)
    _unassign(world, account, roles.GLOBAL_ADMINISTRATOR)
    _unassign(world, account, roles.SECURITY_ADMINISTRATOR)


def _second_emergency_account(world: World) -> None:
    name = EMERGENCY_NAMES[1]
    account = world.people.administrator(name)
    world.people.join_group("emergency", account)
    _assign(world, account, name, roles.GLOBAL_ADMINISTRATOR)


def _holiday_helpdesk(world: World) -> None:
    person = world.people.permanent(9, "IT")[-1]
    _assign(world, person.user_id, person.name, roles.HELPDESK_ADMINISTRATOR)


# -- people -------------------------------------------------------------------------------------
def _seasonal_workers_join(world: World) -> None:
    for number in range(N_SEASONAL):
        person = world.people.hire(
            ("Assembly", "Logistics")[number % 2], world.day, is_seasonal=True
        )
        person.leaves_on = 715 + number if number < 12 else 760


def _leak(n: int) -> Callable[[World], None]:
    def act(world: World) -> None:
        for person in world.people.permanent(30, "Sales")[-n:]:
            world.ledger.put(
                "entra_risky_users",
                {
                    "user_id": person.user_id,
                    "risk_state": "atRisk",
                    "risk_level": "high",
                    "detection_types": ("leakedCredentials",),
                },
            )

    return act


def _leak_remedied(world: World) -> None:
    for row in list(world.ledger.rows["entra_risky_users"].values()):
        world.ledger.put("entra_risky_users", {**row, "risk_state": "remediated"})


CONFIGURATION, USER = StoryCause.CONFIGURATION, StoryCause.USER
IMPROVEMENT, REGRESSION, REPAIR = StoryKind.IMPROVEMENT, StoryKind.REGRESSION, StoryKind.REPAIR

SCENES = (
    Scene(CAMPAIGN_STARTS, IMPROVEMENT, USER, ("MFARegistrationV2", "AdminMFAV2"),
          "The campaign for a second factor begins with IT and reaches a department every "
          "few weeks."),
    Scene(45, IMPROVEMENT, CONFIGURATION, (),
          "A policy against legacy authentication is watched in report-only: nothing is "
          "earned yet.", _legacy_watched),
    Scene(76, IMPROVEMENT, CONFIGURATION, (),
          "Multifactor authentication for administrators is watched in report-only.",
          _admins_watched),
    Scene(97, IMPROVEMENT, CONFIGURATION, ("AdminMFAV2",),
          "Administrators need multifactor authentication.",
          lambda world: _set(world, ADMINS, state="enabled")),
    Scene(121, IMPROVEMENT, CONFIGURATION, ("BlockLegacyAuthentication",),
          "Legacy authentication is blocked, but for two dozen machines that send mail.",
          lambda world: _set(world, LEGACY, state="enabled")),
    Scene(198, IMPROVEMENT, CONFIGURATION, ("IntegratedApps",),
          "Users consent only to apps of verified publishers.",
          lambda world: world.ledger.change(
              "entra_authorization_policy",
              permission_grant_policy_ids=(
                  "ManagePermissionGrantsForSelf.microsoft-user-default-low",),
              allow_invites_from="adminsAndGuestInviters")),
    Scene(205, IMPROVEMENT, CONFIGURATION, ("aad_admin_consent_workflow",),
          "Requests for consent go to two reviewers.",
          lambda world: world.ledger.change(
              "entra_admin_consent_policy", is_enabled=True, n_reviewers=2)),
    Scene(232, IMPROVEMENT, USER, ("SelfServicePasswordReset",),
          "Everybody may reset a forgotten password.",
          lambda world: world.people.open_password_reset(world.day, *OFFICE, *WORKSHOP)),
    Scene(240, IMPROVEMENT, CONFIGURATION, (), "Guests need multifactor authentication.", _guests),
    Scene(262, IMPROVEMENT, CONFIGURATION, ("aad_custom_banned_passwords",),
          "Words of the company are banned from passwords.",
          lambda world: world.ledger.change(
              "entra_password_settings", enable_banned_password_check=True,
              n_banned_passwords=64)),
    Scene(303, IMPROVEMENT, USER, ("AdminMFAV2",),
          "The team of IT gets cloud-only accounts without licenses for administration.",
          _separate_accounts),
    Scene(310, IMPROVEMENT, CONFIGURATION, (),
          "Everybody needs multifactor authentication or a compliant device.", _everybody),
    Scene(338, IMPROVEMENT, CONFIGURATION, ("PWAgePolicyNew",),
          "Passwords no longer expire.",
          _passwords_stay),
    Scene(366, IMPROVEMENT, CONFIGURATION, ("aad_limited_administrative_roles",),
          "Only administrators manage Azure.", _azure_management),
    Scene(452, IMPROVEMENT, USER, (),
          "Roles become eligible: two Global Administrators stay active.", _eligible),
    Scene(503, IMPROVEMENT, CONFIGURATION, ("SigninRiskPolicy",),
          "A risky sign-in of four departments asks for multifactor authentication.",
          _sign_in_risk),
    Scene(506, IMPROVEMENT, USER, ("aad_admin_accounts_separate_unassigned_cloud_only",),
          "The last licensed account gives its role away.", _billing_moves),
    Scene(524, StoryKind.PLANNED, CONFIGURATION, (),
          "Password change at user risk is watched in report-only and stays planned.",
          _user_risk_watched),
    Scene(548, REGRESSION, USER, ("AATP_AccountWithLeakedCredentials",),
          "Passwords of two people are found in a leak.", _leak(2)),
    Scene(557, REPAIR, USER, ("AATP_AccountWithLeakedCredentials",),
          "Both have changed their passwords.", _leak_remedied),
    Scene(566, REGRESSION, CONFIGURATION, ("BlockLegacyAuthentication",),
          "While a machine is replaced, the policy against legacy authentication is switched to "
          "report-only, and nobody notices.",
          lambda world: _set(world, LEGACY, state=REPORT_ONLY)),
    Scene(587, REPAIR, CONFIGURATION, ("BlockLegacyAuthentication",),
          "After three weeks the policy against legacy authentication is on again, with half of "
          "the exceptions.",
          _legacy_blocked_again),
    Scene(602, IMPROVEMENT, CONFIGURATION, ("aad_sign_in_freq_session_timeout",),
          "Administrators sign in again after four hours and keep no session in the browser.",
          _short_sessions),
    Scene(641, StoryKind.PLANNED, CONFIGURATION, (),
          "Security keys for administrators are watched in report-only and stay planned.",
          _keys_watched),
    Scene(655, REGRESSION, USER, ("OneAdmin",),
          "The second Global Administrator leaves the company: one is left.",
          _administrator_leaves),
    Scene(662, REGRESSION, USER, ("MFARegistrationV2",),
          "Forty seasonal workers join without a second factor.", _seasonal_workers_join),
    Scene(676, REGRESSION, CONFIGURATION, ("IntegratedApps",),
          "While a supplier sets up an app, consent is left to the setting that the service "
          "chooses.",
          lambda world: world.ledger.change(
              "entra_authorization_policy",
              permission_grant_policy_ids=(
                  "ManagePermissionGrantsForSelf.microsoft-user-default-recommended",))),
    Scene(683, REPAIR, USER, ("OneAdmin",),
          "A second emergency access account is made, so there are two Global Administrators.",
          _second_emergency_account),
    Scene(694, REGRESSION, USER, ("aad_admin_accounts_separate_unassigned_cloud_only",),
          "Somebody helps out at the helpdesk with an everyday account and keeps the role.",
          _holiday_helpdesk),
    Scene(722, REGRESSION, USER, ("AATP_AccountWithLeakedCredentials",),
          "A password is found in a leak again.", _leak(1)),
)  # fmt: skip
