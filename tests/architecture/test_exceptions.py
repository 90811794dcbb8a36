"""Where any exception may be caught: around one table's fetch, one control, one job."""

from __future__ import annotations

import ast
from collections import Counter

from tests.architecture.repository import PACKAGE, python_files, tree

PLACES = {"collect/runner.py": 1, "evaluate": 1, "ops/jobs.py": 1}
BROAD = {"Exception", "BaseException"}


def raises_again(handler: ast.ExceptHandler) -> bool:
    """A handler that tidies up and ends with a bare ``raise`` catches nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def is_broad(handler: ast.ExceptHandler) -> bool:
    if raises_again(handler):
        return False
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(name, ast.Name) and name.id in BROAD for name in caught)


def place_of(module: str) -> str:
    """The place of ``PLACES`` that a module belongs to, else the module itself."""
    return next(
        (name for name in PLACES if module == name or module.startswith(f"{name}/")), module
    )


def test_any_exception_is_caught_in_three_places_only() -> None:
    found = Counter(
        place_of(path.relative_to(PACKAGE).as_posix())
        for path in python_files(below=PACKAGE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and is_broad(node)
    )

    assert {place: n for place, n in found.items() if n > PLACES.get(place, 0)} == {}


def test_a_broad_handler_is_recognized_in_each_of_its_forms() -> None:
    source = "try: pass\nexcept {}: pass\n"
    forms = ["Exception", "BaseException as error", "(ValueError, Exception)", ""]
    handlers = [
        node
        for form in forms
        for node in ast.walk(ast.parse(source.format(form).replace("except :", "except:")))
        if isinstance(node, ast.ExceptHandler)
    ]

    assert [is_broad(handler) for handler in handlers] == [True, True, True, True]


def test_a_handler_that_raises_again_is_allowed() -> None:
    source = "try: pass\nexcept BaseException:\n    tidy_up()\n    raise\n"
    handler = next(node for node in ast.walk(ast.parse(source)) if hasattr(node, "handlers"))

    assert not is_broad(handler.handlers[0])
