"""Reads a catalog from its files, or from a JSON document: the one compiled into a built package
(``setup.py``), or one stored beside the snapshots.

Strict: an unknown field, a missing one or one of another type is an error with file and field.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from securescore.catalog.definition import (
    ByPolicy,
    Case,
    Catalog,
    ControlDefinition,
    Link,
    Product,
    Reported,
    View,
)
from securescore.catalog.strict_yaml import parse
from securescore.core.control import MAX_SCORE_RANGE, Category, Control, Level, Scoring, Tier
from securescore.core.errors import CatalogError
from securescore.core.points import Points

ROOT = Path(__file__).parent
COMPILED = ROOT / "compiled.json"
"""The catalog of an installed package. A checkout has none: there the files themselves count."""

REQUIRED: Mapping[str, type | tuple[type, ...]] = {
    "id": str,
    "version": int,
    "title": str,
    "category": str,
    "product": str,
    "max_score": int,
    "max_score_basis": str,
    "scoring": str,
    "tier": str,
    "user_impact": str,
    "implementation_cost": str,
    "threats": list,
    "license": (str, list),
    "confidence": str,
    "requires": list,
    "why": str,
    "fix": str,
    "user_effect": str,
    "check_by_hand": str,
    "sql": str,
    "cases": list,
}
OPTIONAL: Mapping[str, type | tuple[type, ...]] = {
    "choice": str,
    "frameworks": dict,
    "learn_more": list,
    "by_policy": dict,
    "is_enabled": bool,
    "disabled_reason": str,
}
LINK_REQUIRED: Mapping[str, type | tuple[type, ...]] = {"title": str, "url": str}
VIEW_REQUIRED: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "key": list,
    "requires": list,
    "doc": str,
    "sql": str,
    "cases": list,
}
CASE_REQUIRED: Mapping[str, type | tuple[type, ...]] = {"name": str, "expect": dict}
CASE_OPTIONAL: Mapping[str, type | tuple[type, ...]] = {"given": dict, "missing": list}
EXPECT_KEYS = frozenset({"points", "failing", "passed", "total", "reasons", "state", "rows"})
MIGRATION_COLUMNS = ("control_id", "from_version", "to_version", "on", "reason")
CONFIDENCES = ("seen", "documented", "inferred", "unknown")


@cache
def built_in_catalog() -> Catalog:
    """The catalog that comes with the program."""
    if COMPILED.exists():
        return catalog_from_json(COMPILED.read_text(encoding="utf-8"))
    return load_catalog(ROOT)


def compiled(root: Path) -> str:
    """What a built package carries instead of reading the files of ``root``."""
    return catalog_to_json(load_catalog(root))


def load_catalog(root: Path) -> Catalog:
    """The catalog in a folder: controls/, views/, frameworks/, products.yaml, reported/."""
    return catalog_of(read_document(root))


def read_document(root: Path) -> dict[str, Any]:
    """All files of a catalog as one plain document; every file keeps its ``file``."""
    controls = []
    for path, raw in _files(root / "controls"):
        raw["file"] = f"controls/{path.relative_to(root / 'controls').as_posix()}"
        if path.stem != raw.get("id") or path.parent.name != raw.get("product"):
            raise CatalogError(
                what=f"the file of {raw.get('id')} must be "
                f"controls/{raw.get('product')}/{raw.get('id')}.yaml",
                where=raw["file"],
                lint="L002",
            )
        controls.append(raw)
    views = []
    for path, raw in _files(root / "views"):
        raw["file"] = f"views/{path.name}"
        if path.stem != raw.get("name"):
            raise CatalogError(
                what="file name and view name differ", where=raw["file"], lint="L002"
            )
        views.append(raw)
    products_file = root / "products.yaml"
    reported_file = root / "reported" / "severity.yaml"
    return {
        "version": (root / "VERSION").read_text(encoding="utf-8").strip(),
        "controls": controls,
        "views": views,
        "products": parse(products_file.read_text(encoding="utf-8"), products_file.name),
        "reported": parse(reported_file.read_text(encoding="utf-8"), reported_file.name),
        "frameworks": {path.stem: raw for path, raw in _files(root / "frameworks")},
        "migrations": _migrations(root / "migrations.csv"),
    }


def catalog_of(document: Mapping[str, Any]) -> Catalog:
    """The catalog of a document (:func:`read_document`, or stored JSON)."""
    controls: dict[str, ControlDefinition] = {}
    for raw in document["controls"]:
        definition = _control(raw)
        if definition.id in controls:
            raise CatalogError(
                what=f"the id {definition.id} stands twice", where=raw["file"], lint="L003"
            )
        controls[definition.id] = definition
    views = {raw["name"]: _view(raw) for raw in document["views"]}
    products = {
        key: Product(key, value["title"], tuple(value.get("plans") or ()))
        for key, value in document["products"].items()
    }
    reported = document["reported"]
    return Catalog(
        version=document["version"],
        controls=MappingProxyType(dict(sorted(controls.items()))),
        views=MappingProxyType(dict(sorted(views.items()))),
        products=MappingProxyType(products),
        reported=Reported(
            dict(reported["max_score"]), reported["default"], frozenset(reported.get("off", ()))
        ),
        frameworks=document["frameworks"],
        document=document,
    )


def catalog_from_json(text: str) -> Catalog:
    """The catalog that was stored with :func:`catalog_to_json`."""
    return catalog_of(json.loads(text))


def catalog_to_json(catalog: Catalog) -> str:
    """The whole catalog as canonical JSON; :func:`catalog_from_json` gives an equal digest."""
    return json.dumps(catalog.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def without_controls(catalog: Catalog, ids: frozenset[str], version: str) -> Catalog:
    """The catalog as it was before the controls ``ids`` came, under another version name."""
    document = dict(catalog.document)
    document["version"] = version
    document["controls"] = [raw for raw in document["controls"] if raw["id"] not in ids]
    return catalog_of(document)


def with_controls_off(catalog: Catalog, ids: frozenset[str]) -> Catalog:
    """The catalog of an organization that does not score the controls ``ids``.

    Neither our own control of that id nor one that a tool reports counts then; ids that the
    catalog does not know are those of tools. Its version says how many are off.
    """
    if not ids:
        return catalog
    document = dict(catalog.document)
    document["version"] = f"{catalog.version}, {len(ids)} off"
    document["controls"] = [raw for raw in document["controls"] if raw["id"] not in ids]
    document["reported"] = {**document["reported"], "off": sorted(ids)}
    return catalog_of(document)


def _migrations(path: Path) -> list[dict[str, str]]:
    """Why a control has another version than before: one row for each step."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != MIGRATION_COLUMNS:
            raise CatalogError(
                what=f"the first line is not {','.join(MIGRATION_COLUMNS)}",
                where=path.name,
                lint="L004",
            )
        return list(reader)


