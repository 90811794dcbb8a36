"""What organizations of this installation say of themselves, for comparisons; no names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from securescore.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Traits:
    """Every industry, region and license that some organization has, sorted."""

    industries: tuple[str, ...]
    regions: tuple[str, ...]
    licenses: tuple[str, ...]


def licenses_of(named: Iterable[object], found: Iterable[object]) -> tuple[str, ...]:
    """The service plans that hold: those that a person named, else those of the newest data.

    >>> licenses_of([], ["AAD_PREMIUM"]), licenses_of(["TEAMS1"], ["AAD_PREMIUM"])
    (('AAD_PREMIUM',), ('TEAMS1',))
    """
    return tuple(map(str, named)) or tuple(map(str, found))


def known_traits() -> Traits:
    """The traits of all organizations; one query."""
    industries: set[str] = set()
    regions: set[str] = set()
    licenses: set[str] = set()
    for industry, region, named, found in Organization.objects.order_by().values_list(
        "industry", "region", "licenses", "licenses_found"
    ):
        industries.add(industry)
        regions.add(region)
        licenses.update(licenses_of(named, found))
    return Traits(
        tuple(sorted(industries - {""})),
        tuple(sorted(regions - {""})),
        tuple(sorted(licenses - {""})),
    )
