"""What organizations of this installation say of themselves, for comparisons; no names."""

from __future__ import annotations

from dataclasses import dataclass

from securescore.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Traits:
    """Every industry, region and license that some organization has, sorted."""

    industries: tuple[str, ...]
    regions: tuple[str, ...]
    licenses: tuple[str, ...]


def known_traits() -> Traits:
    """The traits of all organizations; one query."""
    industries: set[str] = set()
    regions: set[str] = set()
    licenses: set[str] = set()
    for industry, region, plans in Organization.objects.order_by().values_list(
        "industry", "region", "licenses"
    ):
        industries.add(industry)
        regions.add(region)
        licenses.update(map(str, plans))
    return Traits(
        tuple(sorted(industries - {""})),
        tuple(sorted(regions - {""})),
        tuple(sorted(licenses - {""})),
    )
