"""Gathers findings into collections: one per tool, provider, account and day of the report.

It decides what happens where findings meet: the same one twice counts once, of two verdicts on
one resource the worse one counts, two files of one day are one run, two days are two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from securescore.core.collection import Collected, Proposal, Row
from securescore.core.errors import ImportFormatError
from securescore.importers.base import ImportContext
from securescore.importers.document import Document
from securescore.importers.ocsf.finding import Check, Finding, Scope

LOCAL_TIME_NOTE = (
    "the report gives times without a time zone; they were read as UTC, so an hour of the day "
    "may be off by the zone of the machine that scanned"
)
NO_ACCOUNT_NOTE = (
    "the report does not name its account (a cluster, a subscription); a report of another one "
    "would take its place"
)


@dataclass(slots=True)
class ScopeReport:
    """The findings of one scope in one file, or in several of one day."""

    document: Document
    scope: Scope
    by_key: dict[tuple[str, str], Finding] = field(default_factory=dict)
    newest: Finding | None = None
    n_contradictions: int = 0

    @property
    def observed_at(self) -> datetime:
        """When its newest finding was made; there is at least one."""
        if self.newest is None:
            msg = "a report without findings has no time"
            raise ValueError(msg)
        return self.newest.observed_at

    def add(self, finding: Finding) -> None:
        """Take a finding in; it may be known already."""
        if self.newest is None or finding.observed_at > self.newest.observed_at:
            self.newest = finding
        known = self.by_key.get(finding.key)
        if known is None:
            self.by_key[finding.key] = finding
            return
        if known.verdict is not finding.verdict:
            self.n_contradictions += 1
        if finding.badness < known.badness:
            self.by_key[finding.key] = finding

    def add_all(self, other: ScopeReport) -> None:
        """Take in what another file of the same run says."""
        self.n_contradictions += other.n_contradictions
        for finding in other.by_key.values():
            self.add(finding)


@dataclass(slots=True)
class FileReport:
    """What one file says, by scope. Texts that findings share are held once."""

    document: Document
    by_scope: dict[Scope, ScopeReport] = field(default_factory=dict)
    checks: dict[Check, Check] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    n_local_times: int = 0
    unknown_verdicts: dict[str, int] = field(default_factory=dict)

    def add(self, scope: Scope, finding: Finding) -> None:
        """Take a finding in."""
        if scope not in self.by_scope:
            self.by_scope[scope] = ScopeReport(self.document, scope)
        self.by_scope[scope].add(finding)

    def one_check(self, check: Check) -> Check:
        """The check that is equal to this one and already held."""
        return self.checks.setdefault(check, check)

    def one_text(self, text: str) -> str:
        """The text that is equal to this one and already held."""
        return self.texts.setdefault(text, text)


@dataclass(frozen=True, slots=True)
class FindingRows(Iterable[Row]):
    """The rows of a report, made one by one, ordered by check and resource."""

    report: ScopeReport

    def __iter__(self) -> Iterator[Row]:
        by_key = self.report.by_key
        return (by_key[key].row(self.report.scope) for key in sorted(by_key))

    def __len__(self) -> int:
        return len(self.report.by_key)


def collected_of(files: Sequence[FileReport], context: ImportContext) -> list[Collected]:
    """One collection per scope and day, by scope and then by time.

    The day of a file is that of its newest finding there: a run that crosses midnight stays one.

    Raises:
        ImportFormatError: ``--on`` names one day, the files hold several of one scope.
        DocumentError: a finding comes from the future.
    """
    runs: dict[tuple[Scope, date], ScopeReport] = {}
    notes: dict[tuple[Scope, date], list[str]] = {}
    for file in files:
        for scope, report in file.by_scope.items():
            run = scope, report.observed_at.date()
            if run in runs:
                runs[run].add_all(report)
            else:
                runs[run] = report
            notes.setdefault(run, []).extend(_notes_of_file(file))
    _require_one_day(runs, context)
    ordered = sorted(runs, key=lambda run: (run[0].tool, run[0].name, run[1]))
    return [_collected(runs[run], notes[run], context) for run in ordered]


def _require_one_day(runs: Iterable[tuple[Scope, date]], context: ImportContext) -> None:
    if context.on is None:
        return
    scopes: set[Scope] = set()
    for scope, _ in runs:
        if scope in scopes:
            raise ImportFormatError(
                what=f"the files hold several days of {scope.name or scope.tool}, --on names one",
                where="--on",
                what_to_do="leave --on out, or import one day's files by one command",
            )
        scopes.add(scope)


def _collected(report: ScopeReport, notes: Iterable[str], context: ImportContext) -> Collected:
    scope = report.scope
    if report.n_contradictions:
        contradictions = (
            f"{report.n_contradictions} findings contradict another one of the same check and "
            "resource; the worse verdict counts"
        )
        notes = [*notes, contradictions]
    if not scope.account_id:
        notes = [*notes, NO_ACCOUNT_NOTE]
    return Collected(
        source=scope.tool,
        scope=scope.name,
        collected_at=context.collected_at(report.document, report.observed_at, "newest finding"),
        tables={"scanner_findings": FindingRows(report)},
        tool_version=report.newest.tool_version if report.newest else "",
        proposals=tuple(_proposals(report)),
        notes=tuple(dict.fromkeys(notes)),
    )


def _proposals(report: ScopeReport) -> Iterator[Proposal]:
    """One per muted finding, by check and resource."""
    for key in sorted(report.by_key):
        finding = report.by_key[key]
        if finding.is_muted:
            yield Proposal(
                control_id=f"{report.scope.tool}.{finding.check.check_id}",
                resource_id=finding.resource_id,
                reason=f"muted in the report of {report.scope.tool}",
            )


def _notes_of_file(file: FileReport) -> Iterator[str]:
    if file.n_local_times:
        yield LOCAL_TIME_NOTE
    for word, n_findings in sorted(file.unknown_verdicts.items()):
        yield f"{n_findings} findings say '{word}', which is no known verdict; they count as manual"
