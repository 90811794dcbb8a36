"""The addresses of sign-in with SAML, below ``sign-in/saml/{provider}/``.

Included only where the settings name a SAML provider (the extra ``saml``).
"""

from __future__ import annotations

from django.urls import path

from securescore.present.web import saml_views, sign_in

urlpatterns = [
    path("", sign_in.sign_in_with_saml, name="saml_login"),
    path("acs/", saml_views.acs, name="saml_acs"),
    path("acs/finish/", saml_views.finish_acs, name="saml_finish_acs"),
    path("sls/", saml_views.sls, name="saml_sls"),
    path("metadata/", saml_views.metadata, name="saml_metadata"),
]
