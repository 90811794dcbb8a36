"""Signing in with SAML: allauth's provider, which checks signatures; of the answer we keep groups.

Imported only where the settings name a SAML provider (the extra ``saml``).
"""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.saml.provider import SAMLProvider

from securescore.ops.group_roles import groups_in


class SamlProvider(SAMLProvider):  # type: ignore[misc] # allauth has no types
    """One identity provider that speaks SAML."""

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """What is kept of the assertion: the groups."""
        groups = groups_in(data.get_attributes(), self.app.settings["groups"])
        return {"groups": sorted(groups or ())}
