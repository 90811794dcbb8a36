"""The actions to review: how many of each kind, and the address of exactly these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict

from securescore.present.action_filter import action_query
from securescore.present.web import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securescore.present.action_facets import Seen
    from securescore.record.answers import ActionRow


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One kind of actions. ``status`` is empty where it is not a status.

    ``note`` is a second count with an address of its own: of the accepted risks, those to review.
    """

    label: str
    n: int
    href: str
    status: str = ""
    note: str = ""
    note_href: str = ""


def review_lines(
    rows: Sequence[ActionRow], seen: Seen, base: str
) -> tuple[tuple[ReviewLine, ...], tuple[ReviewLine, ...]]:
    """By status (of those that are scored), and by what happened; as the list counts them.

    Args:
        rows: all actions.
        seen: who looks, and when.
        base: address of the list.
    """

    def line(label: str, pairs: list[tuple[str, str]], **more: str) -> ReviewLine:
        query = urlencode(pairs)
        asked = action_query(QueryDict(query), rows, seen)
        return ReviewLine(label, sum(asked.matches(row) for row in rows), f"{base}?{query}", **more)

    unscored = any(row.state not in words.SCORED_STATES for row in rows)
    scope = [("state", state) for state in sorted(words.SCORED_STATES)] if unscored else []
    to_review = line("to review", [("review", "due"), ("review", "soon")])
    statuses = tuple(
        line(
            words.capital(status),
            [("status", status), *scope],
            status=status,
            note=f"{to_review.n} to review" if status == "risk accepted" and to_review.n else "",
            note_href=to_review.href if status == "risk accepted" else "",
        )
        for status in words.STATUSES
    )
    happened = (
        line("Regressed", [("changed", "regressed")]),
        line("Recently added", [("changed", "added")]),
        line("Recently updated", [("changed", "updated")]),
        line("Waiting for approval", [("waiting", "yes")]),
    )
    return statuses, happened
