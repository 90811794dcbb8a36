"""``$filter``: OData's grammar from a library, behind a guard of our own.

The library's lexer and parser are used and nothing else of it: its translations into database
queries would let a caller guess password hashes through relations. The text is bounded, every
word has to be a property or function listed here, paths and lambdas are refused before anything
is parsed, and the tree becomes a test over plain values: no query is ever made of it.
Source: docs/adr/0007-graph-compatible-api.md.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from securescore.present.graph_api.errors import GraphError
from securescore.present.graph_api.odata_tree import BAD, FUNCTIONS, Kind, Test, test_of

MAX_CHARACTERS = 1000
MAX_NODES = 60


_REFUSED = {"/", ":", "=", "ANY", "ALL"}


def compiled(text: str, kinds: Mapping[str, Kind], type_name: str) -> Test:
    """The test that a filter stands for.

    Args:
        text: the filter as it was asked.
        kinds: the properties that may be filtered, by name, and their types.
        type_name: of the entity, for messages.

    Raises:
        GraphError: 400, saying what is wrong with it.
    """
    if len(text) > MAX_CHARACTERS:
        raise GraphError(
            BAD, f"$filter may have {MAX_CHARACTERS} characters, this has {len(text)}."
        )
    tree = _parsed(text, kinds, type_name)
    n_nodes = sum(1 for _ in _nodes(tree))
    if n_nodes > MAX_NODES:
        raise GraphError(BAD, f"$filter is too complex: {n_nodes} parts, {MAX_NODES} are allowed.")
    return test_of(tree, kinds)


def _parsed(text: str, kinds: Mapping[str, Kind], type_name: str) -> Any:
    try:
        tokens = list(ODataLexer().tokenize(text))
        _check_words(tokens, kinds, type_name)
        tree = ODataParser().parse(iter(_with_commas(tokens)))
    except (ODataException, ValueError) as error:
        raise GraphError(BAD, f"Invalid filter clause: {_place(error)}.") from error
    if tree is None:
        raise GraphError(BAD, "Invalid filter clause: it is empty.")
    return tree


def _check_words(tokens: Sequence[Any], kinds: Mapping[str, Kind], type_name: str) -> None:
    by_name = {name.lower(): name for name in kinds}
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type in _REFUSED:
            raise GraphError(
                BAD, "Paths, lambdas and named parameters are not supported in $filter."
            )
        if token.type != "ODATA_IDENTIFIER":
            continue
        name = token.value.full_name()
        if following is not None and following.type == "(":
            if name not in FUNCTIONS:
                raise GraphError(BAD, f"An unknown function with name '{name}' was found.")
        elif name.lower() in by_name:
            token.value = ast.Identifier(by_name[name.lower()])  # Graph ignores the case of names
        else:
            raise GraphError(
                BAD,
                f"Could not find a property named '{name}' on type '{type_name}' that can be "
                f"filtered. These can: {', '.join(kinds)}.",
            )


def _with_commas(tokens: Sequence[Any]) -> list[Any]:
    """``in ('a')`` is a list of one for OData; the library wants ``in ('a',)``."""
    made = list(tokens)
    for start, token in enumerate(tokens):
        if token.type != "IN":
            continue
        match [t for t in tokens[start + 1 : start + 6] if t.type != "WS"]:
            case [opening, _, closing, *_] if (opening.type, closing.type) == ("(", ")"):
                comma = copy.copy(closing)
                comma.type = comma.value = ","
                made.insert(made.index(closing), comma)
    return made


def _place(error: Exception) -> str:
    token = getattr(error, "token", None)
    if getattr(error, "eof", False) or token is None:
        return "it ends too early" if hasattr(error, "token") else "it cannot be read"
    return f"syntax error at position {token.index}"


def _nodes(tree: object) -> Iterator[object]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (list, tuple)):
            waiting.extend(node)
        elif is_dataclass(node):
            yield node
            waiting.extend(getattr(node, field.name) for field in fields(node))
