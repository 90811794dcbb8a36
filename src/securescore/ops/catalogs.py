"""The catalog that judges an organization: the built-in one without what it turned off."""

from __future__ import annotations

from functools import lru_cache

from securescore.catalog.definition import Catalog
from securescore.catalog.load import built_in_catalog, with_controls_off
from securescore.organizations.models import Organization


def catalog_of(organization: Organization) -> Catalog:
    """The catalog of an organization; one object for all that turned the same controls off."""
    return _catalog_without(frozenset(organization.disabled_controls))


@lru_cache(maxsize=64)
def _catalog_without(ids: frozenset[str]) -> Catalog:
    return with_controls_off(built_in_catalog(), ids)
