"""Lands collections: writes their tables, and makes the rows that will name them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from securescore.core.collection import Collected
from securescore.core.errors import RecordError
from securescore.ops.workspace import Workspace
from securescore.organizations.models import Organization
from securescore.record.models import Collection
from securescore.sources import all_tables

Progress = Callable[[str, int, int], None]
"""Called with (step, done, total)."""


def land(
    work: Workspace,
    organization: Organization,
    collected: Sequence[Collected],
    *,
    now: datetime,
    files: Sequence[Mapping[str, str]] = (),
    run_id: uuid.UUID | None = None,
    progress: Progress | None = None,
) -> list[Collection]:
    """Write the tables of collections; rows of the database are made but not saved.

    ``run_id`` joins the collections of one run; a new one if not given.

    Raises:
        LandError: a row does not fit its table.
    """
    tables = all_tables()
    run_id = run_id or uuid.uuid4()
    last: dict[tuple[str, str], dict[str, dict[str, object]]] = {}
    if any(one.unchanged for one in collected):
        for row in Collection.objects.filter(organization=organization):
            last.setdefault((row.source, row.scope), {}).update(row.tables)
    made = []
    key = str(organization.pk)
    for number, one in enumerate(sorted(collected, key=lambda c: c.collected_at)):
        if progress and number % 20 == 0:
            progress("Landing tables", number, len(collected))
        before = last.setdefault((one.source, one.scope), {})
        manifest: dict[str, dict[str, object]] = {}
        for name, rows in one.tables.items():
            written = work.tables.write(key, tables[name], rows)
            manifest[name] = {"digest": written.digest, "n_rows": written.n_rows}
            if columns := one.missing_columns.get(name):
                manifest[name]["missing_columns"] = dict(columns)
        for name in sorted(one.unchanged):
            if name not in before:
                raise RecordError(what="unchanged since never", where=f"{one.source} {name}")
            manifest[name] = before[name]
        before.update(manifest)
        made.append(
            Collection(
                organization=organization,
                run_id=run_id,
                source=one.source,
                scope=one.scope,
                collected_at=one.collected_at,
                imported_at=now,
                tool_version=one.tool_version[:60],
                tables=manifest,
                missing=dict(one.missing),
                files=list(files),
                notes=list(one.notes),
                content_key=_content_key(one, manifest),
            )
        )
    return made


def _content_key(one: Collected, manifest: Mapping[str, Mapping[str, object]]) -> str:
    """What makes two collections the same: importing a file twice changes nothing."""
    parts = [
        one.source,
        one.scope,
        one.collected_at.isoformat(),
        sorted((name, str(landed["digest"])) for name, landed in manifest.items()),
        sorted(one.missing.items()),
        sorted((name, sorted(columns)) for name, columns in one.missing_columns.items()),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
