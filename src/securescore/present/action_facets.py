"""What the list of actions can be narrowed by: the values of a row, and their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from securescore.core.control import Category
from securescore.core.result import State
from securescore.core.status import Review, Status, review_of

if TYPE_CHECKING:
    from securescore.record.answers import ActionRow

RECENT = timedelta(days=30)
WEEK = timedelta(days=7)
OPEN_STATUSES = frozenset(
    {Status.TO_ADDRESS.value, Status.PLANNED.value, Status.RISK_ACCEPTED.value}
)
"""Statuses with which a due date still means something."""

LICENSED = MappingProxyType({"yes": "Licensed", "no": "Not licensed", "unknown": "Unknown"})
CHANGED = MappingProxyType(
    {"regressed": "Regressed", "added": "Recently added", "updated": "Recently updated"}
)
DUE = MappingProxyType(
    {"overdue": "Overdue", "week": "In 7 days", "later": "Later", "none": "No due date"}
)
REVIEW = MappingProxyType(
    {
        Review.DUE.value: "Past their review date",
        Review.SOON.value: "Due within 30 days",
        Review.LATER.value: "Due later",
    }
)
WAITING = MappingProxyType({"yes": "Waiting for approval"})
FACETS = MappingProxyType(
    {
        "category": "Category",
        "status": "Status",
        "product": "Product",
        "assignee": "Assignee",
        "tag": "Tag",
        "due": "Due",
        "review": "Accepted risk",
        "waiting": "Approval",
        "changed": "Changed",
        "licensed": "License",
        "state": "State",
    }
)
N_MAIN_FACETS = 5
"""So many have a menu of their own; the rest share one."""
ME, NOBODY = "me", "nobody"

_LICENSE_KEYS = MappingProxyType({True: "yes", False: "no", None: "unknown"})


@dataclass(frozen=True, slots=True)
class Seen:
    """Who looks and when: what "me", "overdue" and "recently added" mean.

    ``today`` is the organization's day; ``first_day`` the day of its first snapshot: what came
    with it was not added, it was there.
    """

    today: date
    person: str
    first_day: date


def seen_by(person: str, rows: Iterable[ActionRow], today: date) -> Seen:
    """How this person sees these rows today."""
    added = (row.added_on for row in rows if row.added_on is not None)
    return Seen(today, person, min(added, default=today))


def _changed(row: ActionRow, seen: Seen) -> tuple[str, ...]:
    since = seen.today - RECENT
    found = []
    if row.regressed_on is not None:
        found.append("regressed")
    if row.added_on is not None and row.added_on > max(since, seen.first_day):
        found.append("added")
    if row.changed_on is not None and row.changed_on > since and row.changed_on != row.added_on:
        found.append("updated")
    return tuple(found)


def _due(row: ActionRow, seen: Seen) -> tuple[str, ...]:
    if row.due_on is None:
        return ("none",)
    if row.status not in OPEN_STATUSES:
        return ()
    if row.due_on < seen.today:
        return ("overdue",)
    return ("week",) if row.due_on <= seen.today + WEEK else ("later",)


def _review(row: ActionRow, seen: Seen) -> tuple[str, ...]:
    review = review_of(row.review_on, seen.today)
    if row.status != Status.RISK_ACCEPTED.value or review is None:
        return ()
    return (review.value,)


def _assignee(row: ActionRow, seen: Seen) -> tuple[str, ...]:
    if not row.assignee:
        return (NOBODY,)
    is_me = row.assignee.casefold() == seen.person.casefold()
    return (row.assignee, ME) if is_me else (row.assignee,)


_KEYS: Mapping[str, Callable[[ActionRow, Seen], tuple[str, ...]]] = MappingProxyType(
    {
        "category": lambda row, _: (row.category,),
        "status": lambda row, _: (row.status,),
        "product": lambda row, _: (row.product,),
        "state": lambda row, _: (row.state,),
        "tag": lambda row, _: row.tags,
        "assignee": _assignee,
        "due": _due,
        "review": _review,
        "waiting": lambda row, _: ("yes",) if row.is_waiting else (),
        "changed": _changed,
        "licensed": lambda row, _: (_LICENSE_KEYS[row.has_license],),
    }
)


def keys_of(row: ActionRow, facet: str, seen: Seen) -> tuple[str, ...]:
    """The values of a facet that the row has; it is shown where one of them is chosen."""
    return _KEYS[facet](row, seen)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def labels_of(rows: Sequence[ActionRow], seen: Seen) -> dict[str, dict[str, str]]:
    """By facet, every value there is with its name, in the order of the menu."""
    tags = sorted({tag for row in rows for tag in row.tags}, key=str.casefold)
    products = sorted({row.product for row in rows if row.product}, key=str.casefold)
    people = sorted({row.assignee for row in rows if row.assignee}, key=str.casefold)
    return {
        "category": {category.value: category.value for category in Category},
        "status": {status.value: _capital(status.value) for status in Status},
        "product": {name: _capital(name) if name.islower() else name for name in products},
        "assignee": {ME: f"Me ({seen.person})", NOBODY: "Nobody"} | {name: name for name in people},
        "tag": {tag: tag for tag in tags},
        "due": dict(DUE),
        "review": dict(REVIEW),
        "waiting": dict(WAITING),
        "changed": dict(CHANGED),
        "licensed": dict(LICENSED),
        "state": {state.value: _capital(state.value.replace("_", " ")) for state in State},
    }
