"""ScubaGear's export of a Microsoft 365 organization: configuration, judged by us."""

from __future__ import annotations

from securescore.importers.scubagear.importer import ScubaGearImporter

IMPORTERS = (ScubaGearImporter(),)

__all__ = ["IMPORTERS", "ScubaGearImporter"]
