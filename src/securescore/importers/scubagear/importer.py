"""The importer: one export gives one collection of configuration tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from securescore.core.collection import Collected, Row
from securescore.importers.base import ImportContext
from securescore.importers.document import Document
from securescore.importers.scubagear.export import TIMESTAMP, Export, NotReadError
from securescore.importers.scubagear.parts import NEVER_HELD, PARTS, Part
from securescore.importers.scubagear.rows import Rows

SOURCE = "scubagear"


class ScubaGearImporter:
    """Reads ProviderSettingsExport.json, and ScubaResults.json by its part Raw."""

    name = SOURCE
    title = "ScubaGear ProviderSettingsExport.json or ScubaResults.json"

    def recognizes(self, document: Document) -> bool:
        """By the keys that ScubaGear writes first."""
        keys = document.keys
        return {"module_version", "scuba_config"} <= keys or {
            "MetaData",
            "MetaData.Tool",
            "MetaData.ReportUUID",
        } <= keys

    def read(self, documents: Sequence[Document], context: ImportContext) -> Sequence[Collected]:
        """One collection per run of ScubaGear; see :class:`base.Importer`.

        The two files of one run hold the same configuration: the first one named is taken.
        """
        first: dict[str, Document] = {}
        collected: dict[str, Collected] = {}
        for document in documents:
            export = Export.of(document)
            run = export.root["report_uuid"].text() or f"{document.digest}"
            if run in first:
                note = (
                    f"{document.name} is of the same run as {first[run].name}; "
                    "its configuration was read once"
                )
                collected[run] = replace(collected[run], notes=(*collected[run].notes, note))
                # It is read all the same, so that a damaged file is named.
                _collected(export, context)
                continue
            first[run] = document
            collected[run] = _collected(export, context)
        return tuple(collected.values())


def _collected(export: Export, context: ImportContext) -> Collected:
    tables: dict[str, list[Row]] = {}
    missing = dict(NEVER_HELD)
    missing_columns: dict[str, dict[str, str]] = {}
    notes: list[str] = list(export.identity_notes())
    for name, part in PARTS.items():
        try:
            found = _converted(export, part)
            tables[name] = list(found.unique(part.identity))
        except NotReadError as reason:
            missing[name] = str(reason)
            continue
        if found.missing_columns:
            missing_columns[name] = dict(found.missing_columns)
        notes.extend(found.notes)
    return Collected(
        source=SOURCE,
        collected_at=_collected_at(export, context),
        tables=tables,
        missing=missing,
        missing_columns=missing_columns,
        external_id=export.organization_id,
        external_name=export.name,
        tool_version=export.version,
        notes=tuple(notes),
    )


def _converted(export: Export, part: Part) -> Rows:
    """The rows of one table.

    Raises:
        NotReadError: the export does not hold it.
    """
    for key in (part.key, *part.needs):
        if reason := export.why_unread(key, part.product, part.commands):
            raise NotReadError(reason)
    nodes = export.objects(part.key)
    found = part.convert(export, nodes)
    if not found.rows and not part.may_be_empty:
        msg = f"'{part.key}' of the export is empty, which it cannot be in an organization"
        raise NotReadError(msg)
    return found


def _collected_at(export: Export, context: ImportContext) -> datetime:
    written_at = export.root[TIMESTAMP].instant()
    if written_at is None:
        if context.on is None:
            raise export.document.error(
                what="the time of the export is missing",
                place=TIMESTAMP,
                what_to_do="name the day of the export with --on YYYY-MM-DD",
            )
        written_at = datetime.combine(context.on, datetime.min.time(), UTC)
    return context.collected_at(export.document, written_at, TIMESTAMP)
