"""Microsoft's own Secure Score, as its API reports it."""

from __future__ import annotations

from securescore.core.table import Table, TableKind, columns, flag

REPORTED = TableKind.REPORTED

TABLES = (
    Table(
        "graph_secure_score_day",
        REPORTED,
        key=("day",),
        columns=columns(
            day="text",
            current_score="int",
            max_score="int",
            active_user_count="int",
            licensed_user_count="int",
            enabled_services="texts",
        ),
        doc="One row: the reported day. Scores in hundredths of a point.",
        read_from="Graph /security/secureScores",
        permission="SecurityEvents.Read.All",
    ),
    Table(
        "graph_control_scores",
        REPORTED,
        key=("control_id",),
        columns=columns(
            control_id="text",
            category="text",
            points="int",
            score_in_percentage="float",
            n_passed="int",
            n_total="int",
            is_on="bool",
            implementation_status="text",
            last_synced_at="timestamp",
        ),
        doc="Points that Microsoft reports for each control that day; points in hundredths.",
        read_from="Graph /security/secureScores",
        permission="SecurityEvents.Read.All",
    ),
    Table(
        "graph_comparisons",
        REPORTED,
        key=("basis",),
        columns=columns(
            basis="text",
            average_percentage="float",
            seats_from="int",
            seats_to="int",
            category_points="text",
        ),
        doc="Averages of other organizations, in percent; category points as JSON.",
        read_from="Graph /security/secureScores",
        permission="SecurityEvents.Read.All",
    ),
    Table(
        "graph_control_profiles",
        REPORTED,
        key=("control_id",),
        columns=columns(
            control_id="text",
            title="text",
            category="text",
            service="text",
            max_score="int",
            tier="text",
            user_impact="text",
            implementation_cost="text",
            rank="int",
            threats="texts",
            action_type="text",
            action_url="text",
            remediation="text",
            remediation_impact="text",
            is_deprecated=flag(default=False),
            state="text",
        ),
        doc="Microsoft's description of its controls; max_score in hundredths.",
        read_from="Graph /security/secureScoreControlProfiles",
        permission="SecurityEvents.Read.All",
    ),
)
