"""Keeps what Microsoft reported of other organizations."""

from __future__ import annotations

from collections.abc import Sequence

from securescore.record.models import ReportedAverage


def write_averages(rows: Sequence[ReportedAverage]) -> None:
    """Keep averages as they were reported; the newest of a day and basis holds."""
    ReportedAverage.objects.bulk_create(
        rows,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["organization", "on", "basis"],
        update_fields=["percentage", "seats_from", "seats_to", "categories"],
    )
