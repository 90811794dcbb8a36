"""Microsoft's averages of other organizations, out of collections that hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from securescore.ops.workspace import Workspace
from securescore.organizations.models import Organization
from securescore.record.models import Collection, ReportedAverage

TABLE = "graph_comparisons"


def reported_averages(
    work: Workspace, organization: Organization, collections: Iterable[Collection]
) -> list[ReportedAverage]:
    """A row for each average of each day; of two of one day and basis, the later one."""
    zone = ZoneInfo(organization.time_zone)
    found: dict[tuple[object, str], ReportedAverage] = {}
    for collection in sorted(collections, key=lambda row: row.collected_at):
        landed = collection.tables.get(TABLE)
        if landed is None or not landed["n_rows"]:
            continue
        on = collection.collected_at.astimezone(zone).date()
        rows = work.tables.read(str(organization.pk), TABLE, landed["digest"])
        for row in rows.to_pylist():
            found[on, row["basis"]] = ReportedAverage(
                organization=organization,
                on=on,
                basis=row["basis"][:60],
                percentage=row["average_percentage"],
                seats_from=row["seats_from"],
                seats_to=row["seats_to"],
                categories=json.loads(row["category_points"] or "{}"),
            )
    return list(found.values())
