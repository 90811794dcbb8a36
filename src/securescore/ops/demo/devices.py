"""The machines of the main organization, as the management of devices sees them.

They change once in four weeks and when the story says so: device tables are large, and few
installations read them more often.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from securescore.core.collection import Row
from securescore.ops.demo.company import OWNER
from securescore.ops.demo.ledger import Ledger
from securescore.ops.demo.names import identity

N_LAPTOPS = 470
N_PHONES = 330
N_TABLETS = 100
N_FIELD_SERVICE = 120
"""Laptops of field service: those that the scanner's own checks look at."""
OLD_WINDOWS = "10.0.19045.4170"
NEW_WINDOWS = "10.0.26100.2314"
OLD_WINDOWS_ENDS = 364
"""Day from which the old version gets no updates."""
EVERY = 28
SYNC_LIMIT = timedelta(days=30)


@dataclass
class Devices:
    """All managed devices."""

    random: Random
    ledger: Ledger
    fleet: dict[object, Row] = field(default_factory=dict)

    def settle(self, now: datetime) -> None:
        """The fleet of the first day."""
        for number in range(N_LAPTOPS + N_PHONES + N_TABLETS):
            kind = "lap" if number < N_LAPTOPS else "mob"
            if number >= N_LAPTOPS + N_PHONES:
                kind = "tab"
            system, version = {
                "lap": ("Windows", OLD_WINDOWS),
                "mob": ("iOS", "17.5") if number % 3 else ("Android", "14"),
                "tab": ("Android", "13"),
            }[kind]
            is_encrypted = kind != "lap" or self.random.random() < 0.72
            row: Row = {
                "device_id": identity(OWNER, "device", number),
                "device_name": f"NLW-{kind.upper()}-{number + 1:04}",
                "operating_system": system,
                "os_version": version,
                "compliance_state": "compliant" if is_encrypted else "noncompliant",
                "is_encrypted": is_encrypted,
                "jail_broken": "False",
                "last_sync_at": self._sync(now),
            }
            self.fleet[row["device_id"]] = row
        self.ledger.put("intune_devices", *self.fleet.values())

    def live(self, day: int, now: datetime) -> None:
        """What four weeks change."""
        if day % EVERY:
            return
        for device_id, row in self.fleet.items():
            changed = {**row, "last_sync_at": self._sync(now)}
            if row["operating_system"] == "Windows":
                if not row["is_encrypted"] and self.random.random() < 0.09:
                    changed["is_encrypted"] = True
                if row["os_version"] == OLD_WINDOWS and self.random.random() < 0.02 + day / 5000:
                    changed["os_version"] = NEW_WINDOWS
            changed["compliance_state"] = "compliant" if changed["is_encrypted"] else "noncompliant"
            self.fleet[device_id] = changed
        self.ledger.put("intune_devices", *self.fleet.values())

    def decrypt(self, n: int) -> None:
        """So many laptops of field service lose their encryption at once."""
        chosen = [row for row in self.field_service() if row["is_encrypted"]]
        for row in self.random.sample(chosen, min(n, len(chosen))):
            self._set(row, is_encrypted=False, compliance_state="noncompliant")

    def encrypt(self, n: int) -> None:
        """So many laptops of field service are encrypted again."""
        chosen = [row for row in self.field_service() if not row["is_encrypted"]]
        for row in self.random.sample(chosen, min(n, len(chosen))):
            self._set(row, is_encrypted=True, compliance_state="compliant")

    def field_service(self) -> list[Row]:
        """The laptops that the scanner's own checks look at."""
        return list(self.fleet.values())[:N_FIELD_SERVICE]

    def _set(self, row: Row, **columns: object) -> None:
        self.fleet[row["device_id"]] = {**row, **columns}
        self.ledger.put("intune_devices", self.fleet[row["device_id"]])

    def _sync(self, now: datetime) -> datetime:
        is_lost = self.random.random() < 0.06
        days = self.random.randrange(31, 120) if is_lost else self.random.randrange(0, 6)
        return now - timedelta(days=days, minutes=self.random.randrange(600))
