"""In which of the five categories a check of a scanner counts: read from one reviewed file.

The file is ``catalog/reported/prowler_categories.yaml``; this module only looks things up in
it. A tool that the file does not know counts in its default category.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from securescore.catalog.strict_yaml import parse
from securescore.core.control import Category
from securescore.core.errors import CatalogError

FILE = "prowler_categories.yaml"
TOOL = "prowler"


@dataclass(frozen=True, slots=True)
class Categories:
    """The content of the file, by what is asked for.

    Attributes:
        version: raised when a service or check moves.
        default: for what is not named.
        by_service: category by (provider, service), lower case.
        by_check: category by (provider, check id); wins over the service.
    """

    version: int
    default: Category
    by_service: Mapping[tuple[str, str], Category]
    by_check: Mapping[tuple[str, str], Category]

    def category(self, tool: str, provider: str, service: str, check_id: str) -> str:
        """The category of a check.

        Args:
            tool: source of the finding; only Prowler's services are known.
            provider: ``aws``.
            service: ``iam``; empty where the report does not say it.
            check_id: ``iam_user_mfa_enabled_console_access``.
        """
        if tool != TOOL:
            return self.default.value
        found = self.by_check.get((provider, check_id)) or self.by_service.get(
            (provider, service.lower())
        )
        return (found or self.default).value


@cache
def prowler_categories() -> Categories:
    """The file of this program.

    Raises:
        CatalogError: a category is unknown, or a service or check is named twice.
    """
    folder = resources.files("securescore.catalog") / "reported"
    return categories_of(parse((folder / FILE).read_text(encoding="utf-8"), FILE))


def categories_of(content: Mapping[str, Any]) -> Categories:
    """Categories of a parsed file.

    Raises:
        CatalogError: a category is unknown, or a service or check is named twice.
    """
    return Categories(
        version=content["version"],
        default=_category(content["default"]),
        by_service=_by_name(content["groups"], "services"),
        by_check=_by_name(content["exceptions"], "checks"),
    )


def _by_name(groups: list[Mapping[str, Any]], key: str) -> dict[tuple[str, str], Category]:
    found: dict[tuple[str, str], Category] = {}
    for group in groups:
        category = _category(group["category"])
        for provider, names in group[key].items():
            for name in names:
                if found.setdefault((provider, name), category) is not category:
                    raise CatalogError(
                        what=f"{provider} {name} stands in two categories",
                        where=FILE,
                        what_to_do="keep one of them",
                    )
    return found


def _category(name: str) -> Category:
    try:
        return Category(name)
    except ValueError:
        raise CatalogError(
            what=f"'{name}' is no category",
            where=FILE,
            what_to_do="write one of " + ", ".join(Category),
        ) from None
