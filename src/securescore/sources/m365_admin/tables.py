"""What is read of the Microsoft 365 admin center and Forms."""

from __future__ import annotations

from securescore.core.table import Table, TableKind, columns, text

TABLES = (
    Table(
        "m365_apps_settings",
        TableKind.CONFIGURATION,
        key=("settings_id",),
        columns=columns(
            settings_id=text(default="apps"),
            is_office_store_enabled="bool",
            is_app_and_services_trial_enabled="bool",
        ),
        doc="Apps and services that users may own: one row.",
        read_from="Graph beta /admin/appsAndServices/settings",
        permission="OrgSettings-AppsAndServices.Read.All",
    ),
    Table(
        "m365_forms_settings",
        TableKind.CONFIGURATION,
        key=("settings_id",),
        columns=columns(
            settings_id=text(default="forms"), is_in_org_forms_phishing_scan_enabled="bool"
        ),
        doc="Microsoft Forms: one row.",
        read_from="Graph beta /admin/forms/settings",
        permission="OrgSettings-Forms.Read.All",
    ),
)
