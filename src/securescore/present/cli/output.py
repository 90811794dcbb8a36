"""What commands share: the database made ready, JSON, tables and progress bars."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from securescore.core.errors import InputError
from securescore.ops.landing import Progress as Report
from securescore.organizations.models import Organization
from securescore.record.plain import plain

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)

DAY = click.DateTime(formats=["%Y-%m-%d"])
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
org_option = click.option("--org", "name", required=True, help="Name of the organization.")


def command_line() -> str:
    """Who runs this command, as the audit log names it."""
    return f"{getpass.getuser()} (command line)"


def no_snapshot(organization: Organization) -> InputError:
    """There is nothing to show: what to do."""
    return InputError(
        what=f"nothing is recorded for {organization.name} on that day",
        where="--org",
        what_to_do="import a file, or see: securescore history",
    )


def share(value: float | None) -> str:
    """A percentage with both decimals, or a dash."""
    return "-" if value is None else f"{value:.2f}"


def prepare_database() -> None:
    """Bring the database to the newest schema, if it is not."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def organization_named(name: str) -> Organization:
    """The organization with that name or slug.

    Raises:
        InputError: there is none.
    """
    prepare_database()
    found = (
        Organization.objects.filter(name=name).first()
        or Organization.objects.filter(slug=name).first()
    )
    if found is None:
        raise InputError(
            what=f"there is no organization '{name}'",
            where="--org",
            what_to_do="see: securescore org list",
        )
    return found


def print_json(value: object) -> None:
    """Print plain JSON: points as numbers, instants in ISO 8601."""
    click.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))


@contextmanager
def progress_bar() -> Iterator[Report]:
    """Progress on the terminal's error stream; silent where that is no terminal."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    ) as bar:
        tasks: dict[str, Any] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                for other in tasks.values():
                    bar.update(other, visible=False)
                tasks[step] = bar.add_task(step, total=total or None)
            bar.update(tasks[step], completed=done, total=total or None, visible=True)

        yield report
