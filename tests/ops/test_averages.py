"""Microsoft's averages come with its answers and stand as lines of their own."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from securescore.record import query
from securescore.record.models import ReportedAverage
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def reported(day: int, **averages: float) -> Any:
    """A day of Microsoft's score with averages by basis."""
    return world.collected(
        day,
        {
            "graph_comparisons": [
                {
                    "basis": basis,
                    "average_percentage": average,
                    "seats_from": 1 if basis == "TotalSeats" else None,
                    "seats_to": 100 if basis == "TotalSeats" else None,
                    "category_points": json.dumps({"Apps": {"points": 2965, "max_score": 7900}}),
                }
                for basis, average in averages.items()
            ]
        },
        source="graph_secure_score",
    )


def test_averages_are_kept_by_day_and_basis() -> None:
    organization = world.organization()
    days = [world.mfa(day, 10, 5) for day in (0, 1)]
    world.record(
        organization,
        *days,
        reported(0, AllTenants=52.86, TotalSeats=48.1),
        reported(1, AllTenants=52.9),
    )
    start = world.START.date()
    lines = query.comparison_trend(organization, start, start + timedelta(days=1)).lines

    assert {
        "microsoft:AllTenants": ((start, 52.86), (start + timedelta(days=1), 52.9)),
        "microsoft:TotalSeats": ((start, 48.1),),
    } == {line.key: line.values for line in lines}
    assert ["Microsoft: all organizations", "Microsoft: 1 to 100 seats"] == [
        line.name for line in lines
    ]
    assert {"Apps": {"points": 2965, "max_score": 7900}} == (
        ReportedAverage.objects.filter(basis="AllTenants")[0].categories
    )


def test_an_average_imported_again_holds_anew() -> None:
    organization = world.organization()
    world.record(organization, world.mfa(0, 10, 5), reported(0, AllTenants=52.0))
    later = reported(0, AllTenants=53.5)
    world.record(organization, world.mfa(1, 10, 5), later)
    world.record(organization, later)

    assert [53.5] == [row.percentage for row in ReportedAverage.objects.all()]
