"""What is read of Intune: managed devices, and the settings of their policies."""

from __future__ import annotations

from securescore.core.table import Table, TableKind, columns, flag

TABLES = (
    Table(
        "intune_devices",
        TableKind.DEVICE,
        key=("device_id",),
        columns=columns(
            device_id="uuid",
            device_name="text",
            operating_system="text",
            os_version="text",
            compliance_state="text",
            is_encrypted=flag(),
            jail_broken="text",
            last_sync_at="timestamp",
        ),
        doc="Managed devices.",
        read_from="Graph /deviceManagement/managedDevices",
        permission="DeviceManagementManagedDevices.Read.All",
    ),
    Table(
        "defender_device_configurations",
        TableKind.DEVICE,
        key=("device_id", "configuration_id"),
        columns=columns(
            device_id="uuid",
            device_name="text",
            configuration_id="text",
            os_platform="text",
            is_applicable=flag(default=True),
            is_compliant="bool",
        ),
        doc="Secure configuration of each device, as Defender Vulnerability Management "
        "assesses it.",
        read_from="Defender API SecureConfigurationsAssessmentByMachine",
        permission="Vulnerability.Read.All",
    ),
)
