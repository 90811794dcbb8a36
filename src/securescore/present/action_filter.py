"""Which actions a list shows and in which order, from the address and back to it.

The pages and the REST API read the same words: a filter of a page is one of the API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from securescore.core.control import Category, Level, Tier
from securescore.core.points import Points
from securescore.core.result import State
from securescore.core.status import Status
from securescore.present.action_columns import DEFAULT, LARGEST_FIRST, chosen_columns
from securescore.present.action_facets import (
    CHANGED,
    FACETS,
    LICENSED,
    Seen,
    keys_of,
    labels_of,
)

if TYPE_CHECKING:
    from django.http import QueryDict

    from securescore.record.answers import ActionRow

__all__ = [
    "CATEGORIES",
    "CHANGED",
    "FACETS",
    "GROUPS",
    "LICENSED",
    "PER_PAGE",
    "SCORED_STATES",
    "SEARCH_LENGTH",
    "SORTS",
    "STATES",
    "STATUSES",
    "ActionQuery",
    "action_query",
    "left_of",
]

CATEGORIES = tuple(category.value for category in Category)
STATUSES = tuple(status.value for status in Status)
STATES = tuple(state.value for state in State)
SCORED_STATES = frozenset({State.MEASURED.value, State.STALE.value, State.ERROR.value})
PER_PAGE = 50
SEARCH_LENGTH = 200
EVERYTHING = "all"
"""``view=all``: no saved view, not even the one that opens first."""
GROUPS = MappingProxyType(
    {
        "category": "Category",
        "status": "Status",
        "product": "Product",
        "assignee": "Assignee",
        "tag": "Tags",
        "tier": "Tier",
        "state": "State",
    }
)

_Key = float | str | tuple[float, float] | None
_SortKey = Callable[["ActionRow"], _Key]
_LEVELS = tuple(level.value for level in Level)
_TIERS = tuple(tier.value for tier in Tier)


def _place(names: Sequence[str], name: str) -> float:
    return names.index(name) if name in names else len(names)


def _day(on: date | None) -> float | None:
    return None if on is None else on.toordinal()


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None


# Each key ascends, None is last either way; "-name" in the address descends. Ties go by rank.
SORTS: Mapping[str, _SortKey] = MappingProxyType(
    {
        "rank": lambda row: row.rank,
        "title": lambda row: row.title.casefold(),
        "points": lambda row: row.points,
        "points_left": lambda row: row.points_left,
        "impact": lambda row: row.score_impact or 0.0,
        "status": lambda row: _place(STATUSES, row.status),
        "assignee": lambda row: row.assignee.casefold() or None,
        "due": lambda row: _day(row.due_on),
        "tags": lambda row: ", ".join(row.tags).casefold() or None,
        "regressed": lambda row: _day(row.regressed_on),
        "licensed": lambda row: None if row.has_license is None else float(not row.has_license),
        "category": lambda row: _place(CATEGORIES, row.category),
        "product": lambda row: row.product.casefold() or None,
        "done": lambda row: _share(row.passed, row.total),
        "tier": lambda row: _place(_TIERS, row.tier),
        "user_impact": lambda row: _place(_LEVELS, row.user_impact),
        "cost": lambda row: _place(_LEVELS, row.implementation_cost),
        "review": lambda row: _day(row.review_on),
        "ends": lambda row: _day(row.ends_on),
        "added": lambda row: _day(row.added_on),
        "changed": lambda row: _day(row.changed_on),
        "updated": lambda row: row.last_synced.timestamp() if row.last_synced else None,
        "state": lambda row: _place(STATES, row.state),
        "id": lambda row: row.id.casefold(),
    }
)
_GROUP_SORTS = MappingProxyType({"tag": "tags"})


def group_of(row: ActionRow, group: str) -> str:
    """The group a row stands in; by tags, that of all of its tags together."""
    return ", ".join(row.tags) if group == "tag" else str(getattr(row, group))


@dataclass(frozen=True, slots=True)
class ActionQuery:
    """A view of the list of actions. What stands in the address, and nothing else.

    ``view`` is the id of the saved view one came from, or :data:`EVERYTHING`. ``seen`` is who
    looks; it is not part of the address.
    """

    q: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)  # by facet
    group: str = ""
    sort: str = "rank"
    page: int = 1
    columns: tuple[str, ...] = DEFAULT
    view: str = ""
    remarks: tuple[str, ...] = ()
    seen: Seen = field(default=Seen(date.min, "", date.min), compare=False)

    @property
    def is_filtered(self) -> bool:
        return bool(self.q or self.chosen)

    @property
    def sort_name(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def is_usual(self) -> bool:
        """Whether the columns are those that nobody chose."""
        return self.columns == DEFAULT

    def values(self, facet: str) -> tuple[str, ...]:
        return self.chosen.get(facet, ())

    def matches(self, row: ActionRow, *, without: str = "") -> bool:
        """Whether the row is shown; ``without`` leaves one facet out, to count its values."""
        for facet, values in self.chosen.items():
            if facet != without and not set(keys_of(row, facet, self.seen)) & set(values):
                return False
        if not self.q:
            return True
        text = " ".join((row.title, row.id, row.product, row.category, row.tool, *row.tags)).lower()
        return all(word in text for word in self.q.lower().split())

    def matching(self, rows: Iterable[ActionRow]) -> list[ActionRow]:
        """The rows that are shown, in the order asked for."""
        return self.ordered(row for row in rows if self.matches(row))

    def ordered(self, rows: Iterable[ActionRow]) -> list[ActionRow]:
        """The rows in the order asked for, grouped first if they are grouped."""
        made = sorted(rows, key=lambda row: row.rank)
        made = _sorted(made, SORTS[self.sort_name], descending=self.sort.startswith("-"))
        if self.group:
            name = _GROUP_SORTS.get(self.group, self.group)
            made = _sorted(made, SORTS[name], descending=False)
        return made

    def group_of(self, row: ActionRow) -> str:
        return group_of(row, self.group) if self.group else ""

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
        first = f"-{name}" if name in LARGEST_FIRST else name
        second = name if first.startswith("-") else f"-{name}"
        return self.address(sort=second if self.sort == first else first)

    def pairs(self) -> list[tuple[str, str]]:
        """What differs from the default, without page and saved view."""
        pairs = [("q", self.q)] if self.q else []
        pairs += [(facet, v) for facet in FACETS for v in self.values(facet)]
        if self.group:
            pairs.append(("group", self.group))
        if self.sort != "rank":
            pairs.append(("sort", self.sort))
        if not self.is_usual:
            pairs.append(("columns", ",".join(self.columns)))
        return pairs

    def written(self) -> str:
        """``?q=…`` without what is default; ``?`` if everything is."""
        pairs = self.pairs()
        if self.view:
            pairs.append(("view", self.view if pairs else EVERYTHING))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return f"?{urlencode(pairs)}" if pairs else "?"


def _sorted(rows: list[ActionRow], key: _SortKey, *, descending: bool) -> list[ActionRow]:
    known = [row for row in rows if key(row) is not None]
    known.sort(key=key, reverse=descending)  # type: ignore[arg-type]  # one key, one type
    return known + [row for row in rows if key(row) is None]


def action_query(asked: QueryDict, rows: Sequence[ActionRow], seen: Seen) -> ActionQuery:
    """The view that an address asks for; values that do not exist are left out and named."""
    remarks = []
    chosen: dict[str, tuple[str, ...]] = {}
    labels = labels_of(rows, seen)
    for facet, label in FACETS.items():
        values = [v for v in dict.fromkeys(asked.getlist(facet)) if v]
        unknown = [v for v in values if v not in labels[facet]]
        remarks += [f"There is no {label.lower()} “{v[:60]}”." for v in unknown]
        kept = tuple(v for v in values if v in labels[facet])
        if kept:
            chosen[facet] = kept
    sort = asked.get("sort", "") or "rank"
    if sort.removeprefix("-") not in SORTS:
        remarks.append(f"There is no sorting “{sort[:60]}”.")
        sort = "rank"
    group = asked.get("group", "")
    if group and group not in GROUPS:
        remarks.append(f"There is no grouping “{group[:60]}”.")
        group = ""
    columns, strange = chosen_columns(asked.getlist("columns"))
    remarks += [f"There is no column “{name[:60]}”." for name in strange]
    page = asked.get("page", "1") or "1"
    if not (page.isascii() and page.isdigit() and 0 < int(page) < 1_000_000):  # noqa: PLR2004 - pages have at most six digits
        remarks.append(f"There is no page “{page[:20]}”.")
        page = "1"
    view = asked.get("view", "")
    view = view if view == EVERYTHING or (view.isascii() and view.isdigit()) else ""
    q = " ".join(asked.get("q", "").replace("\0", " ").split())[:SEARCH_LENGTH]
    return ActionQuery(q, chosen, group, sort, int(page), columns, view[:12], tuple(remarks), seen)


def left_of(rows: Iterable[ActionRow]) -> Points:
    """Points that the rows leave on the table, over those that are scored."""
    return Points(sum(row.points_left for row in rows if row.state in SCORED_STATES))
