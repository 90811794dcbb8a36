"""The scanner of the main organization: writes its reports as OCSF files and imports them.

The files are real ones, read by the same importer as anybody's. A scan runs every night; a file
is written where something is other than in the night before.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from securescore.core.collection import Collected, Row
from securescore.importers.base import ImportContext
from securescore.importers.document import Document
from securescore.importers.ocsf import OcsfImporter
from securescore.ops.demo.checks import (
    ASKS_A_PERSON,
    CLOUD_CHECKS,
    LAPTOP_ENCRYPTED,
    LAPTOP_SEEN,
    LAPTOP_SUPPORTED,
    Check,
)
from securescore.ops.demo.company import ORGANIZATION_ID
from securescore.ops.demo.devices import OLD_WINDOWS, OLD_WINDOWS_ENDS, SYNC_LIMIT

TOOL = "prowler"
TOOL_VERSION = "5.9.0"
ACCOUNT = "000011112222"
"""No such account exists."""
REGION = "eu-north-1"
EVERY = 14
SEVERITY_IDS = {"Informational": 1, "Low": 2, "Medium": 3, "High": 4, "Critical": 5}
MUTED = ("iam_rotate_access_key_90_days", "person-3")
TEST_ENVIRONMENT = (
    ("ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22", "test-shop-group-1"),
    ("ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22", "test-shop-group-2"),
    ("s3_bucket_level_public_access_block", "test-shop-pictures"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of one resource."""

    check: Check
    resource: str
    verdict: str
    says: str
    is_muted: bool = False


@dataclass
class Scope:
    """What one run of the scanner sees, and what it said last."""

    provider: str
    account: str
    findings: tuple[Finding, ...] = ()
    is_new: bool = True

    def say(self, findings: Iterable[Finding]) -> None:
        """Replace the findings; the same ones again are no news."""
        found = tuple(findings)
        if found != self.findings:
            self.findings = found
            self.is_new = True


@dataclass
class Cloud:
    """The cloud account and the laptops, as the scanner sees them."""

    random: Random
    account: Scope = field(default_factory=lambda: Scope("aws", ACCOUNT))
    laptops: Scope = field(default_factory=lambda: Scope("m365", str(ORGANIZATION_ID)))
    failing: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=dict)
    is_test_open: bool = False

    def settle(self) -> None:
        """Draw when each resource fails: from the first day, or for a while later, or both."""
        for check in CLOUD_CHECKS:
            for number in range(check.n):
                spans = []
                if number >= round(check.n * check.passing):
                    spans.append((-1_000, self.random.randrange(30, 1900)))
                if self.random.random() < 0.12:
                    first = self.random.randrange(100, 700)
                    spans.append((first, first + self.random.randrange(14, 60)))
                self.failing[check.check_id, f"{check.resource}-{number + 1}"] = spans

    def open_test_environment(self, day: int) -> None:
        """Somebody opens what should be closed."""
        self.is_test_open = True
        self.scan_account(day)

    def close_test_environment(self, day: int) -> None:
        """And closes it."""
        self.is_test_open = False
        self.scan_account(day)

    def live(self, day: int) -> None:
        """A look at the account every two weeks; between them nothing changes."""
        if day % EVERY == 0:
            self.scan_account(day)

    def scan_account(self, day: int) -> None:
        """What the account looks like on this day."""
        self.account.say(self._account_findings(day))

    def scan_laptops(self, day: int, now: datetime, laptops: Sequence[Row]) -> None:
        """What the laptops look like on this day."""
        self.laptops.say(_laptop_findings(day, now, laptops))

    def collected(self, at: datetime, *, whole: bool) -> Iterator[Collected]:
        """The collections of a night, one per scope, half a minute apart."""
        for number, scope in enumerate((self.account, self.laptops)):
            when = at + timedelta(seconds=30 * number)
            if whole or scope.is_new:
                scope.is_new = False
                yield imported(scope, when)
            else:
                yield Collected(
                    source=TOOL,
                    scope=f"{scope.provider}/{scope.account}",
                    collected_at=when,
                    tables={},
                    unchanged=frozenset({"scanner_findings"}),
                    tool_version=TOOL_VERSION,
                )

    def _account_findings(self, day: int) -> Iterator[Finding]:
        by_id = {check.check_id: check for check in CLOUD_CHECKS}
        for (check_id, resource), spans in self.failing.items():
            check = by_id[check_id]
            fails = any(first <= day < last for first, last in spans)
            yield Finding(
                check,
                resource,
                "FAIL" if fails else "PASS",
                f"{resource}: {'not so' if fails else 'in order'}: {check.title.lower()}",
                is_muted=fails and (check_id, resource) == MUTED,
            )
        if self.is_test_open:
            for check_id, resource in TEST_ENVIRONMENT:
                yield Finding(by_id[check_id], resource, "FAIL", f"{resource} is open to everybody")
        yield Finding(ASKS_A_PERSON, "account", "MANUAL", "look at the contacts of the account")


