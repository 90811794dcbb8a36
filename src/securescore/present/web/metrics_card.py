"""A card of Metrics & trends: a sentence, a chart, a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from securescore.present.charts.lines import (
    Series,
)
from securescore.present.exports import Cell
from securescore.present.web import words

if TYPE_CHECKING:
    from securescore.present.charts.svg import Svg


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and what the script needs to follow it: names, units and figures of its lines."""

    svg: Svg
    start: date | None = None
    names: str = ""
    units: str = ""
    values: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a card: heads, and rows newest first. ``percents``: heads of percentages."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    percents: frozenset[str] = frozenset()

    def is_text(self, column: int) -> bool:
        """Whether a column holds days or words, which begin where their head begins."""
        return any(isinstance(row[column], str) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Card:
    """One card.

    ``figure`` is None where there is nothing to draw yet; ``empty`` says why. ``legend`` pairs a
    name with its mark. ``notes`` are sentences below.
    """

    key: str
    title: str
    sentence: str
    figure: Figure | None
    empty: str
    legend: tuple[tuple[str, Svg], ...] = ()
    notes: tuple[str, ...] = ()


def figure_of(svg: Svg, series: Sequence[Series], units: Sequence[str] = ()) -> Figure:
    """A chart of lines with what the script needs; percent where no unit is given."""
    days = series[0].days
    return Figure(
        svg,
        start=days[0].on,
        names="|".join(one.name for one in series),
        units="|".join(units or ("%",) * len(series)),
        values=",".join(
            ":".join("" if v is None else f"{v:g}" for v in at)
            for at in zip(*([day.value for day in one.days] for one in series), strict=True)
        ),
    )


def span_in_words(start: date, end: date) -> str:
    """Days from and to."""
    if start == end:
        return words.day(start)
    return f"{words.day(start)} {words.EN_DASH} {words.day(end)}"
