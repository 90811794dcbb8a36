"""Links to a vendor's documentation: they explain a control and judge nothing."""

from __future__ import annotations

import copy
from typing import Any

from securescore.catalog.definition import Catalog, Link
from securescore.catalog.load import (
    ROOT,
    catalog_from_json,
    catalog_of,
    catalog_to_json,
    read_document,
)

DOCUMENT = read_document(ROOT)


def without_links() -> Catalog:
    """The catalog as it was stored before controls had links."""
    document: dict[str, Any] = copy.deepcopy(DOCUMENT)
    for raw in document["controls"]:
        del raw["learn_more"]
    return catalog_of(document)


def test_a_stored_catalog_without_links_is_read() -> None:
    links = {definition.learn_more for definition in without_links().controls.values()}

    assert links == {()}


def test_links_are_no_part_of_the_digest() -> None:
    digest = catalog_of(DOCUMENT).digest

    assert without_links().digest == digest


def test_links_are_kept_in_their_order_when_a_catalog_is_stored() -> None:
    document: dict[str, Any] = copy.deepcopy(DOCUMENT)
    document["controls"] = document["controls"][:1]
    document["controls"][0]["learn_more"] = [
        {"title": "Second in the alphabet", "url": "https://learn.microsoft.com/b"},
        {"title": "First in the alphabet", "url": "https://learn.microsoft.com/a"},
    ]
    stored = catalog_to_json(catalog_of(document))

    [definition] = catalog_from_json(stored).controls.values()

    assert definition.learn_more == (
        Link("Second in the alphabet", "https://learn.microsoft.com/b"),
        Link("First in the alphabet", "https://learn.microsoft.com/a"),
    )
