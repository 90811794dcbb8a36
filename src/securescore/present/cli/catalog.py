"""``securescore catalog``: what is measured, and the checks of those who write controls."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from rich.table import Table

from securescore.catalog.lint import lint as lint_catalog
from securescore.catalog.load import built_in_catalog, load_catalog
from securescore.catalog.pages import render_pages
from securescore.catalog.schema import control_schema
from securescore.core.errors import InputError
from securescore.evaluate.cases import CaseRunner
from securescore.present.cli.output import json_option, print_json, stdout
from securescore.record.plain import control_json
from securescore.sources import all_tables


@click.group()
def catalog() -> None:
    """Controls: list, show, lint, test, docs, schema."""


@catalog.command("list")
@json_option
def list_controls(*, as_json: bool) -> None:
    """List the controls."""
    found = built_in_catalog()
    if as_json:
        print_json([control_json(d) for d in found.controls.values()])
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Control", "Max", "Category", "Title"):
        table.add_column(title)
    for d in found.controls.values():
        maximum = d.control.max_score
        table.add_row(
            d.id,
            maximum.short() if maximum is not None else "?",
            d.control.category.value,
            d.control.title if d.is_enabled else f"[dim]{d.control.title} (off)[/]",
        )
    stdout.print(table)
    stdout.print(f"catalog {found.version}, {len(found.controls)} controls, {found.digest[:12]}")


@catalog.command()
@click.argument("control")
@json_option
def show(*, control: str, as_json: bool) -> None:
    """Show one control: what it asks, why, how to fix it, its SQL."""
    definition = built_in_catalog().controls.get(control)
    if definition is None:
        raise InputError(
            what=f"there is no control '{control}'",
            where="CONTROL",
            what_to_do="see: securescore catalog list",
        )
    if as_json:
        raw = next(c for c in built_in_catalog().document["controls"] if c["id"] == control)
        print_json(raw)
        return
    pages = render_pages(built_in_catalog(), all_tables())
    page = next(text for path, text in pages.items() if str(path).endswith(f"{control}.md"))
    click.echo(page)


@catalog.command()
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Another catalog than the built-in one.",
)
@json_option
def lint(*, folder: Path | None, as_json: bool) -> None:
    """Check every control and view against the numbered rules."""
    found = load_catalog(folder) if folder else built_in_catalog()
    findings = lint_catalog(found, all_tables())
    if as_json:
        print_json(list(findings))
    else:
        for finding in findings:
            stdout.print(f"{finding.number} {finding.file}: {finding.what}", markup=False)
        stdout.print(
            f"{len(found.controls)} controls, {len(found.views)} views: {len(findings)} findings"
        )
    if findings:
        raise click.exceptions.Exit(1)


@catalog.command("test")
@click.argument("ids", nargs=-1)
@click.option("--thorough", is_flag=True, help="Evaluate every case alone too.")
def run_cases(*, ids: tuple[str, ...], thorough: bool) -> None:
    """Run the cases of controls and views, and those generated from them."""
    found = built_in_catalog()
    unknown = set(ids) - found.controls.keys() - found.views.keys()
    if unknown:
        raise InputError(
            what=f"there is no control or view '{min(unknown)}'",
            where="IDS",
            what_to_do="see: securescore catalog list",
        )
    n_cases = n_failed = 0
    with tempfile.TemporaryDirectory(prefix="securescore-cases-") as scratch:
        runner = CaseRunner(found, all_tables(), Path(scratch), is_thorough=thorough)
        for name, view in found.views.items():
            if not ids or name in ids:
                n_cases += len(view.cases)
                for failure in runner.view_failures(view):
                    n_failed += 1
                    _print_failure(failure.id, failure.case, failure.expected, failure.actual)
        for name, definition in found.controls.items():
            if not ids or name in ids:
                n_cases += len(definition.cases)
                for failure in runner.control_failures(definition):
                    n_failed += 1
                    _print_failure(failure.id, failure.case, failure.expected, failure.actual)
    stdout.print(f"{n_cases} cases: {n_failed} failed")
    if n_failed:
        raise click.exceptions.Exit(1)


@catalog.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("docs/reference"),
    show_default=True,
    help="Folder for the pages.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if a page differs.")
def docs(*, out: Path, check: bool) -> None:
    """Write a page for each control."""
    pages = render_pages(built_in_catalog(), all_tables())
    stale = []
    for path, text in pages.items():
        target = out / path
        if check:
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                stale.append(str(path))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for name in stale:
        stdout.print(f"differs: {name}", markup=False)
    stdout.print(f"{len(pages)} pages" + (f", {len(stale)} differ" if check else ""))
    if stale:
        raise click.exceptions.Exit(1)


@catalog.command()
def schema() -> None:
    """Print the JSON Schema of a control file, for editors."""
    print_json(control_schema())


def _print_failure(name: str, case: str, expected: str, actual: str) -> None:
    stdout.print(f"{name}: {case}\n  expected {expected}\n  came     {actual}", markup=False)
