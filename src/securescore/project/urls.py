"""All addresses of the installation."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("securescore.present.web.urls")),
]

handler403 = "securescore.present.web.errors.forbidden"
handler404 = "securescore.present.web.errors.not_found"
handler500 = "securescore.present.web.errors.broken"
