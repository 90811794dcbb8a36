"""What controls are called: from the catalog where we judge, from the record where a tool did."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from securescore.catalog.definition import ControlDefinition
from securescore.catalog.load import built_in_catalog
from securescore.core.control import Basis, Category, Control, Level, Scoring, Tier
from securescore.core.points import Points
from securescore.organizations.models import Organization
from securescore.record.kept import kept
from securescore.record.models import ControlChange, ReportedControl

UNKNOWN_CATEGORY = Category.APPS
TEXTS = ("text", "remediation", "why", "user_effect", "addresses")


@kept
def reported_controls(organization: Organization) -> Mapping[str, ReportedControl]:
    """What tools say of their controls, by id, without their texts."""
    rows = ReportedControl.objects.filter(organization=organization).defer(*TEXTS)
    return {row.control_id: row for row in rows}


def control_of(
    definition: ControlDefinition | None,
    row: ControlChange,
    reported: Mapping[str, ReportedControl],
) -> Control:
    """The control of a row: ours where we judged it, else as the tool describes it."""
    told = reported.get(row.control_id)
    if definition is not None and (row.basis != Basis.REPORTED or told is None):
        return definition.control
    if told is not None:
        return Control(
            id=row.control_id,
            version=row.version,
            title=definition.control.title if definition else told.title,
            category=Category(told.category),
            product=told.product,
            max_score=None if told.max_score is None else Points(told.max_score),
            scoring=Scoring.PROPORTIONAL,
            tier=Tier(told.tier),
            user_impact=Level(told.user_impact),
            implementation_cost=Level(told.implementation_cost),
            tool=told.tool,
        )
    return Control(
        row.control_id,
        row.version,
        row.control_id,
        UNKNOWN_CATEGORY,
        "",
        None if row.max_score is None else Points(row.max_score),
        Scoring.PROPORTIONAL,
    )


class Names:
    """Title and category of every control of an organization; one query."""

    def __init__(self, organization: Organization) -> None:
        self._catalog = built_in_catalog().controls
        self._reported = reported_controls(organization)

    def title(self, control_id: str) -> str:
        if (definition := self._catalog.get(control_id)) is not None:
            return definition.control.title
        told = self._reported.get(control_id)
        return told.title if told is not None else control_id

    def category(self, control_id: str, basis: str = "") -> str:
        """The category; where both we and a tool have one, that of who judged."""
        definition, told = self._catalog.get(control_id), self._reported.get(control_id)
        if definition is not None and (basis != Basis.REPORTED or told is None):
            return definition.control.category.value
        return told.category if told is not None else UNKNOWN_CATEGORY.value

    def known(self) -> frozenset[str]:
        """Ids of which a category is known."""
        return frozenset(self._catalog) | frozenset(self._reported)

    def of_categories(self, categories: Collection[str], basis: str) -> list[str]:
        """Known ids whose category is one of these, if judged on that basis."""
        return sorted(i for i in self.known() if self.category(i, basis) in categories)
