"""Which service plans an organization holds, and so which products are in use (S2).

Where the licenses were never read, every product counts as in use and a license as unknown:
missing data must not take a control out of the score.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from securescore.catalog.definition import Product
from securescore.core.manifest import TableVersion
from securescore.core.table import TableSet
from securescore.evaluate.engine import Engine, FileOf, quoted

TABLE = "entra_service_plans"
NATIONAL_CLOUD = re.compile(r"_(?:GOV|GCC|GCCHIGH|DOD|AR_GCCHIGH|AR_DOD|USGOV_GCCHIGH)$")


class Licenses:
    """The plans of each manifest of a bucket; None where they were never read."""

    def __init__(self, plans: Sequence[frozenset[str] | None]) -> None:
        self.plans = tuple(plans)

    def where_in_use(self, product: Product | None) -> Callable[[int], bool]:
        """Whether the product is in use in the manifest with that index."""
        if product is None or not product.plans:
            return lambda _index: True
        wanted = frozenset(product.plans)

        def is_in_use(index: int) -> bool:
            held = self.plans[index]
            return held is None or not wanted.isdisjoint(held)

        return is_in_use

    def has_one_of(self, index: int, plans: Sequence[str]) -> bool | None:
        """Whether the license a control needs is held; None where it is unknown."""
        if not plans:
            return True
        held = self.plans[index]
        return None if held is None else not held.isdisjoint(plans)


def read_licenses(
    engine: Engine,
    versions: Sequence[Mapping[str, tuple[TableVersion, ...]]],
    tables: TableSet,
    file: FileOf,
) -> Licenses:
    """The plans of every manifest, read in one query."""
    paths: dict[Path, int] = {}
    wanted: list[list[int] | None] = []
    for index, by_name in enumerate(versions):
        found = by_name.get(TABLE, ()) if TABLE in tables else ()
        wanted.append(
            [paths.setdefault(file(TABLE, version.digest, index), len(paths)) for version in found]
            or None
        )
    plans: dict[int, set[str]] = {number: set() for number in paths.values()}
    if paths:
        listed = ", ".join(quoted(str(path)) for path in paths)
        for number, plan in engine.run(
            f"select file_index, service_plan_name from read_parquet([{listed}]) "
            "where capability_status in ('Enabled', 'Warning') "
            "and provisioning_status <> 'Disabled' and service_plan_name is not null"
        ).fetchall():
            plans[number].add(NATIONAL_CLOUD.sub("", plan))
    return Licenses(
        [
            None if numbers is None else frozenset().union(*(plans[n] for n in numbers))
            for numbers in wanted
        ]
    )
