"""The way in: ``/``, the theme, health."""

from __future__ import annotations

from collections.abc import Container

from django.db import connection
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from securescore.organizations.access import organizations_of
from securescore.organizations.first_run import is_set_up
from securescore.present.web.frame import (
    LAST_ORGANIZATION,
    SHORTCUTS_COOKIE,
    THEME_COOKIE,
    THEMES,
)

YEAR_S = 365 * 24 * 3600


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """``/``: to the last organization, to the first run, or to sign-in."""
    if not request.user.is_authenticated:
        return redirect("account_login" if is_set_up() else "setup")
    mine = organizations_of(request.user)
    last = request.session.get(LAST_ORGANIZATION)
    if last and mine.filter(slug=last).exists():
        return redirect("overview", slug=last)
    slugs = list(mine.values_list("slug", flat=True)[:2])
    if len(slugs) == 1:
        return redirect("overview", slug=slugs[0])
    return redirect("organizations" if slugs or not request.user.is_superuser else "setup")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the system; kept in a cookie, no account needed."""
    return _keep_choice(request, "theme", THEME_COOKIE, THEMES)


@require_POST
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Shortcuts of single keys on or off (WCAG 2.1.4); kept like the theme."""
    return _keep_choice(request, "shortcuts", SHORTCUTS_COOKIE, ("on", "off"))


def _keep_choice(
    request: HttpRequest, name: str, cookie: str, allowed: Container[str]
) -> HttpResponse:
    """Keep what was chosen in a cookie, and go back to the page of ours one came from."""
    asked = request.POST.get(name, "")
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    if asked in allowed:
        response.set_cookie(
            cookie,
            asked,
            max_age=YEAR_S,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
    return response


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    del request
    return HttpResponse("ok\n", content_type="text/plain")


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers too."""
    del request
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except OperationalError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")
