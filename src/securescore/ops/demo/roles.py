"""Directory roles by name, with the ids that are the same in every organization."""

from __future__ import annotations

from uuid import UUID

GLOBAL_ADMINISTRATOR = UUID("62e90394-69f5-4237-9190-012177145e10")
BILLING_ADMINISTRATOR = UUID("b0f54661-2d74-4c50-afa3-1ec803f12efe")
EXCHANGE_ADMINISTRATOR = UUID("29232cdf-9323-42fd-ade2-1d097af3e4de")
HELPDESK_ADMINISTRATOR = UUID("729827e3-9c14-49f7-bb1b-9608f156bbb8")
SECURITY_ADMINISTRATOR = UUID("194ae4cb-b126-40b2-bd5b-6091b380977d")
SHAREPOINT_ADMINISTRATOR = UUID("f28a1f50-f6e7-4571-818b-6a12f2af6b6c")
USER_ADMINISTRATOR = UUID("fe930be7-5e62-47db-91af-98c3a49a38b1")
GLOBAL_READER = UUID("f2ef992c-3afb-46b9-b7cf-a126ee74c451")

ROLE_NAMES = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    UUID("c4e39bd9-1100-46d3-8c65-fb160da0071f"): "Authentication Administrator",
    BILLING_ADMINISTRATOR: "Billing Administrator",
    UUID("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"): "Conditional Access Administrator",
    EXCHANGE_ADMINISTRATOR: "Exchange Administrator",
    HELPDESK_ADMINISTRATOR: "Helpdesk Administrator",
    SECURITY_ADMINISTRATOR: "Security Administrator",
    SHAREPOINT_ADMINISTRATOR: "SharePoint Administrator",
    USER_ADMINISTRATOR: "User Administrator",
    UUID("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"): "Application Administrator",
    UUID("158c047a-c907-4556-b7ef-446551a6b5f7"): "Cloud Application Administrator",
    GLOBAL_READER: "Global Reader",
    UUID("966707d0-3269-4727-9be2-8c3a10f19b9d"): "Password Administrator",
    UUID("7be44c8a-adaf-4e2a-84d6-ab2649e08a13"): "Privileged Authentication Administrator",
    UUID("e8611ab8-c189-46e8-94e1-60213ab1f814"): "Privileged Role Administrator",
}
ADMINISTRATOR_ROLES = tuple(ROLE_NAMES)
"""The fifteen roles whose holders count as administrators (facts: conditions 1.3)."""


def assignment(
    principal: UUID, name: str, role: UUID, *, kind: str = "active", principal_type: str = "user"
) -> dict[str, object]:
    """A row of ``entra_role_assignments`` over the whole organization."""
    return {
        "principal_id": principal,
        "principal_type": principal_type,
        "principal_name": name,
        "role_template_id": role,
        "role_name": ROLE_NAMES[role],
        "assignment_type": kind,
        "scope": "/",
    }
