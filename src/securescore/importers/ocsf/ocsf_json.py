"""Reads OCSF: Detection Finding (2004), as Prowler writes it, and Compliance Finding (2003).

A report is a JSON array, JSON lines or one finding; it is streamed, and only what the table
keeps is held. What differs between versions of Prowler (times, class names, lists that were
texts) is settled here.
"""

from __future__ import annotations

from collections.abc import Sequence

from securescore.core.collection import Collected
from securescore.importers.base import ImportContext
from securescore.importers.document import Document, Form
from securescore.importers.node import Node
from securescore.importers.ocsf import fields
from securescore.importers.ocsf.finding import Check, Finding, Scope, Verdict, severity_of
from securescore.importers.ocsf.report import FileReport, collected_of

DETECTION, COMPLIANCE = 2004, 2003
SUPPRESSED = "suppressed"
SUPPRESSED_ID = 3

_OF_STATUS_CODE = {"PASS": Verdict.PASS, "FAIL": Verdict.FAIL, "MANUAL": Verdict.MANUAL}
# OCSF compliance.status_id: a warning is a partial failure; 0 unknown and 99 other ask a person.
_OF_COMPLIANCE_ID = {1: Verdict.PASS, 2: Verdict.FAIL, 3: Verdict.FAIL}
_OF_COMPLIANCE_STATUS = {"PASS": Verdict.PASS, "WARNING": Verdict.FAIL, "FAIL": Verdict.FAIL}
_SEVERITY_BY_ID = {
    1: "informational",
    2: "low",
    3: "medium",
    4: "high",
    5: "critical",
    6: "critical",
}
_KEYS = frozenset({"class_uid", "finding_info"})


class OcsfImporter:
    """OCSF findings, each check a reported control."""

    name = "ocsf"
    title = "OCSF findings, as Prowler writes them (.ocsf.json)"

    def recognizes(self, document: Document) -> bool:
        """By ``class_uid`` or ``finding_info`` in the record itself."""
        return any(key in document.keys or f"item.{key}" in document.keys for key in _KEYS)

    def read(self, documents: Sequence[Document], context: ImportContext) -> Sequence[Collected]:
        """One collection per tool, provider, account and day.

        Raises:
            DocumentError, ImportFormatError: see :class:`Importer`.
        """
        return collected_of([_file_report(document) for document in documents], context)


def _file_report(document: Document) -> FileReport:
    report = FileReport(document)
    if document.form is Form.OTHER:
        document.load()  # says where it is no JSON
    for place, value in document.records():
        _add_record(report, Node(document, place, value))
    if not report.by_scope:
        raise document.error(
            what="the report holds no findings",
            what_to_do="run the scanner again: a run that checked nothing says nothing",
        )
    return report


def _add_record(report: FileReport, record: Node) -> None:
    class_uid = record["class_uid"].number()
    if class_uid not in {DETECTION, COMPLIANCE}:
        raise fields.wrong(
            record["class_uid"],
            f"expected a finding of class {DETECTION} or {COMPLIANCE}, found class {class_uid}",
            "import a report of Detection Findings or Compliance Findings",
        )
    is_compliance = class_uid == COMPLIANCE
    metadata, info = record["metadata"], record["finding_info"]
    scope = Scope(
        tool=report.one_text(fields.tool_of(metadata["product"]["name"])),
        provider=report.one_text(_provider(record)),
        account_id=report.one_text(_account_id(record)),
    )
    check_id = report.one_text(_check_id(record, is_compliance=is_compliance))
    verdict, raw_verdict = _verdict(report, record, is_compliance=is_compliance)
    observed_at, has_zone = fields.observed_at(record)
    report.n_local_times += not has_zone
    resources = record["resources"].elements(may_be_single=True) or [Node(record.document, "", {})]
    message = fields.text(record["status_detail"]) or fields.text(record["message"])
    tool_version = report.one_text(fields.text(metadata["product"]["version"]) or "")
    for resource in resources:
        check = report.one_check(
            Check(
                check_id=check_id,
                title=fields.text(info["title"]),
                severity=_severity(record),
                service=fields.text(resource["group"]["name"]),
                description=fields.text(info["desc"]),
                remediation=fields.text(record["remediation"]["desc"]),
                references=fields.references(
                    *record["remediation"]["references"].elements(),
                    record["unmapped"]["related_url"],
                    *record["unmapped"]["additional_urls"].elements(),
                ),
                requirements=_requirements(record),
            )
        )
        name = fields.text(resource["name"])
        region = (
            fields.text(resource["region"])
            or fields.text(record["cloud"]["region"])
            or fields.text(resource["namespace"])
        )
        kind = fields.text(resource["type"])
        resource_id = fields.text(resource["uid"]) or name or scope.account_id or "account"
        report.add(
            scope,
            Finding(
                check=check,
                resource_id=report.one_text(resource_id),
                resource_name=name and report.one_text(name),
                resource_type=kind and report.one_text(kind),
                region=region and report.one_text(region),
                verdict=verdict,
                raw_verdict=report.one_text(raw_verdict),
                is_muted=_is_muted(record),
                message=message,
                tool_version=tool_version,
                observed_at=observed_at,
            ),
        )


