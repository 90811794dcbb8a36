"""The settings of an organization: their frame, and the limits of the zones.

Each section is a view of its own with a line in :data:`SECTIONS`; all need the right to
administer. A section answers a good POST with a redirect to itself and a message, a bad one with
422 and what was typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from securescore.core.errors import InputError
from securescore.core.zone import Zone, zone_of
from securescore.ops.organization_settings import change_zones
from securescore.organizations.access import Access, Right, access_to, require
from securescore.present.charts.line import DayValue, LineChart, line_chart
from securescore.present.charts.zones import Zones
from securescore.present.web import words
from securescore.present.web.data import answers
from securescore.present.web.frame import Link, frame, page
from securescore.present.web.ranges import range_of

if TYPE_CHECKING:
    from securescore.record.answers import DayScore

SECTIONS: tuple[tuple[str, str], ...] = (
    ("settings_general", "General"),
    ("settings_zones", "Zones"),
    ("settings_comparison", "Comparison"),
    ("settings_members", "Members and roles"),
    ("settings_tokens", "API tokens"),
    ("settings_catalog", "Catalog"),
    ("settings_retention", "Retention"),
    ("settings_audit", "Audit log"),
)
"""Route and label of each section, in the order of the menu."""


def settings_access(request: HttpRequest, slug: str) -> Access:
    """The access to an organization whose settings one may change."""
    access = access_to(request.user, slug)
    require(access, Right.ADMINISTER)
    return access


def settings_page(
    request: HttpRequest,
    access: Access,
    here: str,
    template: str,
    values: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A section inside the frame of the settings; ``here`` is its route."""
    slug = access.organization.slug
    sections = [Link(label, reverse(name, args=[slug]), name == here) for name, label in SECTIONS]
    around = frame(request, access, "settings", None)
    return page(request, template, around, {"sections": sections, **values}, status=status)


@login_required
@require_GET
def settings_home(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/settings/``: the first section."""
    access = settings_access(request, slug)
    return redirect(SECTIONS[0][0], slug=access.organization.slug)


class ZonesForm(forms.Form):
    """Two limits in percent."""

    good = forms.FloatField(label="Good from", min_value=0, max_value=100)
    okay = forms.FloatField(label="Okay from", min_value=0, max_value=100)

    def clean(self) -> dict[str, Any]:
        """Okay may not begin above good."""
        cleaned = super().clean() or {}
        good, okay = cleaned.get("good"), cleaned.get("okay")
        if good is not None and okay is not None and okay > good:
            self.add_error("okay", "Okay cannot begin above good.")
        return cleaned


@login_required
@require_http_methods(["GET", "POST"])
def zones(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/settings/zones/``; with ``preview`` among the values it shows what the limits
    would mean and saves nothing.
    """
    access = settings_access(request, slug)
    organization = access.organization
    now = {"good": organization.zone_good_from, "okay": organization.zone_okay_from}
    is_preview = "preview" in request.POST
    form = ZonesForm(request.POST if request.method == "POST" else None, initial=now)
    status = 200
    limits = Zones(organization.zone_okay_from, organization.zone_good_from)
    if form.is_bound:
        if form.is_valid():
            limits = Zones(form.cleaned_data["okay"], form.cleaned_data["good"])
        else:
            status = 422
    if form.is_bound and form.is_valid() and not is_preview:
        try:
            change_zones(
                access, good_from=limits.good_from, okay_from=limits.okay_from, now=timezone.now()
            )
        except InputError as error:
            form.add_error(None, error.message)
            status = 422
        else:
            messages.success(request, "The zones are saved.")
            return redirect("settings_zones", slug=slug)
    days = _last_year(access)
    return settings_page(
        request,
        access,
        "settings_zones",
        "settings_zones.html",
        {
            "form": form,
            "is_preview": is_preview and status == 200,  # noqa: PLR2004 - nothing was wrong
            "chart": _preview(days, limits),
            "counts": _counts(days, limits),
        },
        status=status,
    )


def _last_year(access: Access) -> tuple[DayScore, ...]:
    known = answers().first_and_last_day(access.organization)
    if known is None:
        return ()
    year = range_of({}, known[1])
    return answers().score_history(access.organization, max(year.start, known[0]), year.end)


def _counts(days: tuple[DayScore, ...], limits: Zones) -> list[tuple[str, int]]:
    """Days in each zone under these limits."""
    found = [
        zone_of(day.percentage, limits.good_from, limits.okay_from)
        for day in days
        if day.percentage is not None
    ]
    return [(zone.value, found.count(zone)) for zone in Zone]


def _preview(days: tuple[DayScore, ...], limits: Zones) -> object:
    known = [day for day in days if day.percentage is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    return line_chart(
        LineChart(
            key="zones",
            title="The last year in these zones",
            description=", ".join(
                f"{words.ZONES[zone]}: {words.counted(n, 'day')}"
                for zone, n in _counts(days, limits)
            ),
            days=tuple(DayValue(day.on, day.percentage) for day in days),
            zones=limits,
            pins=(),
            day_label=words.day_label,
        )
    )
