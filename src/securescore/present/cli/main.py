"""``securescore``: the command line.

Exit codes: 0 done; 1 a gate or a verification failed; 2 bad input; 70 a bug of ours.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Mapping
from types import MappingProxyType, TracebackType

import click

from securescore.core.errors import SecureScoreError
from securescore.present.cli.lazy import LazyGroup, Place

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_BUG = 70
HERE = "securescore.present.cli"


PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "actions": Place(
            f"{HERE}.reading", "actions", "List recommended actions, best rank first."
        ),
        "catalog": Place(
            f"{HERE}.catalog", "catalog", "Controls: list, show, lint, test, docs, schema."
        ),
        "demo": Place(
            f"{HERE}.organizations",
            "demo",
            "Make a demo organization with two years of history, through the real pipeline.",
        ),
        "explain": Place(
            f"{HERE}.reading",
            "explain",
            "Explain one control: its points, the resources that lose them, the tables it needs.",
        ),
        "gate": Place(
            f"{HERE}.gate", "gate", "Exit with 1 if the score is below a percentage: for pipelines."
        ),
        "history": Place(
            f"{HERE}.history",
            "history",
            "Show the score of each day and what changed; with --split why two days differ.",
        ),
        "import": Place(
            f"{HERE}.reading",
            "import_command",
            "Import result files; the format is found by their content.",
        ),
        "job": Place(f"{HERE}.serving", "job", "Jobs: imports and other work behind the pages."),
        "org": Place(f"{HERE}.organizations", "org", "Organizations: list, create, delete."),
        "score": Place(
            f"{HERE}.reading",
            "score",
            "Show the score of an organization: points, percentage, zone, views, coverage.",
        ),
        "serve": Place(
            f"{HERE}.serving",
            "serve",
            "Serve the pages, do the jobs and keep the schedule until stopped.",
        ),
        "token": Place(f"{HERE}.tokens", "token", "Tokens of the APIs: create, list, revoke."),
        "verify": Place(
            f"{HERE}.reading",
            "verify",
            "Recompute every snapshot from the stored tables and catalogs, to the hundredth.",
        ),
        "worker": Place(
            f"{HERE}.serving",
            "worker",
            "Do jobs and keep the schedule until stopped, apart from the server.",
        ),
    }
)
"""The commands; a test compares the sentences with their own help."""


def _set_up() -> None:
    """Prepare Django, which every command needs and the help does not."""
    try:
        import django

        from securescore.ops.collector import calm_collector
    except ImportError as error:
        _fail(f"a package is missing: {error}", EXIT_BUG)
    django.setup()
    calm_collector()


@click.group(
    cls=LazyGroup,
    places=PLACES,
    prepare=_set_up,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 a gate or verification failed, 2 bad input, 70 our bug.",
)
@click.version_option(package_name="open-secure-score", prog_name="securescore")
@click.option("-v", "--verbose", is_flag=True, help="Show what the engine logs.")
def cli(*, verbose: bool) -> None:
    """Open Secure Score: one number for an organization's security posture, explained.

    SECURESCORE_HOME names the data folder, SECURESCORE_DATABASE_URL another database.
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.ERROR,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


def main(arguments: list[str] | None = None) -> None:
    """Entry point: runs a command; what is not an error of the input is a bug of ours."""
    with _Bugs():
        _run(arguments)


class _Bugs:
    """Lets a bug end the program with its trace and exit code 70. Nothing is caught here."""

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None or issubclass(kind, SystemExit):
            return
        if isinstance(error, Exception):
            _fail_by_django(error)
        traceback.print_exception(kind, error, trace)
        _fail("this is a bug of Open Secure Score; the lines above say where", EXIT_BUG)


def _fail_by_django(error: Exception) -> None:
    """End with what Django says of the input. Django is imported here because the help, which
    ends without an error, goes without it.
    """
    from django.core.exceptions import ImproperlyConfigured
    from django.db.utils import OperationalError

    if isinstance(error, ImproperlyConfigured):
        _fail(str(error), EXIT_BAD_INPUT)
    if isinstance(error, OperationalError):
        _fail(f"the database does not answer: {str(error).strip().splitlines()[0]}", EXIT_BAD_INPUT)


def _run(arguments: list[str] | None) -> None:
    """Run a command and turn errors of the input into exit codes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "securescore.project.settings")
    try:
        # Outside its standalone mode click returns the code of an Exit instead of raising it.
        code = cli.main(args=arguments, prog_name="securescore", standalone_mode=False)
        if isinstance(code, int):
            sys.exit(code)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        _fail("stopped", EXIT_FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_BAD_INPUT)
    except SecureScoreError as error:
        _fail(error.message, EXIT_BAD_INPUT)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
    except RuntimeError as error:
        if str(error) != "Query interrupted":  # DuckDB's word for Ctrl+C during a query
            raise
        sys.exit(130)


def _fail(message: str, code: int) -> None:
    click.echo(f"securescore: {message}", err=True)
    sys.exit(code)
