"""Averages of custom comparisons are kept in whole percent: those that were not are rounded."""

from math import floor

from django.db import migrations


def round_averages(apps, _schema_editor):
    days = apps.get_model("record", "CohortDay").objects
    for row in days.filter(cohort__startswith="custom:").iterator(chunk_size=2000):
        days.filter(pk=row.pk).update(percentage=float(floor(row.percentage + 0.5)))


class Migration(migrations.Migration):
    dependencies = [("record", "0005_jobs_of_the_installation")]

    operations = [migrations.RunPython(round_averages, migrations.RunPython.noop)]
