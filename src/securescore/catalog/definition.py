"""What a catalog holds: control definitions, views, products, and the digest over them.

A definition is the control (core) plus what judges and explains it. The digest covers exactly
what can change a result: ids, versions, points, scoring, SQL, licenses, views, products and the
tables of reported results; texts, links and cases may be improved without a new digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from securescore.catalog.sql import parse_query
from securescore.core.control import Control
from securescore.core.errors import CatalogError


@dataclass(frozen=True, slots=True)
class Case:
    """One example of a control or view, and its test.

    ``given`` maps table to rows; a table left out is empty. ``missing`` names tables that were
    not collected. ``expect`` is what must come out (keys: see catalog/load.py).
    """

    name: str
    given: Mapping[str, tuple[Mapping[str, Any], ...]]
    missing: tuple[str, ...]
    expect: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A page of a vendor's public documentation, and what it is about in our own words."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class ByPolicy:
    """How to judge a control when a table it requires was not collected: where the policies
    decide for everyone. Its SQL gives one row a snapshot; ``passed`` NULL is undecided.
    """

    requires: tuple[str, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class ControlDefinition:
    """A control with what judges it and what explains it. Field by field as in the file."""

    control: Control
    sql: str
    requires: tuple[str, ...]
    by_policy: ByPolicy | None
    cases: tuple[Case, ...]
    max_score_basis: str
    confidence: str
    choice: str
    why: str
    fix: str
    user_effect: str
    check_by_hand: str
    threats: tuple[str, ...]
    frameworks: Mapping[str, tuple[str, ...]]
    learn_more: tuple[Link, ...] = ()
    is_enabled: bool = True
    disabled_reason: str = ""

    @property
    def id(self) -> str:
        return self.control.id


@dataclass(frozen=True, slots=True)
class View:
    """A relation that several controls share, one row per ``key``."""

    name: str
    key: tuple[str, ...]
    requires: tuple[str, ...]
    doc: str
    sql: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """A product; in use when one of ``plans`` is subscribed. No plans: always in use."""

    id: str
    title: str
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reported:
    """How findings of scanners become points (S12)."""

    severity_points: Mapping[str, int]
    default_severity: str
    off: frozenset[str] = frozenset()  # ids of controls that an organization does not score


@dataclass(frozen=True)
class Catalog:
    """Everything that judges. Immutable; two catalogs with one digest give equal results.

    ``document`` is the plain JSON form it was made from: it is stored beside the snapshots so
    that they can be recomputed years later.
    """

    version: str
    controls: Mapping[str, ControlDefinition]
    views: Mapping[str, View]
    products: Mapping[str, Product]
    reported: Reported
    frameworks: Mapping[str, Mapping[str, Any]]
    document: Mapping[str, Any] = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what can change a result, hex."""
        judged = {
            "controls": [
                {
                    "id": d.id,
                    "version": d.control.version,
                    "category": d.control.category,
                    "product": d.control.product,
                    "max_score": d.control.max_score,
                    "scoring": d.control.scoring,
                    "license": d.control.license,
                    "requires": d.requires,
                    "sql": parse_query(d.sql).text,
                    "by_policy": d.by_policy
                    and [d.by_policy.requires, parse_query(d.by_policy.sql).text],
                }
                for d in sorted(self.enabled, key=lambda d: d.id)
            ],
            "views": [[v.name, parse_query(v.sql).text] for _, v in sorted(self.views.items())],
            "products": [[p.id, p.plans] for _, p in sorted(self.products.items())],
            "reported": [
                dict(self.reported.severity_points),
                self.reported.default_severity,
                *([sorted(self.reported.off)] if self.reported.off else []),
            ],
        }
        canonical = json.dumps(judged, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def enabled(self) -> tuple[ControlDefinition, ...]:
        """The controls that are scored, in order of their ids."""
        return tuple(d for _, d in sorted(self.controls.items()) if d.is_enabled)

    def views_of(self, sql: str) -> tuple[View, ...]:
        """The views that ``sql`` reads, directly or through others, used ones first."""
        ordered: dict[str, View] = {}

        def visit(text: str, path: tuple[str, ...]) -> None:
            for name in sorted(parse_query(text).relations & self.views.keys()):
                if name in path:
                    raise CatalogError(what=f"view '{name}' reads itself", where=name, lint="L021")
                if name not in ordered:
                    visit(self.views[name].sql, (*path, name))
                    ordered[name] = self.views[name]

        visit(sql, ())
        return tuple(ordered.values())

    def tables_of(self, sql: str) -> frozenset[str]:
        """The tables that ``sql`` reads, directly or through views; not ``snapshots``."""
        texts = [sql, *(view.sql for view in self.views_of(sql))]
        names = frozenset[str]().union(*(parse_query(text).relations for text in texts))
        return frozenset(names - self.views.keys() - {"snapshots"})

    def identifiers_of(self, sql: str) -> frozenset[str]:
        """All column names that ``sql`` and its views mention."""
        texts = [sql, *(view.sql for view in self.views_of(sql))]
        return frozenset[str]().union(*(parse_query(text).identifiers for text in texts))
