"""The JSON Schema of a control file, for editors: completion, and errors while typing.

It is made from the same tables of fields that the loader checks with; what a schema cannot say
(SQL, tables, frameworks) is the lint's.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from securescore.catalog.load import (
    CASE_OPTIONAL,
    CASE_REQUIRED,
    CONFIDENCES,
    EXPECT_KEYS,
    LINK_REQUIRED,
    OPTIONAL,
    REQUIRED,
)
from securescore.core.control import MAX_SCORE_RANGE, Category, Level, Scoring, Tier
from securescore.core.result import State

JSON_TYPES: Mapping[type, str] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    list: "array",
    dict: "object",
}
TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "uniqueItems": True}

DESCRIPTIONS: Mapping[str, str] = {
    "id": "Microsoft's own id where it has one, else <source>.<what-is-true>. Also the file name.",
    "version": "Raised when the meaning changes; migrations.csv says why.",
    "title": "True when the control passes; at most 75 characters.",
    "category": "Where its points count.",
    "product": "A key of products.yaml. Also the folder of the file.",
    "max_score": "What it is worth, in whole points.",
    "max_score_basis": "Where that number comes from.",
    "scoring": "proportional: points by the share of resources that pass; all: all or nothing.",
    "tier": "How fundamental it is.",
    "user_impact": "How much people notice.",
    "implementation_cost": "How much work it is.",
    "threats": "What it protects from.",
    "license": "Service plans of which one is needed, or any.",
    "confidence": "How sure the condition is.",
    "choice": "What is not published, and what was chosen instead.",
    "requires": "Every table that the SQL reads, also through views.",
    "frameworks": "Ids of frameworks/ that ask the same question.",
    "why": "The attack, in two or three sentences.",
    "fix": "Steps, one a line.",
    "user_effect": "What people notice when it is done.",
    "check_by_hand": "How to look at it with the vendor's own tools.",
    "learn_more": "One to three pages of the vendor's documentation; titles in your own words.",
    "sql": "One select that gives snapshot, resource_id, resource_name, passed, reason.",
    "by_policy": "How policies alone decide where a table of requires was not collected.",
    "cases": "Examples that are also its tests.",
    "is_enabled": "false: it is not scored.",
    "disabled_reason": "Why it is not scored.",
}


def control_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of ``controls/<product>/<id>.yaml``."""
    properties = {name: _plain(kind) for name, kind in {**REQUIRED, **OPTIONAL}.items()}
    properties |= {
        "title": {"type": "string", "minLength": 1, "maxLength": 75},
        "version": {"type": "integer", "minimum": 1},
        "category": _one_of(Category),
        "scoring": _one_of(Scoring),
        "tier": _one_of(Tier),
        "user_impact": _one_of(Level),
        "implementation_cost": _one_of(Level),
        "confidence": {"enum": list(CONFIDENCES)},
        "max_score": {
            "type": "integer",
            "minimum": MAX_SCORE_RANGE.start,
            "maximum": MAX_SCORE_RANGE.stop - 1,
        },
        "license": {"anyOf": [{"const": "any"}, {**TEXTS, "minItems": 1}]},
        "threats": TEXTS,
        "requires": TEXTS,
        "frameworks": {"type": "object", "additionalProperties": TEXTS},
        "learn_more": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": dict.fromkeys(LINK_REQUIRED, TEXT),
                "required": list(LINK_REQUIRED),
                "additionalProperties": False,
            },
            "uniqueItems": True,
        },
        "by_policy": {
            "type": "object",
            "properties": {"requires": TEXTS, "sql": TEXT},
            "required": ["requires", "sql"],
            "additionalProperties": False,
        },
        "cases": {"type": "array", "items": _case(), "minItems": 1},
    }
    for name, description in DESCRIPTIONS.items():
        properties[name] = {**properties[name], "description": description}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A control of Open Secure Score",
        "type": "object",
        "properties": properties,
        "required": list(REQUIRED),
        "additionalProperties": False,
    }


def _case() -> dict[str, Any]:
    rows = {"type": "array", "items": {"type": "object"}}
    expected: dict[str, Any] = {
        "points": {"type": "number", "minimum": 0},
        "failing": {"type": "array", "items": {"type": "string"}},
        "passed": {"type": "integer", "minimum": 0},
        "total": {"type": "integer", "minimum": 0},
        "reasons": {"type": "object", "additionalProperties": TEXT},
        "state": _one_of(State),
        "rows": rows,
    }
    properties = {name: _plain(kind) for name, kind in {**CASE_REQUIRED, **CASE_OPTIONAL}.items()}
    properties |= {
        "name": TEXT,
        "given": {"type": "object", "additionalProperties": rows},
        "missing": TEXTS,
        "expect": {
            "type": "object",
            "properties": {name: expected[name] for name in sorted(EXPECT_KEYS)},
            "additionalProperties": False,
            "minProperties": 1,
        },
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(CASE_REQUIRED),
        "additionalProperties": False,
    }


def _plain(kind: type | tuple[type, ...]) -> dict[str, Any]:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    names = [JSON_TYPES[one] for one in kinds]
    return {"type": names[0] if len(names) == 1 else names}


def _one_of(choices: type[StrEnum]) -> dict[str, Any]:
    return {"enum": [choice.value for choice in choices]}
