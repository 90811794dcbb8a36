"""Migrations of the record carry filled tables forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


def migrated(*targets: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return MigrationExecutor(connection).loader.project_state(list(targets)).apps


@pytest.mark.django_db(transaction=True)
def test_regressions_of_old_rows_are_carried_into_the_open_row() -> None:
    before = migrated(("organizations", "0002_people_and_work"), ("record", "0002_people_and_work"))
    organization = before.get_model("organizations", "Organization").objects.create(
        name="Example", slug="example"
    )
    model = before.get_model("record", "ControlChange")
    told = {"fell": [900, 300, 500], "recovered": [900, 300, 900], "never": [100, 300, 300]}
    for control_id, points in told.items():
        for number, value in enumerate(points):
            delta = value - points[number - 1] if number else value
            model.objects.create(
                organization=organization,
                control_id=control_id,
                at=NOW + timedelta(days=number),
                until=NOW + timedelta(days=number + 1) if number + 1 < len(points) else None,
                state="measured",
                status="to address",
                basis="evaluated",
                points=value,
                measured_points=value,
                delta=delta,
                is_regression=delta < 0,
            )
    after = migrated(("record", "0004_added_at_is_known"))
    rows = {
        row.control_id: (row.added_at, row.regressed_at, row.regressed_from)
        for row in after.get_model("record", "ControlChange").objects.filter(until=None)
    }
    migrated(*MigrationExecutor(connection).loader.graph.leaf_nodes())

    assert rows == {
        "fell": (NOW, NOW + timedelta(days=1), 900),
        "recovered": (NOW, None, None),
        "never": (NOW, None, None),
    }
