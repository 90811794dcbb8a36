"""``securescore serve`` and ``securescore sign-in-link``: the web pages of this installation."""

from __future__ import annotations

import os
import socket

import click
from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application
from django.utils.module_loading import import_string

from securescore.core.errors import InputError
from securescore.ops.demo_run import demo_sign_in_path
from securescore.organizations.first_run import is_set_up, new_setup_code
from securescore.present.cli.output import prepare_database, stdout

THREADS = 4


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
def serve(*, host: str, port: int) -> None:
    """Serve the pages until stopped."""
    os.environ["SECURESCORE_PORT"] = str(port)
    prepare_database()
    # The server and Django are wanted by this command only.
    from gunicorn.app.base import BaseApplication

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(
                what=f"cannot listen: {error.strerror}",
                where=f"{host}:{port}",
                what_to_do="choose another with --port",
            ) from error
    import_string(settings.SECURESCORE_PREPARE_STATIC)()
    address = f"http://{host}:{port}"

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for key, value in (
                ("bind", f"{host}:{port}"),
                ("workers", 1),
                ("threads", THREADS),
                ("worker_class", "gthread"),
                ("loglevel", "warning"),
            ):
                self.cfg.set(key, value)

        def load(self) -> object:
            return get_internal_wsgi_application()

    stdout.print(f"Open Secure Score is at [bold]{address}/[/]  (stop with Ctrl+C)")
    if path := demo_sign_in_path():
        stdout.print(f"Sign in to the demo, once: {address}{path}", soft_wrap=True)
    if not is_set_up():
        stdout.print(f"First run: {address}/setup/ with the code {new_setup_code()}")
    Server().run()


COMMANDS = (serve,)
