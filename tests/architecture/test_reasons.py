"""Every exception to a rule carries its reason on its line."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.repository import comments, place, python_files, tree

DIRECTIVE = re.compile(
    r"type:\s*ignore(\[[\w, -]*\])?"
    r"|noqa(:\s*[A-Z]+[0-9]+((,\s*|\s+)[A-Z]+[0-9]+)*)?"
    r"|pragma:\s*no (cover|mutate)"
)
MARKS = {"skip", "skipif", "xfail"}
REASON = 6  # letters and digits: shorter is no reason ("32 bits" is one)


def lacks_reason(comment: str) -> bool:
    """Whether a comment switches a rule off and says nothing beside it."""
    rest, n_directives = DIRECTIVE.subn("", comment)
    return n_directives > 0 and len(re.sub(r"[\W_]", "", rest)) < REASON


def text_argument(call: ast.Call) -> str:
    """The reason that a skip is given: the keyword ``reason``, else the first text."""
    named = [keyword.value for keyword in call.keywords if keyword.arg in {"reason", "msg"}]
    for value in [*named, *call.args]:
        texts = [
            part.value
            for part in ast.walk(value)
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        if texts:
            return " ".join(texts)
    return ""


def skips_without_reason(module: ast.Module) -> list[int]:
    """Lines of ``pytest.skip``, ``mark.skip``, ``mark.skipif`` and ``mark.xfail`` without one."""
    reasoned = {
        id(node.func)
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and len(text_argument(node)) >= REASON
    }
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute)
        and node.attr in MARKS
        and id(node) not in reasoned
        and ast.unparse(node.value) in {"pytest", "pytest.mark", "mark"}
    ]


def test_every_switched_off_rule_has_its_reason() -> None:
    bare = [
        place(path, line)
        for path in python_files()
        if "migrations" not in path.parts
        for line, comment in comments(path)
        if lacks_reason(comment)
    ]

    assert bare == []


def test_every_skipped_test_has_its_reason() -> None:
    bare = [
        place(path, line) for path in python_files() for line in skips_without_reason(tree(path))
    ]

    assert bare == []


@pytest.mark.parametrize(
    "comment, lacks",
    [
        ("# noqa: S101", True),
        ("# noqa: S101, S102", True),
        ("# type: ignore[arg-type]", True),
        ("# type: ignore[arg-type]  # the stubs miss this overload", False),
        ("# noqa: BLE001 - one control must not stop the others", False),
        ("# an ordinary comment", False),
    ],
)
def test_a_directive_without_a_reason_is_recognized(comment: str, lacks: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    assert lacks_reason(comment) == lacks


@pytest.mark.parametrize(
    "source, lines",
    [
        ("pytest.skip()", [1]),
        ("pytest.skip('no sample files on this machine')", []),
        ("@pytest.mark.skip\ndef test(): pass", [1]),
        ("@pytest.mark.xfail(reason='issue 7: rounding')\ndef test(): pass", []),
    ],
)
def test_a_skip_without_a_reason_is_recognized(source: str, lines: list[int]) -> None:
    assert skips_without_reason(ast.parse(source)) == lines
