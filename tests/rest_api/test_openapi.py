"""The OpenAPI document: complete, valid, kept in the repository."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from securescore.present.rest_api.openapi import text
from securescore.present.rest_api.reference import page
from tests.rest_api.contract import document, problems

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = [
    (path, method, operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
]
NAMES = [operation["operationId"] for _, _, operation in OPERATIONS]


def test_what_the_repository_keeps_is_what_the_program_answers() -> None:
    kept = ROOT / "docs" / "reference"

    assert text() == (kept / "openapi.json").read_text(encoding="utf-8"), "run make docs"
    assert page() == (kept / "rest-api.md").read_text(encoding="utf-8"), "run make docs"


def test_names_of_operations_are_there_once() -> None:
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("path, method, operation", OPERATIONS, ids=NAMES)
def test_every_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    statuses = {int(status) for status in operation["responses"]}

    assert operation["summary"]
    assert operation["tags"]
    assert operation["x-scope"] in operation["description"]
    assert operation["security"] == [{"BearerToken": []}]
    assert {401, 403, 422, 500} <= statuses
    assert ("{" in path) <= (404 in statuses)
    assert (method in {"post", "put", "patch"}) <= ({400, 413, 415} <= statuses)
    assert all(response["description"] for response in operation["responses"].values())
    assert all(p.get("description") or p["in"] == "path" for p in operation["parameters"])


def members() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (name, member, schema)
        for name, one in document()["components"]["schemas"].items()
        for member, schema in one.get("properties", {}).items()
    ]


def test_every_member_says_what_it_is() -> None:
    silent = [
        f"{name}.{member}"
        for name, member, schema in members()
        if not schema.get("description") and "$ref" not in schema
    ]

    assert silent == []


def test_every_schema_is_one_and_its_examples_hold() -> None:
    for name, schema in document()["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", []):
            assert list(problems(schema, example)) == [], name


def test_the_tool_writes_what_it_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "rest_reference", ROOT / "tools" / "rest_reference.py"
    )
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", [])

    assert tool.main(["--check"]) == 1
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0
