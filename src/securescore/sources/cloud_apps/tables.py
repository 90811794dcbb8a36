"""What is read of Defender for Cloud Apps."""

from __future__ import annotations

from securescore.core.table import Table, TableKind, columns, flag

TABLES = (
    Table(
        "mda_discovery_streams",
        TableKind.CONFIGURATION,
        key=("stream_id",),
        columns=columns(
            stream_id="text",
            display_name="text",
            is_snapshot_report=flag(default=False),
            is_defender_for_endpoint=flag(default=False),
            last_data_received_at="timestamp",
        ),
        doc="Uploaded streams of cloud discovery.",
        read_from="Graph beta /security/dataDiscovery/cloudAppDiscovery/uploadedStreams",
        permission="CloudApp-Discovery.Read.All",
    ),
)
