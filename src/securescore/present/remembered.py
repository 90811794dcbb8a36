"""Results of pure functions over answers of the record, kept as long as the answers are.

The record gives the same objects until something is recorded (:mod:`securescore.record.kept`).
What is made of them on the way to a page need not be made again: it is found by the identity of
these objects, which are held so that no other can take their place, and by the value of the rest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def remembered(maxsize: int, *, answers: int = 1) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the ``maxsize`` results asked for last.

    The function is pure; its first ``answers`` arguments are given by place and never change; the
    others are hashable; nobody changes what it returns.
    """

    def decorate(make: Callable[P, R]) -> Callable[P, R]:
        results: OrderedDict[Hashable, tuple[object, R]] = OrderedDict()
        lock = Lock()

        @wraps(make)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (*map(id, args[:answers]), *args[answers:], *sorted(kwargs.items()))
            with lock:
                found = results.get(key)
                if found is not None:
                    results.move_to_end(key)
                    return found[1]
            made = make(*args, **kwargs)
            with lock:
                results[key] = args[:answers], made
                while len(results) > maxsize:
                    results.popitem(last=False)
            return made

        return asked

    return decorate
