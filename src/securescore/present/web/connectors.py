"""Connectors: what gives data, file import, and the runs with what each gave."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from securescore.core.errors import AccessDenied, InputError
from securescore.ops import incoming
from securescore.ops.running import cancel_run, start_import
from securescore.ops.workspace import workspace
from securescore.organizations.access import Access, Right, access_to, require
from securescore.present.uploads import MAX_FILES, LandedFile, ToIncoming
from securescore.present.web import words
from securescore.present.web.data import answers
from securescore.present.web.frame import frame, page
from securescore.record.run_detail import Run, run
from securescore.record.runs import COMMAND_LINE, runs, sources

if TYPE_CHECKING:
    from collections.abc import Sequence

N_RUNS = 25
POLL_S = 2
DAYS_ROUTE = "score_days"
"""The page of a range of days."""
TOO_LARGE = 413
UNPROCESSABLE = 422


def _access(request: HttpRequest, slug: str) -> Access:
    """Connectors name tools, files and rights of the organization: administrators only."""
    access = access_to(request.user, slug)
    require(access, Right.ADMINISTER)
    return access


@csrf_exempt  # checked in _upload: the files have to be sent to their place before that reads them
@login_required
@require_http_methods(["GET", "POST"])
def connectors(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/connectors/``: cards of the sources, file import, past runs."""
    access = _access(request, slug)
    if request.method == "POST":
        return _receive(request, access)
    return _page(request, access)


def _receive(request: HttpRequest, access: Access) -> HttpResponse:
    job_id = uuid.uuid4()
    handler = ToIncoming(job_id, incoming.max_bytes())
    request.upload_handlers = [handler]
    is_started = False
    try:
        response: HttpResponse = _upload(request, access, handler)
        is_started = getattr(response, "run_started", False)
    except TooManyFilesSent:
        response = _page(
            request,
            access,
            error=f"More than {MAX_FILES} files were chosen; import them in several goes.",
            status=TOO_LARGE,
        )
    finally:
        if not is_started:
            incoming.forget(workspace(), job_id)
    return response


@csrf_protect
def _upload(request: HttpRequest, access: Access, handler: ToIncoming) -> HttpResponse:
    files = [one for one in request.FILES.getlist("files") if isinstance(one, LandedFile)]
    typed = request.POST.get("on", "").strip()
    if handler.is_too_large:
        limit = settings.SECURESCORE_MAX_UPLOAD_MB
        return _page(
            request,
            access,
            error=f"That is too much for one import: {limit:,} MiB and {MAX_FILES} files at "
            "most. Nothing was kept. Import the files in several goes, or compress them with "
            "gzip.",
            on=typed,
            status=TOO_LARGE,
        )
    try:
        on = date.fromisoformat(typed) if typed else None
    except ValueError:
        return _page(
            request,
            access,
            error="The day is not understood. Write it as YYYY-MM-DD.",
            on=typed,
            status=UNPROCESSABLE,
        )
    try:
        job = start_import(
            access, handler.job_id, [one.path for one in files], on=on, now=timezone.now()
        )
    except InputError as error:
        return _page(
            request, access, error=words.capital(error.message), on=typed, status=UNPROCESSABLE
        )
    slug = access.organization.slug
    if request.POST.get("then") == "zones":  # the first run goes on
        response = redirect(f"{reverse('setup_zones', args=[slug])}?run={job.pk}")
    else:
        response = redirect("run", slug=slug, run_id=job.pk)
    response.run_started = True  # type: ignore[attr-defined]  # keeps the files, see _receive
    return response


def _page(
    request: HttpRequest, access: Access, *, error: str = "", on: str = "", status: int = 200
) -> HttpResponse:
    organization = access.organization
    now = timezone.now()
    known = sources(organization, now)
    return page(
        request,
        "connectors.html",
        frame(request, access, "connectors", None),
        {
            "sources": [(one, words.ago(one.last_collected_at, now)) for one in known],
            "runs": runs(organization, limit=N_RUNS),
            "error": error,
            "on": on,
            "today": now.date().isoformat(),
            "max_mb": settings.SECURESCORE_MAX_UPLOAD_MB,
            "max_bytes": incoming.max_bytes(),
            "max_files": MAX_FILES,
        },
        status=status,
    )


@login_required
@require_GET
def run_page(request: HttpRequest, slug: str, run_id: uuid.UUID) -> HttpResponse:
    """``/o/{slug}/connectors/runs/{run}/``; htmx asks for its progress alone."""
    access = _access(request, slug)
    found = run(access.organization, run_id)
    if found is None:
        raise AccessDenied(what="there is no such run", where=str(run_id))
    values: dict[str, Any] = {
        "run": found,
        "is_command_line": found.by == COMMAND_LINE,
        "steps": _steps(found),
        "missing": [table for table in found.tables if table.n_rows is None],
        "given": [table for table in found.tables if table.n_rows is not None],
        "took": _took(found),
        "score": _score(access) if found.first_on else None,
        "poll_s": POLL_S,
        "days_route": DAYS_ROUTE,
        "here": reverse("run", args=[slug, run_id]),
    }
    if request.headers.get("HX-Request") == "true":
        around = frame(request, access, "connectors", None)
        return render(request, "fragments/run.html", {"frame": around, **values})
    response = page(request, "run.html", frame(request, access, "connectors", None), values)
    if found.is_active:
        response.headers["Vary"] = "HX-Request"
    return response


@login_required
@require_POST
def cancel(request: HttpRequest, slug: str, run_id: uuid.UUID) -> HttpResponse:
    """``POST /o/{slug}/connectors/runs/{run}/cancel/``."""
    access = _access(request, slug)
    if cancel_run(access, run_id, now=timezone.now()):
        messages.success(request, "The run stops; nothing of it that is not recorded yet is kept.")
    else:
        messages.info(request, "The run had ended before.")
    return redirect("run", slug=slug, run_id=run_id)


def _steps(found: Run) -> Sequence[tuple[str, bool]]:
    """Each step and whether it is over."""
    steps = list(found.steps)
    if found.step and (not steps or steps[-1] != found.step):
        steps.append(found.step)
    return [
        (step, not found.is_active or number < len(steps) - 1) for number, step in enumerate(steps)
    ]


def _took(found: Run) -> str:
    if found.started_at is None or found.finished_at is None or found.by == COMMAND_LINE:
        return ""
    seconds = (found.finished_at - found.started_at).total_seconds()
    return "less than a second" if seconds < 1 else words.counted(round(seconds), "second")


def _score(access: Access) -> object:
    return answers().latest_score(access.organization)
