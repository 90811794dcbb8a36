"""Every route of the installation, found in the URL resolver, and what a request to it came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.urls import URLPattern, URLResolver, get_resolver

TABLE = Path(__file__).with_name("expected.yaml")
PEOPLE = (
    "anonymous",
    "stranger",
    "viewer",
    "evidence_viewer",
    "editor",
    "approver",
    "admin",
    "operator",
)
TOKENS = ("none", "unknown", "READ", "WRITE", "EVIDENCE", "APPROVE", "ADMINISTER")
API_PREFIXES = ("v1.0/", "api/v1/", "beta/")
BY_CONVERTER = {
    "IntConverter": "999999",
    "UUIDConverter": "00000000-0000-0000-0000-000000000001",
}
WORDS = {"ok", "sign-in", "401", "403", "404", "405"}


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its name (with its namespaces), how its address is written, its arguments.

    ``arguments`` are made up after the converter, so that nothing is found by them.
    """

    name: str
    address: str
    arguments: Mapping[str, str]

    @property
    def is_api(self) -> bool:
        return self.address.startswith(API_PREFIXES)

    @property
    def columns(self) -> tuple[str, ...]:
        return TOKENS if self.is_api else PEOPLE

    def path(self, **values: str) -> str:
        """The address with arguments put in; those that are not given keep what was made up."""
        text = self.address
        for name, value in {**self.arguments, **values}.items():
            for written in (f"<{name}>", f"<{name}:"):
                text = text.replace(written, value)
        return f"/{text}"


def every_route() -> dict[str, Route]:
    """By name; a name that two routes share gets the address behind it."""
    found: dict[str, Route] = {}
    for route in _walk(get_resolver(), "", ""):
        name = route.name if route.name not in found else f"{route.name} {route.address}"
        found[name] = Route(name, route.address, route.arguments)
    return found


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        address = prefix + str(pattern.pattern).lstrip("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern, address, inner)
        elif isinstance(pattern, URLPattern):
            yield _route(pattern, address, namespace)


def _route(pattern: URLPattern, address: str, namespace: str) -> Route:
    """``<slug:slug>`` is written ``<slug>``, in the address of the table too."""
    parts: dict[str, str] = {}
    text = address
    while "<" in text and ":" in text.partition("<")[2].partition(">")[0]:
        before, _, rest = text.partition("<")
        inner, _, after = rest.partition(">")
        kind, _, name = inner.partition(":")
        parts[name] = BY_CONVERTER.get(f"{kind.capitalize()}Converter", "nothing-here")
        if kind == "uuid":
            parts[name] = BY_CONVERTER["UUIDConverter"]
        text = f"{before}\0{name}\1{after}"
    text = text.replace("\0", "<").replace("\1", ">")
    for bare in [piece.partition(">")[0] for piece in text.split("<")[1:]]:
        parts.setdefault(bare, "nothing-here")
    return Route(f"{namespace}{pattern.name or text}", text, parts)


def verdict(response: Any) -> str:
    """What a request came to, in one word of the table."""
    status = response.status_code
    if status in {301, 302, 303} and response.headers["Location"].startswith("/sign-in/?next="):
        return "sign-in"
    if status in {401, 403, 404, 405}:
        return str(status)
    return "5xx" if status >= 500 else "ok"


def table() -> dict[str, Any]:
    """``expected.yaml``."""
    loaded: dict[str, Any] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return loaded


def expected_of(row: Mapping[str, Any], method: str, route: Route) -> tuple[str, ...]:
    """The words of one method, one a column; a single word stands for all of them."""
    words = str(row[method]).split()
    if len(words) == 1:
        words *= len(route.columns)
    assert len(words) == len(route.columns), f"{route.name}, {method}: one word a column"
    assert set(words) <= WORDS, f"{route.name}, {method}: use {sorted(WORDS)}"
    return tuple(words)


def written(words: tuple[str, ...]) -> str:
    """Words as the table writes them."""
    return words[0] if len(set(words)) == 1 else " ".join(words)
