"""The people of the main organization: who comes, who goes, and who registers a second factor.

Weeks have a rhythm: people join on the first day of a week and leave on the fourth; methods are
registered on the second and the fifth. So a table changes on few days, as it does in reality.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from securescore.ops.demo.company import CLOUD_DOMAIN, CREW_DOMAIN, DOMAIN, OWNER, group_id
from securescore.ops.demo.ledger import Ledger
from securescore.ops.demo.licenses import FRONTLINE_F3, OFFICE_E3
from securescore.ops.demo.names import FIRST_NAMES, LAST_NAMES, identity, mail_name

OFFICE = (
    "Engineering", "Optics", "Sales", "Purchasing", "Finance", "People", "IT", "Field service",
)  # fmt: skip
WORKSHOP = ("Assembly", "Foundry", "Logistics")
N_OFFICE = 372
N_WORKSHOP = 232
N_GUESTS = 78
N_SHARED = 26
N_ROOMS = 17
N_VEHICLES = 6
N_MACHINES = 24
N_SEASONAL = 40

REGISTERED_BEFORE = 0.40
REFUSERS = 0.07
CAMPAIGN = {
    "IT": 24, "Finance": 45, "Engineering": 85, "People": 110, "Sales": 135, "Purchasing": 150,
    "Optics": 180, "Field service": 215, "Assembly": 250, "Logistics": 300, "Foundry": 340,
}  # fmt: skip
"""Day on which the registration campaign reaches a department."""
NEVER = 100_000
DISABLED_FOR = 28
"""Days from the last day of work until the account is removed."""
METHODS = (
    ("microsoftAuthenticatorPush", "softwareOneTimePasscode"),
    ("microsoftAuthenticatorPush",),
    ("mobilePhone",),
    ("fido2SecurityKey", "microsoftAuthenticatorPush"),
)


@dataclass
class Person:
    """Somebody who works here. Days are those of the story."""

    user_id: UUID
    upn: str
    name: str
    department: str
    registers_on: int
    methods: tuple[str, ...]
    is_permanent: bool = False
    leaves_on: int = NEVER
    is_seasonal: bool = False


@dataclass
class People:
    """Everybody, and what the tables say of them."""

    random: Random
    ledger: Ledger
    seed: int
    working: dict[UUID, Person] = field(default_factory=dict)
    gone: dict[UUID, int] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    office_plans: tuple[str, ...] = OFFICE_E3
    upgraded: set[str] = field(default_factory=set)
    sspr_departments: set[str] = field(default_factory=lambda: {"IT", "Engineering", "Sales"})

    # -- the beginning --------------------------------------------------------------------------
    def settle(self) -> None:
        """Everybody who is here on the first day."""
        for number in range(N_OFFICE):
            self.hire(OFFICE[number % len(OFFICE)], 0, is_permanent=number < 80)
        for number in range(N_WORKSHOP):
            self.hire(WORKSHOP[number % len(WORKSHOP)], 0)
        for number in range(N_GUESTS):
            first, last = self._name()
            self._account(
                identity(OWNER, self.seed, "guest", number),
                f"{mail_name(first, last)}_partner{number % 9}.example#EXT#@{DOMAIN}",
                f"{first} {last}",
                user_type="Guest",
                on_premises_sync_enabled=False,
                service_plans=(),
                mailbox_purpose="none",
            )
        for kind, purpose, recipient, n in (
            ("team", "shared", "SharedMailbox", N_SHARED),
            ("room", "room", "RoomMailbox", N_ROOMS),
            ("van", "equipment", "EquipmentMailbox", N_VEHICLES),
        ):
            for number in range(n):
                self._resource(kind, purpose, recipient, number)
        for number in range(N_MACHINES):
            self._machine(number)
        self.ledger.put(
            "exo_mailboxes",
            {
                "mailbox_id": identity(OWNER, "mailbox", "discovery"),
                "primary_smtp_address": f"discovery@{DOMAIN}",
                "display_name": "Discovery Search Mailbox",
                "recipient_type_details": "DiscoveryMailbox",
                "audit_enabled": False,
                "is_licensed": False,
                "account_enabled": False,
            },
        )

    def hire(
        self, department: str, day: int, *, is_permanent: bool = False, is_seasonal: bool = False
    ) -> Person:
        """Somebody new, with an account, a mailbox and perhaps a second factor to come."""
        first, last = self._name()
        address = mail_name(first, last)
        person = Person(
            user_id=identity(OWNER, self.seed, "person", address),
            upn=f"{address}@{DOMAIN if department in OFFICE else CREW_DOMAIN}",
            name=f"{first} {last}",
            department=department,
            registers_on=self._registers_on(department, day, is_seasonal=is_seasonal),
            methods=self.random.choice(METHODS),
            is_permanent=is_permanent,
            is_seasonal=is_seasonal,
        )
        self.working[person.user_id] = person
        self._account(
            person.user_id, person.upn, person.name, service_plans=self._plans(department)
        )
        self.show_registration(person, day)
        self.ledger.put(
            "exo_mailboxes",
            {
                "mailbox_id": identity(OWNER, "mailbox", person.upn),
                "user_id": person.user_id,
                "primary_smtp_address": person.upn,
                "display_name": person.name,
            },
        )
        return person

    # -- a day ----------------------------------------------------------------------------------
    def live(self, day: int) -> None:
        """What happens without anybody's plan on this day."""
        weekday = day % 7
        if weekday == 1:
            self._remove_gone(day)
            for _ in range(self.random.choice((0, 1, 1, 1, 2, 3))):
                self.hire(self.random.choice((*OFFICE, *WORKSHOP)), day)
        elif weekday == 4:
            for person in self._leaving(day):
                self.dismiss(person, day)
        if weekday in (2, 5):
            for person in list(self.working.values()):
                if day - 4 < person.registers_on <= day:
                    self.show_registration(person, day)

    def dismiss(self, person: Person, day: int) -> None:
        """The account is switched off; it is removed four weeks later."""
        del self.working[person.user_id]
        self.gone[person.user_id] = day
        self.ledger.change("entra_users", person.user_id, account_enabled=False)
        self.ledger.change(
            "exo_mailboxes", identity(OWNER, "mailbox", person.upn), account_enabled=False
        )

    def show_registration(self, person: Person, day: int) -> None:
        """What the report says of a person."""
        is_registered = person.registers_on <= day
        is_sspr = person.department in self.sspr_departments
        self.ledger.put(
            "entra_registration",
            {
                "user_id": person.user_id,
                "is_mfa_registered": is_registered,
                "is_mfa_capable": is_registered,
                "is_sspr_enabled": is_sspr,
                "is_sspr_registered": is_sspr and is_registered,
                "methods_registered": person.methods if is_registered else (),
            },
        )

    # -- what the story asks for ----------------------------------------------------------------
    def of(self, department: str) -> list[Person]:
        """Those who work in a department, by address."""
        found = [p for p in self.working.values() if p.department == department]
        return sorted(found, key=lambda person: person.upn)

    def permanent(self, n: int, *departments: str) -> list[Person]:
        """The first ``n`` people who stay for good, of these departments or of all."""
        found = [
            p
            for p in self.working.values()
            if p.is_permanent and (not departments or p.department in departments)
        ]
        return found[:n]

    def upgrade(self, plans: tuple[str, ...], day: int, *departments: str) -> None:
        """Give the people of these departments further service plans."""
        del day
        self.upgraded.update(departments)
        self.office_plans = tuple(dict.fromkeys((*self.office_plans, *plans)))
        for department in departments:
            for person in self.of(department):
                self.ledger.change(
                    "entra_users", person.user_id, service_plans=self._plans(department)
                )

    def open_password_reset(self, day: int, *departments: str) -> None:
        """Let the people of these departments reset their own password."""
        self.sspr_departments.update(departments)
        for department in departments:
            for person in self.of(department):
                self.show_registration(person, day)

    def administrator(self, name: str, *, is_registered: bool = True) -> UUID:
        """A cloud-only account without licenses, for administration alone."""
        user_id = identity(OWNER, "administrator", name)
        self._account(
            user_id,
            f"{name}@{CLOUD_DOMAIN}",
            name,
            on_premises_sync_enabled=False,
            service_plans=(),
            mailbox_purpose="none",
        )
        self.ledger.put(
            "entra_registration",
            {
                "user_id": user_id,
                "is_mfa_registered": is_registered,
                "is_mfa_capable": is_registered,
                "is_sspr_enabled": True,
                "is_admin": True,
                "methods_registered": ("fido2SecurityKey",) if is_registered else (),
            },
        )
        return user_id

    def join_group(self, key: str, *user_ids: object) -> None:
        """Make them members."""
        for user_id in user_ids:
            self.ledger.put("entra_group_members", {"group_id": group_id(key), "user_id": user_id})

    def leave_group(self, key: str, user_id: Hashable) -> None:
        """Take somebody out of a group."""
        group: Hashable = identity(OWNER, "group", key)
        self.ledger.drop("entra_group_members", group, user_id)

    # -- details --------------------------------------------------------------------------------
    def _name(self) -> tuple[str, str]:
        for _ in range(20):
            first = self.random.choice(FIRST_NAMES)
            last = self.random.choice(LAST_NAMES)
            if mail_name(first, last) not in self.names:
                break
        else:
            last = f"{last}-{self.random.choice(LAST_NAMES)}"
        self.names.add(mail_name(first, last))
        return first, last

    def _plans(self, department: str) -> tuple[str, ...]:
        if department in WORKSHOP:
            return FRONTLINE_F3
        return self.office_plans if department in self.upgraded else OFFICE_E3

    def _registers_on(self, department: str, day: int, *, is_seasonal: bool) -> int:
        chance = self.random.random()
        pause = int(self.random.expovariate(1 / 26))
        if is_seasonal:
            return day + 18 + pause if chance < 0.4 else NEVER
        if day == 0 and chance < REGISTERED_BEFORE:
            return 0
        is_refuser = chance > 1 - REFUSERS * (2 if department in WORKSHOP else 1)
        if is_refuser:
            return NEVER
        return max(day + 1 + pause // 3, CAMPAIGN[department] + pause)

    def _leaving(self, day: int) -> Iterator[Person]:
        for person in list(self.working.values()):
            if person.leaves_on <= day:
                yield person
        candidates = [
            p
            for p in self.working.values()
            if not p.is_permanent and not p.is_seasonal and p.leaves_on == NEVER
        ]
        yield from self.random.sample(candidates, self.random.choice((0, 1, 1, 1, 2, 2)))

    def _remove_gone(self, day: int) -> None:
        for user_id, left_on in list(self.gone.items()):
            if day - left_on >= DISABLED_FOR:
                del self.gone[user_id]
                upn = self.ledger.rows["entra_users"][user_id,]["upn"]
                self.ledger.drop("entra_users", user_id)
                self.ledger.drop("entra_registration", user_id)
                self.ledger.drop("exo_mailboxes", identity(OWNER, "mailbox", upn))

    def _account(self, user_id: UUID, upn: str, name: str, **columns: object) -> None:
        self.ledger.put(
            "entra_users",
            {
                "user_id": user_id,
                "upn": upn,
                "display_name": name,
                "on_premises_sync_enabled": True,
                **columns,
            },
        )

    def _resource(self, kind: str, purpose: str, recipient: str, number: int) -> None:
        address = f"{kind}-{number + 1:02}@{DOMAIN}"
        user_id = identity(OWNER, kind, number)
        self._account(
            user_id, address, f"{kind.title()} {number + 1}",
            account_enabled=False, service_plans=(), mailbox_purpose=purpose,
        )  # fmt: skip
        self.ledger.put(
            "exo_mailboxes",
            {
                "mailbox_id": identity(OWNER, "mailbox", address),
                "user_id": user_id,
                "primary_smtp_address": address,
                "display_name": f"{kind.title()} {number + 1}",
                "recipient_type_details": recipient,
                "audit_enabled": purpose == "shared",
                "is_licensed": False,
                "account_enabled": False,
            },
        )

    def _machine(self, number: int) -> None:
        """A scanner or machine tool that sends mail with a password."""
        user_id = identity(OWNER, "machine", number)
        address = f"machine-{number + 1:02}@{DOMAIN}"
        self._account(
            user_id, address, f"Machine {number + 1}",
            service_plans=("EXCHANGE_S_DESKLESS",), on_premises_sync_enabled=False,
        )  # fmt: skip
        self.ledger.put("entra_registration", {"user_id": user_id})
        self.ledger.put(
            "exo_mailboxes",
            {
                "mailbox_id": identity(OWNER, "mailbox", address),
                "user_id": user_id,
                "primary_smtp_address": address,
                "display_name": f"Machine {number + 1}",
            },
        )
        self.join_group("legacy", user_id)
