"""The catalog of an organization: which controls it scores, and what the last change did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securescore.catalog.load import built_in_catalog
from securescore.core.errors import InputError
from securescore.core.points import Points, percentage
from securescore.ops.organization_settings import turn_controls
from securescore.present.web import words
from securescore.present.web.data import answers
from securescore.present.web.settings_pages import settings_access, settings_page
from securescore.record.catalog_history import CatalogRow, catalog_rows, newest_catalog_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securescore.organizations.models import Organization

UNPROCESSABLE = 422
OK = 200
SHOWN = {"": "All", "on": "Scored", "off": "Not scored"}


@login_required
@require_http_methods(["GET", "POST"])
def catalog(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/settings/catalog/``; with ``preview`` among the values it shows what turning the
    ticked controls off would do and turns none.
    """
    access = settings_access(request, slug)
    picked = [one for one in request.POST.getlist("control") if one]
    reason = request.POST.get("reason", "")
    wrong = ""
    is_preview = "preview" in request.POST
    if request.method == "POST" and not is_preview:
        is_on = request.POST.get("turn") == "on"
        try:
            changed, job = turn_controls(
                access, picked, is_on=is_on, reason=reason, now=timezone.now()
            )
        except InputError as error:
            wrong = words.capital(error.message)
        else:
            word = "scored again" if is_on else "no longer scored"
            messages.success(request, f"{words.counted(len(changed), 'control')} {word}.")
            if job is not None:
                return redirect("run", slug=slug, run_id=job.pk)
            return redirect("settings_catalog", slug=slug)
    rows = catalog_rows(access.organization)
    q = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:200].casefold()
    shown = request.GET.get("shown", "")
    wanted = [
        row
        for row in rows
        if (not q or q in f"{row.title} {row.id} {row.product} {row.tool}".casefold())
        and (shown not in {"on", "off"} or row.is_on == (shown == "on"))
    ]
    return settings_page(
        request,
        access,
        "settings_catalog",
        "settings_catalog.html",
        {
            "rows": wanted,
            "n_all": len(rows),
            "n_off": sum(not row.is_on for row in rows),
            "q": request.GET.get("q", ""),
            "shown": shown if shown in SHOWN else "",
            "shown_words": SHOWN,
            "picked": set(picked),
            "reason": reason,
            "wrong": wrong,
            "preview": _catalog_preview(access.organization, rows, set(picked)),
            "is_nothing_ticked": is_preview and not picked,
            "version": built_in_catalog().version,
            "step": newest_catalog_step(access.organization),
        },
        status=UNPROCESSABLE if wrong else OK,
    )


def _catalog_preview(
    organization: Organization, rows: Sequence[CatalogRow], picked: set[str]
) -> dict[str, object] | None:
    """What the picked controls are worth, and the score without those that are scored now."""
    chosen = [row for row in rows if row.id in picked]
    if not chosen:
        return None
    score = answers().latest_score(organization)
    taken = [row for row in chosen if row.points is not None and row.max_score is not None]
    points = Points(sum(row.points or 0 for row in taken))
    maximum = Points(sum(row.max_score or 0 for row in taken))
    return {
        "n": len(chosen),
        "points": points,
        "max_score": maximum,
        "now": score.percentage if score else None,
        "then": percentage(score.points - points, score.max_score - maximum) if score else None,
    }
