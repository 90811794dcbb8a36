"""Reads Graph's secureScores and secureScoreControlProfiles: any files, pages and days at once.

It decides what is one record, which files belong together, and that a day is one collection.
Sources of the rules: the field facts of Microsoft Graph v1.0 in docs/guides/importing.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from securescore.core.collection import Collected, ReportedStatus, Row
from securescore.core.errors import ImportFormatError
from securescore.importers.base import ImportContext
from securescore.importers.document import Document, Form
from securescore.importers.graph_secure_score import values
from securescore.importers.graph_secure_score.conflicts import conflict
from securescore.importers.graph_secure_score.days import (
    Day,
    UncheckedDay,
    checked_days,
    unchecked_day,
)
from securescore.importers.graph_secure_score.profiles import Profile, profile, profiles_by_id
from securescore.importers.node import Node

NEXT_LINK = "@odata.nextLink"
CONTEXT = "@odata.context"
MAX_ANSWERS_WITHIN = 3  # lists around answers, as paging scripts write them
ALL_PROFILES = "GET /v1.0/security/secureScoreControlProfiles?$top=999"
NO_PROFILES = f"the files hold no control profiles; import them too: {ALL_PROFILES}"
NO_SCORES = "the files hold no secureScores; import them too: GET /v1.0/security/secureScores"
TWO_TENANTS = "the records are of two organizations (azureTenantId {} and {})"
ONE_COMMAND_EACH = "import each organization on its own"

_DAY_KEYS = frozenset({"controlScores", "currentScore", "averageComparativeScores"})
_PROFILE_KEYS = frozenset({"controlStateUpdates", "implementationCost", "remediationImpact"})


@dataclass(frozen=True, slots=True)
class _Content:
    """What one file holds.

    Attributes:
        has_next_page: for each answer with profiles, whether it names a next page.
    """

    document: Document
    days: list[UncheckedDay] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    has_next_page: list[bool] = field(default_factory=list)


class GraphSecureScoreImporter:
    """Microsoft's own results as Graph reports them, one collection per reported day."""

    name = "graph_secure_score"
    title = "Microsoft Graph secureScores and secureScoreControlProfiles (JSON)"

    def recognizes(self, document: Document) -> bool:
        """By the keys of its records, or by the address that Graph puts above an answer."""
        names = {key.rpartition(".")[2] for key in document.keys if _is_of_record(key)}
        if names & (_DAY_KEYS | _PROFILE_KEYS):
            return True
        return CONTEXT in names and b"#security/secureScore" in document.head

    def read(self, documents: Sequence[Document], context: ImportContext) -> Sequence[Collected]:
        """One collection per day, oldest first; one alone where there are profiles only.

        The profiles of the import stand in every day of it: Microsoft keeps no old ones, and a
        day without them has no maxima. A day's collection is dated by its createdDateTime.

        Raises:
            DocumentError, ImportFormatError: see :class:`Importer`; which checks there are says
                :mod:`days`.
        """
        contents = [_content(document) for document in documents]
        days = [day for content in contents for day in checked_days(content.days)]
        found = [entry for content in contents for entry in content.profiles]
        tenant_id = _one_tenant(days, found)
        by_day = _days_by_day(days)
        profiles = profiles_by_id(found)
        if not by_day:
            return [_profiles_alone(contents, profiles, tenant_id, context)]
        if context.on is not None and len(by_day) > 1:
            raise ImportFormatError(
                what=f"the files hold {len(by_day)} days, --on names one",
                where="--on",
                what_to_do="leave --on out: every day of these files says its own date",
            )
        rows = [entry.row for entry in profiles.values()]
        newest = by_day[-1]
        return [
            Collected(
                source=self.name,
                collected_at=context.collected_at(
                    day.document, day.created_at, f"{day.place}.createdDateTime"
                ),
                tables=_tables(day, rows),
                missing={} if rows else {"graph_control_profiles": NO_PROFILES},
                external_id=tenant_id,
                statuses=_statuses(profiles) if day is newest else (),
                notes=(
                    *day.notes,
                    *(_notes(contents, profiles, day) if day is newest else ()),
                ),
            )
            for day in by_day
        ]


def _is_of_record(key: str) -> bool:
    """Whether a key stands in a record or above it, not inside a deeper object."""
    return all(part in {"item", "value"} for part in key.split(".")[:-1])


def _tables(day: Day, profile_rows: list[Row]) -> dict[str, Iterable[Row]]:
    tables: dict[str, Iterable[Row]] = {
        "graph_secure_score_day": [day.score],
        "graph_control_scores": list(day.controls),
        "graph_comparisons": list(day.comparisons),
    }
    if profile_rows:
        tables["graph_control_profiles"] = profile_rows
    return tables


def _profiles_alone(
    contents: list[_Content], profiles: dict[str, Profile], tenant_id: str, context: ImportContext
) -> Collected:
    """Profiles have no day: theirs is the one that the person names, else today."""
    return Collected(
        source=GraphSecureScoreImporter.name,
        collected_at=context.collected_at(contents[0].document, context.now, ""),
        tables={"graph_control_profiles": [entry.row for entry in profiles.values()]},
        missing=dict.fromkeys(
            ("graph_secure_score_day", "graph_control_scores", "graph_comparisons"), NO_SCORES
        ),
        external_id=tenant_id,
        statuses=_statuses(profiles),
        notes=_notes(contents, profiles, None),
    )


# -- one file ---------------------------------------------------------------------------------


