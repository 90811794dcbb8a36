"""Where the pages get their numbers: the one seam between the web and the record.

``settings.SECURESCORE_ANSWERS`` names a module with these functions; it is the record's own
``query`` except in tests of the pages alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from securescore.organizations.models import Organization
    from securescore.record import answers as a
    from securescore.record import history_answers as h
    from securescore.record import trend_answers as t
    from securescore.record.portfolio import Portfolio, PortfolioRow, Wanted


class Answers(Protocol):
    """What the pages ask."""

    def latest_score(self, organization: Organization) -> a.ScoreAnswer | None: ...

    def score_history(
        self, organization: Organization, start: date, end: date
    ) -> tuple[a.DayScore, ...]: ...

    def first_and_last_day(self, organization: Organization) -> tuple[date, date] | None: ...

    def actions(self, organization: Organization) -> tuple[a.ActionRow, ...]: ...

    def action(self, organization: Organization, control_id: str) -> a.ActionAnswer | None: ...

    def evidence(
        self,
        organization: Organization,
        control_id: str,
        *,
        page: int = 1,
        per_page: int | None = 50,
        search: str = "",
    ) -> a.EvidencePage: ...

    def largest_events(
        self, organization: Organization, start: date, end: date
    ) -> tuple[a.HistoryEvent, ...]: ...

    def events(
        self,
        organization: Organization,
        start: date,
        end: date,
        *,
        control_id: str | None = None,
    ) -> tuple[a.HistoryEvent, ...]: ...

    def history(
        self,
        organization: Organization,
        start: date,
        end: date,
        asked: h.EventFilter | None = None,
        *,
        page: int = 1,
        per_page: int | None = 50,
    ) -> h.EventPage: ...

    def split_between(
        self, organization: Organization, day_a: date, day_b: date
    ) -> h.Split | None: ...

    def split_detail(
        self,
        organization: Organization,
        day_a: date,
        day_b: date,
        control_id: str,
        cause: str,
        *,
        with_resources: bool,
    ) -> h.SplitDetail | None: ...

    def data_as_of(self, organization: Organization) -> datetime | None: ...

    def metrics(self, organization: Organization, start: date, end: date) -> t.MetricsAnswer: ...

    def custom_comparisons(
        self, organization: Organization, on: date
    ) -> tuple[t.CustomComparisonRow, ...]: ...

    def comparison(self, organization: Organization, on: date) -> tuple[a.Comparison, ...]: ...

    def portfolio_page(
        self,
        mine: QuerySet[Organization],
        wanted: Wanted,
        *,
        page: int,
        per_page: int,
        now: datetime,
    ) -> Portfolio: ...

    def portfolio_rows(
        self, mine: QuerySet[Organization], wanted: Wanted, *, now: datetime
    ) -> Iterable[PortfolioRow]: ...

    def industries(self, mine: QuerySet[Organization]) -> tuple[str, ...]: ...


def answers() -> Answers:
    """The module that answers."""
    return cast("Answers", import_module(settings.SECURESCORE_ANSWERS))
