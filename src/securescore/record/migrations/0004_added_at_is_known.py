"""Apart from the filling: PostgreSQL alters no table that the same transaction has updated."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "0003_regressions_in_the_open_row")]

    operations = [
        migrations.AlterField("controlchange", "added_at", models.DateTimeField()),
    ]
