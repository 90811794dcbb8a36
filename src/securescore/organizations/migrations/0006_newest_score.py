"""The newest score in the organization's own row, and what lists of thousands are read by."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("organizations", "0005_licenses_found")]

    operations = [
        *(
            migrations.AddField("organization", name, field(null=True, editable=False))
            for name, field in (
                ("newest_at", models.DateTimeField),
                ("newest_data_at", models.DateTimeField),
                ("newest_points", models.IntegerField),
                ("newest_max_score", models.IntegerField),
                ("newest_share", models.IntegerField),
                ("newest_n_regressed", models.PositiveIntegerField),
            )
        ),
        *(
            migrations.AddIndex("organization", index)
            for index in (
                models.Index(fields=("name", "id"), name="organization_by_name"),
                models.Index(Lower("name"), "id", name="organization_by_lower_name"),
                models.Index(fields=("industry",), name="organization_by_industry"),
                models.Index(fields=("newest_share", "seats"), name="organization_by_share"),
                models.Index(fields=("newest_data_at",), name="organization_by_data"),
                models.Index(fields=("seats",), name="organization_by_seats"),
            )
        ),
    ]
