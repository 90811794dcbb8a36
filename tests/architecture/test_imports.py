"""Who may import whom (the contracts stand in pyproject.toml), and what they cannot see."""

from __future__ import annotations

import ast
import re

import pytest
from importlinter.cli import lint_imports

from tests.architecture.repository import PACKAGE, ROOT, place, python_files, tree

NAMELESS = {"utils", "util", "common", "misc", "helpers", "helper", "shared", "lib", "stuff"}


def test_the_import_contracts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)

    assert code == 0, capsys.readouterr().out


def test_no_module_is_a_catch_all() -> None:
    nameless = [
        place(path)
        for path in python_files(below=PACKAGE)
        if NAMELESS & {path.stem, *path.relative_to(PACKAGE).parts[:-1]}
    ]

    assert nameless == []


def test_models_are_not_fetched_by_a_string() -> None:
    """A string would go round the import contracts; migrations have no other way."""
    strings = [
        place(path)
        for path in python_files(below=PACKAGE)
        if "migrations" not in path.parts and "get_model(" in path.read_text(encoding="utf-8")
    ]

    assert strings == []


def test_foreign_keys_point_to_their_own_app_or_below() -> None:
    allowed = {"organizations": {"organizations", "auth"}, "record": {"record", "organizations"}}
    wrong = []
    for app, targets in allowed.items():
        for path in python_files(below=PACKAGE / app):
            if "migrations" in path.parts:
                continue
            keys = re.findall(
                r"(?:ForeignKey|OneToOneField|ManyToManyField)\(\s*\"(\w+)\.\w+\"",
                path.read_text(encoding="utf-8"),
            )
            wrong += [f"{place(path)} -> {key}" for key in keys if key not in targets]

    assert wrong == []


def test_every_model_has_fields_and_constraints_only() -> None:
    """No signals: what happens when something is written stands where it is written."""
    signals = [
        place(path, node.lineno)
        for path in python_files(below=PACKAGE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and "signals" in (node.module or "")
    ]

    assert signals == []
