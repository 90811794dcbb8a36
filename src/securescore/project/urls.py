"""All addresses of the installation."""

from __future__ import annotations

from django.urls import include, path

from securescore.present.rest_api.api import api
from securescore.present.rest_api.docs_page import openapi_document, reference_page

urlpatterns = [
    path("v1.0/", include("securescore.present.graph_api.urls")),
    path("beta/", include("securescore.present.graph_api.urls")),
    path("api/v1/", reference_page, name="rest_reference"),
    path("api/v1/openapi.json", openapi_document, name="rest_openapi"),
    path("api/v1/", api.urls),
    path("", include("securescore.present.web.urls")),
]

handler400 = "securescore.present.web.errors.bad_request"
handler403 = "securescore.present.web.errors.forbidden"
handler404 = "securescore.present.web.errors.not_found"
handler500 = "securescore.present.web.errors.broken"
