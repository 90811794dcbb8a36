"""JSON as importers accept it: nothing is dropped, guessed or repaired.

The standard parser keeps the last of two equal keys, takes NaN for a number and dies of deep
nesting. Each of these would let one file mean two things, so here each is refused with its
place. The module knows texts only, no files: it raises :class:`BadJson`, and the document adds
the name of the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import partial
from typing import NoReturn

MAX_DEPTH = 100  # the deepest real file that we know has 13 levels

# Escapes that name NUL or a half of a surrogate pair: text that no database stores.
_UNSTORABLE_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_CONSTANTS = frozenset({"NaN", "Infinity", "-Infinity"})


class BadJson(ValueError):
    """A text is not JSON that we accept.

    Attributes:
        what: what is wrong.
        position: offset in characters, -1 where it is not known.
        is_truncated: the text ends before its value does.
    """

    def __init__(self, what: str, position: int = -1, *, is_truncated: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.position = position
        self.is_truncated = is_truncated


class _DuplicateKey(ValueError):
    pass


class _NotANumber(ValueError):
    pass


def parsed(text: str, repeatable: AbstractSet[str] = frozenset()) -> object:
    """The value of one JSON text: dict, list, str, int, float, bool or None.

    Args:
        text: the text.
        repeatable: keys that may stand twice in one object if both times they say the same.

    Raises:
        BadJson: not JSON, more than one value, a repeated key, NaN or infinity, deeper than
            ``MAX_DEPTH``, or text that cannot be stored (NUL, half a surrogate pair).
    """
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=partial(_object_without_repeats, repeatable=repeatable),
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        raise _located(error, text) from None
    except _DuplicateKey as error:
        what = f"the key '{error}' appears twice in one object"
        raise BadJson(what, _repeat(text, str(error))) from None
    except _NotANumber as error:
        what = f"{error} is not a number"
        raise BadJson(what, _constant(text, str(error))) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        # The only other one: more digits than Python converts (a defence of its own).
        what = "a number has too many digits"
        raise BadJson(what) from None
    if is_deeper_than(value, MAX_DEPTH):
        raise _too_deep()
    if _UNSTORABLE_ESCAPE.search(text):
        refuse_unstorable_text(value)
    return value


def is_deeper_than(value: object, depth: int) -> bool:
    """Whether lists and objects nest more than ``depth`` times. Goes level by level."""
    level: list[dict[str, object] | list[object]] = (
        [value] if isinstance(value, dict | list) else []
    )
    for _ in range(depth):
        if not level:
            return False
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    return bool(level)


def refuse_unstorable_text(value: object) -> None:
    """Refuse NUL and lone surrogates anywhere in ``value``.

    Raises:
        BadJson: there is one.
    """
    waiting: list[object] = [value]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            waiting.extend(entry)
            waiting.extend(entry.values())
        elif isinstance(entry, list):
            waiting.extend(entry)
        elif isinstance(entry, str) and ("\0" in entry or _is_not_unicode(entry)):
            msg = "a text holds NUL or half a surrogate pair, which is no character"
            raise BadJson(msg)


def noting_repeats() -> tuple[type[dict[str, object]], Callable[[object], str | None]]:
    """A kind of object for a parser that streams, and what finds a repeated key in a value.

    A streaming parser lets no exception of ``__setitem__`` through and is ahead of what it
    yields, so an object notes the key itself; values are searched once there is any note.
    """
    noted: list[str] = []

    class Noting(dict[str, object]):
        repeated: str | None = None

        def __setitem__(self, key: str, value: object) -> None:
            if key in self:
                self.repeated = key
                noted.append(key)
            super().__setitem__(key, value)

    def repeated_key(value: object) -> str | None:
        waiting = [value] if noted else []
        while waiting:
            entry = waiting.pop()
            if isinstance(entry, Noting):
                if entry.repeated is not None:
                    return entry.repeated
                waiting.extend(entry.values())
            elif isinstance(entry, list):
                waiting.extend(entry)
        return None

    return Noting, repeated_key


def _is_not_unicode(text: str) -> bool:
    # Nearly every text is ASCII, which is known without looking (60,000 findings: 16 s, now 10 s).
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _object_without_repeats(
    pairs: Iterable[tuple[str, object]], repeatable: AbstractSet[str]
) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found and not (key in repeatable and found[key] == value):
            raise _DuplicateKey(key)
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _NotANumber(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise _NotANumber(digits)
    return number


def _located(error: json.JSONDecodeError, text: str) -> BadJson:
    is_at_end = not text[error.pos :].strip()
    if is_at_end or error.msg.startswith("Unterminated string"):
        return BadJson("the text ends in the middle of a value", len(text), is_truncated=True)
    if error.msg == "Extra data":
        return BadJson("something follows the end of the value", error.pos)
    return BadJson(f"not JSON: {error.msg[0].lower()}{error.msg[1:]}", error.pos)


def _too_deep() -> BadJson:
    return BadJson(f"objects and lists are nested more than {MAX_DEPTH} times")


def _constant(text: str, name: str) -> int:
    for token in _TOKEN.finditer(text):
        if token.group() == name:
            return token.start()
    return -1


def _repeat(text: str, repeated: str) -> int:
    """Offset of the key that its object already has; the text is JSON but for that."""
    open_objects: list[set[str] | None] = []
    candidate: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        piece = token.group()
        if piece == ":" and candidate and open_objects and open_objects[-1] is not None:
            key = json.loads(candidate.group())
            if key == repeated and key in open_objects[-1]:
                return candidate.start()
            open_objects[-1].add(key)
        elif piece in "{[":
            open_objects.append(set() if piece == "{" else None)
        elif piece in "}]":
            open_objects.pop()
        candidate = token if piece.startswith('"') else None
    return -1
