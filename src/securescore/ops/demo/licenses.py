"""Products that the demo organizations subscribe to, as service plans (real names of plans)."""

from __future__ import annotations

from collections.abc import Iterable

from securescore.core.collection import Row

OFFICE_E3 = (
    "EXCHANGE_S_ENTERPRISE", "SHAREPOINTENTERPRISE", "TEAMS1", "OFFICESUBSCRIPTION",
    "AAD_PREMIUM", "INTUNE_A", "MIP_S_CLP1", "FORMS_PLAN_E3",
)  # fmt: skip
FRONTLINE_F3 = ("EXCHANGE_S_DESKLESS", "SHAREPOINTDESKLESS", "TEAMS1", "AAD_PREMIUM", "INTUNE_A")
SECURITY_E5 = (
    "ATP_ENTERPRISE", "THREAT_INTELLIGENCE", "AAD_PREMIUM_P2", "SAFEDOCS", "ADALLOM_S_STANDALONE",
    "ATA", "WINDEFATP",
)  # fmt: skip
SAFE_E5 = ("LOCKBOX_ENTERPRISE", "MIP_S_CLP2", "INFORMATION_PROTECTION_COMPLIANCE_PREMIUM")
BUSINESS_STANDARD = ("EXCHANGE_S_STANDARD", "SHAREPOINTSTANDARD", "TEAMS1", "OFFICE_BUSINESS")
BUSINESS_PREMIUM = (*BUSINESS_STANDARD, "AAD_PREMIUM", "INTUNE_SMBIZ", "ATP_ENTERPRISE")


def subscribed(sku: str, plans: Iterable[str], n_bought: int, n_used: int) -> list[Row]:
    """Rows of ``entra_service_plans`` of one product."""
    return [
        {
            "sku_part_number": sku,
            "service_plan_name": plan,
            "enabled_units": n_bought,
            "consumed_units": n_used,
        }
        for plan in plans
    ]
