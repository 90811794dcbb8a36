"""The first run: code and administrator, then the organization, then how to get data."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from securescore.core.errors import InputError
from securescore.ops.sign_ins import write_sign_in
from securescore.organizations.access import organizations_of
from securescore.organizations.first_run import create_first_administrator, is_set_up
from securescore.organizations.models import Role
from securescore.organizations.write import create_organization, set_role
from securescore.present.web.forms import AdministratorForm, OrganizationForm

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
        organization = create_organization(
            given["name"],
            time_zone=given["time_zone"],
            seats=given["seats"],
            industry=given["industry"],
        )
        set_role(organization, user, Role.ADMIN)
        return redirect("overview", slug=organization.slug)
    status = 200 if request.method == "GET" else 422
    return render(
        request,
        "setup_organization.html",
        {"form": form, "time_zones": sorted(available_timezones())},
        status=status,
    )
