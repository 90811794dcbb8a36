"""What is read of SharePoint and OneDrive."""

from __future__ import annotations

from securescore.core.table import Table, TableKind, columns, text, texts

TABLES = (
    Table(
        "sharepoint_settings",
        TableKind.CONFIGURATION,
        key=("settings_id",),
        columns=columns(
            settings_id=text(default="sharepoint"),
            idle_session_sign_out_is_enabled="bool",
            is_legacy_auth_protocols_enabled="bool",
            sharing_domain_restriction_mode=text(doc="none, allowList or blockList"),
            sharing_allowed_domain_list=texts(),
            sharing_blocked_domain_list=texts(),
            sharing_capability="text",
            is_resharing_by_external_users_enabled="bool",
            is_unmanaged_sync_app_for_tenant_restricted="bool",
            allowed_domain_guids_for_sync_app=texts(),
        ),
        doc="Settings of the whole organization: one row.",
        read_from="Graph /admin/sharepoint/settings",
        permission="SharePointTenantSettings.Read.All",
    ),
)
