"""Addresses of pages by the name of their route, each made once."""

from __future__ import annotations

from functools import lru_cache

from django.urls import get_script_prefix, reverse


def address(name: str, *args: object) -> str:
    """The path of a route: ``address("action", slug, control_id)``."""
    return _address(get_script_prefix(), name, args)


@lru_cache(maxsize=20_000)
def _address(_prefix: str, name: str, args: tuple[object, ...]) -> str:
    return reverse(name, args=args)
