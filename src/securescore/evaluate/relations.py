"""The relations that a part of a bucket opens: tables, ``snapshots``, views of the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC

import pyarrow as pa

from securescore.catalog.definition import Catalog, ControlDefinition
from securescore.core.manifest import Manifest
from securescore.core.table import TableSet
from securescore.evaluate.bucket import SNAPSHOTS, Part
from securescore.evaluate.engine import Engine, FileOf
from securescore.evaluate.guard import checked
from securescore.evaluate.unique import proven_key


class Relations:
    """Opens what queries read, and knows what is unique in it."""

    def __init__(
        self,
        engine: Engine,
        catalog: Catalog,
        tables: TableSet,
        manifests: Sequence[Manifest],
        file: FileOf,
    ) -> None:
        self._engine = engine
        self._catalog = catalog
        self._tables = tables
        self._manifests = manifests
        self._file = file

    def open(self, part: Part) -> None:
        """Views of the part's tables, and ``snapshots``. Views of the catalog that saw other
        rows are gone afterwards.
        """
        self._engine.open_part(part, self._tables.by_name, self._file)
        self._engine.open_snapshots(
            pa.table(
                {
                    "snapshot": pa.array(part.representatives, pa.int32()),
                    "as_of": pa.array(
                        # Without a zone: DuckDB needs an extension for zones; all is UTC.
                        [
                            self._manifests[index].as_of.astimezone(UTC).replace(tzinfo=None)
                            for index in part.representatives
                        ],
                        pa.timestamp("us"),
                    ),
                }
            )
        )

    def open_views(self, sql: str, part: Part) -> None:
        """Materialize the catalog views that ``sql`` reads and that are not there yet."""
        for view in self._catalog.views_of(sql):
            if self._engine.has_relation(view.name):
                continue
            relations = self._tables.by_name.keys() | self._catalog.views.keys() | {SNAPSHOTS}
            query = checked(view.sql, relations)
            key = proven_key(query.tree, self.keys(part))
            self._engine.materialize(
                view.name,
                view.key,
                query.text,
                query.relations,
                is_unique=key is not None and key <= set(view.key),
            )

    def keys(self, part: Part) -> dict[str, frozenset[str]]:
        """The keys of all relations of a part. The scopes of one table may share a key."""
        keys = {SNAPSHOTS: frozenset({"snapshot"})}
        for name in part.tables:
            if all(len(versions[name]) == 1 for versions in part.versions.values()):
                keys[name] = frozenset({"snapshot", *self._tables[name].key})
        for view in self._catalog.views.values():
            keys[view.name] = frozenset(view.key)
        return keys

    def last_uses(self, definitions: Iterable[ControlDefinition]) -> dict[str, frozenset[str]]:
        """By control, the views that no control after it reads: their memory can be given back."""
        last: dict[str, str] = {}
        for definition in definitions:
            for view in self._catalog.views_of(definition.sql):
                last[view.name] = definition.id
        return {
            id_: frozenset(view for view, by in last.items() if by == id_)
            for id_ in self._catalog.controls
        }
