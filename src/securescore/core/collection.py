"""What one run of one source, or one imported file set, brought: the value that is landed.

A table that was read and has no rows is ``[]`` in ``tables``. A table that could not be read
is in ``missing`` with the reason, and never in ``tables``: unknown is a third thing (S4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ReportedStatus:
    """A status that the imported system holds for a control (Graph's controlStateUpdates).

    ``state`` is Graph's: Default, Ignored, ThirdParty, Reviewed. Suppressions of scanners are
    not statuses: they are :class:`Proposal`.
    """

    control_id: str
    state: str
    comment: str = ""
    assigned_to: str = ""
    updated_by: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A suppression found in a scanner's report: proposed, never points (S12)."""

    control_id: str
    resource_id: str
    reason: str
    by: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """One collection before it is landed.

    Attributes:
        source: ``scubagear``, ``graph_secure_score``, ``prowler``, ``demo`` ...
        scope: what part of the organization the source saw, empty for all of it; two scopes of
            one source stand side by side, a new run replaces its own scope only
            (``aws/123456789012``).
        collected_at: aware, UTC: when the configuration was read. "Now" of the evaluation.
        tables: rows by table name. Each value is iterated once.
        unchanged: tables that were read again and are exactly as in the collection before of
            this source and scope: they cost nothing and are fresh.
        missing: reason by name of a table that this source could give and did not.
        missing_columns: reason by column by table: the table is there, the column is not.
        external_id: the organization's id in the source (tenant id), empty if unknown.
        external_name: its name there.
        tool_version: version of the tool that wrote the file.
        statuses, proposals: what people decided in the other system.
        notes: things the reader should know, one sentence each, no personal data.
    """

    source: str
    collected_at: datetime
    tables: Mapping[str, Iterable[Row]]
    scope: str = ""
    unchanged: frozenset[str] = frozenset()
    missing: Mapping[str, str] = field(default_factory=dict)
    missing_columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    external_id: str = ""
    external_name: str = ""
    tool_version: str = ""
    statuses: tuple[ReportedStatus, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    notes: tuple[str, ...] = ()
