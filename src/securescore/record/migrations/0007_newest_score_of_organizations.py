"""Organizations get the newest score into their own rows, from the snapshots there are."""

from datetime import datetime, timedelta

from django.db import migrations
from django.db.models import OuterRef, Subquery

BATCH = 500
DAYS = 30


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    organizations = apps.get_model("organizations", "Organization").objects.using(alias)
    snapshots = apps.get_model("record", "Snapshot").objects.using(alias)
    changes = apps.get_model("record", "ControlChange").objects.using(alias)
    ids = list(organizations.order_by("pk").values_list("pk", flat=True))
    newest = snapshots.filter(organization=OuterRef("pk")).order_by("-at").values("pk")[:1]
    for start in range(0, len(ids), BATCH):
        some = organizations.filter(pk__in=ids[start : start + BATCH])
        found = {
            row["organization"]: row
            for row in snapshots.filter(
                pk__in=list(some.values_list(Subquery(newest), flat=True).order_by())
            ).values("organization", "at", "points", "max_score", "manifest__as_of")
        }
        if not found:
            continue
        since = min(row["at"] for row in found.values()) - timedelta(days=DAYS)
        fallen: dict[object, set[str]] = {}
        for pk, control_id, at in (
            changes.filter(organization__in=list(found), is_regression=True, at__gt=since)
            .order_by()
            .values_list("organization", "control_id", "at")
        ):
            if found[pk]["at"] - timedelta(days=DAYS) < at <= found[pk]["at"]:
                fallen.setdefault(pk, set()).add(control_id)
        for pk, row in found.items():
            points, maximum = row["points"], row["max_score"]
            organizations.filter(pk=pk).update(
                newest_at=row["at"],
                newest_data_at=datetime.fromisoformat(row["manifest__as_of"]),
                newest_points=points,
                newest_max_score=maximum,
                newest_share=_share(points, maximum),
                newest_n_regressed=len(fallen.get(pk, ())),
            )


def _share(points: int, maximum: int) -> int | None:
    """Hundredths of a percent, halves away from zero."""
    if maximum == 0:
        return None
    whole = (2 * abs(points) * 10_000 + maximum) // (2 * maximum)
    return -whole if points < 0 else whole


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0006_newest_score"),
        ("record", "0006_whole_custom_averages"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
