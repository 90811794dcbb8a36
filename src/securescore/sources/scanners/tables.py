"""What scanners report: one row per check and resource, whatever the tool."""

from __future__ import annotations

from securescore.core.table import Table, TableKind, columns, flag, text, texts

TABLES = (
    Table(
        "scanner_findings",
        TableKind.REPORTED,
        key=("finding_id",),
        columns=columns(
            finding_id=text(doc="tool, check, scope and resource; stable between runs"),
            tool="text",
            tool_version="text",
            check_id="text",
            title="text",
            severity=text(doc="critical, high, medium, low, informational"),
            service="text",
            category=text(doc="Identity, Data, Device, Apps or Infrastructure"),
            provider="text",
            account_id="text",
            region="text",
            resource_id="text",
            resource_name="text",
            resource_type="text",
            verdict=text(doc="pass, fail, manual, not_applicable, error"),
            raw_verdict="text",
            is_muted=flag(default=False),
            message="text",
            description="text",
            remediation="text",
            references=texts(doc="addresses and commands that the tool names for the remediation"),
            requirements="texts",
            observed_at="timestamp",
        ),
        doc="Findings of scanners (OCSF and other formats).",
        read_from="a report file of the tool",
        permission="none: a file",
    ),
)
