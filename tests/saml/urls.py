"""All addresses of the installation, as they are where a SAML provider is set up."""

from __future__ import annotations

from django.urls import include, path

from securescore.project import urls

urlpatterns = [
    *urls.urlpatterns,
    path("sign-in/saml/<slug:organization_slug>/", include("securescore.present.web.saml_urls")),
]
handler400 = urls.handler400
handler403 = urls.handler403
handler404 = urls.handler404
handler500 = urls.handler500