def _check_id(record: Node, *, is_compliance: bool) -> str:
    """The first of the places where tools write it.

    Raises:
        DocumentError: none holds it.
    """
    event_code = record["metadata"]["event_code"]
    analytic = record["finding_info"]["analytic"]["uid"]
    control = record["compliance"]["control"]
    for node in (control, event_code, analytic) if is_compliance else (event_code, analytic):
        if fields.text(node):
            return fields.check_id(node)
    raise fields.wrong(
        control if is_compliance else event_code,
        "expected the id of a check, found nothing",
        "import a report whose findings name their check (metadata.event_code)",
    )


def _verdict(report: FileReport, record: Node, *, is_compliance: bool) -> tuple[Verdict, str]:
    """The verdict and the word of the tool; a word nobody knows asks a person (manual).

    Raises:
        DocumentError: the finding has no verdict at all: an alert, no check.
    """
    if is_compliance:
        status_id = record["compliance"]["status_id"].number()
        word = fields.text(record["compliance"]["status"]) or ""
        known = _OF_COMPLIANCE_STATUS.get(word.upper())
        if status_id is not None:
            return _OF_COMPLIANCE_ID.get(status_id, Verdict.MANUAL), word or str(status_id)
        if known is not None:
            return known, word
    code = fields.text(record["status_code"])
    if code is None:
        raise fields.wrong(
            record["status_code"],
            "expected PASS, FAIL or MANUAL, found nothing",
            "import a report of checks; alerts of a detector are no checks",
        )
    code = fields.short(record["status_code"], code)
    verdict = _OF_STATUS_CODE.get(code.upper())
    if verdict is None:
        report.unknown_verdicts[code] = report.unknown_verdicts.get(code, 0) + 1
    return verdict or Verdict.MANUAL, code


def _is_muted(record: Node) -> bool:
    """By the text: Prowler 4.2 wrote the number of Suppressed beside the text New."""
    status = fields.text(record["status"])
    if status is None:
        return record["status_id"].number() == SUPPRESSED_ID
    return status.lower() == SUPPRESSED


def _severity(record: Node) -> str:
    word = fields.text(record["severity"])
    if word is not None:
        return severity_of(word)
    return severity_of(_SEVERITY_BY_ID.get(record["severity_id"].number() or 0, ""))


def _provider(record: Node) -> str:
    """Kubernetes reports have no ``cloud``; their profile says ``container``."""
    found = fields.text(record["cloud"]["provider"]) or fields.text(record["unmapped"]["provider"])
    if found is None and "container" in record["metadata"]["profiles"].texts():
        return "kubernetes"
    return (found or "").lower()


def _account_id(record: Node) -> str:
    return (
        fields.text(record["cloud"]["account"]["uid"])
        or fields.text(record["unmapped"]["provider_uid"])
        or ""
    )


def _requirements(record: Node) -> tuple[str, ...]:
    """``framework:id`` of ``unmapped.compliance`` and of a Compliance Finding."""
    found: set[str] = set()
    for framework, ids in fields.members_if_object(record["unmapped"]["compliance"]):
        found |= {f"{framework}:{name.strip()}" for name in ids.texts() if name.strip()}
    names = [name.strip() for name in record["compliance"]["requirements"].texts() if name.strip()]
    for standard in record["compliance"]["standards"].texts():
        found |= {f"{standard.strip()}:{name}" for name in names if standard.strip()}
    return tuple(sorted(found))
