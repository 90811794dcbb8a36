"""What an organization says of itself, what is kept of it, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from securescore.core.errors import InputError
from securescore.ops import retention
from securescore.ops.demo_run import remove_demo
from securescore.ops.organization_settings import (
    General,
    change_general,
    new_organization,
)
from securescore.ops.removal import remove_organization
from securescore.ops.workspace import workspace
from securescore.present.web import words
from securescore.present.web.forms import MAX_SEATS
from securescore.present.web.frame import LAST_ORGANIZATION
from securescore.present.web.settings_pages import settings_access, settings_page

if TYPE_CHECKING:
    from securescore.organizations.models import Organization

UNPROCESSABLE = 422
OK = 200


class GeneralForm(forms.Form):
    """Name, time zone, and what comparisons go by."""

    name = forms.CharField(label="Name", max_length=200)
    time_zone = forms.CharField(label="Time zone", max_length=64)
    seats = forms.IntegerField(label="Seats", required=False, min_value=1, max_value=MAX_SEATS)
    industry = forms.CharField(label="Industry", required=False, max_length=120)
    region = forms.CharField(label="Region", required=False, max_length=120)
    licenses = forms.CharField(label="Licenses", required=False, max_length=2000)

    @property
    def general(self) -> General:
        """The values, once they are valid."""
        given = self.cleaned_data
        return General(
            name=given["name"],
            time_zone=given["time_zone"],
            seats=given["seats"],
            industry=given["industry"],
            region=given["region"],
            licenses=tuple(given["licenses"].split(",")),
        )


def _initial(organization: Organization) -> dict[str, Any]:
    return {
        "name": organization.name,
        "time_zone": organization.time_zone,
        "seats": organization.seats,
        "industry": organization.industry,
        "region": organization.region,
        "licenses": ", ".join(organization.licenses),
    }


def add_error(form: forms.Form, error: InputError) -> None:
    """An error of the input at its field, if the form has one of that name."""
    name = error.where.replace(" ", "_")
    form.add_error(name if name in form.fields else None, words.capital(error.message))


@login_required
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """``/organizations/new/``: operators make organizations."""
    if not request.user.is_superuser:
        raise Http404
    form = GeneralForm(request.POST or None, initial={"time_zone": "UTC"})
    if request.method == "POST" and form.is_valid():
        try:
            made = new_organization(
                form.general,
                user=request.user,
                by=request.user.get_username(),
                now=timezone.now(),
            )
        except InputError as error:
            add_error(form, error)
        else:
            messages.success(request, f"{made.name} is there. Its first data comes next.")
            return redirect("connectors", slug=made.slug)
    return render(
        request,
        "organization_new.html",
        {"form": form, "time_zones": sorted(available_timezones())},
        status=UNPROCESSABLE if form.errors else OK,
    )


@login_required
@require_http_methods(["GET", "POST"])
def general(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/settings/general/``."""
    access = settings_access(request, slug)
    form = GeneralForm(request.POST or None, initial=_initial(access.organization))
    if request.method == "POST" and form.is_valid():
        try:
            change_general(access, form.general, now=timezone.now())
        except InputError as error:
            add_error(form, error)
        else:
            messages.success(request, "The settings are saved.")
            return redirect("settings_general", slug=slug)
    return _general_page(request, slug, form)


def _general_page(
    request: HttpRequest, slug: str, form: forms.Form, *, typed: str = "", wrong: str = ""
) -> HttpResponse:
    access = settings_access(request, slug)
    return settings_page(
        request,
        access,
        "settings_general",
        "settings_general.html",
        {
            "form": form,
            "time_zones": sorted(available_timezones()),
            "typed": typed,
            "wrong": wrong,
        },
        status=UNPROCESSABLE if form.errors or wrong else OK,
    )


@login_required
@require_POST
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """``POST /o/{slug}/settings/delete/``, with the name typed."""
    access = settings_access(request, slug)
    typed = " ".join(request.POST.get("name", "").split())
    name = access.organization.name
    if typed != name:
        form = GeneralForm(initial=_initial(access.organization))
        return _general_page(
            request, slug, form, typed=typed, wrong=f"Type the name as it is: {name}"
        )
    remove_organization(workspace(), access, now=timezone.now())
    if request.session.get(LAST_ORGANIZATION) == slug:
        del request.session[LAST_ORGANIZATION]
    messages.success(request, f"{name} is deleted with its whole history.")
    return redirect("organizations")


@login_required
@require_POST
def take_demo_away(request: HttpRequest) -> HttpResponse:
    """``POST /setup/demo/remove/``: every demo organization goes, with the demo's person."""
    if not request.user.is_superuser:
        raise Http404
    n_removed = remove_demo(workspace())
    request.session.pop(LAST_ORGANIZATION, None)
    if request.user.is_authenticated:
        messages.success(
            request, f"The demo is gone: {words.counted(n_removed, 'organization')} removed."
        )
    return redirect("home")


# -- what is kept ---------------------------------------------------------------------------------
class RetentionForm(forms.Form):
    """Days; empty keeps for ever."""

    tables = forms.IntegerField(
        label="Tables, in days",
        required=False,
        min_value=retention.MIN_DAYS,
        max_value=retention.MAX_DAYS,
    )
    evidence = forms.IntegerField(
        label="Evidence, in days",
        required=False,
        min_value=retention.MIN_DAYS,
        max_value=retention.MAX_DAYS,
    )


@login_required
@require_http_methods(["GET", "POST"])
def keeping(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/settings/retention/``; with ``preview`` among the values it shows what would be
    deleted and saves nothing.
    """
    access = settings_access(request, slug)
    organization = access.organization
    is_preview = "preview" in request.POST
    form = RetentionForm(
        request.POST if request.method == "POST" else None,
        initial={
            "tables": organization.keep_tables_days,
            "evidence": organization.keep_evidence_days,
        },
    )
    limits = {
        "tables_days": organization.keep_tables_days,
        "evidence_days": organization.keep_evidence_days,
    }
    if form.is_bound and form.is_valid():
        limits = {
            "tables_days": form.cleaned_data["tables"],
            "evidence_days": form.cleaned_data["evidence"],
        }
        if not is_preview:
            retention.change_retention(access, **limits, now=timezone.now())
            messages.success(request, "Saved. What is too old goes with the next daily run.")
            return redirect("settings_retention", slug=slug)
    return settings_page(
        request,
        access,
        "settings_retention",
        "settings_retention.html",
        {
            "form": form,
            "is_preview": is_preview and not form.errors,
            "expired": retention.expired(workspace(), organization, timezone.now(), **limits),
            "deleted_before": retention.tables_deleted_before(organization),
        },
        status=UNPROCESSABLE if form.errors else OK,
    )
