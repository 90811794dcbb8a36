"""What queries see of a bucket, found once: files, parts, columns that some lack, freshness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from securescore.catalog.definition import Catalog
from securescore.core.freshness import STALE_AFTER_DAYS, Freshness, freshness
from securescore.core.manifest import Manifest
from securescore.evaluate.bucket import Part, by_table, part_of

PathOf = Callable[[str, str, str], Path]
"""The file of (organization, table, digest)."""


def _lacked_columns(manifests: Sequence[Manifest]) -> dict[str, frozenset[str]]:
    """By table, the columns that some version of a bucket lacks."""
    lacked: dict[str, frozenset[str]] = {}
    for manifest in manifests:
        for version in manifest.versions:
            if version.missing_columns:
                known = lacked.get(version.table, frozenset())
                lacked[version.table] = known.union(version.missing_columns)
    return lacked


class BucketTables:
    """The tables of the manifests of one bucket."""

    def __init__(
        self,
        manifests: Sequence[Manifest],
        catalog: Catalog,
        path_of: PathOf,
        stale_after_days: Mapping[str, int],
    ) -> None:
        self.versions = [by_table(manifest) for manifest in manifests]
        self._manifests = manifests
        self._catalog = catalog
        self._path_of = path_of
        self._stale_after_days = stale_after_days
        self._lacked = _lacked_columns(manifests)
        self._files: dict[tuple[str, str, str], Path] = {}
        self._parts: dict[tuple[object, ...], Part] = {}
        self._freshness: dict[tuple[frozenset[str], int], Freshness] = {}
        self._distinct_freshness: dict[Freshness, Freshness] = {}

    def file(self, table: str, digest: str, index: int) -> Path:
        """Where a version of a table of a manifest lies."""
        key = (self._manifests[index].organization, table, digest)
        found = self._files.get(key)
        if found is None:
            found = self._files[key] = self._path_of(*key)
        return found

    def part(self, sql: str, tables: frozenset[str]) -> Part:
        """The part of the bucket that ``sql`` looks at; one for all that look at the same."""
        needs_time = "as_of" in self._catalog.identifiers_of(sql)
        columns = self.columns(sql)
        key = (tables, needs_time, tuple(sorted(columns.items())))
        if key not in self._parts:
            self._parts[key] = part_of(
                self.versions, self._manifests, tables, needs_time=needs_time, columns=columns
            )
        return self._parts[key]

    def columns(self, sql: str) -> dict[str, frozenset[str]]:
        """By table, the columns that ``sql`` mentions (by name: a superset of those it reads) and
        some version lacks.
        """
        mentioned = self._catalog.identifiers_of(sql)
        lacked = {
            name: self._lacked[name] & mentioned
            for name in self._catalog.tables_of(sql) & self._lacked.keys()
        }
        return {name: columns for name, columns in lacked.items() if columns}

    def fresh(self, names: frozenset[str], index: int) -> Freshness:
        """How fresh these tables of a manifest are; the same for all controls that read them."""
        key = (names, index)
        found = self._freshness.get(key)
        if found is None:
            manifest = self._manifests[index]
            by_name = self.versions[index]
            used = [version for name in names for version in by_name.get(name, ())]
            days = self._stale_after_days.get(manifest.organization, STALE_AFTER_DAYS)
            made = freshness(used, manifest.as_of, days)
            found = self._freshness[key] = self._distinct_freshness.setdefault(made, made)
        return found
