"""Commands that import and that read: import, score, actions, explain, verify."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click
from rich.table import Table

from securescore.core.errors import InputError
from securescore.ops.importing import import_files
from securescore.ops.verification import verify as verify_organization
from securescore.ops.workspace import workspace
from securescore.organizations.models import Organization
from securescore.present.cli.output import (
    DAY,
    json_option,
    no_snapshot,
    org_option,
    organization_named,
    prepare_database,
    print_json,
    progress_bar,
    share,
    stderr,
    stdout,
)
from securescore.record import answers, query
from securescore.record.audit import first_altered
from securescore.record.plain import score_json

N_DIFFERENCES = 20


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@org_option
@click.option("--on", type=DAY, help="The day the files describe, if they do not say it.")
@json_option
def import_command(
    *, paths: tuple[Path, ...], name: str, on: datetime | None, as_json: bool
) -> None:
    """Import result files; the format is found by their content."""
    prepare_database()
    with progress_bar() as progress:
        report = import_files(
            workspace(),
            name,
            paths,
            now=datetime.now(UTC),
            on=on.date() if on else None,
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "formats": [
                    {"format": f, "files": files, "days": days} for f, files, days in report.formats
                ],
                "recorded": report.recorded,
                "errors": [
                    {"file": str(e.path), "message": e.error.message} for e in report.errors
                ],
                "notes": report.notes,
            }
        )
    else:
        for format_name, files, days in report.formats:
            span = f"{days[0]} to {days[-1]}, {len(days)} days" if len(days) > 1 else f"{days[0]}"
            stdout.print(f"[bold]{format_name}[/]: {', '.join(files)} ({span})")
        if report.recorded is not None:
            done = report.recorded
            stdout.print(
                "Already recorded: nothing changed."
                if done.is_unchanged
                else f"Recorded {done.n_collections} collections and {done.n_snapshots} snapshots "
                f"for '{name}'."
            )
        for note in report.notes:
            stdout.print(f"  note: {note}", markup=False)
    for error in report.errors:
        stderr.print(f"not imported: {error.error.message}", markup=False)
    if report.errors:
        raise click.exceptions.Exit(2)


@click.command()
@org_option
@click.option("--on", type=DAY, help="A day of the past instead of the newest snapshot.")
@json_option
def score(*, name: str, on: datetime | None, as_json: bool) -> None:
    """Show the score of an organization: points, percentage, zone, views, coverage."""
    organization = organization_named(name)
    found = score_of(organization, on.date() if on else None)
    if as_json:
        print_json(score_json(found))
        return
    stdout.print(
        f"[bold]{found.organization}[/]  {found.percentage:.2f} %  "
        f"{found.points.short()} of {found.max_score.short()} points  zone [bold]{found.zone}[/]"
        f"  as of {found.as_of:%Y-%m-%d %H:%M} UTC"
    )
    table = Table(box=None, pad_edge=False)
    for title in ("Category", "Points", "Max", "%", "Controls"):
        table.add_column(title, justify="left" if title == "Category" else "right")
    for category in found.categories:
        table.add_row(
            category.name,
            category.points.short(),
            category.max_score.short() + (" or more" if category.n_unknown_max else ""),
            share(category.percentage),
            str(category.n_controls),
        )
    stdout.print(table)
    for view in found.views[1:]:
        stdout.print(f"{view.name.replace('_', ' '):16} {share(view.percentage)} %", style="dim")
    coverage = found.coverage
    stdout.print(
        f"measured {coverage.measured}, stale {coverage.stale}, unmeasured {coverage.unmeasured} "
        f"(up to {coverage.unmeasured_max_score.short()} points), not applicable "
        f"{coverage.not_applicable}, error {coverage.error}"
    )
    if found.remainder_max_score:
        stdout.print(
            f"{found.remainder_max_score.short()} points of the reported maximum belong to "
            f"{len(found.unknown_max_controls)} controls whose own maximum is not known: "
            f"{', '.join(found.unknown_max_controls)}. Import their profiles to know it.",
        )


@click.command()
@org_option
@json_option
def actions(*, name: str, as_json: bool) -> None:
    """List recommended actions, best rank first."""
    rows = query.actions(organization_named(name))
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Rank", "Action", "Points", "Impact", "Status", "State", "Category"):
        table.add_column(
            title, justify="right" if title in ("Rank", "Points", "Impact") else "left"
        )
    for row in rows:
        maximum = row.max_score.short() if row.max_score is not None else "?"
        impact = f"+{row.score_impact:.2f} %" if row.score_impact else ""
        table.add_row(
            str(row.rank),
            f"{row.title} [dim]{row.id}[/]",
            f"{row.points.short()}/{maximum}",
            impact,
            row.status,
            row.state,
            row.category,
        )
    stdout.print(table)


@click.command()
@click.argument("control")
@org_option
@json_option
def explain(*, control: str, name: str, as_json: bool) -> None:
    """Explain one control: its points, the resources that lose them, the tables it needs."""
    organization = organization_named(name)
    found = query.action(organization, control)
    if found is None:
        raise InputError(
            what=f"'{control}' is no action of {organization.name}",
            where="CONTROL",
            what_to_do=f"see: securescore actions --org '{organization.name}'",
        )
    evidence = query.evidence(organization, control, per_page=None)
    row = found.row
    if as_json:
        print_json(
            {
                "control": row.id,
                "title": row.title,
                "state": row.state,
                "state_reason": found.state_reason,
                "status": row.status,
                "basis": row.basis,
                "points": row.points,
                "max_score": row.max_score,
                "passed": row.passed,
                "total": row.total,
                "resources": evidence.resources,
                "requires": [
                    {
                        "table": t.table,
                        "collected_at": t.collected_at,
                        "missing_reason": t.missing_reason,
                    }
                    for t in found.requires
                ],
                "learn_more": found.learn_more,
                "confidence": found.confidence,
                "choice": found.choice,
                "max_score_basis": found.max_score_basis,
            }
        )
        return
    maximum = row.max_score.short() if row.max_score is not None else "an unknown maximum"
    stdout.print(f"[bold]{row.title}[/]  [dim]{row.id}[/]")
    stdout.print(f"{row.points.short()} of {maximum} points  {row.state}  {row.status}")
    if row.total is not None:
        stdout.print(f"{row.passed} of {row.total} resources pass")
    for text in (found.state_reason, found.why, found.fix):
        if text:
            stdout.print(f"\n{text}", markup=False)
    if found.learn_more:
        stdout.print("\nLearn more:")
    for link in found.learn_more:  # an address stays whole, however narrow the screen is
        stdout.print(f"  {link.title}\n    {link.url}", markup=False, soft_wrap=True)
    for resource in evidence.resources:
        stdout.print(
            f"  not done: {resource.resource_name}: {resource.reason}"
            + (f" (since {resource.failing_since:%Y-%m-%d})" if resource.failing_since else ""),
            markup=False,
        )
    for table in found.requires:
        when = f"read {table.collected_at:%Y-%m-%d %H:%M}" if table.collected_at else "missing"
        stdout.print(f"  {table.table}: {when} {table.missing_reason}", style="dim")


@click.command()
@click.option("--org", "name", help="Name of the organization.")
@click.option("--audit", "is_audit", is_flag=True, help="Check the chain of the audit log.")
@json_option
def verify(*, name: str | None, is_audit: bool, as_json: bool) -> None:
    """Recompute every snapshot from the stored tables and catalogs, to the hundredth."""
    if not is_audit and name is None:
        raise InputError(
            what="nothing to verify", where="--org", what_to_do="give --org NAME, --audit, or both"
        )
    holds = True
    if name is not None:
        holds = _verify_scores(organization_named(name), as_json=as_json)
    if is_audit:
        holds = _verify_audit(as_json=as_json) and holds
    if not holds:
        raise click.exceptions.Exit(1)


def _verify_scores(organization: Organization, *, as_json: bool) -> bool:
    with progress_bar() as progress:
        found = verify_organization(workspace(), organization, progress=progress)
    if as_json:
        print_json(found)
    else:
        for difference in found.differences[:N_DIFFERENCES]:
            stdout.print(
                f"{difference.at:%Y-%m-%d %H:%M} {difference.what}: recorded "
                f"{difference.recorded}, recomputed {difference.recomputed}"
            )
        stdout.print(
            f"{found.n_snapshots} snapshots, {found.n_results} control results, "
            f"{found.n_files} files recomputed: {len(found.differences)} differences"
            + (f"; {found.n_not_kept} snapshots: tables no longer kept" if found.n_not_kept else "")
        )
    return not found.differences


def _verify_audit(*, as_json: bool) -> bool:
    prepare_database()
    n_good, altered = first_altered()
    if as_json:
        print_json({"entries": n_good, "holds": altered is None, "first_altered": altered})
    elif altered is None:
        stdout.print(f"{n_good} audit entries: the chain holds")
    else:
        stdout.print(f"{n_good} audit entries hold; entry {altered.number} {altered.what}")
    return altered is None


def score_of(organization: Organization, on: date | None) -> answers.ScoreAnswer:
    """The score of a day, or the newest.

    Raises:
        InputError: nothing is recorded.
    """
    found = query.score_on(organization, on) if on else query.latest_score(organization)
    if found is None:
        raise no_snapshot(organization)
    return found