def _laptop_findings(day: int, now: datetime, laptops: Sequence[Row]) -> Iterator[Finding]:
    for row in laptops:
        name, seen = str(row["device_name"]), row["last_sync_at"]
        is_old = row["os_version"] == OLD_WINDOWS and day >= OLD_WINDOWS_ENDS
        is_lost = isinstance(seen, datetime) and now - seen > SYNC_LIMIT
        for check, fails, says in (
            (LAPTOP_ENCRYPTED, not row["is_encrypted"], "the disk is not encrypted"),
            (LAPTOP_SUPPORTED, is_old, f"Windows {row['os_version']} gets no updates any more"),
            (LAPTOP_SEEN, is_lost, "not seen for thirty days"),
        ):
            verdict = "FAIL" if fails else "PASS"
            yield Finding(check, name, verdict, f"{name}: {says if fails else 'in order'}")


def imported(scope: Scope, at: datetime) -> Collected:
    """Write the report of a scope as a file of OCSF lines, and import it."""
    with tempfile.TemporaryDirectory(prefix="securescore-demo-") as folder:
        path = Path(folder) / "prowler-output.ocsf.json"
        lines = (json.dumps(_record(scope, finding, at)) for finding in scope.findings)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        context = ImportContext(now=at + timedelta(hours=1))
        [collected] = OcsfImporter().read([Document(path)], context)
        return collected


def _record(scope: Scope, finding: Finding, at: datetime) -> dict[str, object]:
    """A Detection Finding (class 2004) as Prowler writes it."""
    check = finding.check
    is_cloud = scope.provider == "aws"
    uid = f"arn:aws:demo:{REGION}:{scope.account}:{finding.resource}"
    return {
        "message": finding.says,
        "metadata": {
            "event_code": check.check_id,
            "product": {
                "name": "Prowler", "uid": TOOL, "vendor_name": "Prowler", "version": TOOL_VERSION,
            },
            "profiles": ["cloud", "datetime"],
            "version": "1.5.0",
        },
        "severity_id": SEVERITY_IDS[check.severity],
        "severity": check.severity,
        "status": "Suppressed" if finding.is_muted else "New",
        "status_code": finding.verdict,
        "status_detail": finding.says,
        "status_id": 3 if finding.is_muted else 1,
        "unmapped": {"provider": scope.provider, "provider_uid": scope.account, "compliance": {}},
        "activity_name": "Create",
        "activity_id": 1,
        "finding_info": {
            "created_time": int(at.timestamp()),
            "desc": f"Fails where this does not hold: {check.title}.",
            "title": check.title,
            "uid": f"{TOOL}-{check.check_id}-{scope.account}-{finding.resource}",
        },
        "resources": [
            {
                "region": REGION if is_cloud else "global",
                "group": {"name": check.service},
                "name": finding.resource,
                "type": "Other" if is_cloud else "Laptop",
                "uid": uid if is_cloud else finding.resource,
            }
        ],
        "category_name": "Findings",
        "category_uid": 2,
        "class_name": "Detection Finding",
        "class_uid": 2004,
        "cloud": {
            "account": {"uid": scope.account, "name": "norrmoor"},
            "provider": scope.provider,
            "region": REGION if is_cloud else "global",
        },
        "remediation": {"desc": check.fix, "references": []},
        "time": int(at.timestamp()),
        "type_name": "Detection Finding: Create",
        "type_uid": 200401,
    }  # fmt: skip
