"""What is read of Exchange Online: organization settings, mailboxes, rules and sharing."""

from __future__ import annotations

from securescore.core.table import (
    Column,
    ColumnType,
    Table,
    TableKind,
    columns,
    flag,
    number,
    text,
    texts,
)

CONFIGURATION = TableKind.CONFIGURATION

TABLES = (
    Table(
        "exo_organization_config",
        CONFIGURATION,
        key=("name",),
        columns=columns(
            name=text(default="organization"),
            audit_disabled="bool",
            o_auth2_client_profile_enabled="bool",
            customer_lockbox_enabled="bool",
            mail_tips_all_tips_enabled="bool",
            mail_tips_external_recipients_tips_enabled="bool",
            mail_tips_group_metrics_enabled="bool",
            mail_tips_large_audience_threshold="int",
        ),
        doc="Switches of the whole organization: one row.",
        read_from="Get-OrganizationConfig",
        permission="Exchange.ManageAsApp with the role Global Reader",
    ),
    Table(
        "exo_mailboxes",
        TableKind.USER,
        key=("mailbox_id",),
        columns=columns(
            mailbox_id="uuid",
            user_id="uuid",
            primary_smtp_address="text",
            display_name="text",
            recipient_type_details=text(
                default="UserMailbox",
                doc="UserMailbox, SharedMailbox, RoomMailbox, EquipmentMailbox, "
                "PublicFolderMailbox, DiscoveryMailbox, GroupMailbox ...",
            ),
            audit_enabled=flag(default=True),
            is_licensed=flag(default=True, doc="the user has an Exchange plan"),
            account_enabled=flag(default=True, doc="the account may sign in"),
        ),
        doc="Mailboxes; ``user_id`` is the directory's id of the owner.",
        read_from="Get-EXOMailbox -PropertySets Audit,Minimum",
        permission="Exchange.ManageAsApp with the role Global Reader",
    ),
    Table(
        "exo_accepted_domains",
        CONFIGURATION,
        key=("name",),
        columns=columns(
            name="text",
            domain_type=text(default="Authoritative"),
            is_default=flag(default=False),
            spf_records=Column(
                ColumnType.TEXTS, "TXT records that begin with v=spf1; null: DNS not asked"
            ),
        ),
        doc="Domains that receive mail, with their SPF records from public DNS.",
        read_from="Get-AcceptedDomain, DNS TXT",
        permission="Exchange.ManageAsApp with the role Global Reader",
    ),
    Table(
        "exo_owa_policies",
        CONFIGURATION,
        key=("policy",),
        columns=columns(
            policy="text",
            is_default=flag(default=False),
            additional_storage_providers_available="bool",
        ),
        doc="Outlook on the web policies.",
        read_from="Get-OwaMailboxPolicy",
        permission="Exchange.ManageAsApp with the role Global Reader",
    ),
    Table(
        "exo_role_assignment_policies",
        CONFIGURATION,
        key=("policy",),
        columns=columns(policy="text", is_default=flag(default=False), assigned_roles=texts()),
        doc="Role assignment policies of users.",
        read_from="Get-RoleAssignmentPolicy",
        permission="Exchange.ManageAsApp with the role Global Reader",
    ),
    Table(
        "exo_sharing_policies",
        CONFIGURATION,
        key=("name",),
        columns=columns(
            name="text",
            is_enabled=flag(default=True),
            is_default=flag(default=False),
            domains=texts("'<domain>:<what is shared>', as the cmdlet writes them"),
        ),
        doc="Calendar and contact sharing.",
        read_from="Get-SharingPolicy",
        permission="Exchange.ManageAsApp with the role Global Reader",
    ),
    Table(
        "exo_transport_rules",
        CONFIGURATION,
        key=("rule_id",),
        columns=columns(
            rule_id="text",
            name="text",
            state=text(default="Enabled"),
            mode=text(default="Enforce", doc="Enforce, Audit or AuditAndNotify"),
            priority=number(default=0),
            sender_domain_is=texts(),
            from_address_contains_words=texts(),
            from_address_matches_patterns=texts(),
            redirect_message_to=texts(),
            set_scl="int",
        ),
        doc="Mail flow rules.",
        read_from="Get-TransportRule",
        permission="Exchange.ManageAsApp with the role Global Reader",
    ),
)
