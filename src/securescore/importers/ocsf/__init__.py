"""Findings of scanners: OCSF, the open schema that Prowler and others write; Prowler's CSV."""

from __future__ import annotations

from securescore.importers.ocsf.ocsf_json import OcsfImporter
from securescore.importers.ocsf.prowler_csv import ProwlerCsvImporter

IMPORTERS = (OcsfImporter(), ProwlerCsvImporter())

__all__ = ["IMPORTERS", "OcsfImporter", "ProwlerCsvImporter"]
