"""Signing in and out: allauth does it, at our addresses; and links that sign in once."""

from __future__ import annotations

from allauth.account.views import LoginView, LogoutView
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from securescore.organizations.sign_in_link import user_of_link

BACKEND = "django.contrib.auth.backends.ModelBackend"

sign_in = LoginView.as_view()
sign_out = require_POST(LogoutView.as_view())


@require_http_methods(["GET", "POST"])
def sign_in_by_link(request: HttpRequest, user_id: int, token: str) -> HttpResponse:
    """``/sign-in/link/{user}/{token}/``: a question first, so that a preview does not use it up."""
    user = user_of_link(user_id, token)
    if user is None:
        return render(request, "sign_in_link.html", {"person": None}, status=404)
    if request.method == "POST":
        login(request, user, backend=BACKEND)
        return redirect("home")
    return render(request, "sign_in_link.html", {"person": user})
