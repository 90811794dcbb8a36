"""One secureScore: what Microsoft reported for one day, checked before anything is kept.

A day is trusted only where it agrees with itself: its controls sum to its score, its score does
not exceed its maximum, its id names the same organization and day as its other fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from securescore.core.control import Category
from securescore.core.points import Points
from securescore.importers.document import Document
from securescore.importers.graph_secure_score import values
from securescore.importers.node import Node

RowValues = Mapping[str, object]

_ID = re.compile(r"(?P<tenant>[^\s_]{1,100})_(?P<day>\d{4}-\d{2}-\d{2})", re.ASCII)
_FIRST_YEAR = 2000  # .NET writes the year 1 for "never"
FULL_PERCENTAGE = 100
N_SHOWN = 3  # disagreeing days that a message tells in full


@dataclass(frozen=True, slots=True)
class Day:
    """One checked secureScore.

    Attributes:
        document, place: where it stands.
        tenant_id: azureTenantId; Microsoft's GUID, but anonymized files hold other texts.
        day: the day that id and createdDateTime name.
        created_at: aware, UTC: createdDateTime, when Microsoft began the day (T00:00:00Z).
        score: the row of ``graph_secure_score_day``.
        controls: rows of ``graph_control_scores``, by control id.
        comparisons: rows of ``graph_comparisons``.
        notes: what was left out of it.
    """

    document: Document
    place: str
    tenant_id: str
    day: date
    created_at: datetime
    score: RowValues
    controls: Sequence[RowValues]
    comparisons: Sequence[RowValues]
    notes: tuple[str, ...]

    def is_same(self, other: Day) -> bool:
        """Whether the other record says the same of its day."""
        return (self.tenant_id, self.day, self.created_at) == (
            other.tenant_id,
            other.day,
            other.created_at,
        ) and (self.score, self.controls, self.comparisons) == (
            other.score,
            other.controls,
            other.comparisons,
        )


@dataclass(frozen=True, slots=True)
class UncheckedDay:
    """A secureScore whose values have the right types; whether they agree is not yet known."""

    record: Node
    tenant_id: str
    created_at: datetime
    current: Decimal
    maximum: Decimal
    n_controls: int
    exact_sum: Decimal
    rounded_sum: int
    score: RowValues
    controls: Sequence[RowValues]
    comparisons: Sequence[RowValues]
    notes: tuple[str, ...]

    @property
    def disagreement(self) -> str:
        """How the points of the controls disagree with the day's, empty where they agree.

        Both ways of rounding are right: Microsoft adds first, and writes two decimals.
        """
        current = values.hundredths(self.current)
        if current in {self.rounded_sum, values.hundredths(self.exact_sum)}:
            return ""
        parts = _ID.fullmatch(self.record["id"].text() or "")
        day = parts["day"] if parts else self.created_at.date().isoformat()
        return (
            f"{self.record.path} ({day}): the scores of its "
            f"{self.n_controls} controls sum to {Points(self.rounded_sum)}, "
            f"currentScore says {Points(current)}"
        )

    def checked(self) -> Day:
        """The day, if its id, dates and sums agree.

        Raises:
            DocumentError: they do not.
        """
        identifier = self.record["id"]
        parts = _ID.fullmatch(identifier.required_text())
        if parts is None:
            raise values.wrong(identifier, "expected an id such as <azureTenantId>_2026-05-04")
        if parts["tenant"].casefold() != self.tenant_id.casefold():
            raise values.wrong(identifier, "the id and azureTenantId name two organizations")
        created_on = self.created_at.date()
        if parts["day"] != created_on.isoformat():
            raise values.wrong(
                identifier,
                f"the id says {parts['day']}, createdDateTime says {created_on.isoformat()}: "
                "the day is not known",
            )
        if self.current > self.maximum:
            raise values.wrong(
                self.record["currentScore"],
                f"the score {self.current} is above maxScore {self.maximum}",
            )
        return Day(
            document=self.record.document,
            place=self.record.path,
            tenant_id=self.tenant_id,
            day=created_on,
            created_at=self.created_at,
            score={"day": created_on.isoformat(), **self.score},
            controls=self.controls,
            comparisons=self.comparisons,
            notes=self.notes,
        )


def unchecked_day(record: Node) -> UncheckedDay:
    """Read one secureScore.

    Raises:
        DocumentError: a value is missing or of another type, or a control stands in it twice.
    """
    if record["controlScores"].is_null:
        raise values.wrong(
            record,
            "the secureScore has no controlScores",
            "ask for it again without $select: without its controls a day cannot be explained",
        )
    controls: dict[str, RowValues] = {}
    notes: list[str] = []
    exact_sum = Decimal(0)
    rounded_sum = 0
    n_odd_counters = 0
    for node in record["controlScores"].elements():
        control_id = values.control_id(node["controlName"])
        if control_id in controls:
            raise values.wrong(
                node["controlName"], f"the control {control_id} stands twice in this day"
            )
        earned = values.points(node["score"])
        exact_sum += earned
        rounded_sum += values.hundredths(earned)
        row = _control_row(node, control_id, earned)
        n_passed, n_total = row["n_passed"], row["n_total"]
        if isinstance(n_passed, int) and isinstance(n_total, int) and n_passed > n_total:
            n_odd_counters += 1
            row |= {"n_passed": None, "n_total": None}
        controls[control_id] = row
    created_at = _created_at(record["createdDateTime"])
    if n_odd_counters:
        notes.append(
            f"{created_at.date().isoformat()}: {n_odd_counters} controls count more than their "
            "total; their counters are not kept"
        )
    current, maximum = values.points(record["currentScore"]), values.points(record["maxScore"])
    return UncheckedDay(
        record=record,
        tenant_id=record["azureTenantId"].required_text().strip(),
        created_at=created_at,
        current=current,
        maximum=maximum,
        n_controls=len(controls),
        exact_sum=exact_sum,
        rounded_sum=rounded_sum,
        score={
            "current_score": values.hundredths(current),
            "max_score": values.hundredths(maximum),
            "active_user_count": values.count(record["activeUserCount"]),
            "licensed_user_count": values.count(record["licensedUserCount"]),
            "enabled_services": tuple(
                sorted({name for name in record["enabledServices"].texts() if name})
            ),
        },
        controls=tuple(controls[key] for key in sorted(controls)),
        comparisons=_comparisons(record["averageComparativeScores"], notes),
        notes=tuple(notes),
    )


def checked_days(unchecked: Sequence[UncheckedDay]) -> list[Day]:
    """The days of one file, all of them or none.

    Raises:
        DocumentError: the sums of some disagree (all are named, three in full), or one
            disagrees with itself in another way.
    """
    disagreeing = [day for day in unchecked if day.disagreement]
    if disagreeing:
        first = disagreeing[0].record.document
        told = "; ".join(day.disagreement for day in disagreeing[:N_SHOWN])
        if len(disagreeing) > N_SHOWN:
            told += f"; and {len(disagreeing) - N_SHOWN} more days"
        raise first.error(
            what=f"the file is inconsistent: {told}",
            place=disagreeing[0].record.path,
            what_to_do="import the whole answer of Graph: a day whose controls were shortened "
            "or edited is not trusted, and nothing of this file was kept",
        )
    return [day.checked() for day in unchecked]


def _created_at(node: Node) -> datetime:
    found = node.instant()
    if found is None:
        node.fail("a date and time such as 2026-05-04T00:00:00Z")
    if found.year < _FIRST_YEAR:
        raise values.wrong(node, f"expected a time after {_FIRST_YEAR}, found one before")
    return found


def _control_row(node: Node, control_id: str, earned: Decimal) -> dict[str, object]:
    percentage = values.number(node["scoreInPercentage"])
    last_synced_at = node["lastSynced"].instant()
    if last_synced_at is not None and last_synced_at.year < _FIRST_YEAR:
        last_synced_at = None
    return {
        "control_id": control_id,
        "category": values.category(node["controlCategory"]),
        "points": values.hundredths(earned),
        "score_in_percentage": None if percentage is None else float(percentage),
        "n_passed": values.count(node["count"]),
        "n_total": values.count(node["total"]),
        "is_on": values.flag(node["on"]),
        "implementation_status": values.text(node["implementationStatus"]),
        "last_synced_at": last_synced_at,
    }


def _comparisons(averages: Node, notes: list[str]) -> tuple[RowValues, ...]:
    """Averages of other organizations; -1, an empty list and null mean there are none."""
    rows: dict[str, RowValues] = {}
    for node in averages.elements():
        basis = node["basis"].required_text().strip()
        average = values.number(node["averageScore"])
        if average is None or average < 0:
            continue
        if average > FULL_PERCENTAGE:
            notes.append(
                f"{node.path}: the average of {basis} is {average}, which is no percentage; "
                "it is not kept"
            )
            continue
        row = {
            "basis": basis,
            "average_percentage": float(average),
            "seats_from": _seats(node, "SeatSizeRangeLowerValue"),
            "seats_to": _seats(node, "SeatSizeRangeUpperValue"),
            "category_points": _category_points(node),
        }
        if rows.setdefault(basis, row) != row:
            notes.append(f"{node.path}: a second average of {basis}; the first one is kept")
    return tuple(rows[basis] for basis in sorted(rows))


def _seats(node: Node, key: str) -> int | None:
    """Texts with a capital letter since 2023, numbers with a small one before."""
    if node.has(key):
        return values.count(node[key])
    return values.count(node[key[0].lower() + key[1:]])


def _category_points(node: Node) -> str | None:
    """``{"Apps": {"max_score": 7900, "points": 2965}, ...}`` in hundredths; None without any."""
    found: dict[str, dict[str, int]] = {}
    for category in Category:
        key = category.value.lower()
        points = values.number(node[f"{key}Score"])
        maximum = values.number(node[f"{key}ScoreMax"])
        if points is None or maximum is None or points < 0 or maximum < 0:
            continue
        found[category.value] = {
            "max_score": values.hundredths(maximum),
            "points": values.hundredths(points),
        }
    return json.dumps(found, sort_keys=True) if found else None
