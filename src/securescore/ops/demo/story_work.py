"""The story of files, meetings, data and machines; of decisions' companions and the catalog."""

from __future__ import annotations

from collections.abc import Callable

from securescore.ops.demo.company import group_id
from securescore.ops.demo.devices import OLD_WINDOWS_ENDS
from securescore.ops.demo.values import StoryCause, StoryKind
from securescore.ops.demo.world import Scene, World

ENCRYPTION = "prowler.intune_laptop_disk_encrypted"
SUPPORTED = "prowler.intune_laptop_os_supported"
OPEN_PORT = "prowler.ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22"
PUBLIC_BUCKET = "prowler.s3_bucket_level_public_access_block"
SHAREPOINT_FAILS = 728
SHAREPOINT_REASON = "Graph answered 403: SharePointTenantSettings.Read.All was withdrawn"


def _sharepoint_first(world: World) -> None:
    world.ledger.change(
        "sharepoint_settings",
        idle_session_sign_out_is_enabled=True,
        is_legacy_auth_protocols_enabled=False,
    )


def _sharing(world: World) -> None:
    world.ledger.change(
        "sharepoint_settings",
        sharing_capability="existingExternalUserSharingOnly",
        is_resharing_by_external_users_enabled=False,
    )


def _labels(world: World) -> None:
    world.ledger.put(
        "purview_label_policies",
        {
            "name": "Labels of the first wave",
            "labels": ("Public", "Internal", "Confidential"),
            "include_groups": (group_id("labels"),),
        },
    )


def _loss_prevention(world: World) -> None:
    world.ledger.change("purview_dlp_policies", "Personal data in mail", mode="Enable")


def _meetings(world: World) -> None:
    for identity in ("Global", "Tag:Sales webinars"):
        world.ledger.change(
            "teams_meeting_policies", identity,
            designated_presenter_role_mode="OrganizerOnlyUserOverride",
            allow_pstn_users_to_bypass_lobby=False,
        )  # fmt: skip


def _anonymous_join(world: World) -> None:
    world.ledger.change("teams_meeting_configuration", disable_anonymous_join=True)


def _audit(*, is_on: bool) -> Callable[[World], None]:
    def act(world: World) -> None:
        world.ledger.change("purview_audit_config", unified_audit_log_ingestion_enabled=is_on)

    return act


CONFIGURATION, DEVICE = StoryCause.CONFIGURATION, StoryCause.DEVICE
IMPROVEMENT, REGRESSION, REPAIR = StoryKind.IMPROVEMENT, StoryKind.REGRESSION, StoryKind.REPAIR

SCENES = (
    Scene(110, IMPROVEMENT, CONFIGURATION, ("meeting_designatedpresenter_v1",
                                            "meeting_pstnusersbypasslobby_v1"),
          "Only organizers present, and callers wait in the lobby.", _meetings),
    Scene(176, IMPROVEMENT, CONFIGURATION, ("spo_idle_session_timeout", "spo_legacy_auth"),
          "SharePoint ends idle sessions and refuses old protocols.", _sharepoint_first),
    Scene(245, IMPROVEMENT, CONFIGURATION, ("dlp_datalossprevention",),
          "The rule against personal data in mail leaves its test.", _loss_prevention),
    Scene(282, IMPROVEMENT, CONFIGURATION, ("spo_external_users_sharing",),
          "Guests can no longer pass on what was shared with them.", _sharing),
    Scene(OLD_WINDOWS_ENDS, REGRESSION, DEVICE, (SUPPORTED,),
          "The old Windows version gets no updates any more; laptops are renewed step by step."),
    Scene(352, REGRESSION, CONFIGURATION, (OPEN_PORT, PUBLIC_BUCKET),
          "A test environment of the web shop opens SSH to the internet and a bucket to everybody.",
          lambda world: world.cloud.open_test_environment(world.day)),
    Scene(380, REPAIR, CONFIGURATION, (OPEN_PORT, PUBLIC_BUCKET),
          "The test environment is taken down.",
          lambda world: world.cloud.close_test_environment(world.day)),
    Scene(472, REGRESSION, CONFIGURATION, ("mip_search_auditlog",),
          "The audit log is switched off by a script.",
          _audit(is_on=False)),
    Scene(477, REPAIR, CONFIGURATION, ("mip_search_auditlog",),
          "The audit log is on again after five days.",
          _audit(is_on=True)),
    Scene(513, IMPROVEMENT, CONFIGURATION, ("mip_sensitivitylabelspolicies",),
          "Labels are published to the first thirty people.", _labels),
    Scene(578, IMPROVEMENT, CONFIGURATION, ("meeting_restrictanonymousjoin_v1",),
          "Nobody joins a meeting without a name.", _anonymous_join),
    Scene(610, REGRESSION, DEVICE, (ENCRYPTION,),
          "A batch of laptops comes back from repair without disk encryption.",
          lambda world: world.devices.decrypt(38)),
    Scene(638, REPAIR, DEVICE, (ENCRYPTION,),
          "The first of them are encrypted again.", lambda world: world.devices.encrypt(16)),
    Scene(666, REPAIR, DEVICE, (ENCRYPTION,),
          "More of them are encrypted; some never come to the office.",
          lambda world: world.devices.encrypt(13)),
    Scene(SHAREPOINT_FAILS, StoryKind.OUTAGE, StoryCause.DATA,
          ("spo_idle_session_timeout", "spo_legacy_auth", "spo_external_users_sharing",
           "spo_external_sharing_managed", "spo_block_onedrive_sync_unmanaged_devices"),
          "A permission is withdrawn: SharePoint cannot be read since, and its points are stale.",
          lambda world: world.failing.update(sharepoint=SHAREPOINT_REASON)),
)  # fmt: skip
