"""The first run: administrator, organization, data or demo, zones, then the run's progress.

Every step can be left and come back to: what is missing decides which page ``/setup/`` is.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from securescore.core.errors import InputError
from securescore.ops import incoming
from securescore.ops.job_kinds import DEMO
from securescore.ops.organization_settings import General, change_zones, new_organization
from securescore.ops.running import start_demo
from securescore.ops.sign_ins import write_sign_in
from securescore.organizations.access import organizations_of
from securescore.organizations.first_run import create_first_administrator, is_set_up
from securescore.present.uploads import MAX_FILES
from securescore.present.web.forms import AdministratorForm, OrganizationForm
from securescore.present.web.organization_pages import add_error
from securescore.present.web.settings_pages import ZonesForm, settings_access
from securescore.record.runs import ACTIVE, newest_job

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """``/setup/``: what is still missing. Once all is there, to sign-in or to ``/``."""
    if not is_set_up():
        return _administrator(request)
    if not request.user.is_authenticated:
        return redirect("account_login")
    if request.user.is_superuser and not organizations_of(request.user).exists():
        return _organization(request, request.user)
    return redirect("home")


def _administrator(request: HttpRequest) -> HttpResponse:
    form = AdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = create_first_administrator(
                code=given["code"],
                username=given["username"],
                email=given["email"],
                password=given["password"],
            )
        except InputError as error:
            form.add_error("code", error.message)
        else:
            login(request, user, backend=BACKEND)
            write_sign_in(user.get_username(), method="first run", now=timezone.now())
            return redirect("setup")
    status = 200 if request.method == "GET" else 422
    return render(request, "setup_administrator.html", {"form": form}, status=status)


def _organization(request: HttpRequest, user: User) -> HttpResponse:
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            organization = new_organization(
                General(given["name"], given["time_zone"], given["seats"], given["industry"]),
                user=user,
                by=user.get_username(),
                now=timezone.now(),
            )
        except InputError as error:
            add_error(form, error)
        else:
            return redirect("setup_data", slug=organization.slug)
    status = 422 if form.errors else 200
    return render(
        request,
        "setup_organization.html",
        {
            "form": form,
            "time_zones": sorted(available_timezones()),
            "going": going if (going := newest_job(DEMO)) and going.state in ACTIVE else None,
        },
        status=status,
    )


@login_required
@require_GET
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """``/setup/{slug}/data/``: files to import, or the demo."""
    access = settings_access(request, slug)
    return render(
        request,
        "setup_data.html",
        {
            "organization": access.organization,
            "max_mb": settings.SECURESCORE_MAX_UPLOAD_MB,
            "max_bytes": incoming.max_bytes(),
            "max_files": MAX_FILES,
            "may_load_demo": request.user.is_superuser,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def zones(request: HttpRequest, slug: str) -> HttpResponse:
    """``/setup/{slug}/zones/?run=``: when a score is good; then to the run, if there is one."""
    access = settings_access(request, slug)
    organization = access.organization
    form = ZonesForm(
        request.POST or None,
        initial={"good": organization.zone_good_from, "okay": organization.zone_okay_from},
    )
    run_id = request.GET.get("run", "")
    if request.method == "POST" and form.is_valid():
        change_zones(
            access,
            good_from=form.cleaned_data["good"],
            okay_from=form.cleaned_data["okay"],
            now=timezone.now(),
        )
        try:
            return redirect("run", slug=slug, run_id=uuid.UUID(run_id))
        except ValueError:
            return redirect("overview", slug=slug)
    return render(
        request,
        "setup_zones.html",
        {"form": form, "organization": organization, "run_id": run_id},
        status=422 if form.errors else 200,
    )


@login_required
@require_http_methods(["GET", "POST"])
def demo(request: HttpRequest) -> HttpResponse:
    """``/setup/demo/``: POST makes the demo, GET shows how far it is. Operators only."""
    if not request.user.is_superuser:
        raise Http404
    if request.method == "POST":
        start_demo(request.user.get_username(), now=timezone.now())
        return redirect("setup_demo")
    job = newest_job(DEMO)
    if job is None:
        return redirect("setup")
    template = "fragments/demo_job.html" if request.headers.get("HX-Request") else "setup_demo.html"
    main = organizations_of(request.user).filter(is_demo=True).order_by("created_at").first()
    return render(request, template, {"job": job, "is_active": job.state in ACTIVE, "demo": main})
