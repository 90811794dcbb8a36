"""A finding, whatever file it came from: what a check said of one resource.

It decides the words that the table ``scanner_findings`` may hold and how a finding is known
again in the next run. It knows no file format.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from securescore.core.collection import Row
from securescore.importers.ocsf.categories import prowler_categories


class Verdict(StrEnum):
    """What a check said of a resource, the worst first."""

    FAIL = "fail"
    ERROR = "error"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"
    PASS = "pass"  # noqa: S105 - a verdict, no password


WORST_FIRST = {verdict: rank for rank, verdict in enumerate(Verdict)}

SEVERITIES = frozenset({"critical", "high", "medium", "low", "informational"})
UNKNOWN_SEVERITY = "unknown"
_SAME_SEVERITY = {"fatal": "critical", "moderate": "medium", "info": "informational"}


def severity_of(word: str) -> str:
    """One of ``SEVERITIES`` or ``unknown``, whatever the casing.

    >>> severity_of("High"), severity_of("Info"), severity_of("Other")
    ('high', 'informational', 'unknown')
    """
    found = word.strip().lower()
    found = _SAME_SEVERITY.get(found, found)
    return found if found in SEVERITIES else UNKNOWN_SEVERITY


@dataclass(frozen=True, slots=True)
class Check:
    """What all findings of one check say alike. Equal ones are kept once: reports are large.

    Attributes:
        references: addresses and commands that the tool names for the remediation.
        requirements: ``framework:id``, sorted.
    """

    check_id: str
    title: str | None
    severity: str
    service: str | None
    description: str | None
    remediation: str | None
    references: tuple[str, ...]
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report saw: one account of one provider, through one tool.

    Attributes:
        tool: lower case, also the ``source`` of the collection: ``prowler``.
        provider, account_id: empty where the report does not say them.
    """

    tool: str
    provider: str
    account_id: str

    @property
    def name(self) -> str:
        """``aws/123456789012``; empty for everything that the tool sees."""
        return "/".join(part for part in (self.provider, self.account_id) if part)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check said of one resource.

    Attributes:
        raw_verdict: the word of the tool.
        is_muted: a person or a rule of the tool suppressed it: a proposal, never a pass (S12).
        observed_at: aware, UTC.
    """

    check: Check
    resource_id: str
    resource_name: str | None
    resource_type: str | None
    region: str | None
    verdict: Verdict
    raw_verdict: str
    is_muted: bool
    message: str | None
    tool_version: str
    observed_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        """What it is about, within its scope."""
        return self.check.check_id, self.resource_id

    @property
    def badness(self) -> tuple[int, bool, str, str]:
        """Sorts the finding that counts first: the worst verdict, not muted before muted."""
        return (WORST_FIRST[self.verdict], self.is_muted, self.raw_verdict, self.message or "")

    def row(self, scope: Scope) -> Row:
        """The row of ``scanner_findings``."""
        check = self.check
        return {
            "finding_id": finding_id(scope, *self.key),
            "tool": scope.tool,
            "tool_version": self.tool_version or None,
            "check_id": check.check_id,
            "title": check.title,
            "severity": check.severity,
            "service": check.service,
            "category": prowler_categories().category(
                scope.tool, scope.provider, check.service or "", check.check_id
            ),
            "provider": scope.provider or None,
            "account_id": scope.account_id or None,
            "region": self.region,
            "resource_id": self.resource_id,
            "resource_name": self.resource_name,
            "resource_type": self.resource_type,
            "verdict": self.verdict.value,
            "raw_verdict": self.raw_verdict,
            "is_muted": self.is_muted,
            "message": self.message,
            "description": check.description,
            "remediation": check.remediation,
            "references": check.references,
            "requirements": check.requirements,
            "observed_at": self.observed_at,
        }


def finding_id(scope: Scope, check_id: str, resource_id: str) -> str:
    """The same in every run: 32 hexadecimal digits of tool, scope, check and resource.

    The tool's own id is not used: Prowler makes a new one when a region or a name changes.
    """
    parts = json.dumps([scope.tool, scope.provider, scope.account_id, check_id, resource_id])
    return hashlib.sha256(parts.encode()).hexdigest()[:32]
