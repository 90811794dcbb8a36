"""From collections to manifests: what each snapshot looks at.

A snapshot sees the newest version of every table at its time. A table that its source could not
read again is carried forward and stale; a table never read is missing with its reason (S4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from securescore.core.manifest import Manifest, TableVersion
from securescore.record.models import Collection

Key = tuple[str, str, str]
"""Table, source and scope where the source sees a part of the organization, else ''."""


def snapshot_times(collections: Iterable[Collection]) -> list[datetime]:
    """When there is a snapshot: at the last collection of each run and day (UTC), ascending."""
    last: dict[tuple[object, object], datetime] = {}
    for collection in collections:
        key = (collection.run_id, collection.collected_at.date())
        last[key] = max(last.get(key, collection.collected_at), collection.collected_at)
    return sorted(set(last.values()))


def manifests_of(
    organization: str, collections: Sequence[Collection], times: Sequence[datetime]
) -> list[Manifest]:
    """One manifest for each time.

    Args:
        organization: id.
        collections: all of them, in order of ``collected_at``.
        times: ascending.
    """
    versions: dict[Key, TableVersion] = {}
    missing: dict[str, str] = {}
    manifests = []
    position = 0
    for at in times:
        while position < len(collections) and collections[position].collected_at <= at:
            _apply(collections[position], versions, missing)
            position += 1
        known = {version.table for version in versions.values()}
        manifests.append(
            Manifest(
                organization,
                at,
                tuple(versions[key] for key in sorted(versions)),
                {table: why for table, why in sorted(missing.items()) if table not in known},
            )
        )
    return manifests


def _apply(
    collection: Collection, versions: dict[Key, TableVersion], missing: dict[str, str]
) -> None:
    source, scope = collection.source, collection.scope
    for table, landed in collection.tables.items():
        versions[table, source if scope else "", scope] = TableVersion(
            table,
            landed["digest"],
            landed["n_rows"],
            collection.collected_at,
            source,
            scope,
            landed.get("missing_columns", {}),
        )
        missing.pop(table, None)
    for table, reason in collection.missing.items():
        key = (table, source if scope else "", scope)
        before = versions.get(key)
        if before is None:
            missing[table] = reason
        elif before.source == source and not collection.files:
            # Another source's table is not this source's to call stale, and a file that does
            # not hold a table has not tried to read it.
            versions[key] = replace(before, stale_reason=reason)
