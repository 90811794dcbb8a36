"""``$filter``: OData's grammar from a library, behind a guard of our own.

The library's lexer and parser are used and nothing else of it: its translations into database
queries would let a caller guess password hashes through relations. The text is bounded, every
word has to be a property or function listed here, paths and lambdas are refused before anything
is parsed, and the tree becomes a test over plain values: no query is ever made of it.
Source: docs/adr/0007-graph-compatible-api.md.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from securescore.present.graph_api.errors import GraphError

MAX_CHARACTERS = 1000
MAX_NODES = 60
BAD = 400


class Kind(StrEnum):
    """The types of values that can be compared."""

    TEXT = "Edm.String"
    NUMBER = "Edm.Double"
    FLAG = "Edm.Boolean"
    INSTANT = "Edm.DateTimeOffset"
    NULL = "null"


Values = Mapping[str, object]
Test = Callable[[Values], bool]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the expression: its type, and how to get its value for one row."""

    kind: Kind
    value: Callable[[Values], Any]


FUNCTIONS: Mapping[str, tuple[Kind, int, Callable[..., object]]] = {
    "contains": (Kind.FLAG, 2, lambda text, part: part.casefold() in text.casefold()),
    "startswith": (
        Kind.FLAG,
        2,
        lambda text, part: text.casefold().startswith(part.casefold()),
    ),
    "endswith": (Kind.FLAG, 2, lambda text, part: text.casefold().endswith(part.casefold())),
    "tolower": (Kind.TEXT, 1, str.lower),
    "toupper": (Kind.TEXT, 1, str.upper),
    "trim": (Kind.TEXT, 1, str.strip),
    "length": (Kind.NUMBER, 1, lambda text: Decimal(len(text))),
}
"""Functions over texts: what they give, how many texts they take."""

_COMPARE: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
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
    whole = _part(tree, kinds)
    if whole.kind is not Kind.FLAG:
        raise GraphError(BAD, "The $filter expression must evaluate to a single boolean value.")
    return lambda values: bool(whole.value(values))


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


def _part(node: Any, kinds: Mapping[str, Kind]) -> _Part:
    """One part as a function of a row; at most :data:`MAX_NODES` deep."""
    match node:
        case ast.Identifier():
            name = node.name
            kind = kinds[name]
            return _Part(kind, lambda values: _plain(values.get(name), kind))
        case ast.BoolOp():
            left, right = _flag(node.left, kinds), _flag(node.right, kinds)
            joined = all if isinstance(node.op, ast.And) else any
            return _Part(Kind.FLAG, lambda v: joined(side(v) for side in (left, right)))
        case ast.UnaryOp(op=ast.Not()):
            operand = _flag(node.operand, kinds)
            return _Part(Kind.FLAG, lambda v: not operand(v))
        case ast.UnaryOp(op=ast.USub()):
            negated = _part(node.operand, kinds)
            if negated.kind is not Kind.NUMBER:
                raise _incompatible(negated.kind, Kind.NUMBER)
            return _Part(Kind.NUMBER, lambda v: -negated.value(v))
        case ast.Compare(comparator=ast.In()):
            return _in(node, kinds)
        case ast.Compare():
            return _comparison(node, kinds)
        case ast.Call():
            return _call(node, kinds)
        case _:
            return _literal(node)


def _flag(node: Any, kinds: Mapping[str, Kind]) -> Test:
    part = _part(node, kinds)
    if part.kind is not Kind.FLAG:
        raise _incompatible(part.kind, Kind.FLAG)
    return lambda values: bool(part.value(values))


def _comparison(node: Any, kinds: Mapping[str, Kind]) -> _Part:
    left, right = _part(node.left, kinds), _part(node.right, kinds)
    compare = _COMPARE[type(node.comparator)]
    is_equality = compare in (operator.eq, operator.ne)
    if Kind.NULL in (left.kind, right.kind):
        if not is_equality:
            raise _incompatible(left.kind, right.kind)
    elif left.kind is not right.kind:
        raise _incompatible(left.kind, right.kind)

    def test(values: Values) -> bool:
        one, other = _folded(left.value(values)), _folded(right.value(values))
        if not is_equality and (one is None or other is None):
            return False
        return compare(one, other)

    return _Part(Kind.FLAG, test)


def _in(node: Any, kinds: Mapping[str, Kind]) -> _Part:
    left = _part(node.left, kinds)
    listed = [_literal(one) for one in node.right.val]
    for one in listed:
        if one.kind is not left.kind:
            raise _incompatible(left.kind, one.kind)
    wanted = [_folded(one.value({})) for one in listed]
    return _Part(Kind.FLAG, lambda values: _folded(left.value(values)) in wanted)


def _call(node: Any, kinds: Mapping[str, Kind]) -> _Part:
    name = node.func.full_name()
    kind, n_arguments, function = FUNCTIONS[name]
    arguments = [_part(argument, kinds) for argument in node.args]
    if len(arguments) != n_arguments:
        raise GraphError(BAD, f"The function '{name}' takes {n_arguments} arguments.")
    for argument in arguments:
        if argument.kind is not Kind.TEXT:
            raise _incompatible(argument.kind, Kind.TEXT)

    def value(values: Values) -> object:
        texts = [argument.value(values) for argument in arguments]
        if any(text is None for text in texts):
            return False if kind is Kind.FLAG else None
        return function(*texts)

    return _Part(kind, value)


def _literal(node: Any) -> _Part:
    kind: Kind
    found: object
    try:
        match node:
            case ast.String() | ast.GUID():
                kind, found = Kind.TEXT, str(node.val)
            case ast.Integer() | ast.Float():
                kind, found = Kind.NUMBER, Decimal(node.val)
            case ast.Boolean():
                kind, found = Kind.FLAG, node.py_val
            case ast.Null():
                kind, found = Kind.NULL, None
            case ast.DateTime():
                kind, found = Kind.INSTANT, _aware(node.py_val)
            case ast.Date():
                day: date = node.py_val
                kind, found = Kind.INSTANT, datetime(day.year, day.month, day.day, tzinfo=UTC)
            case _:
                raise GraphError(
                    BAD, "Invalid filter clause: this kind of value or arithmetic is not supported."
                )
    except (ValueError, OverflowError, ArithmeticError) as error:
        raise GraphError(BAD, f"Invalid filter clause: '{node.val}' does not exist.") from error
    return _Part(kind, lambda _values: found)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _plain(value: object, kind: Kind) -> object:
    """A value of a row as literals of its type are: exact numbers, aware instants."""
    if value is None or kind in (Kind.TEXT, Kind.FLAG):
        return value
    if kind is Kind.NUMBER:
        return Decimal(str(value))
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _folded(value: object) -> object:
    """Texts are compared without regard to case, as Graph does."""
    return value.casefold() if isinstance(value, str) else value


def _incompatible(one: Kind, other: Kind) -> GraphError:
    return GraphError(
        BAD,
        "A binary operator with incompatible types was detected: found "
        f"'{one}' and '{other}' in $filter.",
    )