def _content(document: Document) -> _Content:
    content = _Content(document)
    n_records = 0
    for answer in _answers(document):
        n_profiles = len(content.profiles)
        for record in answer.records:
            n_records += 1
            kind = record.members().keys()
            if kind & _DAY_KEYS:
                content.days.append(unchecked_day(record))
            elif kind & _PROFILE_KEYS or kind >= {"maxScore", "controlCategory"}:
                content.profiles.append(profile(record))
            elif "error" in kind:
                raise values.wrong(record, "Graph answered with an error", "ask Graph again")
            else:
                record.fail("a secureScore or a secureScoreControlProfile")
        if len(content.profiles) > n_profiles or answer.is_of_profiles:
            content.has_next_page.append(answer.has_next)
    if not n_records:
        raise document.error(
            what="the answer holds no records",
            what_to_do="ask Graph again; an organization without a Secure Score has nothing "
            "to import",
        )
    return content


@dataclass(frozen=True, slots=True)
class _Answer:
    """One page as Graph answered it, or a bare record or list of records."""

    records: Iterable[Node]
    has_next: bool = False
    is_of_profiles: bool = False


def _answers(document: Document) -> Iterator[_Answer]:
    """Every answer of a file, whatever its layout.

    A bare list is one answer, so its records are gathered; an answer inside a list stands for
    itself. Graph's 90 days of a large organization are some 40 MB.
    """
    if document.form is Form.OTHER:
        document.load()  # says where it is no JSON
        raise document.error(what="expected an object or a list", what_to_do=values.UNCHANGED)
    bare: list[Node] = []
    nodes: Iterator[Node]
    if document.form is Form.ARRAY:
        nodes = (Node(document, f"[{n}]", item) for n, item in enumerate(document.items()))
    elif document.form is Form.LINES:
        nodes = (Node(document, f"line {n}", value) for n, value in document.lines())
    else:
        nodes = iter([Node(document, "", document.load())])
    for node in nodes:
        yield from _unfolded(node, bare, MAX_ANSWERS_WITHIN)
    if bare:
        yield _Answer(bare)


def _unfolded(node: Node, bare: list[Node], n_levels: int) -> Iterator[_Answer]:
    """The answers in ``node``; what is none is added to ``bare``."""
    if isinstance(node.value, list) and n_levels:
        for child in node.elements():
            yield from _unfolded(child, bare, n_levels - 1)
    elif isinstance(node.value, dict) and isinstance(node.value.get("value"), list):
        yield _Answer(
            records=node["value"].elements(),
            has_next=not node[NEXT_LINK].is_null,
            is_of_profiles="secureScoreControlProfiles" in str(node.value.get(CONTEXT)),
        )
    else:
        bare.append(node)


# -- many files -------------------------------------------------------------------------------


def _one_tenant(days: Sequence[Day], profiles: Sequence[Profile]) -> str:
    """The organization that all records name, empty if none does.

    Raises:
        DocumentError: one file names two.
        ImportFormatError: two files name two.
    """
    first: Day | Profile | None = None
    first_of: dict[Document, Day | Profile] = {}
    every: list[Day | Profile] = [*days, *profiles]
    records = [record for record in every if record.tenant_id]
    for record in records:
        # First within a file: then that file alone is at fault, and the others are kept.
        here = first_of.setdefault(record.document, record)
        if record.tenant_id.casefold() != here.tenant_id.casefold():
            what = TWO_TENANTS.format(here.tenant_id, record.tenant_id)
            raise conflict(here, record, what=what, what_to_do=ONE_COMMAND_EACH)
    for record in first_of.values():
        first = first or record
        if record.tenant_id.casefold() != first.tenant_id.casefold():
            what = TWO_TENANTS.format(first.tenant_id, record.tenant_id)
            raise conflict(first, record, what=what, what_to_do=ONE_COMMAND_EACH)
    return first.tenant_id if first else ""


def _days_by_day(days: Sequence[Day]) -> list[Day]:
    """One record per day, oldest first; equal records count once.

    Raises:
        DocumentError, ImportFormatError: two records of one day differ.
    """
    chosen: dict[str, Day] = {}
    for day in days:
        first = chosen.setdefault(day.day.isoformat(), day)
        if not first.is_same(day):
            raise conflict(
                first,
                day,
                what=f"two records of {day.day.isoformat()} differ",
                what_to_do="keep one of them: which one is right cannot be known",
            )
    return [chosen[key] for key in sorted(chosen)]


def _statuses(profiles: dict[str, Profile]) -> tuple[ReportedStatus, ...]:
    return tuple(entry.status for entry in profiles.values() if entry.status)


def _notes(
    contents: list[_Content], profiles: dict[str, Profile], newest: Day | None
) -> tuple[str, ...]:
    """What the reader should know about the profiles; ``newest`` is the newest day, if any."""
    notes = [entry.note for entry in profiles.values() if entry.note]
    pages = [has_next for content in contents for has_next in content.has_next_page]
    if pages and all(pages):
        pages_read = "page one only" if len(pages) == 1 else f"{len(pages)} pages only"
        notes.append(
            f"control profiles: {pages_read}, {len(profiles)} profiles; the answer names a next "
            f"page that is not among the files. Ask for it, or for all at once ({ALL_PROFILES}), "
            "and import all pages by one command"
        )
    if newest is not None and profiles:
        scored = [str(row["control_id"]) for row in newest.controls]
        bare = [control_id for control_id in scored if control_id not in profiles]
        if bare:
            notes.append(
                f"{len(bare)} of the {len(scored)} scored controls have no profile among the "
                "files: " + ", ".join(bare)
            )
    return tuple(notes)
