"""Answers like those of the record, made up: for tests of the pages alone.

The slug of the organization chooses the story: ``new`` has no data, ``first-day`` one snapshot,
``stale`` data of three days ago; every other one has 400 days with a gap of nine.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from securescore.catalog.definition import Link
from securescore.core.attribution import Cause
from securescore.core.points import Points, percentage
from securescore.core.score import Tally
from securescore.core.split import Shift, percentage_parts
from securescore.core.trend import (
    AcceptedRisk,
    LossGroup,
    changes_by_week,
    loss_by_week,
    point_changes,
    risk_days,
    zones_of_days,
)
from securescore.organizations.models import Organization
from securescore.record import answers as a
from securescore.record import history_answers as h
from securescore.record import trend_answers as t
from securescore.record.portfolio import Portfolio, PortfolioRow, Wanted

N_DAYS = 400
GAP = range(120, 129)
PRODUCTS = {
    "Identity": "Entra ID",
    "Data": "Purview",
    "Device": "Intune",
    "Apps": "Exchange Online",
    "Infrastructure": "AWS",
}
HOSTILE = '=HYPERLINK("http://evil.example","<b>x</b>")'
TITLES = {
    "Identity": (
        "Require multifactor authentication for administrative roles",
        "Block sign-in with legacy authentication",
        "Designate fewer than five global administrators",
        "Do not let passwords expire",
        "Turn on sign-in risk policies for every user",
        "Let users reset their own password",
        "Use cloud-only accounts for administrators",
        "Ban custom passwords that are easy to guess in every language of the company",
    ),
    "Data": (
        "Publish sensitivity labels",
        "Turn on audit search",
        "Apply data loss prevention policies to mail and files",
        "Lock the mailbox of those who left",
    ),
    "Device": (
        "Encrypt the disks of all managed devices",
        "Require a compliant device for company data",
        "Keep devices on a supported version of the operating system",
        "Turn on tamper protection",
    ),
    "Apps": (
        "Turn on Safe Attachments in blocking mode",
        "Turn on mailbox auditing for all users",
        "Forbid forwarding of mail to outside addresses",
        "Publish SPF records for all domains",
        "Let only invited users join meetings without waiting",
        "Sign all outgoing mail with DKIM",
        "Show MailTips for outside recipients",
    ),
    "Infrastructure": (
        "Block public access to storage buckets",
        "Rotate access keys every 90 days",
        "Log every change of the account",
        HOSTILE,
    ),
}
STATUSES = (
    "to address",
    "planned",
    "to address",
    "risk accepted",
    "completed",
    "to address",
    "resolved through third party",
    "completed",
    "resolved through alternate mitigation",
    "completed",
)


def as_of(organization: Organization) -> datetime:
    days = 3 if organization.slug == "stale" else 0
    now = datetime.now(UTC).replace(minute=10, second=0, microsecond=0) - timedelta(hours=2)
    return now - timedelta(days=days)


def _row(number: int, category: str, title: str, on: date) -> a.ActionRow:
    status = STATUSES[number % len(STATUSES)]
    state = {5: "unmeasured", 13: "stale", 17: "error", 21: "not_applicable"}.get(
        number, "measured"
    )
    maximum = Points.whole(3 + number % 8)
    total = 1 if number % 4 == 3 else 40 + 13 * number
    passed = {0: 0, 1: total // 2, 2: total // 3}.get(number % 3, 0)
    if status == "completed" or status.startswith("resolved"):
        passed = total
    points = Points(maximum * passed // total)
    if state in {"unmeasured", "not_applicable", "error"}:
        points, status = Points(0), "to address"
    left = Points(maximum - points)
    reported = category == "Infrastructure"
    has_counts = state in {"measured", "stale"}
    return a.ActionRow(
        id=f"prowler.check/{number}" if reported else f"Control{number:02d}",
        title=title,
        category=category,
        product=PRODUCTS[category],
        points=points,
        max_score=maximum,
        points_left=left,
        score_impact=percentage(left, Points.whole(174)),
        rank=0,
        status=status,
        state=state,
        basis="reported" if reported else "evaluated",
        tool="Prowler" if reported else "",
        passed=passed if has_counts else None,
        total=total if has_counts else None,
        has_license=(True, None, False)[number % 3],
        regressed_on=on if number == 1 else None,
        last_synced=datetime.combine(on, time(6, 10), UTC),
        tier=("core", "defense in depth", "advanced")[number % 3],
        user_impact=("low", "moderate", "high")[number % 3],
        implementation_cost=("low", "high", "moderate")[number % 3],
    )


def actions(organization: Organization) -> tuple[a.ActionRow, ...]:
    if organization.slug == "new":
        return ()
    on = as_of(organization).date()
    rows = []
    for copy in range(3 if organization.slug == "large" else 1):
        for category, titles in TITLES.items():
            for title in titles:
                rows.append(_row(len(rows), category, f"{title} ({copy})" if copy else title, on))
    rows.sort(key=lambda row: (-row.points_left, row.id))
    return tuple(
        a.ActionRow(**{f: getattr(r, f) for f in a.ActionRow.__slots__} | {"rank": n})
        for n, r in enumerate(rows, 1)
    )


def _scored(organization: Organization) -> list[a.ActionRow]:
    return [r for r in actions(organization) if r.state in {"measured", "stale", "error"}]


def latest_score(organization: Organization) -> a.ScoreAnswer | None:
    if organization.slug == "new":
        return None
    rows, every = _scored(organization), actions(organization)
    points = Points(sum(r.points for r in rows))
    maximum = Points(sum(r.max_score or 0 for r in rows))

    def view(name: str, extra: list[a.ActionRow]) -> a.ScoreView:
        gained = Points(points + sum(r.points_left for r in extra))
        return a.ScoreView(
            name, gained, maximum, percentage(gained, maximum), f"how {name} is made"
        )

    licensed = [r for r in rows if r.has_license is not False]
    return a.ScoreAnswer(
        organization=organization.name,
        as_of=as_of(organization),
        snapshot_id="s1",
        points=points,
        max_score=maximum,
        percentage=percentage(points, maximum),
        zone="okay",
        zone_good_from=70,
        zone_okay_from=40,
        views=(
            view("current", []),
            view("planned", [r for r in rows if r.status == "planned"]),
            view("current_license", licensed),
            view("achievable", [r for r in licensed if r.status != "risk accepted"]),
            a.ScoreView("verified", points, maximum, percentage(points, maximum), "measured"),
        ),
        categories=tuple(
            a.CategoryScore(
                name,
                Points(sum(r.points for r in rows if r.category == name)),
                Points(sum(r.max_score or 0 for r in rows if r.category == name)),
                percentage(
                    sum(r.points for r in rows if r.category == name),
                    sum(r.max_score or 0 for r in rows if r.category == name),
                ),
                sum(r.category == name for r in rows),
                0,
            )
            for name in TITLES
        ),
        coverage=a.Coverage(
            measured=sum(r.state == "measured" for r in every),
            stale=1,
            unmeasured=1,
            not_applicable=1,
            error=1,
            unmeasured_max_score=Points.whole(8),
        ),
        attested_points=Points.whole(12),
        verified_points=Points(points - 1200),
        n_controls=len(rows),
        n_by_status={s: sum(r.status == s for r in rows) for s in dict.fromkeys(STATUSES)},
        n_regressed_30_days=1,
        remainder_max_score=Points(0),
        unknown_max_controls=(),
        catalog_version="2026.11",
        catalog_digest="3f8a2b1c9d0e4f5a6b7c8d9e",
        unlocks=(
            a.Unlock(
                "entra_registration",
                "permission missing",
                "AuditLog.Read.All",
                1,
                Points.whole(8),
            ),
        ),
    )


def first_and_last_day(organization: Organization) -> tuple[date, date] | None:
    if organization.slug == "new":
        return None
    last = as_of(organization).date()
    return (last if organization.slug == "first-day" else last - timedelta(days=N_DAYS), last)


def score_history(organization: Organization, start: date, end: date) -> tuple[a.DayScore, ...]:
    known = first_and_last_day(organization)
    score = latest_score(organization)
    made = []
    for offset in range((end - start).days + 1):
        on = start + timedelta(days=offset)
        age = (known[1] - on).days if known else 0
        if known is None or score is None or not known[0] <= on <= known[1] or age in GAP:
            made.append(a.DayScore(on, None, None, None, False))
            continue
        fall = 0.0 if age == 0 else 0.1 * age**0.5 * 1.2 + 0.8 * math.sin(age / 17)
        maximum = Points(score.max_score - (1200 if age > 200 else 0))
        points = Points(max(0, round(score.points - fall * 450)))
        made.append(a.DayScore(on, points, maximum, percentage(points, maximum), True))
    return tuple(made)


def action(organization: Organization, control_id: str) -> a.ActionAnswer | None:
    rows = actions(organization)
    place = next((i for i, r in enumerate(rows) if r.id == control_id), None)
    if place is None:
        return None
    row = rows[place]
    reasons = {
        "unmeasured": "the table entra_registration was not collected: permission missing",
        "stale": "the newest data is 61 hours old",
        "error": "the control ran into its time limit",
    }
    decided = row.status not in {"to address", "completed"}
    at = as_of(organization) - timedelta(days=20)
    return a.ActionAnswer(
        row=row,
        version=2,
        why="Administrators can read everything and change every setting. One stolen password is "
        "enough to take over the organization.\n\nMost attacks on accounts begin with a password.",
        fix="1. Open the Entra admin center.\n2. Go to Conditional Access and make a policy for "
        "all administrative roles.\n3. Require multifactor authentication, watch it in report-only "
        "mode for a week,\n   then turn it on.",
        user_effect="Administrators confirm their sign-in with a second factor.",
        check_by_hand="Get-MgIdentityConditionalAccessPolicy | Where-Object State -eq enabled",
        confidence="documented",
        choice="A policy in report-only mode covers nobody.",
        max_score_basis="profile dump 2024",
        scoring="proportional",
        license=("AAD_PREMIUM", "AAD_PREMIUM_P2"),
        threats=("account breach", "elevation of privilege"),
        frameworks=(("cis_m365_v4", ("5.2.2.1",)), ("scuba", ("MS.AAD.3.6v1",))),
        rank_parts=(
            a.RankPart("points left", row.points_left.short(), row.points_left.to_float()),
            a.RankPart("implementation cost", row.implementation_cost, 0.7),
            a.RankPart("user impact", row.user_impact, 0.8),
            a.RankPart("tier", row.tier, 0.9),
        ),
        requires=(
            a.RequiredTable("entra_users", as_of(organization), "", "GET /users", "User.Read.All"),
            a.RequiredTable(
                "entra_registration",
                None,
                "permission missing",
                "GET /reports",
                "AuditLog.Read.All",
            ),
        ),
        state_reason=reasons.get(row.state, ""),
        note="The old scanner in the warehouse cannot do this before spring." if decided else "",
        review_on=date(2027, 3, 1) if row.status == "risk accepted" else None,
        ends_on=None,
        agreement=a.Agreement(
            "Microsoft Secure Score",
            Points(500),
            row.points,
            False,
            "Microsoft Secure Score reports 5 points, we measure less",
        )
        if place == 0
        else None,
        history=tuple(
            e for e in events(organization, date.min, date.max) if e.control_id == row.id
        ),
        statuses=(a.StatusRecord(at, "ana", "to address", row.status, "until spring", None, None),)
        if decided
        else (),
        previous_id=rows[place - 1].id if place else None,
        next_id=rows[place + 1].id if place + 1 < len(rows) else None,
        learn_more=(
            Link("Require a second <factor>", "https://learn.microsoft.com/entra/second-factor"),
            Link("What roles may do", "https://support.microsoft.com/topic/roles"),
        )
        if row.id != "Control02"
        else (),
    )


def evidence(
    organization: Organization,
    control_id: str,
    *,
    page: int = 1,
    per_page: int | None = 50,
    search: str = "",
) -> a.EvidencePage:
    row = next(r for r in actions(organization) if r.id == control_id)
    n_failing = (row.total or 0) - (row.passed or 0)
    names = [f"person{n:03d}@contoso.example" for n in range(n_failing)]
    if names:
        names[0] = HOSTILE
    found = [
        a.ResourceOutcome(
            f"00000000-0000-4000-8000-{n:012d}",
            name,
            False,
            "No second factor registered; covered by no policy",
            as_of(organization) - timedelta(days=5 + n),
        )
        for n, name in enumerate(names)
        if search.lower() in name.lower()
    ]
    size = per_page or max(len(found), 1)
    return a.EvidencePage(
        control_id,
        len(found),
        row.total,
        tuple(found[(page - 1) * size : page * size]),
        page,
        max(1, -(-len(found) // size)),
    )


def events(
    organization: Organization, start: date, end: date, *, control_id: str | None = None
) -> tuple[a.HistoryEvent, ...]:
    if organization.slug in {"new", "first-day"}:
        return ()
    made = []
    for number, row in enumerate(actions(organization)):
        at = as_of(organization) - timedelta(days=13 * number + 2)
        delta = Points(-350) if number % 3 == 1 else Points(100 + 40 * number)
        if start <= at.date() <= end and control_id in {None, row.id}:
            made.append(
                a.HistoryEvent(
                    at=at,
                    control_id=row.id,
                    title=row.title,
                    category=row.category,
                    kind="regression" if delta < 0 else "score",
                    cause=("configuration", "user", "device")[number % 3],
                    delta=delta,
                    points=row.points,
                    max_score=row.max_score,
                    state="measured",
                    detail="43 of 50",
                )
            )
    return tuple(made)


def largest_events(
    organization: Organization, start: date, end: date
) -> tuple[a.HistoryEvent, ...]:
    return events(organization, start, end)


def comparison(organization: Organization, on: date) -> tuple[a.Comparison, ...]:
    if organization.slug == "first-day":
        return ()
    return (
        a.Comparison("all organizations", 46.9, 214, "organizations measured here", on),
        a.Comparison("301 to 1,000 seats", 48.2, 57, "organizations measured here", on),
    )


def portfolio(organizations: list[Organization]) -> tuple[PortfolioRow, ...]:
    made = []
    for organization in organizations:
        score = latest_score(organization)
        if score is None:
            made.append(
                PortfolioRow(
                    organization.slug,
                    organization.name,
                    organization.is_demo,
                    None,
                    "",
                    None,
                    None,
                    None,
                    None,
                    (),
                )
            )
            continue
        line = tuple(
            d.percentage
            for d in score_history(
                organization, score.as_of.date() - timedelta(days=150), score.as_of.date()
            )
        )
        made.append(
            PortfolioRow(
                organization.slug,
                organization.name,
                organization.is_demo,
                score.percentage,
                score.zone,
                score.points,
                score.max_score,
                score.as_of,
                1.4,
                line[::5],
            )
        )
    return tuple(made)


def portfolio_rows(mine: Any, wanted: Wanted, *, now: datetime) -> tuple[PortfolioRow, ...]:
    return portfolio(list(mine.filter(name__icontains=wanted.q)))


def portfolio_page(
    mine: Any, wanted: Wanted, *, page: int, per_page: int, now: datetime
) -> Portfolio:
    rows = portfolio_rows(mine, wanted, now=now)
    return Portfolio(rows, mine.count(), len(rows), 1, 1, None, 0, 0)


def industries(mine: Any) -> tuple[str, ...]:
    return ()


def data_as_of(organization: Organization) -> datetime | None:
    return None if organization.slug == "new" else as_of(organization)


def history(
    organization: Organization,
    start: date,
    end: date,
    asked: h.EventFilter | None = None,
    *,
    page: int = 1,
    per_page: int | None = 50,
) -> h.EventPage:
    asked = asked or h.EventFilter()
    decisions = [
        replace(
            event,
            kind="status",
            cause="status",
            delta=Points(0),
            is_decision=True,
            at=event.at - timedelta(hours=3),
            old_status="to address",
            status="risk accepted",
            by="bo",
            note=HOSTILE,
            review_on=date(2027, 3, 1),
        )
        for event in events(organization, start, end)
        if event.control_id in {"Control03", "prowler.check/24"}
    ]
    found = [
        event
        for event in (*events(organization, start, end), *decisions)
        if (not asked.kinds or event.kind in asked.kinds)
        and (not asked.categories or event.category in asked.categories)
        and asked.control_id in {"", event.control_id}
        and (not asked.points or (event.delta < 0) == (asked.points == "lost"))
    ]
    found.sort(key=lambda event: event.at, reverse=True)
    size = per_page or max(len(found), 1)
    return h.EventPage(
        tuple(found[(page - 1) * size : page * size]),
        tuple(
            h.DayMove(e.at.date(), e.delta, Points(abs(e.delta)), e.control_id, e.title, 1)
            for e in reversed(found)
            if e.delta
        ),
        len(found),
        page,
        max(1, -(-len(found) // size)),
    )


def split_between(organization: Organization, day_a: date, day_b: date) -> h.Split | None:
    known = first_and_last_day(organization)
    if known is None:
        return None
    ends = []
    for asked in sorted((day_a, day_b)):
        on = min(max(asked, known[0]), known[1])
        [day] = score_history(organization, on, on)
        points, maximum = day.points or Points(0), day.max_score or Points(1)
        at = datetime.combine(on, time(6), UTC)
        ends.append(h.SplitEnd(asked, on, at, points, maximum, percentage(points, maximum)))
    start, end = ends
    rows = actions(organization)[:2]
    shifts = {
        Cause.CONFIGURATION: Shift(end.points - start.points),
        Cause.CATALOG: Shift(Points(0), end.max_score - start.max_score),
    }
    pp = percentage_parts(Tally(start.points, start.max_score), shifts) or {}
    return h.Split(
        start,
        end,
        end.points - start.points,
        end.max_score - start.max_score,
        round((end.percentage or 0) - (start.percentage or 0), 2),
        tuple(
            h.SplitPart(
                cause.value,
                shift.points,
                shift.max_score,
                pp[cause] / 100,
                (
                    h.SplitControl(
                        row.id, row.title, row.category, shift.points, shift.max_score, 1
                    ),
                ),
            )
            for row, (cause, shift) in zip(rows, shifts.items(), strict=True)
        ),
    )


def split_detail(
    organization: Organization,
    day_a: date,
    day_b: date,
    control_id: str,
    cause: str,
    *,
    with_resources: bool,
) -> h.SplitDetail | None:
    row = next((r for r in actions(organization) if r.id == control_id), None)
    if row is None or cause not in set(Cause):
        return None
    at = as_of(organization) - timedelta(days=2)
    flips = (
        h.FlippedResource("u1", HOSTILE, "no second factor", at, True),
        h.FlippedResource("u2", "person002@contoso.example", "", at, False),
    )
    return h.SplitDetail(
        row.id,
        row.title,
        row.category,
        cause,
        Points(-350),
        Points(0),
        (h.SplitStep(at, Points(-350), Points(0), "43 of 50"),),
        1,
        1,
        flips if with_resources else None,
    )


def metrics(organization: Organization, start: date, end: date) -> t.MetricsAnswer:
    days = score_history(organization, start, end)
    known = [day for day in days if day.has_data]
    parts = [
        (e.at.date(), {Cause(e.cause): e.delta})
        for e in events(organization, start, end)
        if known and known[0].on < e.at.date() <= known[-1].on
    ]
    begin = known[0].on + timedelta(days=1) if known else start
    weeks = loss_by_week(parts, begin, known[-1].on) if known else ()
    risks = [
        AcceptedRisk(start, None, Points(500), end),
        AcceptedRisk(end, None, Points(300), None),
    ]
    by_day = risk_days(risks, [(d.on, d.has_data) for d in days])
    return t.MetricsAnswer(
        days=days,
        zone=t.ZoneAnswer(
            70, 40, "okay", 54.6, zones_of_days(((d.on, d.percentage) for d in days), 70, 40)
        ),
        comparison=t.ComparisonTrend(
            days,
            ()
            if organization.slug == "first-day"
            else (
                t.ComparisonLine("seats", "301 to 1,000 seats", "here", ((start, 48.2),), 57),
                t.ComparisonLine("microsoft:AllTenants", "Microsoft", "M", ((start, 46.0),), None),
            ),
        ),
        changes=t.PointChangesAnswer(
            known[0] if known else None,
            known[-1] if known else None,
            point_changes((p for _, p in parts), start, end) if known else None,
            changes_by_week(parts, begin, known[-1].on) if known else (),
        ),
        losses=t.LossAnswer(
            known[0].on if known else None,
            known[-1].on if known else None,
            weeks,
            {g.value: Points(sum(w.lost[g] for w in weeks)) for g in LossGroup},
        ),
        risk=t.RiskAnswer(
            by_day,
            next((d for d in reversed(by_day) if d.n_accepted is not None), None),
            (t.RiskToReview("Control03", HOSTILE, Points(500), end, "bo", True, False),),
        ),
    )


def custom_comparisons(organization: Organization, on: date) -> tuple[t.CustomComparisonRow, ...]:
    return ()
