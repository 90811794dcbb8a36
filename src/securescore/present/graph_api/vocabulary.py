"""Microsoft's words for what has other words here."""

from __future__ import annotations

from securescore.core.status import Status

VENDOR = {
    "provider": "SecureScore",
    "providerVersion": None,
    "subProvider": None,
    "vendor": "Microsoft",
}
"""As Microsoft writes it: tools look for it."""

STATES = {
    Status.RISK_ACCEPTED: "Ignored",
    Status.THIRD_PARTY: "ThirdParty",
    Status.ALTERNATE_MITIGATION: "Reviewed",
}
"""Graph's word for a decision; everything else is ``Default``."""

SERVICES = {
    "entra": "AzureAD",
    "exchange": "EXO",
    "defender_office": "MDO",
    "sharepoint": "SPO",
    "teams": "MS Teams",
    "purview": "MIP",
    "m365_admin": "Admincenter",
    "cloud_apps": "MCAS",
    "intune": "Intune",
}
"""Microsoft's word for a product of the catalog."""

TIERS = {"core": "Core", "defense in depth": "Defense In Depth", "advanced": "Advanced"}

PLANS = {
    "EXCHANGE_S_STANDARD": ("HasEOP",),
    "EXCHANGE_S_DESKLESS": ("HasEOP",),
    "EXCHANGE_S_ENTERPRISE": ("HasEOP", "HasEXOP2"),
    "SHAREPOINTSTANDARD": ("HasSPOP1",),
    "SHAREPOINTENTERPRISE": ("HasSPOP2",),
    "AAD_PREMIUM": ("HasAADP1",),
    "AAD_PREMIUM_P2": ("HasAADP2",),
    "ADALLOM_S_O365": ("HasOCAS",),
    "ADALLOM_S_STANDALONE": ("HasMCAS",),
    "ATA": ("HasAATP",),
    "LOCKBOX_ENTERPRISE": ("HasCLB",),
    "ATP_ENTERPRISE": ("HasMDOP1",),
    "THREAT_INTELLIGENCE": ("HasMDOP2",),
    "RMS_S_PREMIUM": ("HasAIPP1",),
    "MIP_S_CLP1": ("HasAIPP1",),
    "RMS_S_PREMIUM2": ("HasAIPP2",),
    "MIP_S_CLP2": ("HasAIPP2",),
    "WINDEFATP": ("HasMDEP2",),
}
"""Values of ``enabledServices`` by service plan."""
