"""``securescore org``: list, create, delete; and ``securescore demo``."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.table import Table

from securescore.ops.demo_run import create_demo, demo_is_whole, remove_demo
from securescore.ops.organization_settings import General, new_organization
from securescore.ops.removal import remove_organization
from securescore.ops.workspace import workspace
from securescore.organizations.access import installation_access
from securescore.organizations.models import Organization
from securescore.present.cli.output import (
    command_line,
    json_option,
    organization_named,
    prepare_database,
    print_json,
    progress_bar,
    stdout,
)
from securescore.record import query


@click.group()
def org() -> None:
    """Organizations: list, create, delete."""


@org.command("list")
@json_option
def list_organizations(*, as_json: bool) -> None:
    """List all organizations with their scores."""
    prepare_database()
    rows = query.newest_scores(Organization.objects.all())
    if as_json:
        print_json(
            [
                {
                    "id": row.id,
                    "name": row.name,
                    "slug": row.slug,
                    "is_demo": row.is_demo,
                    "percentage": row.percentage,
                    "zone": row.zone,
                    "points": row.points,
                    "max_score": row.max_score,
                    "as_of": row.as_of,
                }
                for row in rows
            ]
        )
        return
    if not rows:
        stdout.print("No organization yet. Try: securescore demo, or securescore import FILE --org")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Organization", "%", "Zone", "As of", ""):
        table.add_column(title)
    for row in rows:
        table.add_row(
            row.name,
            "-" if row.percentage is None else f"{row.percentage:.2f}",
            row.zone,
            f"{row.as_of:%Y-%m-%d}" if row.as_of else "no data",
            "DEMO" if row.is_demo else "",
        )
    stdout.print(table)


@org.command()
@click.argument("name")
@click.option("--seats", type=click.IntRange(1), help="Licensed seats, for the comparison.")
@click.option("--industry", default="", help="For the comparison.")
@click.option("--region", default="", help="For the comparison.")
@click.option("--license", "licenses", multiple=True, help="Service plan it holds; repeat it.")
@click.option("--time-zone", default="UTC", help="Whose days the history counts.")
def create(
    *,
    name: str,
    seats: int | None,
    industry: str,
    region: str,
    licenses: tuple[str, ...],
    time_zone: str,
) -> None:
    """Create an organization."""
    prepare_database()
    made = new_organization(
        General(name, time_zone, seats, industry, region, licenses),
        user=None,
        by=command_line(),
        now=datetime.now(UTC),
    )
    stdout.print(f"Created '{made.name}' ({made.slug}).")


@org.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(*, name: str, yes: bool) -> None:
    """Delete an organization with everything recorded and landed for it."""
    organization = organization_named(name)
    if not yes:
        click.confirm(f"Delete '{organization.name}' and its whole history?", abort=True, err=True)
    access = installation_access(organization, command_line())
    remove_organization(workspace(), access, now=datetime.now(UTC))
    stdout.print(f"Deleted '{organization.name}'.")


@click.command()
@click.option("--remove", is_flag=True, help="Remove the demo organizations.")
@click.option("--seed", default=7, show_default=True, help="Another seed, another story.")
@click.option("--days", default=730, show_default=True, type=click.IntRange(30, 1500))
@click.option(
    "--others",
    default=200,
    show_default=True,
    type=click.IntRange(0, 2000),
    help="Smaller organizations beside it, for comparison.",
)
def demo(*, remove: bool, seed: int, days: int, others: int) -> None:
    """Make a demo organization with two years of history, through the real pipeline."""
    prepare_database()
    work = workspace()
    if remove:
        stdout.print(f"Removed {remove_demo(work)} demo organizations.")
        return
    if demo_is_whole():
        stdout.print("The demo is already there; remove it with: securescore demo --remove")
        return
    if Organization.objects.filter(is_demo=True).exists():
        stdout.print("A demo was begun and not finished; it is made again.")
        remove_demo(work)
    now = datetime.now(UTC)
    with progress_bar() as progress:
        made = create_demo(work, seed=seed, days=days, n_others=others, now=now, progress=progress)
    stdout.print(
        f"DEMO '{made.organization.name}': {made.n_snapshots} snapshots, "
        f"{made.n_others} organizations beside it, in {made.seconds:.0f} s."
    )
