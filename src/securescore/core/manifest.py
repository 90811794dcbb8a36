"""A manifest: which version of which table a snapshot looks at. A value, like a score.

Any set of manifests can be evaluated together: today's of ten thousand organizations, two
years of one, or manifests that never happened (yesterday's policies with today's users).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TableVersion:
    """One landed version of one table, as one snapshot sees it.

    Attributes:
        table: name of the table.
        source: which source read it.
        scope: part of the organization it covers, empty for all of it.
        digest: SHA-256 of the landed file, lower-case hex; names its content.
        n_rows: rows in it; 0 is a table that was read and is empty.
        collected_at: aware, UTC: when it was read.
        missing_columns: reason by column that the source could not give.
        stale_reason: why a newer version could not be read; empty if none was tried.
    """

    table: str
    digest: str
    n_rows: int
    collected_at: datetime
    source: str = ""
    scope: str = ""
    missing_columns: Mapping[str, str] = field(default_factory=dict)
    stale_reason: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The tables of one snapshot of one organization.

    Attributes:
        organization: id of the organization.
        as_of: aware, UTC: "now" of the evaluation, the time of the newest collection in it.
        versions: the table versions; several of one table differ in scope.
        missing: reason by table that was asked for and never read.
    """

    organization: str
    as_of: datetime
    versions: tuple[TableVersion, ...]
    missing: Mapping[str, str] = field(default_factory=dict)

    def of_table(self, table: str) -> tuple[TableVersion, ...]:
        """All scopes of one table; empty if it was never read."""
        return tuple(version for version in self.versions if version.table == table)
