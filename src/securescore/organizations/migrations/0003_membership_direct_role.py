"""A role given directly is kept beside the one that a group gives."""

from django.db import migrations, models
from django.db.models import F


def keep_what_was_given_directly(apps, schema_editor):
    membership = apps.get_model("organizations", "Membership")
    membership.objects.filter(from_group="").update(direct_role=F("role"))


ROLES = [
    ("viewer", "Viewer"),
    ("evidence_viewer", "Evidence viewer"),
    ("editor", "Editor"),
    ("approver", "Approver"),
    ("admin", "Administrator"),
]


class Migration(migrations.Migration):
    dependencies = [("organizations", "0002_people_and_work")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="direct_role",
            field=models.CharField(blank=True, choices=ROLES, default="", max_length=20),
        ),
        migrations.RunPython(keep_what_was_given_directly, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(direct_role__in=["", *(role for role, _ in ROLES)]),
                name="membership_direct_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("direct_role", ""), ("from_group", ""), _negated=True),
                name="membership_from_somewhere",
            ),
        ),
    ]
