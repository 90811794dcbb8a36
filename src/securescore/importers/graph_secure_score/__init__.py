"""Microsoft's own Secure Score, as Microsoft Graph answers it: history, controls, statuses."""

from __future__ import annotations

from securescore.importers.graph_secure_score.importer import GraphSecureScoreImporter

IMPORTERS = (GraphSecureScoreImporter(),)

__all__ = ["IMPORTERS", "GraphSecureScoreImporter"]
