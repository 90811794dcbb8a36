"""Where an installation keeps what is not in its database."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.conf import settings

from securescore.catalog.definition import Catalog
from securescore.catalog.load import built_in_catalog, catalog_from_json, catalog_to_json
from securescore.core.errors import RecordError
from securescore.land.store import TableStore
from securescore.record.evidence import EvidenceStore


class CatalogStore:
    """Catalogs that judged a snapshot, by digest: ``<root>/<digest>.json``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[str, Catalog] = {}

    def keep(self, catalog: Catalog) -> None:
        """Store a catalog, once."""
        path = self.root / f"{catalog.digest}.json"
        self._known[catalog.digest] = catalog
        if not path.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_text(catalog_to_json(catalog), encoding="utf-8")
            draft.replace(path)

    def read(self, digest: str) -> Catalog:
        """The catalog with that digest.

        Raises:
            RecordError: it is not stored, or its file was changed.
        """
        if digest not in self._known:
            built_in = built_in_catalog()
            if built_in.digest == digest:
                self._known[digest] = built_in
                return built_in
            path = self.root / f"{digest}.json"
            if not path.exists():
                raise RecordError(
                    what="the catalog that judged this snapshot is not stored", where=path.name
                )
            catalog = catalog_from_json(path.read_text(encoding="utf-8"))
            if catalog.digest != digest:
                raise RecordError(what="the stored catalog was changed", where=path.name)
            self._known[digest] = catalog
        return self._known[digest]


@dataclass(frozen=True)
class Workspace:
    """The data folder of an installation."""

    home: Path

    @cached_property
    def tables(self) -> TableStore:
        return TableStore(self.home / "tables")

    @cached_property
    def evidence(self) -> EvidenceStore:
        return EvidenceStore(self.home / "evidence")

    @cached_property
    def catalogs(self) -> CatalogStore:
        return CatalogStore(self.home / "catalogs")


def workspace() -> Workspace:
    """The workspace of this installation."""
    return Workspace(Path(settings.SECURESCORE_HOME))
