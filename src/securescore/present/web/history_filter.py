"""What of the history is shown, from the address and back to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from securescore.present.web.words import CATEGORIES
from securescore.record.history_answers import EventFilter

if TYPE_CHECKING:
    from django.http import QueryDict

KINDS = MappingProxyType(
    {
        "score": "Score",
        "regression": "Regression",
        "status": "Status",
        "catalog": "Catalog",
        "coverage": "Coverage",
    }
)
POINTS = MappingProxyType({"gained": "Gained", "lost": "Lost"})
FACETS: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "kind": ("Kind", KINDS),
        "category": ("Category", MappingProxyType({name: name for name in CATEGORIES})),
        "points": ("Points", POINTS),
    }
)
"""Label and values of each filter."""
MAX_PAGES = 1_000_000
ACTION_LENGTH = 200


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """A view of the history. What stands in the address besides the range, and nothing else."""

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)  # by facet
    action: str = ""
    page: int = 1
    range: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        return bool(self.action or self.chosen)

    def kept(self) -> list[tuple[str, str]]:
        """What of the address stays when another range is chosen."""
        pairs = [(facet, value) for facet in FACETS for value in self.values(facet)]
        return [*pairs, ("action", self.action)] if self.action else pairs

    def values(self, facet: str) -> tuple[str, ...]:
        return self.chosen.get(facet, ())

    @property
    def asked(self) -> EventFilter:
        """The same for the record; both sides of the points are no filter."""
        points = self.values("points")
        return EventFilter(
            kinds=self.values("kind"),
            categories=self.values("category"),
            control_id=self.action,
            points=points[0] if len(points) == 1 else "",
        )

    def address(self, **changes: object) -> str:
        """``?…`` of this view with changes; a change of anything but the page goes to page 1."""
        return replace(self, **{"page": 1, **changes}).written()  # type: ignore[arg-type]  # fields by name

    @property
    def of_range(self) -> str:
        """The beginning of an address with the same range and nothing else."""
        written = urlencode(self.range)
        return f"?{written}&" if written else "?"

    def at_page(self, number: int) -> str:
        """The address of another page of this view."""
        return self.address(page=number)

    def without(self, facet: str, value: str) -> str:
        """The address with one value of a filter taken out."""
        values = tuple(v for v in self.values(facet) if v != value)
        chosen = {k: v for k, v in self.chosen.items() if k != facet}
        if values:
            chosen[facet] = values
        return self.address(chosen=chosen)

    def written(self) -> str:
        """``?range=…&kind=…`` without what is default."""
        pairs = list(self.range)
        pairs += [(facet, value) for facet in FACETS for value in self.values(facet)]
        if self.action:
            pairs.append(("action", self.action))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return f"?{urlencode(pairs)}"


def history_query(given: QueryDict) -> HistoryQuery:
    """The view that an address asks for; what is not understood is left out and said."""
    remarks = []
    chosen: dict[str, tuple[str, ...]] = {}
    for facet, (label, known) in FACETS.items():
        asked = [value for value in given.getlist(facet) if value]
        by_lower = {value.lower(): value for value in known}
        unknown = [value for value in asked if value.lower() not in by_lower]
        remarks += [f"There is no {label.lower()} “{value[:40]}”." for value in unknown]
        values = tuple(dict.fromkeys(by_lower[v.lower()] for v in asked if v.lower() in by_lower))
        if values:
            chosen[facet] = values
    page = given.get("page", "1")
    number = (
        int(page) if page.isascii() and page.isdigit() and len(page) < len(str(MAX_PAGES)) else 1
    )
    kept = tuple((key, str(given[key])) for key in ("range", "from", "to") if given.get(key))
    return HistoryQuery(
        chosen=chosen,
        action=given.get("action", "").replace("\0", "")[:ACTION_LENGTH],
        page=max(number, 1),
        range=kept,
        remarks=tuple(remarks),
    )
