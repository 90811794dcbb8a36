"""The command that shows the past: scores, what changed, why two days differ."""

from __future__ import annotations

from datetime import datetime

import click
from rich.markup import escape
from rich.table import Table

from securescore.core.errors import InputError
from securescore.core.points import Points
from securescore.present.cli.output import (
    DAY,
    json_option,
    no_snapshot,
    org_option,
    organization_named,
    print_json,
    share,
    stdout,
)
from securescore.record import history_answers as h
from securescore.record import query


@click.command()
@org_option
@click.option("--from", "start", type=DAY, help="First day.")
@click.option("--to", "end", type=DAY, help="Last day.")
@click.option(
    "--split", "is_split", is_flag=True, help="Split the difference of the two days by cause."
)
@json_option
def history(
    *,
    name: str,
    start: datetime | None,
    end: datetime | None,
    is_split: bool,
    as_json: bool,
) -> None:
    """Show the score of each day and what changed; with --split why two days differ."""
    organization = organization_named(name)
    span = query.first_and_last_day(organization)
    if span is None:
        raise no_snapshot(organization)
    first = start.date() if start else span[0]
    last = end.date() if end else span[1]
    if first > last:
        raise InputError(what=f"{first} is after {last}", where="--from", what_to_do="swap them")
    if is_split:
        _print_split(query.split_between(organization, first, last), as_json=as_json)
        return
    days = query.score_history(organization, first, last)
    changes = query.history(organization, first, last, per_page=None).events
    if as_json:
        print_json({"organization": organization.name, "days": days, "events": changes})
        return
    for day in days:
        if day.has_data and day.points is not None and day.max_score is not None:
            stdout.print(
                f"{day.on}  {share(day.percentage):>6} %  "
                f"{day.points.short()} of {day.max_score.short()}"
            )
        elif not day.has_data:
            stdout.print(f"{day.on}  no data", style="dim")
    for event in changes:
        what = event.detail
        if event.is_decision:
            became = event.moment or f"{event.old_status} -> {event.status}"
            what = f"{became}, {event.by}: {event.note}".rstrip(":, ")
        stdout.print(
            f"{event.at:%Y-%m-%d}  {_signed(event.delta):>7}  {event.cause:13} "
            f"{event.title} {what}",
            markup=False,
        )


def _print_split(found: h.Split | None, *, as_json: bool) -> None:
    """Start, what each cause did, end; the columns sum up."""
    if found is None:
        raise AssertionError  # there is a first day
    if as_json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("", "Points", "Max", "%", "Actions"):
        table.add_column(title, justify="right" if title else "left")

    def end(one: h.SplitEnd) -> None:
        table.add_row(
            f"[bold]{one.on}[/]", str(one.points), str(one.max_score), share(one.percentage)
        )

    end(found.start)
    for part in found.parts:
        table.add_row(
            part.cause,
            _signed(part.points),
            _signed(part.max_score),
            "-" if part.pp is None else f"{part.pp:+.2f} pp",
            str(len(part.controls)),
        )
        for control in part.controls:
            table.add_row(
                f"  [dim]{escape(control.title)}[/]",
                f"[dim]{_signed(control.points)}[/]",
                f"[dim]{_signed(control.max_score)}[/]" if control.max_score else "",
            )
    end(found.end)
    stdout.print(table)


def _signed(points: Points) -> str:
    return f"+{points}" if points > 0 else str(points)
