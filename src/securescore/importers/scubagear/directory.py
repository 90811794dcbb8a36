"""The rest of Microsoft Entra ID: the organization, its licenses, settings and domains."""

from __future__ import annotations

from securescore.importers.node import Node
from securescore.importers.scubagear.columns import Columns, columns
from securescore.importers.scubagear.export import Export, NotReadError
from securescore.importers.scubagear.rows import Rows

# Ids of Microsoft's templates of directory settings, with the names they have there.
RULES_OF_PASSWORDS = ("5cf42378-d67d-4f36-ba46-e8b86229381d", "Password Rule Settings")
RULES_OF_CONSENT = ("dffd5d46-495d-40a9-8e21-954ff55e198a", "Consent Policy Settings")

_AUTHORIZATION = Columns(
    columns(
        texts="allow_invites_from",
        guest_user_role_id=Node.id,
    ),
    constant={"policy_id": "authorizationPolicy"},
)
NO_SKU = "ScubaGear lists service plans without the product that each belongs to"


def organization(export: Export, details: list[Node]) -> Rows:
    """The row of ``entra_organization``.

    Raises:
        NotReadError: the run did not include Entra ID, or reading the organization failed.
    """
    for detail in details:
        # Other products write other details; a failed read writes a sentence.
        found = detail.members().get("AADAdditionalData")
        additional = next(
            (
                entry
                for entry in detail["AADAdditionalData"].elements(may_be_single=True)
                if isinstance(found, dict | list)
            ),
            None,
        )
        if additional is None or additional["Id"].is_null:
            continue
        row = {
            "organization_id": additional["Id"].required_id(),
            "display_name": additional["DisplayName"].text() or export.name,
            "on_premises_sync_enabled": additional["OnPremisesSyncEnabled"].flag() or False,
            "password_sync_enabled": None,
        }
        reason = "ScubaGear does not read whether passwords are synchronized"
        return Rows([(detail, row)], {"password_sync_enabled": reason})
    msg = "the export has no details of the directory"
    raise NotReadError(msg)


def service_plans(plans: list[Node]) -> Rows:
    """Rows of ``entra_service_plans``: one per plan, under the product ``''``.

    ScubaGear flattens the plans of all products and keeps the provisioned ones. Units are known
    per product, not per plan, so they stay NULL. A plan of two products is there twice: once.
    """
    rows: dict[str, tuple[Node, dict[str, object]]] = {}
    for plan in plans:
        name = plan["ServicePlanName"].required_text()
        row: dict[str, object] = {
            "sku_part_number": "",
            "service_plan_name": name,
            "capability_status": "Enabled",
            "provisioning_status": plan["ProvisioningStatus"].text(),
            "enabled_units": None,
            "consumed_units": None,
        }
        if rows.setdefault(name, (plan, row))[1]["provisioning_status"] != "Success":
            rows[name] = (plan, row)
    reasons = dict.fromkeys(("sku_part_number", "enabled_units", "consumed_units"), NO_SKU)
    return Rows(list(rows.values()), reasons)


def authorization_policy(policies: list[Node]) -> Rows:
    """The row of ``entra_authorization_policy``."""
    rows = []
    reasons: dict[str, str] = {}
    for policy in policies:
        row = _AUTHORIZATION.row(policy)
        permissions = policy["DefaultUserRolePermissions"]
        # The beta and the released endpoint keep the same list under two names.
        if policy.has("PermissionGrantPolicyIdsAssignedToDefaultUserRole"):
            granted = policy["PermissionGrantPolicyIdsAssignedToDefaultUserRole"]
        else:
            granted = permissions["PermissionGrantPoliciesAssigned"]
            if not permissions.has("PermissionGrantPoliciesAssigned"):
                reasons["permission_grant_policy_ids"] = "the export has no consent policies"
        row["permission_grant_policy_ids"] = granted.texts()
        row["allowed_to_create_apps"] = permissions["AllowedToCreateApps"].flag()
        if row["allowed_to_create_apps"] is None:
            reasons["allowed_to_create_apps"] = "the export has no such permission"
        for column in _AUTHORIZATION.unwritten(policies):
            reasons[column] = "the export has no such property"
        rows.append((policy, row))
    return Rows(rows, reasons)


def admin_consent_policy(root: Node, settings: list[Node]) -> Rows:
    """The row of ``entra_admin_consent_policy``: off where the settings were never made."""
    found = _template(settings, *RULES_OF_CONSENT)
    value = _values(found).get("EnableAdminConsentRequests") if found else None
    row = {
        "policy_id": "adminConsentRequestPolicy",
        "is_enabled": False if value is None else _setting_flag(value) or False,
        "n_reviewers": None,
    }
    reason = "ScubaGear's export has no reviewers of the admin consent workflow"
    return Rows([(found or root, row)], {"n_reviewers": reason})


def password_settings(settings: list[Node]) -> Rows:
    """The row of ``entra_password_settings``; none where the settings were never made."""
    found = _template(settings, *RULES_OF_PASSWORDS)
    if found is None:
        return Rows([])
    values = _values(found)
    words = values.get("BannedPasswordList")
    threshold = values.get("LockoutThreshold")
    on_premises = values.get("EnableBannedPasswordCheckOnPremises")
    check = values.get("EnableBannedPasswordCheck")
    mode = values.get("BannedPasswordCheckOnPremisesMode")
    row: dict[str, object] = {
        "settings_id": "Password Rule Settings",
        "enable_banned_password_check": _setting_flag(check) if check else None,
        # Tabs separate the words; the words themselves are not kept.
        "n_banned_passwords": (
            sum(bool(w.strip()) for w in (words.text() or "").split("\t")) if words else 0
        ),
        "enable_banned_password_check_on_premises": (
            _setting_flag(on_premises) if on_premises else None
        ),
        "banned_password_check_on_premises_mode": mode.text() or None if mode else None,
        "lockout_threshold": _setting_number(threshold) if threshold else None,
    }
    return Rows([(found, row)])


def _template(settings: list[Node], template_id: str, name: str) -> Node | None:
    return next(
        (
            setting
            for setting in settings
            if setting["TemplateId"].text() == template_id or setting["DisplayName"].text() == name
        ),
        None,
    )


def _values(setting: Node) -> dict[str, Node]:
    return {
        entry["Name"].required_text(): entry["Value"]
        for entry in setting["Values"].elements(may_be_single=True)
    }


def _setting_flag(node: Node) -> bool | None:
    """A setting is always a text: ``True``, ``true``, ``False``, or empty where unset."""
    text = (node.text() or "").strip().lower()
    if text not in {"", "true", "false"}:
        node.fail("the text true or false")
    return text == "true" if text else None


def _setting_number(node: Node) -> int | None:
    text = (node.text() or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004  # 32 bits
        node.fail("a whole number as text")
    return int(text)
