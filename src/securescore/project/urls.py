"""All addresses of the installation."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("v1.0/", include("securescore.present.graph_api.urls")),
    path("beta/", include("securescore.present.graph_api.urls")),
    path("", include("securescore.present.web.urls")),
]

handler403 = "securescore.present.web.errors.forbidden"
handler404 = "securescore.present.web.errors.not_found"
handler500 = "securescore.present.web.errors.broken"
