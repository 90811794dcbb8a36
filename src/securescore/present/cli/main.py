"""``securescore``: the command line.

Exit codes: 0 done; 1 a gate or a verification failed; 2 bad input; 70 a bug of ours.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from types import TracebackType

import click

from securescore.core.errors import SecureScoreError

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_BUG = 70


class _Lazy(click.Group):
    """Loads the commands when they are asked for: ``--help`` needs no database."""

    def _load(self) -> None:
        if self.commands:
            return
        from securescore.present.cli import (
            catalog,
            gate,
            history,
            organizations,
            reading,
            serving,
            tokens,
        )

        for module in (reading, gate, history, organizations, tokens, catalog, serving):
            for command in module.COMMANDS:
                self.add_command(command)

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._load()
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=_Lazy,
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
        traceback.print_exception(kind, error, trace)
        _fail("this is a bug of Open Secure Score; the lines above say where", EXIT_BUG)


def _run(arguments: list[str] | None) -> None:
    """Run a command and turn errors of the input into exit codes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "securescore.project.settings")
    try:
        import django
        from django.core.exceptions import ImproperlyConfigured
        from django.db.utils import OperationalError

        from securescore.ops.collector import calm_collector
    except ImportError as error:
        _fail(f"a package is missing: {error}", EXIT_BUG)
    try:
        django.setup()
        calm_collector()
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
    except ImproperlyConfigured as error:
        _fail(str(error), EXIT_BAD_INPUT)
    except OperationalError as error:
        _fail(f"the database does not answer: {str(error).strip().splitlines()[0]}", EXIT_BAD_INPUT)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)


def _fail(message: str, code: int) -> None:
    click.echo(f"securescore: {message}", err=True)
    sys.exit(code)
