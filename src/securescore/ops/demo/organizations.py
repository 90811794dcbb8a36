"""All demo organizations: the main one, then the smaller ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from securescore.ops.demo.main_organization import main_organization
from securescore.ops.demo.others import other_organization
from securescore.ops.demo.values import DemoOrganization


def demo_organizations(
    *, seed: int, last_day: date, days: int = 730, n_others: int = 300
) -> Iterator[DemoOrganization]:
    """First the main organization, then the smaller ones.

    Args:
        seed: the same seed, day and lengths give the same rows.
        last_day: day (UTC) of the newest collections.
        days: > 0; days of history. The story is told relative to its end: fewer days begin
            later in it, more begin with quiet ones.
        n_others: smaller organizations.
    """
    yield main_organization(seed=seed, last_day=last_day, days=days)
    for number in range(n_others):
        yield other_organization(number, seed=seed, last_day=last_day, days=days)
