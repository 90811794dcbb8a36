"""The schema for editors agrees with the loader: on what is right and on what is wrong."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest

from securescore.catalog.load import ROOT, catalog_of, read_document
from securescore.catalog.schema import control_schema
from securescore.core.errors import CatalogError

DOCUMENT = read_document(ROOT)
VALIDATOR = jsonschema.Draft202012Validator(control_schema())


def without_file(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name != "file"}


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(control_schema())


@pytest.mark.parametrize("raw", DOCUMENT["controls"], ids=lambda raw: raw["id"])
def test_every_control_file_fits_the_schema(raw: dict[str, Any]) -> None:
    errors = [error.message for error in VALIDATOR.iter_errors(without_file(raw))]

    assert errors == []


@pytest.mark.parametrize(
    "name, value",
    [
        ("max_score", 11),
        ("max_score", "10"),
        ("category", "Network"),
        ("scoring", "half"),
        ("confidence", "certain"),
        ("license", "E5"),
        ("surprise", 1),
        ("learn_more", ["https://learn.microsoft.com/entra/"]),
        ("learn_more", [{"title": "Entra", "address": "https://learn.microsoft.com/entra/"}]),
        ("cases", [{"name": "nothing is expected", "expect": {}}]),
        ("cases", [{"name": "an unknown expectation", "expect": {"score": 1}}]),
    ],
)
def test_what_the_loader_refuses_does_not_fit_the_schema(name: str, value: object) -> None:
    raw = {**DOCUMENT["controls"][0], name: value}

    with pytest.raises(CatalogError):
        catalog_of({**DOCUMENT, "controls": [copy.deepcopy(raw)]})
    assert not VALIDATOR.is_valid(without_file(raw))


def test_a_missing_field_does_not_fit_the_schema() -> None:
    for name in control_schema()["required"]:
        raw = {k: v for k, v in DOCUMENT["controls"][0].items() if k not in {name, "file"}}

        assert not VALIDATOR.is_valid(raw), name


def test_every_field_is_described() -> None:
    described = {
        name for name, field in control_schema()["properties"].items() if "description" in field
    }

    assert described == set(control_schema()["properties"])
