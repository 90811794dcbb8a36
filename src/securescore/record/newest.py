"""The newest score of an organization, kept in its own row: a list of thousands reads no snapshots.

It is made from the snapshots by whatever writes or takes back snapshots, in its transaction;
``securescore verify`` makes it again and compares.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count

from securescore.core.points import ten_thousandths
from securescore.organizations.models import Organization
from securescore.record.kept import kept, touch
from securescore.record.models import ControlChange, Snapshot

CHANGE_DAYS = 30
COLUMNS = (
    "newest_at",
    "newest_data_at",
    "newest_points",
    "newest_max_score",
    "newest_share",
    "newest_n_regressed",
)

Columns = dict[str, int | datetime | None]


@kept
def newest_snapshot(organization: Organization) -> Snapshot | None:
    """The newest snapshot, to be read only; None before the first."""
    return Snapshot.objects.filter(organization=organization).order_by("-at").first()


def write_newest(organization: Organization) -> None:
    """Carry the newest snapshot into the organization's row, with a new revision."""
    touch(organization, newest_of(organization))


def newest_of(organization: Organization) -> Columns:
    """What the row has to say, from the snapshots and changes; all None without a snapshot."""
    newest = (
        Snapshot.objects.filter(organization=organization)
        .order_by("-at")
        .values_list("at", "points", "max_score", "manifest__as_of")
        .first()
    )
    if newest is None:
        return dict.fromkeys(COLUMNS)
    at, points, max_score, data_at = newest
    fallen = ControlChange.objects.filter(
        organization=organization,
        is_regression=True,
        at__gt=at - timedelta(days=CHANGE_DAYS),
        at__lte=at,
    ).aggregate(n=Count("control_id", distinct=True))
    return {
        "newest_at": at,
        "newest_data_at": datetime.fromisoformat(data_at),
        "newest_points": points,
        "newest_max_score": max_score,
        "newest_share": ten_thousandths(points, max_score),
        "newest_n_regressed": fallen["n"],
    }


def kept_newest(organization: Organization) -> Columns:
    """What the row says."""
    found: Columns = Organization.objects.values(*COLUMNS).get(pk=organization.pk)
    return found
