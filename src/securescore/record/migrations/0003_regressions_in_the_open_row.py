"""When a control came and when it fell, kept in its rows instead of read from its history."""

from django.db import migrations, models
from django.db.models import Min


def fill(apps, schema_editor):
    """Every row: when its control came. Open rows: the fall that is not made up for yet."""
    changes = apps.get_model("record", "ControlChange").objects.using(
        schema_editor.connection.alias
    )
    first = {
        (row["organization"], row["control_id"]): row["first"]
        for row in changes.values("organization", "control_id").annotate(first=Min("at")).order_by()
    }
    for (organization, control_id), at in first.items():
        changes.filter(organization=organization, control_id=control_id).update(added_at=at)
    fallen: dict[tuple[object, str], tuple[object, int | None]] = {}
    for row in changes.order_by("at").iterator(chunk_size=2000):
        key = (row.organization_id, row.control_id)
        at, points = fallen.get(key, (None, None))
        if row.state == "retired":
            at = points = None
        elif row.is_regression:
            at, points = row.at, max(row.measured_points - min(row.delta, 0), points or 0)
        elif points is not None and row.measured_points >= points:
            at = points = None
        fallen[key] = (at, points)
    for (organization, control_id), (at, points) in fallen.items():
        if at is not None:
            changes.filter(organization=organization, control_id=control_id, until=None).update(
                regressed_at=at, regressed_from=points
            )


class Migration(migrations.Migration):
    dependencies = [("record", "0002_people_and_work")]

    operations = [
        migrations.AddField("controlchange", "added_at", models.DateTimeField(null=True)),
        migrations.AddField("controlchange", "regressed_at", models.DateTimeField(null=True)),
        migrations.AddField("controlchange", "regressed_from", models.IntegerField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
