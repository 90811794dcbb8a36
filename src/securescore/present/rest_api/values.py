"""Values that callers send: days, texts, ids. Strict: nothing is guessed or repaired."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictStr,
    WithJsonSchema,
)

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
ID_LENGTH = 200
LARGEST = 2**31 - 1


def day_of_text(value: object) -> date:
    """A day as callers write it; ValueError says how."""
    if isinstance(value, str) and DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    what = "write a day of the calendar as YYYY-MM-DD"
    raise ValueError(what)


def _number(value: object) -> object:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004 - digits of LARGEST
        return int(value)
    what = "write a whole number from 1"
    raise ValueError(what)


def _flag(value: object) -> bool:
    if value in ("true", "false"):
        return value == "true"
    what = "write true or false"
    raise ValueError(what)


Day = Annotated[
    date,
    PlainValidator(day_of_text),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-22"]}),
]
"""A day of the organization's time zone."""

Number = Annotated[int, BeforeValidator(_number), Field(ge=1)]
"""A whole number in an address: a page, a size of pages."""

Flag = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""``true`` or ``false`` in an address."""


def _percent(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        what = "write a number from 0 to 100"
        raise ValueError(what)  # noqa: TRY004 - pydantic turns only this one into a message
    return value


Percent = Annotated[float, BeforeValidator(_percent), Field(ge=0, le=100)]

Text = Annotated[StrictStr, Field(max_length=20_000)]
Line = Annotated[StrictStr, Field(max_length=200)]
ControlId = Annotated[StrictStr, Field(min_length=1, max_length=ID_LENGTH)]


class Sent(BaseModel):
    """What a body may hold: these members, nothing else."""

    model_config = ConfigDict(extra="forbid")

    def given(self, *names: str) -> dict[str, Any]:
        """The members that were sent, of these names."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}
