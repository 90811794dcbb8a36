"""``securescore gate``: a score as a condition of a pipeline."""

from __future__ import annotations

import click

from securescore.present.cli.output import (
    json_option,
    org_option,
    organization_named,
    print_json,
    share,
    stdout,
)
from securescore.present.cli.reading import score_of


@click.command()
@org_option
@click.option(
    "--min",
    "minimum",
    type=click.FloatRange(0, 100),
    required=True,
    help="Percentage below which the gate fails.",
)
@json_option
def gate(*, name: str, minimum: float, as_json: bool) -> None:
    """Exit with 1 if the score is below a percentage: for pipelines."""
    found = score_of(organization_named(name), None)
    is_open = found.percentage is not None and found.percentage >= minimum
    if as_json:
        print_json({"passed": is_open, "percentage": found.percentage, "min": minimum})
    else:
        stdout.print(f"{share(found.percentage)} % {'>=' if is_open else '<'} {minimum:g} %")
    if not is_open:
        raise click.exceptions.Exit(1)
