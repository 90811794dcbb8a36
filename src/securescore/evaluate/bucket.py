"""A bucket: the distinct parts of many manifests that one group of controls looks at.

Two manifests that name the same versions of the tables a control needs get the same answer, so
the control runs over one of them: 730 days of an organization hold far fewer different
policies than days. The index of a manifest in the bucket is the ``snapshot`` of the SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from securescore.core.manifest import Manifest, TableVersion

SNAPSHOTS = "snapshots"
"""The relation of all snapshots of a bucket: ``snapshot``, ``as_of``."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one group of controls sees of a bucket.

    Attributes:
        tables: names of the tables, sorted.
        representative: by index of each manifest that has all the tables, the index of the
            first manifest with the same versions of them. Manifests that lack a table are not
            in it: they are unmeasured, and no SQL runs for them (S4).
        versions: the table versions by representative and table.
        lacking: by index of each other manifest, the names of the tables it lacks.
    """

    tables: tuple[str, ...]
    representative: Mapping[int, int]
    versions: Mapping[int, Mapping[str, tuple[TableVersion, ...]]]
    lacking: Mapping[int, tuple[str, ...]]

    @property
    def representatives(self) -> tuple[int, ...]:
        """Distinct representatives, ascending."""
        return tuple(sorted(self.versions))


def part_of(
    indexed: Sequence[Mapping[str, tuple[TableVersion, ...]]],
    manifests: Sequence[Manifest],
    tables: frozenset[str],
    *,
    needs_time: bool,
    columns: Mapping[str, frozenset[str]],
) -> Part:
    """The part of a bucket that controls over ``tables`` look at.

    Args:
        indexed: versions by table, one mapping for each manifest.
        manifests: the bucket.
        tables: what the controls read.
        needs_time: the controls read ``as_of``: equal tables at another time are not equal.
        columns: columns the controls read, by table: a version that lacks one lacks the table.
            Columns that no version lacks need not be named.
    """
    names = tuple(sorted(tables))
    first_with: dict[tuple[object, ...], int] = {}
    representative: dict[int, int] = {}
    versions: dict[int, Mapping[str, tuple[TableVersion, ...]]] = {}
    lacking: dict[int, tuple[str, ...]] = {}
    for index, by_table in enumerate(indexed):
        missing = tuple(
            name
            for name in names
            if not _is_there(by_table.get(name, ()), columns.get(name, frozenset()))
        )
        if missing:
            lacking[index] = missing
            continue
        manifest = manifests[index]
        identity: tuple[object, ...] = (
            manifest.organization,
            manifest.as_of if needs_time else None,
            *(tuple(v.digest for v in by_table[name]) for name in names),
        )
        same = first_with.setdefault(identity, index)
        representative[index] = same
        if same == index:
            versions[index] = {name: by_table[name] for name in names}
    return Part(names, representative, versions, lacking)


def _is_there(versions: tuple[TableVersion, ...], columns: frozenset[str]) -> bool:
    if not columns:
        return bool(versions)
    return bool(versions) and not any(v.missing_columns.keys() & columns for v in versions)


def by_table(manifest: Manifest) -> dict[str, tuple[TableVersion, ...]]:
    """The versions of a manifest by table, scopes in order."""
    found: dict[str, list[TableVersion]] = {}
    for version in manifest.versions:
        found.setdefault(version.table, []).append(version)
    return {
        name: tuple(sorted(versions, key=lambda v: v.scope)) for name, versions in found.items()
    }
