"""A group whose commands are imported when they are called, as click's documentation shows it.

Its help needs none of them: the first sentence of each stands beside its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is: ``module`` and its name there; ``help`` is what its own help begins
    with.
    """

    module: str
    name: str
    help: str


class LazyGroup(click.Group):
    """Imports a command when it is called.

    Args:
        places: of the commands, by the name they are called by.
        prepare: called before a command is imported.
    """

    def __init__(
        self, *args: Any, places: Mapping[str, Place], prepare: Callable[[], None], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.places = places
        self.prepare = prepare

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, without importing anything."""
        del ctx
        return sorted(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported."""
        del ctx
        place = self.places.get(cmd_name)
        if place is None:
            return None
        self.prepare()
        command: click.Command = getattr(import_module(place.module), place.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of the help, without importing anything."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        rows = [
            (name, click.Command(name, help=self.places[name].help).get_short_help_str(limit))
            for name in names
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
