"""The actions to review: how many of each kind, and the address of exactly these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict

from securescore.core.status import Review, Status
from securescore.present.action_filter import action_query
from securescore.present.remembered import remembered
from securescore.present.web import words
from securescore.present.web.risk_words import reviews

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securescore.present.action_facets import Seen
    from securescore.record.answers import ActionRow


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One kind of actions. ``status`` is empty where it is not a status.

    ``notes`` are further counts, each with an address of its own: of the accepted risks, those to
    review.
    """

    label: str
    n: int
    href: str
    status: str = ""
    notes: tuple[tuple[str, str], ...] = ()


@remembered(256)
def review_lines(
    rows: Sequence[ActionRow], seen: Seen, base: str
) -> tuple[tuple[ReviewLine, ...], tuple[ReviewLine, ...]]:
    """By status (of those that are scored), and by what happened; as the list counts them.

    Args:
        rows: all actions.
        seen: who looks, and when.
        base: address of the list.
    """

    def line(
        label: str,
        pairs: list[tuple[str, str]],
        status: str = "",
        notes: tuple[tuple[str, str], ...] = (),
    ) -> ReviewLine:
        query = urlencode(pairs)
        asked = action_query(QueryDict(query), rows, seen)
        n = sum(asked.matches(row) for row in rows)
        return ReviewLine(label, n, f"{base}?{query}", status, notes)

    unscored = any(row.state not in words.SCORED_STATES for row in rows)
    scope = [("state", state) for state in sorted(words.SCORED_STATES)] if unscored else []
    past, soon = (line("", [("review", one.value)]) for one in (Review.DUE, Review.SOON))
    to_review = (
        *((text, past.href) for text in reviews(past.n, 0)),
        *((text, soon.href) for text in reviews(0, soon.n)),
    )
    statuses = tuple(
        line(
            words.capital(status),
            [("status", status), *scope],
            status=status,
            notes=to_review if status == Status.RISK_ACCEPTED else (),
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
