"""What the people of the main organization decided about actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from securescore.core.status import Decision, Status
from securescore.ops.demo.values import StoryKind

CISO = "Ingrid Storhaug"
OPERATIONS = "Malik Ekermo"
NETWORK = "Runa Hagvik"


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision, its days counted as those of the story; ``review`` and ``ends`` likewise."""

    day: int
    control_id: str
    status: Status
    by: str
    note: str = ""
    review: int | None = None
    ends: int | None = None
    approved_by: str = ""
    assignee: str = ""


KINDS = {
    Status.RISK_ACCEPTED: StoryKind.RISK_ACCEPTED,
    Status.THIRD_PARTY: StoryKind.THIRD_PARTY,
    Status.ALTERNATE_MITIGATION: StoryKind.ALTERNATE_MITIGATION,
    Status.PLANNED: StoryKind.PLANNED,
}

CHOICES = (
    Choice(58, "mdo_bulkthreshold", Status.THIRD_PARTY, OPERATIONS,
           "The mail gateway sorts bulk mail until its contract ends.", ends=219),
    Choice(58, "mdo_phishthresholdlevel", Status.THIRD_PARTY, OPERATIONS,
           "The mail gateway judges phishing until its contract ends.", ends=470),
    Choice(240, "aad_third_party_apps", Status.RISK_ACCEPTED, OPERATIONS,
           "Engineers register apps of their own for the test benches; to be looked at again "
           "after a year.", review=605, approved_by=CISO),
    Choice(402, "spo_block_onedrive_sync_unmanaged_devices", Status.ALTERNATE_MITIGATION, NETWORK,
           "The laptops are not joined to a domain: sync asks for a compliant device instead, by "
           "Conditional Access."),
    Choice(448, "McasFirewallLogUpload", Status.THIRD_PARTY, NETWORK,
           "The web proxy reports which cloud services are used; contract until summer.",
           ends=790),
    Choice(515, "exo_storageproviderrestricted", Status.RISK_ACCEPTED, OPERATIONS,
           "Sales still shares drawings through a customer's storage.", review=850,
           approved_by=CISO),
    Choice(524, "UserRiskPolicy", Status.PLANNED, CISO,
           "Goes on when the help desk can reset passwords at weekends.", assignee=NETWORK),
    Choice(560, "aad_password_protection", Status.PLANNED, CISO, assignee=OPERATIONS),
    Choice(598, "prowler.s3_bucket_secure_transport_policy", Status.PLANNED, NETWORK,
           "With the new pipeline of the web shop.", assignee=NETWORK),
    Choice(641, "aad_phishing_MFA_strength", Status.PLANNED, CISO,
           "As soon as every administrator has two keys.", assignee=OPERATIONS),
    Choice(660, "exo_outlookaddins", Status.PLANNED, OPERATIONS, assignee=OPERATIONS),
    Choice(688, "prowler.kms_cmk_rotation_enabled", Status.RISK_ACCEPTED, NETWORK,
           "Two keys sign firmware in the field and cannot be rotated.", review=745,
           approved_by=CISO),
    Choice(701, "mip_DLP_policies_Teams", Status.PLANNED, CISO, assignee=NETWORK),
)  # fmt: skip


def decisions(on: Callable[[int], date]) -> tuple[Decision, ...]:
    """All decisions, ascending.

    Args:
        on: the date of a day of the story.
    """
    return tuple(
        Decision(
            control_id=choice.control_id,
            status=choice.status,
            at=datetime.combine(on(choice.day), time(4, 30), UTC),
            by=choice.by,
            note=choice.note,
            review_on=on(choice.review) if choice.review else None,
            ends_on=on(choice.ends) if choice.ends else None,
            approved_by=choice.approved_by,
            assignee=choice.assignee,
        )
        for choice in CHOICES
    )
