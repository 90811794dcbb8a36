"""The shapes of answers, made from the record's own answers: what is declared is what is sent.

A shape is a model for OpenAPI only. Bodies are written by ``record.plain``, as on the command
line; no answer is checked twice at run time, every one is in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache, reduce
from operator import or_
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from securescore.core.attribution import Cause
from securescore.core.control import Basis, Category, Level, Scoring, Tier
from securescore.core.points import Points
from securescore.core.result import State
from securescore.core.status import Status
from securescore.core.zone import Zone
from securescore.organizations.models import Role
from securescore.organizations.tokens import Scope
from securescore.present.rest_api.texts import TEXTS
from securescore.record import answers as a
from securescore.record.models import Job, RiskRequest


class Shape(BaseModel):
    """An answer: these members, all of them."""

    model_config = ConfigDict(extra="forbid")


def one_of(*values: str) -> Any:
    """One of these texts."""
    return Literal[values]


STATUS = one_of(*Status)
KINDS = ("score", "status", "catalog", "regression", "coverage")
TYPES: Mapping[str, Any] = MappingProxyType(
    {
        "basis": one_of(*Basis),
        "category": one_of(*Category),
        "cause": one_of(*Cause),
        "implementation_cost": one_of(*Level),
        "kind": one_of(*KINDS),
        "old_status": STATUS,
        "scopes": list[one_of(*Scope)],  # type: ignore[misc]  # a literal made of the scopes
        "scoring": one_of(*Scoring),
        "state": one_of(*State),
        "status": STATUS,
        "tier": one_of(*Tier),
        "user_impact": one_of(*Level),
        "zone": one_of("good", "okay", "bad", ""),
        "Run.kind": str,
        "Run.state": one_of(*Job.State.values),
        "RunRow.kind": str,
        "RunRow.state": one_of(*Job.State.values),
        "ImportStarted.state": one_of(*Job.State.values),
        "SourceState.kind": str,
        "SourceState.state": one_of("ok", "late"),
        "role": one_of(*Role.values),
        "direct_role": one_of(*Role.values, ""),
        "AskedRisk.state": one_of(*RiskRequest.State.values),
        "RiskAnswer.state": one_of(*RiskRequest.State.values),
        "SplitControl.category": one_of(*Category, ""),
        "ZoneDay.zone": one_of(*Zone) | None,
        "HistoryEvent.state": str,
        "HistoryEvent.status": str,
        "HistoryEvent.old_status": str,
    }
)
"""Texts with a fixed set of values, by member or ``Shape.member``."""


@cache
def shape(kind: type) -> type[Shape]:
    """The shape of a frozen value of the record, nested ones included."""
    hints = get_type_hints(kind)
    members = {
        field.name: member(kind.__name__, field.name, _type(hints[field.name]))
        for field in fields(kind)
    }
    return _made(kind.__name__, kind.__doc__ or "", members)


def member(owner: str, name: str, hint: Any) -> tuple[Any, Any]:
    """A member of a shape: its type and its description."""
    instead = TYPES.get(f"{owner}.{name}", TYPES.get(name))
    text = TEXTS.get(f"{owner}.{name}", TEXTS.get(name, ""))
    return (instead or hint, Field(description=text or None))


def page_of(items: type[Shape]) -> type[Shape]:
    """A page of a list."""
    name = f"{items.__name__}Page"
    members = {
        "items": member(name, "items", list[items]),  # type: ignore[valid-type]  # made at run time
        "page": member(name, "page", int),
        "per_page": member(name, "per_page", int),
        "n_pages": member(name, "n_pages", int),
        "n_items": member(name, "n_items", int),
        "next": member(name, "next", str | None),
    }
    return _made(name, f"A page of a list of {items.__name__}.", members)


def list_of(items: type[Shape]) -> type[Shape]:
    """A whole list."""
    name = f"{items.__name__}List"
    members = {"items": member(name, "items", list[items])}  # type: ignore[valid-type]  # made at run time
    return _made(name, f"All of a list of {items.__name__}.", members)


def _made(name: str, doc: str, members: Mapping[str, Any]) -> type[Shape]:
    made: type[Shape] = create_model(
        name, __base__=Shape, __doc__=" ".join(doc.partition("\n\n")[0].split()), **members
    )
    return made


def _type(hint: Any) -> Any:
    """The type of a member as JSON has it."""
    if hint is Points:
        return float
    if isinstance(hint, type) and is_dataclass(hint):
        return shape(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return reduce(or_, (_type(one) for one in arguments))
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return list[_type(arguments[0])]  # type: ignore[misc]  # made at run time
        return tuple[tuple(_type(one) for one in arguments)]  # type: ignore[misc]  # made at run time
    if origin in (dict, Mapping):
        return dict[_type(arguments[0]), _type(arguments[1])]  # type: ignore[misc]  # made at run time
    if hint in (str, int, float, bool, date, datetime, NoneType):
        return hint
    return hint


# -- shapes that differ from the record's values, or that only the API has -------------------------
class ErrorDetail(Shape):
    """One value that cannot be taken."""

    where: str = Field(description="The place: `body.tags[0]`, `query.from`.")
    what: str = Field(description="What is wrong with it.")


class Conflict(Shape):
    """What stands now beside what was sent, member by member where they differ."""

    version: int = Field(description="The version that stands now: send it to overwrite.")
    by: str = Field(description="Who changed it meanwhile.")
    at: datetime | None = Field(description="When.")
    theirs: dict[str, Any] = Field(description="What stands now.")
    yours: dict[str, Any] = Field(description="What was sent.")


class InnerError(BaseModel):
    model_config = ConfigDict(extra="forbid")

    request_id: str = Field(alias="request-id", description="Names the request in the log.")
    date: datetime = Field(description="When it was answered.")


class ErrorBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(description="A fixed word for programs.")
    message: str = Field(description="For people: what happened, where, what to do.")
    details: list[ErrorDetail] = Field(
        default=[], description="Each value that cannot be taken (status 422)."
    )
    conflict: Conflict | None = Field(
        default=None, description="Both sides of a conflict (status 409)."
    )
    innerError: InnerError  # noqa: N815 - Microsoft Graph's name


class Problem(BaseModel):
    """An error: the same form on every route."""

    model_config = ConfigDict(extra="forbid")

    error: ErrorBody


class View(Shape):
    """A view of the score (S8)."""

    points: float = Field(description=TEXTS["points"])
    max_score: float = Field(description=TEXTS["max_score"])
    percentage: float | None = Field(description=TEXTS["percentage"])
    formula: str = Field(description=TEXTS["formula"])


class CategoryPoints(Shape):
    """The score of one category."""

    points: float = Field(description=TEXTS["points"])
    max_score: float = Field(description=TEXTS["max_score"])
    percentage: float | None = Field(description=TEXTS["percentage"])
    controls: int = Field(description=TEXTS["controls"])
    unknown_max_controls: int = Field(description=TEXTS["n_unknown_max"])


def _score() -> type[Shape]:
    plain = shape(a.ScoreAnswer)
    members: dict[str, Any] = {
        name: (info.annotation, info) for name, info in plain.model_fields.items()
    }
    members["views"] = member("Score", "views", dict[str, View])
    members["categories"] = member("Score", "categories", dict[str, CategoryPoints])
    members["controls"] = member("Score", "controls", int)
    return _made("Score", "The score of an organization and everything beside it.", members)


def some_of(whole: type[Shape]) -> type[Shape]:
    """The shape of an entry of which the caller may ask for some members only."""
    members = {
        name: (info.annotation, Field(default=None, description=info.description))
        for name, info in whole.model_fields.items()
    }
    return _made(
        f"{whole.__name__}Members", f"Members of {whole.__name__}: those asked for.", members
    )


Score = _score()
Action = shape(a.ActionRow)
