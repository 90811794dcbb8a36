"""A parsed ``$filter`` as a test over plain values: of numbers, texts, flags and instants.

What may stand in the tree was checked before (:mod:`.odata_filter`); here its types are. Texts
are compared without regard to case, as Graph does; nothing is less and greater than nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from odata_query import ast

from securescore.present.graph_api.errors import GraphError

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


def test_of(tree: Any, kinds: Mapping[str, Kind]) -> Test:
    """The test that a tree stands for.

    Raises:
        GraphError: 400; it is no test, or compares what cannot be compared.
    """
    whole = _part(tree, kinds)
    if whole.kind is not Kind.FLAG:
        raise GraphError(BAD, "The $filter expression must evaluate to a single boolean value.")
    return lambda values: bool(whole.value(values))


def _part(node: Any, kinds: Mapping[str, Kind]) -> _Part:
    """One part as a function of a row; the number of parts is bounded, so is the depth."""
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
