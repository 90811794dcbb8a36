"""The export as a whole: who was asked, what was asked, and what was not answered.

ScubaGear writes an empty list where a command failed, so a key alone does not tell whether it
was read. :meth:`Export.why_unread` decides it from the key, the list of failed commands of its
product and the license switches, before any table is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from securescore.importers.document import Document
from securescore.importers.node import Node

PRODUCTS = {
    "aad": "Microsoft Entra ID (aad)",
    "exo": "Exchange Online (exo)",
    "defender": "Defender (defender or securitysuite)",
    "sharepoint": "SharePoint (sharepoint)",
    "teams": "Teams (teams)",
}
_SUITES = {"defender": ("defender", "securitysuite")}

# Written once by each of two products in some versions, from the same command.
WRITTEN_TWICE = frozenset({"service_plans", "accepted_domains", "conn_filter"})

TIMESTAMP = "timestamp_zulu"


class NotReadError(Exception):
    """A table cannot be made from this export; the text is the reason for the manifest."""


@dataclass(frozen=True)
class Export:
    """An opened export: ``root`` is the object of ProviderSettingsExport.json."""

    document: Document
    root: Node

    @classmethod
    def of(cls, document: Document) -> Export:
        """The export in a file: the file itself, or the part ``Raw`` of ScubaResults.

        Raises:
            DocumentError: neither is there.
        """
        top = Node(document, "", document.load(repeatable=WRITTEN_TWICE))
        if top.has("module_version"):
            return cls(document, top)
        raw = top["Raw"]
        if not raw.has("module_version"):
            raise document.error(
                what="the part Raw with the configuration is missing",
                place="Raw",
                what_to_do="import the ScubaResults file or ProviderSettingsExport.json that "
                "ScubaGear wrote, unchanged",
            )
        return cls(document, raw)

    @property
    def version(self) -> str:
        """Version of ScubaGear, empty if unknown."""
        return self.root["module_version"].text() or ""

    @cached_property
    def failed_commands(self) -> frozenset[str]:
        """Lower case names of the commands that failed in any product.

        A command that stands among the successful ones too did fail: ScubaGear counts the
        failure of an unlicensed product as a success.
        """
        return frozenset(
            command.lower()
            for key, node in self.root.entries()
            if key.lower().endswith("_unsuccessful_commands")
            for command in node.texts()
        )

    def asked(self, product: str) -> bool:
        """Whether the product was part of the run and its provider came to its end."""
        suites = _SUITES.get(product, (product,))
        known = {key.lower() for key in self.root.members()}
        return any(f"{suite}_successful_commands" in known for suite in suites)

    def why_unread(self, key: str, product: str, commands: Iterable[str]) -> str | None:
        """The reason why a key says nothing, None if it can be taken at its word.

        Args:
            key: key of the export.
            product: the product that writes it, a key of ``PRODUCTS``.
            commands: the commands that feed it.
        """
        if self.root.is_null or not self.root.has(key):
            if not self.asked(product):
                return f"the export was made without the product {PRODUCTS[product]}"
            return f"ScubaGear {self.version} does not export '{key}'".replace("  ", " ")
        failed = [name for name in commands if name.lower() in self.failed_commands]
        if failed:
            return f"ScubaGear could not run {', '.join(failed)}: it failed or was not permitted"
        return None

    @cached_property
    def organization_ids(self) -> tuple[str, ...]:
        """Every different id that the export gives the organization, the best first.

        Where a product failed there is a sentence in its place.
        """
        found: dict[str, None] = {}
        for candidate in self._id_candidates():
            text = candidate.text() or ""
            try:
                found[str(UUID(text))] = None
            except ValueError:
                continue
        return tuple(found)

    @property
    def organization_id(self) -> str:
        """The organization's id in Entra ID, empty where the export has none."""
        return next(iter(self.organization_ids), "")

    @cached_property
    def name(self) -> str:
        """The organization's name, empty where reading it failed."""
        for detail in self.objects("tenant_details"):
            name = detail["DisplayName"].text() or ""
            if name and not name.startswith("Error retrieving"):
                return name
        return ""

    def identity_notes(self) -> tuple[str, ...]:
        """What to tell about the organization's id."""
        _, *others = self.organization_ids or ("",)
        if not others:
            return ()
        return (
            "Organization: the export gives more than one id: "
            + ", ".join(self.organization_ids)
            + "; the first one is taken",
        )

    def _id_candidates(self) -> Iterator[Node]:
        yield self.root["tenant_id"]
        details = self.objects("tenant_details")
        for detail in details:
            additional = detail["AADAdditionalData"]
            if isinstance(additional.value, dict | list):
                for entry in additional.elements(may_be_single=True):
                    yield entry["Id"]
        for detail in details:
            yield detail["TenantId"]

    def objects(self, key: str) -> list[Node]:
        """The objects of a key: a list, one object alone, or nothing."""
        return self.root[key].elements(may_be_single=True)
