"""Migrations of the record carry filled tables forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from securescore.core.points import ten_thousandths

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


@pytest.mark.django_db(transaction=True)
def test_newest_scores_of_old_snapshots_are_carried_into_their_organizations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More organizations than one batch, with scores, without any, and with nothing to score."""
    fill = import_module("securescore.record.migrations.0007_newest_score_of_organizations")
    monkeypatch.setattr(fill, "BATCH", 2)
    before = migrated(
        ("organizations", "0005_licenses_found"), ("record", "0006_whole_custom_averages")
    )
    scores = {"half": (1, 8), "rounded": (12345, 27401), "zero": (0, 0), "none": None}
    for name, score in scores.items():
        organization = before.get_model("organizations", "Organization").objects.create(
            name=name, slug=name
        )
        for day in range(3) if score else ():
            before.get_model("record", "Snapshot").objects.create(
                organization=organization,
                at=NOW + timedelta(days=day),
                on=(NOW + timedelta(days=day)).date(),
                points=score[0] if day == 2 and score else 77,
                max_score=score[1] if day == 2 and score else 99,
                manifest={"as_of": (NOW + timedelta(days=day, hours=-1)).isoformat()},
                catalog_digest="d",
                catalog_version="1",
                engine_version="1",
                created_at=NOW,
            )
        falls = {"a": -28, "b": -27, "c": 2, "d": 3} if name == "half" else {"a": 2}
        for control_id, day in falls.items():  # the 30 days before day 2 begin after day -28
            before.get_model("record", "ControlChange").objects.create(
                organization=organization,
                control_id=control_id,
                at=NOW + timedelta(days=day),
                added_at=NOW,
                state="measured",
                status="to address",
                basis="evaluated",
                points=1,
                measured_points=1,
                delta=-1,
                is_regression=name != "zero",
            )
    after = migrated(("record", "0007_newest_score_of_organizations"))
    rows = {
        o.name: (
            o.newest_at,
            o.newest_data_at,
            o.newest_points,
            o.newest_max_score,
            o.newest_share,
            o.newest_n_regressed,
        )
        for o in after.get_model("organizations", "Organization").objects.all()
    }
    migrated(*MigrationExecutor(connection).loader.graph.leaf_nodes())

    at, data_at = NOW + timedelta(days=2), NOW + timedelta(days=1, hours=23)
    assert rows == {
        "half": (at, data_at, 1, 8, 1250, 2),
        "rounded": (at, data_at, 12345, 27401, ten_thousandths(12345, 27401), 1),
        "zero": (at, data_at, 0, 0, None, 0),
        "none": (None,) * 6,
    }
