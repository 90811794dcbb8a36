"""Reads Prowler's CSV report: the same findings as its OCSF report, in 42 columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from securescore.core.collection import Collected
from securescore.importers.base import ImportContext
from securescore.importers.document import Document, DocumentError
from securescore.importers.node import Node
from securescore.importers.ocsf import fields
from securescore.importers.ocsf.categories import TOOL
from securescore.importers.ocsf.finding import Check, Finding, Scope, Verdict, severity_of
from securescore.importers.ocsf.report import FileReport, collected_of

SEPARATOR = ";"
REQUIRED = (
    "TIMESTAMP",
    "ACCOUNT_UID",
    "PROVIDER",
    "CHECK_ID",
    "CHECK_TITLE",
    "STATUS",
    "STATUS_EXTENDED",
    "MUTED",
    "SERVICE_NAME",
    "SEVERITY",
    "RESOURCE_UID",
    "RESOURCE_NAME",
    "RESOURCE_TYPE",
    "REGION",
)
_FIRST_COLUMNS = b"AUTH_METHOD;TIMESTAMP;ACCOUNT_UID"
_VERDICTS = {"PASS": Verdict.PASS, "FAIL": Verdict.FAIL, "MANUAL": Verdict.MANUAL}
_FLAGS = {"true": True, "false": False}


class ProwlerCsvImporter:
    """Prowler's CSV, version 4 and 5."""

    name = "prowler_csv"
    title = "Prowler CSV (version 4 or 5)"

    def recognizes(self, document: Document) -> bool:
        """By the first columns of its header."""
        return document.head.lstrip(b'"').startswith(_FIRST_COLUMNS)

    def read(self, documents: Sequence[Document], context: ImportContext) -> Sequence[Collected]:
        """One collection per provider, account and day.

        Raises:
            DocumentError, ImportFormatError: see :class:`Importer`.
        """
        return collected_of([_file_report(document) for document in documents], context)


def _file_report(document: Document) -> FileReport:
    report = FileReport(document)
    for row in _rows(document):
        _add_row(report, row)
    if not report.by_scope:
        raise document.error(
            what="the report holds no findings",
            what_to_do="run Prowler again: a run that checked nothing says nothing",
        )
    return report


def _rows(document: Document) -> Iterator[Node]:
    """Each row as an object of texts, with its line as place."""
    with io.TextIOWrapper(document.open(), encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, delimiter=SEPARATOR, strict=True)
        try:
            header = next(reader, [])
            missing = [name for name in REQUIRED if name not in header]
            if missing or len(set(header)) != len(header):
                raise document.error(
                    what="expected the columns " + ", ".join(missing)
                    if missing
                    else "a column stands twice",
                    place="line 1",
                    what_to_do="import the report as Prowler wrote it",
                )
            for cells in reader:
                if not cells:
                    continue
                place = f"line {reader.line_num}"
                if len(cells) != len(header):
                    raise document.error(
                        what=f"expected {len(header)} columns, found {len(cells)}",
                        place=place,
                        what_to_do="copy or export the file again: it is cut off or was edited",
                    )
                yield Node(document, place, dict(zip(header, cells, strict=True)))
        except csv.Error as error:
            raise _unreadable(document, reader.line_num, f"no CSV: {error}") from None
        except UnicodeDecodeError:
            what = "the text is not UTF-8"
            raise _unreadable(document, reader.line_num + 1, what) from None


def _unreadable(document: Document, line: int, what: str) -> DocumentError:
    return document.error(
        what=what, place=f"line {line}", what_to_do="copy or export the file again"
    )


def _add_row(report: FileReport, row: Node) -> None:
    scope = Scope(
        tool=TOOL,
        provider=report.one_text((fields.text(row["PROVIDER"]) or "").lower()),
        account_id=report.one_text(fields.text(row["ACCOUNT_UID"]) or ""),
    )
    observed_at, has_zone = fields.instant(row["TIMESTAMP"])
    report.n_local_times += not has_zone
    word = fields.short(row["STATUS"], row["STATUS"].required_text().strip())
    verdict = _VERDICTS.get(word.upper())
    if verdict is None:
        report.unknown_verdicts[word] = report.unknown_verdicts.get(word, 0) + 1
    muted = _FLAGS.get((fields.text(row["MUTED"]) or "").lower())
    if muted is None:
        raise fields.wrong(row["MUTED"], "expected True or False")
    check = report.one_check(
        Check(
            check_id=fields.check_id(row["CHECK_ID"]),
            title=fields.text(row["CHECK_TITLE"]),
            severity=severity_of(fields.text(row["SEVERITY"]) or ""),
            service=fields.text(row["SERVICE_NAME"]),
            description=fields.text(row["DESCRIPTION"]),
            remediation=fields.text(row["REMEDIATION_RECOMMENDATION_TEXT"]),
            references=fields.references(
                row["REMEDIATION_CODE_CLI"],
                row["REMEDIATION_RECOMMENDATION_URL"],
                row["RELATED_URL"],
            ),
            requirements=_requirements(fields.text(row["COMPLIANCE"]) or ""),
        )
    )
    name = fields.text(row["RESOURCE_NAME"])
    report.add(
        scope,
        Finding(
            check=check,
            resource_id=fields.text(row["RESOURCE_UID"]) or name or scope.account_id or "account",
            resource_name=name,
            resource_type=fields.text(row["RESOURCE_TYPE"]),
            region=fields.text(row["REGION"]),
            verdict=verdict or Verdict.MANUAL,
            raw_verdict=word,
            is_muted=muted,
            message=fields.text(row["STATUS_EXTENDED"]),
            tool_version=fields.text(row["PROWLER_VERSION"]) or "",
            observed_at=observed_at,
        ),
    )


def _requirements(cell: str) -> tuple[str, ...]:
    """``framework:id`` of ``CIS-1.4: 1.20 | CIS-1.5: 1.20, 1.21``, sorted."""
    found: set[str] = set()
    for part in cell.split(" | "):
        framework, separator, ids = part.partition(": ")
        if separator:
            found |= {f"{framework.strip()}:{name.strip()}" for name in ids.split(", ") if name}
    return tuple(sorted(found))
