"""The columns of actions: those one can show in the list, and those of the files."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from securescore.present.exports import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from securescore.core.points import Points
    from securescore.record.answers import ActionRow


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of the list. ``is_number`` aligns it and sorts the largest first."""

    name: str
    label: str
    is_default: bool = False
    is_number: bool = False

    @property
    def classes(self) -> str:
        return f"{'num ' if self.is_number else ''}c-{self.name.replace('_', '-')}"


SHOWN: Mapping[str, Shown] = MappingProxyType(
    {
        one.name: one
        for one in (
            Shown("rank", "Rank", is_default=True, is_number=True),
            Shown("title", "Recommended action", is_default=True),
            Shown("points", "Points", is_default=True, is_number=True),
            Shown("points_left", "Points left", is_number=True),
            Shown("impact", "Score impact", is_default=True, is_number=True),
            Shown("status", "Status", is_default=True),
            Shown("assignee", "Assignee", is_default=True),
            Shown("due", "Due"),
            Shown("tags", "Tags"),
            Shown("regressed", "Regressed"),
            Shown("licensed", "Have license"),
            Shown("category", "Category", is_default=True),
            Shown("product", "Product", is_default=True),
            Shown("done", "Done", is_number=True),
            Shown("tier", "Tier"),
            Shown("user_impact", "User impact"),
            Shown("cost", "Implementation cost"),
            Shown("review", "Review on"),
            Shown("ends", "Ends on"),
            Shown("added", "Added"),
            Shown("changed", "Changed"),
            Shown("updated", "Data of"),
            Shown("state", "State"),
            Shown("id", "Id"),
        )
    }
)
ALWAYS = "title"
DEFAULT = tuple(name for name, one in SHOWN.items() if one.is_default)
LARGEST_FIRST = frozenset(
    {"points", "points_left", "impact", "done", "regressed", "added", "changed", "updated"}
)


def chosen_columns(asked: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that ``columns=a,b`` or ``columns=a&columns=b`` asks for, and unknown names."""
    names = [name for part in asked for name in part.split(",") if name]
    unknown = tuple(dict.fromkeys(name for name in names if name not in SHOWN))
    kept = tuple(name for name in SHOWN if name in names or name == ALWAYS)
    return (kept if set(names) & SHOWN.keys() else DEFAULT), unknown


def _float(points: Points | None) -> float | None:
    return None if points is None else points.to_float()


FILE_COLUMNS: tuple[Column[ActionRow], ...] = (
    Column("rank", lambda r: r.rank),
    Column("id", lambda r: r.id),
    Column("title", lambda r: r.title),
    Column("category", lambda r: r.category),
    Column("product", lambda r: r.product),
    Column("status", lambda r: r.status),
    Column("state", lambda r: r.state),
    Column("points", lambda r: _float(r.points)),
    Column("max_score", lambda r: _float(r.max_score)),
    Column("points_left", lambda r: _float(r.points_left)),
    Column("score_impact", lambda r: r.score_impact),
    Column("passed", lambda r: r.passed),
    Column("total", lambda r: r.total),
    Column("has_license", lambda r: r.has_license),
    Column("assignee", lambda r: r.assignee),
    Column("due_on", lambda r: r.due_on),
    Column("tags", lambda r: r.tags),
    Column("review_on", lambda r: r.review_on),
    Column("ends_on", lambda r: r.ends_on),
    Column("is_waiting", lambda r: r.is_waiting),
    Column("regressed_on", lambda r: r.regressed_on),
    Column("added_on", lambda r: r.added_on),
    Column("changed_on", lambda r: r.changed_on),
    Column("tier", lambda r: r.tier),
    Column("user_impact", lambda r: r.user_impact),
    Column("implementation_cost", lambda r: r.implementation_cost),
    Column("basis", lambda r: r.basis),
    Column("tool", lambda r: r.tool),
    Column("last_synced", lambda r: r.last_synced),
)
