"""What is recorded: collections, snapshots, changes, decisions. Fields and constraints only.

The truth is change rows: one row for each time a control changed, with the change of its points,
so that a score line is a running sum and a regression is ``delta < 0``. Points are hundredths.
"""

from __future__ import annotations

from securescore.record.models.comparison import CohortDay, CustomComparison, ReportedAverage
from securescore.record.models.jobs import Job
from securescore.record.models.people import (
    ActionDecision,
    ActionWork,
    AuditEntry,
    AuditHead,
    RiskRequest,
    SavedView,
    SuppressionProposal,
)
from securescore.record.models.score import (
    Collection,
    ControlChange,
    DayDocument,
    EvidenceFile,
    ReportedControl,
    Snapshot,
)

__all__ = [
    "ActionDecision",
    "ActionWork",
    "AuditEntry",
    "AuditHead",
    "CohortDay",
    "Collection",
    "ControlChange",
    "CustomComparison",
    "DayDocument",
    "EvidenceFile",
    "Job",
    "ReportedAverage",
    "ReportedControl",
    "RiskRequest",
    "SavedView",
    "Snapshot",
    "SuppressionProposal",
]
