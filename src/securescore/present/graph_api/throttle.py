"""Limits for each token, as Microsoft sets them for these resources: beyond them, 429.

Counted in Django's cache: with its default, the memory of one process, every server process has
its own count; a shared cache makes it one. ``SECURESCORE_API_THROTTLE=0`` switches it off.
Source: the limits of Microsoft Graph for secureScore and secureScoreControlProfile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.core.cache import cache

from securescore.present.graph_api.errors import GraphError

TOO_MANY = 429
PER_MINUTE = {"secureScores": 150}
"""Requests a minute, by collection."""

WINDOW_S, PER_WINDOW = 600, 10_000
"""Requests in ten minutes, both collections together."""

AT_ONCE = 4
FORGOTTEN_AFTER_S = 120
"""A request that never ended (its process was killed) is forgotten after so long."""


@contextmanager
def counted(token_id: str, collection: str, now: datetime) -> Iterator[None]:
    """Count one request of a token while it runs.

    Raises:
        GraphError: 429 with ``Retry-After`` in seconds.
    """
    if not settings.SECURESCORE_API_THROTTLE:
        yield
        return
    second = int(now.timestamp())
    if collection in PER_MINUTE:
        _count(f"graph:{token_id}:{collection}", 60, PER_MINUTE[collection], second)
    _count(f"graph:{token_id}:all", WINDOW_S, PER_WINDOW, second)
    running = f"graph:{token_id}:running"
    if _added(running, FORGOTTEN_AFTER_S) > AT_ONCE:
        _taken(running)
        raise _too_many(1, f"at most {AT_ONCE} requests at once")
    try:
        yield
    finally:
        _taken(running)


def _count(key: str, window_s: int, limit: int, second: int) -> None:
    """The number of the window is part of the key, so no cache has to keep time exactly."""
    if _added(f"{key}:{second // window_s}", window_s) > limit:
        raise _too_many(window_s - second % window_s, f"at most {limit:,} in {window_s} seconds")


def _added(key: str, timeout_s: int) -> int:
    cache.add(key, 0, timeout_s)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two
        return 1


def _taken(key: str) -> None:
    try:
        cache.decr(key)
    except ValueError:  # it ran out meanwhile
        return


def _too_many(retry_after_s: int, limit: str) -> GraphError:
    return GraphError(
        TOO_MANY,
        f"Too many requests with this token: {limit}. Try again in {retry_after_s} seconds.",
        {"Retry-After": str(retry_after_s)},
    )
