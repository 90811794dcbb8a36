"""The relations that a part of a bucket opens: tables, ``snapshots``, views of the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from functools import lru_cache

import pyarrow as pa

from securescore.catalog.definition import Catalog, ControlDefinition, View
from securescore.catalog.sql import Query
from securescore.core.manifest import Manifest
from securescore.core.table import TableSet
from securescore.evaluate.bucket import SNAPSHOTS, Part
from securescore.evaluate.engine import Engine, FileOf
from securescore.evaluate.guard import checked
from securescore.evaluate.sharing import Groups, SharedQuery, shared_query
from securescore.evaluate.unique import proven_key

MAX_GROUPS = 5_000
"""Groups that a view is asked of; with more of them its own groups are fewer by far."""

Keys = frozenset[tuple[str, frozenset[str]]]
"""The columns that identify the rows of each relation."""


# A catalog asks the same of every bucket that is judged by it.
@lru_cache(maxsize=4096)
def _proven_key(query: Query, keys: Keys) -> frozenset[str] | None:
    return proven_key(query.tree, dict(keys))


@lru_cache(maxsize=4096)
def _shared_query(
    query: Query, keys: Keys, resource_id: str, resource_name: str
) -> SharedQuery | None:
    return shared_query(query, dict(keys), resource_id, resource_name)


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

    def open_views(self, sql: str, part: Part, *, but: str = "") -> None:
        """Materialize the catalog views that ``sql`` reads and that are not there yet.

        Args:
            sql: a query.
            part: what is open.
            but: a view to leave out; those it reads are opened.
        """
        for view in self._catalog.views_of(sql):
            if view.name == but or self._engine.has_relation(view.name):
                continue
            query, is_unique = self._checked_view(view, part)
            self._engine.materialize(
                view.name, view.key, query.text, query.relations, is_unique=is_unique
            )

    def _checked_view(self, view: View, part: Part) -> tuple[Query, bool]:
        """The query of a view, and whether its key is proven."""
        relations = self._tables.by_name.keys() | self._catalog.views.keys() | {SNAPSHOTS}
        query = checked(view.sql, relations)
        return query, self.is_unique(query, view.key, part)

    def is_unique(self, query: Query, key: Iterable[str], part: Part) -> bool:
        """Whether it is proven that these columns identify the rows of ``query``."""
        proven = _proven_key(query, self._keys(part))
        return proven is not None and proven <= set(key)

    def shared(
        self,
        query: Query,
        part: Part,
        resource_id: str = "resource_id",
        resource_name: str = "resource_name",
    ) -> SharedQuery | None:
        """How to ask ``query`` by group where its resources are rows of a catalog view."""
        found = _shared_query(query, self._keys(part), resource_id, resource_name)
        return found if found and found.relation in self._catalog.views else None

    def open_groups(self, shared: SharedQuery, part: Part, *, with_members: bool) -> Groups:
        """The groups of a shared query. A view whose groups are enough is not materialized: that
        of a control without evidence, and one that is itself asked by group.
        """
        known = self._engine.known_groups(shared)
        if known:
            return known
        view = self._catalog.views[shared.relation]
        query, is_unique = self._checked_view(view, part)
        self.open_views(view.sql, part)
        through = self.shared(query, part, shared.resource_id, shared.resource_name)
        if through and set(shared.columns) <= set(through.judgment):
            below = self.open_groups(through, part, with_members=with_members)
            if self._engine.n_rows(below.name) <= MAX_GROUPS:
                return self._engine.groups_through(shared, through, below, query.relations)
        if not self._engine.has_relation(view.name) and is_unique and not with_members:
            return self._engine.groups(shared, f"({query.text})", query.relations)
        if not self._engine.has_relation(view.name):
            self._engine.materialize(
                view.name, view.key, query.text, query.relations, is_unique=is_unique
            )
        return self._engine.groups(shared, f'"{view.name}"', query.relations)

    def _keys(self, part: Part) -> Keys:
        """The keys of all relations of a part. The scopes of one table may share a key."""
        keys = {SNAPSHOTS: frozenset({"snapshot"})}
        for name in part.tables:
            if all(len(versions[name]) == 1 for versions in part.versions.values()):
                keys[name] = frozenset({"snapshot", *self._tables[name].key})
        for view in self._catalog.views.values():
            keys[view.name] = frozenset(view.key)
        return frozenset(keys.items())

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
