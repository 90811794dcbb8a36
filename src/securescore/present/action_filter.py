"""Which actions a list shows and in which order, from the address and back to it.

The pages and the REST API read the same words: a filter of a page is one of the API.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from securescore.core.control import Category
from securescore.core.points import Points
from securescore.core.result import State
from securescore.core.status import Status

if TYPE_CHECKING:
    from django.http import QueryDict

    from securescore.record.answers import ActionRow

CATEGORIES = tuple(category.value for category in Category)
STATUSES = tuple(status.value for status in Status)
STATES = tuple(state.value for state in State)
SCORED_STATES = frozenset({State.MEASURED.value, State.STALE.value, State.ERROR.value})
PER_PAGE = 50
SEARCH_LENGTH = 200
LICENSED = MappingProxyType({"yes": "Licensed", "no": "Not licensed", "unknown": "Unknown"})
CHANGED = MappingProxyType({"regressed": "Regressed"})
GROUPS = MappingProxyType(
    {"category": "Category", "status": "Status", "product": "Product", "state": "State"}
)
FACETS = MappingProxyType(
    {
        "category": "Category",
        "status": "Status",
        "product": "Product",
        "state": "State",
        "licensed": "License",
        "changed": "Changed",
    }
)

_LICENSE_KEYS = MappingProxyType({True: "yes", False: "no", None: "unknown"})


def _value(row: ActionRow, facet: str) -> str:
    if facet == "licensed":
        return _LICENSE_KEYS[row.has_license]
    if facet == "changed":
        return "regressed" if row.regressed_on is not None else ""
    return str(getattr(row, facet))


_SortKey = Callable[["ActionRow"], tuple[object, ...]]
# Each key ascends; "-name" in the address descends. Ties always go by rank.
SORTS: Mapping[str, _SortKey] = MappingProxyType(
    {
        "rank": lambda row: (row.rank,),
        "title": lambda row: (row.title.lower(),),
        "impact": lambda row: (row.score_impact or 0.0,),
        "points_left": lambda row: (row.points_left,),
        "points": lambda row: (row.points,),
        "status": lambda row: (
            STATUSES.index(row.status) if row.status in STATUSES else len(STATUSES),
        ),
        "category": lambda row: (
            CATEGORIES.index(row.category) if row.category in CATEGORIES else len(CATEGORIES),
        ),
        "product": lambda row: (row.product.lower(),),
        "updated": lambda row: (row.last_synced.timestamp() if row.last_synced else 0.0,),
    }
)


@dataclass(frozen=True, slots=True)
class ActionQuery:
    """A view of the list of actions. What stands in the address, and nothing else."""

    q: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by facet
    group: str = ""
    sort: str = "rank"
    page: int = 1
    remarks: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        return bool(self.q or self.chosen)

    @property
    def sort_name(self) -> str:
        return self.sort.removeprefix("-")

    def values(self, facet: str) -> tuple[str, ...]:
        return self.chosen.get(facet, ())

    def matches(self, row: ActionRow, *, without: str = "") -> bool:
        """Whether the row is shown; ``without`` leaves one facet out, to count its values."""
        if any(
            _value(row, facet) not in values
            for facet, values in self.chosen.items()
            if facet != without
        ):
            return False
        text = f"{row.title} {row.id} {row.product} {row.category} {row.tool}".lower()
        return all(word in text for word in self.q.lower().split())

    def ordered(self, rows: Iterable[ActionRow]) -> list[ActionRow]:
        """The rows in the order asked for, grouped first if they are grouped."""
        made = sorted(rows, key=lambda row: row.rank)
        made.sort(key=SORTS[self.sort_name], reverse=self.sort.startswith("-"))
        if self.group:
            made.sort(key=SORTS.get(self.group, lambda row: (_value(row, self.group),)))
        return made

    def group_of(self, row: ActionRow) -> str:
        return _value(row, self.group) if self.group else ""

    def address(self, **changes: object) -> str:
        """``?…`` of this view with changes; a change of anything but the page goes to page 1."""
        query = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]  # fields by name
        return query.written()

    def at_page(self, number: int) -> str:
        """The address of another page of this view."""
        return self.address(page=number)

    def toggled(self, facet: str, value: str) -> str:
        """The address with one value of a facet put in or taken out."""
        values = [v for v in self.values(facet) if v != value]
        if value not in self.values(facet):
            values.append(value)
        chosen = {k: v for k, v in self.chosen.items() if k != facet}
        if values:
            chosen[facet] = tuple(values)
        return self.address(chosen=chosen)

    def sorted_by(self, name: str) -> str:
        """The address of a column's head: numbers start with the largest, a second click turns."""
        first = f"-{name}" if name in {"impact", "points_left", "points", "updated"} else name
        second = name if first.startswith("-") else f"-{name}"
        return self.address(sort=second if self.sort == first else first)

    def written(self) -> str:
        """``?q=…`` without what is default; empty if everything is."""
        pairs = [("q", self.q)] if self.q else []
        pairs += [(facet, v) for facet in FACETS for v in self.values(facet)]
        if self.group:
            pairs.append(("group", self.group))
        if self.sort != "rank":
            pairs.append(("sort", self.sort))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return f"?{urlencode(pairs)}" if pairs else "?"


