"""What is read of Microsoft Teams."""

from __future__ import annotations

from securescore.core.table import Table, TableKind, columns, number, text

TABLES = (
    Table(
        "teams_meeting_policies",
        TableKind.CONFIGURATION,
        key=("identity",),
        columns=columns(
            identity=text(doc="Global, or Tag:<name>"),
            auto_admitted_users="text",
            designated_presenter_role_mode="text",
            allow_anonymous_users_to_join_meeting="bool",
            allow_anonymous_users_to_start_meeting="bool",
            allow_pstn_users_to_bypass_lobby="bool",
            allow_external_participant_give_request_control="bool",
            users_assigned=number(doc="null where assignments could not be read"),
            groups_assigned=number(doc="null where assignments could not be read"),
        ),
        doc="Meeting policies.",
        read_from="Get-CsTeamsMeetingPolicy",
        permission="a directory role such as Global Reader",
    ),
    Table(
        "teams_meeting_configuration",
        TableKind.CONFIGURATION,
        key=("identity",),
        columns=columns(identity=text(default="Global"), disable_anonymous_join="bool"),
        doc="Meeting settings of the whole organization: one row.",
        read_from="Get-CsTeamsMeetingConfiguration",
        permission="a directory role such as Global Reader",
    ),
)
