"""Two rules of the Graph-compatible API that reading its code would have to find."""

from __future__ import annotations

import ast

from tests.architecture.repository import PACKAGE, place, python_files, tree

FOLDER = PACKAGE / "present" / "graph_api"
GRAMMAR = {"odata_query", "odata_query.grammar", "odata_query.exceptions"}


def test_documents_are_written_by_one_encoder() -> None:
    """``json.dumps`` over an answer would write again what is stored as it is answered."""
    dumps = [
        place(path, node.lineno)
        for path in python_files(below=FOLDER)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"dumps", "dump"}
        and ast.unparse(node.value) == "json"
    ]
    encoders = [
        place(path)
        for path in python_files(below=FOLDER)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("JSONEncoder")
    ]

    assert dumps == []
    assert encoders == ["src/securescore/present/graph_api/encode.py"]


def test_of_the_library_for_filters_only_the_grammar_is_used() -> None:
    """Its translations into queries would follow relations to wherever a caller likes."""
    imported = {
        node.module
        for path in python_files(below=PACKAGE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("odata_query")
    }
    whole = [
        place(path, node.lineno)
        for path in python_files(below=PACKAGE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import)
        and any(alias.name.startswith("odata_query") for alias in node.names)
    ]

    assert imported == GRAMMAR
    assert whole == []
