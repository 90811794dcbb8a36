"""Operations: what gives data, file import as a job, past runs and what each gave."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja.params.functions import Query

from securescore.core.errors import AccessDenied
from securescore.ops import incoming
from securescore.ops.running import cancel_run, start_import
from securescore.ops.workspace import workspace
from securescore.organizations.access import Access, Right
from securescore.present.rest_api.answering import MOST_PER_PAGE, PER_PAGE, answer, list_answer
from securescore.present.rest_api.door import access_of, now
from securescore.present.rest_api.errors import ApiError, invalid
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import list_of, shape
from securescore.present.rest_api.values import Number, day_of_text
from securescore.present.uploads import MAX_FILES, LandedFile, ToIncoming
from securescore.record import run_detail
from securescore.record import runs as of_runs
from securescore.record.models import Job

operations = Operations("Connectors")
FORM = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "properties": {
                "files": {
                    "type": "array",
                    "items": {"type": "string", "format": "binary"},
                    "minItems": 1,
                    "maxItems": MAX_FILES,
                    "description": "Result files; their format is found by their content.",
                },
                "on": {
                    "type": "string",
                    "format": "date",
                    "description": "The day that they describe, where they do not say it.",
                },
            },
            "required": ["files"],
            "additionalProperties": False,
        }
    }
}


@dataclass(frozen=True, slots=True)
class ImportStarted:
    """An import that waits: its run tells how far it is."""

    run_id: str
    state: str
    run: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Whether there was anything to stop."""

    is_stopped: bool


@operations.get(
    "/connectors",
    name="listConnectors",
    summary="What gives data",
    gives=list_of(shape(of_runs.SourceState)),
    right=Right.ADMINISTER,
    is_list=True,
)
def connectors(request: HttpRequest) -> HttpResponse:
    """Every source that gave something, by name, and whether it still does."""
    rows = of_runs.sources(access_of(request).organization, now())
    columns = shape(of_runs.SourceState).model_fields
    return list_answer(request, rows, name="connectors", columns=columns)


@operations.send(
    "POST",
    "/imports",
    name="importFiles",
    summary="Import files",
    right=Right.ADMINISTER,
    gives=shape(ImportStarted),
    status=202,
    body=FORM,
)
def import_files(request: HttpRequest) -> HttpResponse:
    """Takes result files and queues their import; `run` is the address that tells how far it is.
    The same file twice changes nothing.
    """
    if request.content_type != "multipart/form-data":
        raise ApiError(
            415,
            f"Files are sent as multipart/form-data, not as "
            f"'{(request.content_type or 'none')[:60]}'. With curl: -F files=@results.json",
        )
    job_id = uuid.uuid4()
    handler = ToIncoming(job_id, incoming.max_bytes())
    request.upload_handlers = [handler]
    job = None
    try:
        job = _queued(request, access_of(request), handler)
    except TooManyFilesSent as error:
        raise invalid(
            where="body.files",
            what=f"at most {MAX_FILES} files are taken",
            what_to_do="Nothing was kept. Import in several goes",
        ) from error
    except MultiPartParserError as error:
        raise ApiError(
            400, "The form could not be read. With curl: -F files=@results.json"
        ) from error
    finally:
        if job is None:
            incoming.forget(workspace(), job_id)
    return answer(
        {"run_id": str(job.pk), "state": str(job.state), "run": f"/api/v1/runs/{job.pk}"}, 202
    )


def _queued(request: HttpRequest, access: Access, handler: ToIncoming) -> Job:
    files = [one for one in request.FILES.getlist("files") if isinstance(one, LandedFile)]
    if handler.is_too_large:
        mebibytes = incoming.max_bytes() // (1024 * 1024)
        raise ApiError(
            413,
            f"That is too much for one import: at most {mebibytes:,} MiB and {MAX_FILES} files. "
            "Nothing was kept. Import in several goes, or compress the files with gzip.",
        )
    unknown = sorted((set(request.POST) | set(request.FILES)) - {"files", "on"})
    if unknown:
        raise invalid(where=f"body.{unknown[0][:60]}", what="there is no such member")
    if not files:
        raise invalid(where="body.files", what="no file was sent")
    return start_import(
        access, handler.job_id, [one.path for one in files], on=_day(request), now=now()
    )


def _day(request: HttpRequest) -> date | None:
    typed = request.POST.get("on")
    if typed is None:
        return None
    try:
        return day_of_text(typed)
    except ValueError as error:
        raise invalid(where="body.on", what=str(error)) from error


@operations.get(
    "/runs",
    name="listRuns",
    summary="Past runs",
    gives=list_of(shape(of_runs.RunRow)),
    right=Right.ADMINISTER,
    is_list=True,
)
def runs(
    request: HttpRequest,
    limit: Number = Query(PER_PAGE, description=f"How many; {MOST_PER_PAGE} at most."),
) -> HttpResponse:
    """The newest runs, newest first."""
    rows = of_runs.runs(access_of(request).organization, limit=min(limit, MOST_PER_PAGE))
    return list_answer(request, rows, name="runs", columns=shape(of_runs.RunRow).model_fields)


@operations.get(
    "/runs/{uuid:run_id}",
    name="getRun",
    summary="One run",
    gives=shape(run_detail.Run),
    right=Right.ADMINISTER,
)
def run(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """How far a run is, and what it gave: formats, tables, days, errors by file."""
    found = run_detail.run(access_of(request).organization, run_id)
    if found is None:
        raise AccessDenied(what="there is no such run", what_to_do="see /api/v1/runs")
    return answer(found)


@operations.send(
    "POST",
    "/runs/{uuid:run_id}/cancel",
    name="cancelRun",
    summary="Stop a run",
    right=Right.ADMINISTER,
    gives=shape(Stopped),
)
def cancel(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """It stops at its next step; nothing of it that is not recorded yet is kept."""
    stopped: Any = cancel_run(access_of(request), run_id, now=now())
    return answer({"is_stopped": stopped})
