"""``securescore serve``, ``worker`` and ``job``: the pages of this installation and its work."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from datetime import UTC, datetime

import click
from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connections
from django.template import engines
from django.urls import reverse
from django.utils.module_loading import import_string
from jinja2 import Environment
from rich.table import Table

from securescore.catalog.load import built_in_catalog
from securescore.core.errors import InputError
from securescore.ops.demo_run import demo_sign_in_path
from securescore.ops.job_kinds import KINDS
from securescore.ops.running import stop_job
from securescore.ops.worker import Companion, Worker, serve_jobs
from securescore.organizations.first_run import is_set_up, new_setup_code
from securescore.present.cli.output import (
    command_line,
    json_option,
    prepare_database,
    print_json,
    stdout,
)
from securescore.record.runs import recent_jobs

THREADS = 4
WORKER = (
    sys.executable,
    "-c",
    "from securescore.present.cli.main import main; main()",
    "worker",
)
"""The command of the worker beside the server."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--worker/--no-worker",
    "has_worker",
    default=True,
    help="Do the jobs too, in a process beside the pages. Without it: securescore worker.",
)
def serve(*, host: str, port: int, has_worker: bool) -> None:
    """Serve the pages, do the jobs and keep the schedule until stopped."""
    os.environ["SECURESCORE_PORT"] = str(port)
    prepare_database()
    # The server and Django are wanted by this command only.
    from gunicorn.app.base import BaseApplication

    _check_free(host, port)
    import_string(settings.SECURESCORE_PREPARE_STATIC)()
    address = f"http://{host}:{port}"
    told = [f"Open Secure Score is at [bold]{address}/[/]  (stop with Ctrl+C)"]
    if path := demo_sign_in_path():
        told.append(f"Sign in to the demo, once: {address}{path}")
    if not is_set_up():
        told.append(f"First run: {address}/setup/ with the code {new_setup_code()}")

    def tell(_: object) -> None:
        for line in told:
            stdout.print(line, soft_wrap=True)

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for key, value in (
                ("bind", f"{host}:{port}"),
                ("workers", settings.SECURESCORE_PROCESSES),
                ("preload_app", True),
                ("threads", THREADS),
                ("worker_class", "gthread"),
                ("loglevel", "warning"),
                ("when_ready", tell),
            ):
                self.cfg.set(key, value)

        def load(self) -> object:
            application = get_internal_wsgi_application()
            _make_what_all_need()
            connections.close_all()  # a connection must not go along into the processes
            return application

    companion = Companion(WORKER) if has_worker else None
    if companion is not None:
        companion.start()
    try:
        Server().run()
    finally:
        if companion is not None:
            companion.stop()


def _check_free(host: str, port: int) -> None:
    """Raise :class:`InputError` where something else listens."""
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


def _make_what_all_need() -> None:
    """Make once, before there are several processes, what each of them would make for its first
    visitor: the catalog, the addresses, the templates.
    """
    built_in_catalog()
    reverse("overview", args=["any"])
    templates: Environment = engines["jinja2"].env  # type: ignore[attr-defined]  # a name of Django's
    for name in templates.list_templates(["html"]):
        templates.get_template(name)


@click.command()
@click.option("--parent", default=0, hidden=True, help="Process id to end with.")
def worker(*, parent: int) -> None:
    """Do jobs and keep the schedule until stopped, apart from the server."""
    prepare_database()
    if not parent:
        stdout.print("Working.  (stop with Ctrl+C)")
    serve_jobs(Worker(KINDS), parent=parent)


@click.group()
def job() -> None:
    """Jobs: imports and other work behind the pages."""


@job.command("list")
@click.option("--all", "is_all", is_flag=True, help="Finished ones too, the newest 100.")
@json_option
def list_jobs(*, is_all: bool, as_json: bool) -> None:
    """List the jobs that wait or run."""
    prepare_database()
    rows = recent_jobs(is_all=is_all)
    if as_json:
        print_json(rows)
        return
    if not rows:
        stdout.print("No job waits or runs." if not is_all else "No job yet.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Job", "Kind", "Organization", "State", "Step", "Asked for"):
        table.add_column(title)
    for row in rows:
        step = f"{row.step} {row.n_done}/{row.n_total}" if row.n_total else row.step
        when = f"{row.created_at:%Y-%m-%d %H:%M} by {row.created_by}"
        table.add_row(row.id, row.kind, row.organization, row.state, row.error or step, when)
    stdout.print(table)


@job.command("cancel")
@click.argument("job_id", type=click.UUID)
def cancel_job(*, job_id: uuid.UUID) -> None:
    """Stop a job: at once while it waits, else at its next step."""
    prepare_database()
    if not stop_job(job_id, by=command_line(), now=datetime.now(UTC)):
        raise InputError(
            what="no such job waits or runs",
            where=str(job_id),
            what_to_do="see: securescore job list",
        )
    stdout.print("It stops.")
