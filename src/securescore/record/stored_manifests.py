"""Manifests as they are stored with their snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from securescore.core.manifest import Manifest, TableVersion


def manifest_to_json(manifest: Manifest) -> dict[str, Any]:
    """A manifest as it is stored; :func:`manifest_from_json` gives an equal one."""
    return {
        "as_of": manifest.as_of.isoformat(),
        "missing": dict(manifest.missing),
        "tables": [
            [
                v.table,
                v.digest,
                v.n_rows,
                v.collected_at.isoformat(),
                v.source,
                v.scope,
                dict(v.missing_columns),
                v.stale_reason,
            ]
            for v in manifest.versions
        ],
    }


def manifest_from_json(organization: str, stored: Mapping[str, Any]) -> Manifest:
    """The manifest of a stored snapshot."""
    return Manifest(
        organization,
        datetime.fromisoformat(stored["as_of"]),
        tuple(
            TableVersion(
                table, digest, n_rows, datetime.fromisoformat(at), source, scope, columns, stale
            )
            for table, digest, n_rows, at, source, scope, columns, stale in stored["tables"]
        ),
        stored["missing"],
    )
