"""What the evidence of the engine holds, by the loop: id, name and reason of all that fails.

In memory and control by control; the loop writes no file.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from bench.oracle import Organization, Verdict
from bench.oracle_mail import MAIL_CONTROLS

Failing = tuple[Any, str, str]


class LoopEvidence:
    """The failing resources of one organization."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization

    @cached_property
    def _names(self) -> dict[Any, str]:
        return {row["user_id"]: row["upn"] for row in self._organization.rows["entra_users"]}

    def of(self, control: str, verdict: Verdict) -> list[Failing]:
        """Id, name and reason of each; of mail a reason for each policy."""
        if control not in MAIL_CONTROLS:
            names = self._names
            reason = f"{control} is not met"
            return [(resource, names.get(resource, ""), reason) for resource in verdict.failing]
        family, test = MAIL_CONTROLS[control]
        mail = self._organization.mail
        reasons = {
            name: f"{name}: {control} is not met"
            for name, policy in mail.policies(family).items()
            if not test(policy)
        }
        known = mail.policies(family)
        return [
            (mailbox_id, name, reasons.get(policy or "", "no policy applies"))
            for (mailbox_id, policy), name in zip(mail.effective(family), mail.names, strict=True)
            if policy in reasons or policy not in known
        ]