def action_query(asked: QueryDict, rows: Sequence[ActionRow]) -> ActionQuery:
    """The view that an address asks for; values that do not exist are left out and named."""
    known: dict[str, frozenset[str]] = {
        "category": frozenset(CATEGORIES),
        "status": frozenset(STATUSES),
        "product": frozenset(row.product for row in rows),
        "state": frozenset(STATES),
        "licensed": frozenset(LICENSED),
        "changed": frozenset(CHANGED),
    }
    remarks = []
    chosen: dict[str, tuple[str, ...]] = {}
    for facet, names in known.items():
        values = [v for v in dict.fromkeys(asked.getlist(facet)) if v]
        unknown = [v for v in values if v not in names]
        remarks += [f"There is no {FACETS[facet].lower()} “{v[:60]}”." for v in unknown]
        kept = tuple(v for v in values if v in names)
        if kept:
            chosen[facet] = kept
    sort = asked.get("sort", "") or "rank"
    if sort.removeprefix("-") not in SORTS:
        remarks.append(f"One cannot sort by “{sort[:60]}”; this is by rank.")
        sort = "rank"
    group = asked.get("group", "")
    if group and group not in GROUPS:
        remarks.append(f"One cannot group by “{group[:60]}”.")
        group = ""
    page = asked.get("page", "1") or "1"
    if not (page.isascii() and page.isdigit() and 0 < int(page) < 1_000_000):  # noqa: PLR2004 - pages have at most six digits
        remarks.append(f"There is no page “{page[:20]}”.")
        page = "1"
    q = " ".join(asked.get("q", "").replace("\0", " ").split())[:SEARCH_LENGTH]
    return ActionQuery(q, chosen, group, sort, int(page), tuple(remarks))


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: how many rows it would show beside the other filters."""

    value: str
    label: str
    count: int
    is_chosen: bool


def facet_values(
    query: ActionQuery, rows: Sequence[ActionRow], facet: str, labels: Mapping[str, str]
) -> tuple[FacetValue, ...]:
    """The values of one facet in the order of ``labels``; those that no row has are left out."""
    counts = Counter(_value(row, facet) for row in rows if query.matches(row, without=facet))
    present = {_value(row, facet) for row in rows} | set(query.values(facet))
    return tuple(
        FacetValue(value, label, counts[value], value in query.values(facet))
        for value, label in labels.items()
        if value in present
    )


def left_of(rows: Iterable[ActionRow]) -> Points:
    """Points that the rows leave on the table, over those that are scored."""
    return Points(sum(row.points_left for row in rows if row.state in SCORED_STATES))
