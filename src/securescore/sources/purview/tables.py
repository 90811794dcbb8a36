"""What is read of Microsoft Purview."""

from __future__ import annotations

from securescore.core.table import Table, TableKind, columns, flag, text, texts, uuids

TABLES = (
    Table(
        "purview_dlp_policies",
        TableKind.CONFIGURATION,
        key=("name",),
        columns=columns(
            name="text",
            mode=text(
                default="Enable",
                doc="Enable, TestWithNotifications, TestWithoutNotifications, Disable, "
                "PendingDeletion",
            ),
            is_enabled=flag(default=True),
            workload=texts("Exchange, SharePoint, OneDriveForBusiness, Teams ..."),
            teams_location=texts(),
        ),
        doc="Data loss prevention policies.",
        read_from="Get-DlpCompliancePolicy",
        permission="Exchange.ManageAsApp with the role Compliance Reader",
    ),
    Table(
        "purview_label_policies",
        TableKind.CONFIGURATION,
        key=("kind", "name"),
        columns=columns(
            kind=text(default="publish", doc="publish or auto"),
            name="text",
            is_enabled=flag(default=True),
            mode=text(default="Enforce", doc="Enforce, Enable, TestWithoutNotifications ..."),
            labels=texts(),
            includes_everyone=flag(default=False, doc="location All"),
            include_users=uuids(),
            include_groups=uuids(),
            exclude_users=uuids(),
            exclude_groups=uuids(),
            covers_mail_or_onedrive=flag(default=True, doc="a SharePoint-only policy has no user"),
        ),
        doc="Published and automatic sensitivity label policies with who is in scope.",
        read_from="Get-LabelPolicy, Get-AutoSensitivityLabelPolicy",
        permission="Exchange.ManageAsApp with the role Compliance Reader",
    ),
    Table(
        "purview_audit_config",
        TableKind.CONFIGURATION,
        key=("config_id",),
        columns=columns(
            config_id=text(default="audit"),
            unified_audit_log_ingestion_enabled="bool",
        ),
        doc="Audit log search: one row.",
        read_from="Get-AdminAuditLogConfig (Exchange Online)",
        permission="Exchange.ManageAsApp with the role Global Reader",
    ),
    Table(
        "purview_audit_subscriptions",
        TableKind.CONFIGURATION,
        key=("content_type",),
        columns=columns(content_type="text", status=text(default="enabled")),
        doc="Subscriptions of the Office 365 Management Activity API that our application has.",
        read_from="manage.office.com /activity/feed/subscriptions/list",
        permission="ActivityFeed.Read",
    ),
)
