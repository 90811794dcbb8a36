"""Operations: the catalog: what is measured, and how each control is judged."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from securescore.catalog.definition import ControlDefinition, Link
from securescore.catalog.load import built_in_catalog
from securescore.core.errors import AccessDenied
from securescore.core.points import Points
from securescore.present.rest_api.answering import answer, list_answer
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import list_of, shape
from securescore.record.plain import control_json, plain

operations = Operations("Catalog")


@dataclass(frozen=True, slots=True)
class ControlRow:
    """A control in the list (the members of `securescore catalog list --json`)."""

    id: str
    name: str
    basis: str
    version: int
    category: str
    product: str
    max_score: Points | None
    max_score_basis: str
    confidence: str
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class ControlDetail:
    """A control as it is judged."""

    id: str
    name: str
    basis: str
    version: int
    category: str
    product: str
    max_score: Points | None
    max_score_basis: str
    confidence: str
    is_enabled: bool
    scoring: str
    tier: str
    user_impact: str
    implementation_cost: str
    license: tuple[str, ...]
    threats: tuple[str, ...]
    frameworks: dict[str, tuple[str, ...]]
    requires: tuple[str, ...]
    why: str
    fix: str
    user_effect: str
    check_by_hand: str
    learn_more: tuple[Link, ...]
    choice: str
    disabled_reason: str
    sql: str


@operations.get(
    "/catalog/controls",
    name="listControls",
    summary="All controls",
    gives=list_of(shape(ControlRow)),
    is_list=True,
)
def controls(request: HttpRequest) -> HttpResponse:
    """The controls of the built-in catalog, also those that are switched off."""
    rows = [control_json(one) for one in built_in_catalog().controls.values()]
    return list_answer(request, rows, name="controls", columns=shape(ControlRow).model_fields)


@operations.get(
    "/catalog/controls/{control_id}",
    name="getControl",
    summary="One control",
    gives=shape(ControlDetail),
)
def control(request: HttpRequest, control_id: str) -> HttpResponse:
    """What a control asks, why, how it is put in place, and the query that judges it."""
    del request
    found = built_in_catalog().controls.get(control_id)
    if found is None:
        raise AccessDenied(
            what=f"there is no control '{control_id[:200]}'",
            what_to_do="see /api/v1/catalog/controls",
        )
    return answer({**control_json(found), **_judged(found)})


def _judged(found: ControlDefinition) -> dict[str, object]:
    made: dict[str, object] = plain(
        {
            "scoring": found.control.scoring.value,
            "tier": found.control.tier.value,
            "user_impact": found.control.user_impact.value,
            "implementation_cost": found.control.implementation_cost.value,
            "license": found.control.license,
            "threats": found.threats,
            "frameworks": dict(found.frameworks),
            "requires": found.requires,
            "why": found.why.strip(),
            "fix": found.fix.strip(),
            "user_effect": found.user_effect.strip(),
            "check_by_hand": found.check_by_hand.strip(),
            "learn_more": found.learn_more,
            "choice": found.choice.strip(),
            "disabled_reason": found.disabled_reason,
            "sql": found.sql,
        }
    )
    return made
