"""Answers as JSON types: what the command line prints and the REST API answers, in one place.

Points become numbers with at most two decimals, instants ISO 8601 in UTC, days ISO dates.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from securescore.catalog.definition import ControlDefinition
from securescore.core.points import Points
from securescore.record import answers as a


def plain(value: object) -> Any:
    """A value of the record as JSON types.

    >>> plain({"points": Points(433), "on": date(2026, 11, 22), "tags": ("a",)})
    {'points': 4.33, 'on': '2026-11-22', 'tags': ['a']}
    """
    if isinstance(value, Points):
        return value.to_float()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, UUID) else value


def score_json(found: a.ScoreAnswer) -> dict[str, Any]:
    """A score; views and categories by name."""
    data: dict[str, Any] = plain(found)
    data["views"] = {
        v.name: plain(
            {
                "points": v.points,
                "max_score": v.max_score,
                "percentage": v.percentage,
                "formula": v.formula,
            }
        )
        for v in found.views
    }
    data["categories"] = {
        c.name: plain(
            {
                "points": c.points,
                "max_score": c.max_score,
                "percentage": c.percentage,
                "controls": c.n_controls,
                "unknown_max_controls": c.n_unknown_max,
            }
        )
        for c in found.categories
    }
    data["controls"] = found.n_controls
    return data


def control_json(definition: ControlDefinition) -> dict[str, Any]:
    """A control of the catalog in a list."""
    control = definition.control
    made: dict[str, Any] = plain(
        {
            "id": definition.id,
            "name": control.title,
            "basis": control.basis.value,
            "version": control.version,
            "category": control.category.value,
            "product": control.product,
            "max_score": control.max_score,
            "max_score_basis": definition.max_score_basis,
            "confidence": definition.confidence,
            "is_enabled": definition.is_enabled,
        }
    )
    return made
