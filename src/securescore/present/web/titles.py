"""What sources, products and frameworks are called on the pages."""

from __future__ import annotations

from types import MappingProxyType

from securescore.catalog.load import built_in_catalog
from securescore.present.web import words

SOURCES = MappingProxyType(
    {
        "cloud_apps": "Defender for Cloud Apps",
        "defender_office": "Defender for Office 365",
        "entra": "Entra ID",
        "exchange": "Exchange Online",
        "graph_secure_score": "Microsoft Secure Score",
        "identity": "Defender for Identity",
        "intune": "Intune",
        "ocsf": "OCSF findings",
        "m365_admin": "Microsoft 365 admin center",
        "prowler": "Prowler",
        "prowler_csv": "Prowler CSV",
        "purview": "Purview",
        "scubagear": "ScubaGear",
        "sharepoint": "SharePoint Online",
        "teams": "Teams",
    }
)


def source_title(source: str) -> str:
    """What people call a source or format.

    >>> source_title("entra"), source_title("new_tool")
    ('Entra ID', 'New tool')
    """
    return SOURCES.get(source) or words.capital(source.replace("_", " "))


def product_title(product: str) -> str:
    """A product as people call it; tools report the name of a program in small letters.

    >>> product_title("prowler"), product_title("Microsoft Teams"), product_title("s3")
    ('Prowler', 'Microsoft Teams', 'S3')
    """
    return source_title(product) if product.islower() else product


def framework_url(name: str) -> str:
    """Where a framework can be read; empty where the catalog does not say."""
    return str(built_in_catalog().frameworks.get(name, {}).get("url", ""))


def framework_title(name: str) -> str:
    """A framework by the title it has in the catalog; by its name where that has none.

    >>> framework_title("cis_m365_v4"), framework_title("unheard_of")
    ('CIS Microsoft 365 Foundations Benchmark', 'unheard_of')
    """
    return str(built_in_catalog().frameworks.get(name, {}).get("title", name))
