"""Answers about the catalog of an organization: what is scored, and what its last change did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from securescore.catalog.load import built_in_catalog
from securescore.core.control import Basis
from securescore.core.points import Points
from securescore.organizations.models import Organization
from securescore.record.change_rows import RETIRED
from securescore.record.models import ControlChange, ReportedControl, Snapshot


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """A control that is scored, or could be. Points are those of now, None where it has none."""

    id: str
    title: str
    category: str
    product: str
    tool: str  # that reports it, else empty
    is_on: bool
    points: Points | None
    max_score: Points | None
    state: str


@dataclass(frozen=True, slots=True)
class CatalogStep:
    """The newest change from one catalog to another. Ids with their titles."""

    at: datetime
    version: str
    before: str
    added: tuple[tuple[str, str], ...]
    retired: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str, str], ...]  # with the reason of migrations.csv, if any
    delta: Points
    max_delta: Points


def catalog_rows(organization: Organization) -> tuple[CatalogRow, ...]:
    """Every control of the catalog and every one that a tool reports, by title."""
    off = set(organization.disabled_controls)
    newest = {
        row.control_id: row
        for row in ControlChange.objects.filter(organization=organization, until=None).exclude(
            state=RETIRED
        )
    }
    described: dict[str, tuple[str, str, str, str]] = {
        row.control_id: (row.title, row.category, row.product, row.tool)
        for row in ReportedControl.objects.filter(organization=organization)
    }
    catalog = built_in_catalog()
    for definition in catalog.enabled:
        control = definition.control
        product = catalog.products.get(control.product)
        described[definition.id] = (
            control.title,
            control.category.value,
            product.title if product else control.product,
            "",
        )
    for control_id in off - described.keys():
        described[control_id] = (control_id, "", "", "")
    rows = []
    for control_id, (title, category, product_title, tool) in described.items():
        change = newest.get(control_id)
        has_points = change is not None and change.max_score is not None
        rows.append(
            CatalogRow(
                control_id,
                title,
                category,
                product_title,
                tool if change is None or change.basis == Basis.REPORTED else "",
                control_id not in off,
                Points(change.points) if change is not None and has_points else None,
                Points(change.max_score or 0) if change is not None and has_points else None,
                change.state if change is not None else "",
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.title.casefold(), row.id)))


def newest_catalog_step(organization: Organization) -> CatalogStep | None:
    """What the last change of the catalog did to the score; None if there never was one."""
    snapshots = Snapshot.objects.filter(organization=organization).order_by("-at")
    newest = snapshots.values("catalog_digest", "catalog_version").first()
    if newest is None:
        return None
    before = (
        snapshots.exclude(catalog_digest=newest["catalog_digest"])
        .values("at", "catalog_version")
        .first()
    )
    if before is None:
        return None
    first = snapshots.filter(at__gt=before["at"]).order_by("at").values("at").first()
    if first is None:
        return None
    names = {row.id: row.title for row in catalog_rows(organization)}
    reasons = {
        row["control_id"]: row["reason"] for row in built_in_catalog().document["migrations"]
    }
    changes = list(
        ControlChange.objects.filter(organization=organization, at=first["at"], cause="catalog")
    )
    known_before = set(
        ControlChange.objects.filter(
            organization=organization,
            at__lt=first["at"],
            control_id__in=[change.control_id for change in changes],
            until=first["at"],
        )
        .exclude(state=RETIRED)
        .values_list("control_id", flat=True)
    )

    def named(control_id: str) -> tuple[str, str]:
        return control_id, names.get(control_id, control_id)

    return CatalogStep(
        at=first["at"],
        version=newest["catalog_version"],
        before=before["catalog_version"],
        added=tuple(
            named(c.control_id)
            for c in changes
            if c.state != RETIRED and c.control_id not in known_before
        ),
        retired=tuple(named(c.control_id) for c in changes if c.state == RETIRED),
        changed=tuple(
            (*named(c.control_id), reasons.get(c.control_id, ""))
            for c in changes
            if c.state != RETIRED and c.control_id in known_before
        ),
        delta=Points(sum(c.delta for c in changes)),
        max_delta=Points(sum(c.max_delta for c in changes)),
    )