def _files(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(folder.rglob("*.yaml")):
        raw = parse(path.read_text(encoding="utf-8"), str(path.relative_to(folder.parent)))
        if not isinstance(raw, dict):
            raise CatalogError(what="not a mapping", where=path.name, lint="L001")
        yield path, raw


def _checked(
    raw: Mapping[str, Any],
    required: Mapping[str, type | tuple[type, ...]],
    optional: Mapping[str, type | tuple[type, ...]],
    where: str,
) -> None:
    allowed = {**required, **optional}
    for name in required:
        if name not in raw:
            raise CatalogError(what=f"the field '{name}' is missing", where=where, lint="L004")
    for name, value in raw.items():
        if name == "file":
            continue
        if name not in allowed:
            raise CatalogError(
                what=f"'{name}' is no field",
                where=where,
                what_to_do="use " + ", ".join(allowed),
                lint="L004",
            )
        kind = allowed[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise CatalogError(what=f"'{name}' has the wrong type", where=where, lint="L004")


def _choice(kind: Any, raw: Mapping[str, Any], name: str) -> Any:
    try:
        return kind(raw[name])
    except ValueError:
        raise CatalogError(
            what=f"{name} '{raw[name]}' is none of {', '.join(kind)}",
            where=raw["file"],
            lint="L005",
        ) from None


def _control(raw: Mapping[str, Any]) -> ControlDefinition:
    where = raw.get("file", "a control")
    _checked(raw, REQUIRED, OPTIONAL, where)
    if raw["max_score"] not in MAX_SCORE_RANGE:
        raise CatalogError(what="max_score is not 1..10", where=where, lint="L006")
    if raw["confidence"] not in CONFIDENCES:
        raise CatalogError(
            what=f"confidence is none of {', '.join(CONFIDENCES)}", where=where, lint="L005"
        )
    plans = raw["license"]
    if isinstance(plans, str) and plans != "any":
        raise CatalogError(what="license is 'any' or a list", where=where, lint="L005")
    control = Control(
        id=raw["id"],
        version=raw["version"],
        title=raw["title"],
        category=_choice(Category, raw, "category"),
        product=raw["product"],
        max_score=Points.whole(raw["max_score"]),
        scoring=_choice(Scoring, raw, "scoring"),
        tier=_choice(Tier, raw, "tier"),
        user_impact=_choice(Level, raw, "user_impact"),
        implementation_cost=_choice(Level, raw, "implementation_cost"),
        license=() if plans == "any" else tuple(plans),
    )
    by_policy = raw.get("by_policy")
    if by_policy is not None:
        _checked(by_policy, {"requires": list, "sql": str}, {}, f"{where} by_policy")
    return ControlDefinition(
        control=control,
        sql=raw["sql"],
        requires=tuple(raw["requires"]),
        by_policy=by_policy and ByPolicy(tuple(by_policy["requires"]), by_policy["sql"]),
        cases=tuple(_case(case, where) for case in raw["cases"]),
        max_score_basis=raw["max_score_basis"],
        confidence=raw["confidence"],
        choice=raw.get("choice", ""),
        why=raw["why"],
        fix=raw["fix"],
        user_effect=raw["user_effect"],
        check_by_hand=raw["check_by_hand"],
        threats=tuple(raw["threats"]),
        frameworks={name: tuple(ids) for name, ids in raw.get("frameworks", {}).items()},
        learn_more=tuple(_link(link, where) for link in raw.get("learn_more", ())),
        is_enabled=raw.get("is_enabled", True),
        disabled_reason=raw.get("disabled_reason", ""),
    )


def _link(raw: Any, where: str) -> Link:
    place = f"{where} learn_more"
    if not isinstance(raw, dict):
        raise CatalogError(what="a link is a mapping of title and url", where=place, lint="L004")
    _checked(raw, LINK_REQUIRED, {}, place)
    return Link(raw["title"], raw["url"])


def _view(raw: Mapping[str, Any]) -> View:
    where = raw.get("file", "a view")
    _checked(raw, VIEW_REQUIRED, {}, where)
    return View(
        name=raw["name"],
        key=tuple(raw["key"]),
        requires=tuple(raw["requires"]),
        doc=raw["doc"],
        sql=raw["sql"],
        cases=tuple(_case(case, where) for case in raw["cases"]),
    )


def _case(raw: Any, where: str) -> Case:
    if not isinstance(raw, dict):
        raise CatalogError(what="a case is a mapping", where=where, lint="L007")
    place = f"{where} case '{raw.get('name', '?')}'"
    _checked(raw, CASE_REQUIRED, CASE_OPTIONAL, place)
    unknown = raw["expect"].keys() - EXPECT_KEYS
    if unknown or not raw["expect"]:
        raise CatalogError(
            what=f"expect has {', '.join(sorted(unknown)) or 'nothing'}",
            where=place,
            what_to_do="use " + ", ".join(sorted(EXPECT_KEYS)),
            lint="L007",
        )
    given = {}
    for table, rows in (raw.get("given") or {}).items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise CatalogError(
                what=f"given.{table} is not a list of rows", where=place, lint="L007"
            )
        given[table] = tuple(rows)
    return Case(raw["name"], given, tuple(raw.get("missing") or ()), raw["expect"])
