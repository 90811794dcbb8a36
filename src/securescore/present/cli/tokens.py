"""``securescore token``: tokens of the APIs, made by whoever runs the server."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime

import click
from rich.table import Table

from securescore.core.errors import InputError
from securescore.ops.people import make_token, take_token_back
from securescore.organizations.access import installation_access
from securescore.organizations.tokens import DEFAULT_DAYS, Scope, tokens_of
from securescore.present.cli.output import (
    json_option,
    org_option,
    organization_named,
    print_json,
    stderr,
    stdout,
)


def _person() -> str:
    return f"{getpass.getuser()} (command line)"


@click.group()
def token() -> None:
    """Tokens of the APIs: create, list, revoke."""


@token.command()
@org_option
@click.option("--name", "label", default="made by a command", show_default=True, help="What for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    help="What it may do, repeated for several: " + ", ".join(Scope),
)
@click.option(
    "--days", default=DEFAULT_DAYS, show_default=True, type=int, help="Days until it ends."
)
@json_option
def create(*, name: str, label: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make a token and print its secret, once."""
    access = installation_access(organization_named(name), _person())
    made = make_token(access, name=label, scopes=scopes, days=days, now=datetime.now(UTC))
    if as_json:
        print_json(
            {
                "id": str(made.token.pk),
                "organization": access.organization.name,
                "name": made.token.name,
                "scopes": made.token.scopes,
                "expires_at": made.token.expires_at,
                "token": made.secret,
            }
        )
        return
    stderr.print(
        f"Token '{made.token.name}' of {access.organization.name}, "
        f"until {made.token.expires_at:%Y-%m-%d}. It is shown once:"
    )
    click.echo(made.secret)


@token.command("list")
@org_option
@json_option
def list_tokens(*, name: str, as_json: bool) -> None:
    """List the tokens of an organization, without their secrets."""
    rows = tokens_of(organization_named(name))
    if as_json:
        print_json(
            [
                {
                    "id": str(row.pk),
                    "name": row.name,
                    "hint": row.hint,
                    "scopes": row.scopes,
                    "created_by": row.created_by,
                    "created_at": row.created_at,
                    "expires_at": row.expires_at,
                    "last_used_at": row.last_used_at,
                    "revoked_at": row.revoked_at,
                }
                for row in rows
            ]
        )
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Token", "Name", "Scopes", "Until", "Last used"):
        table.add_column(title)
    for row in rows:
        until = "taken back" if row.revoked_at else f"{row.expires_at:%Y-%m-%d}"
        used = f"{row.last_used_at:%Y-%m-%d}" if row.last_used_at else "never"
        table.add_row(f"{row.hint}…", row.name, ", ".join(row.scopes), until, used)
    stdout.print(table)


@token.command()
@click.argument("token_hint")
@org_option
def revoke(*, token_hint: str, name: str) -> None:
    """Take a token back, named by its id or by what `list` shows of it."""
    organization = organization_named(name)
    wanted = token_hint.rstrip("…")
    found = [
        row
        for row in tokens_of(organization).filter(revoked_at=None)
        if wanted in (str(row.pk), row.hint)
    ]
    if len(found) != 1:
        raise InputError(
            what=f"{len(found)} living tokens are called '{token_hint}'",
            where="TOKEN_HINT",
            what_to_do=f"see: securescore token list --org '{organization.name}'",
        )
    take_token_back(
        installation_access(organization, _person()), str(found[0].pk), now=datetime.now(UTC)
    )
    stdout.print(f"Taken back: {found[0].name}.")
