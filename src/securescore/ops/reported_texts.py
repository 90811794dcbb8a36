"""What tools say of their controls in words, out of the newest landed tables."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from securescore.core.manifest import Manifest
from securescore.evaluate.reported import FINDINGS, PROFILES
from securescore.ops.workspace import Workspace
from securescore.organizations.models import Organization
from securescore.record.reported_texts import ReportedText, is_address


def reported_texts(
    work: Workspace, organization: Organization, manifest: Manifest
) -> dict[str, ReportedText]:
    """The texts of every control that a table of this manifest describes, by control id.

    A finding's address is one of its references that can be linked; its other references are
    commands, and become steps.
    """
    found: dict[str, ReportedText] = {}
    for version in manifest.versions:
        if version.table not in (PROFILES, FINDINGS):
            continue
        rows = work.tables.read(str(organization.pk), version.table, version.digest)
        found.update(_of_profiles(rows) if version.table == PROFILES else _of_findings(rows))
    return found


def _of_profiles(rows: pa.Table) -> Iterator[tuple[str, ReportedText]]:
    names = ("control_id", "remediation", "remediation_impact", "action_url")
    for row in rows.select([name for name in names if name in rows.column_names]).to_pylist():
        address = row.get("action_url") or ""
        yield (
            row["control_id"],
            ReportedText(
                fix=row.get("remediation") or "",
                user_effect=row.get("remediation_impact") or "",
                addresses=(address,) if is_address(address) else (),
            ),
        )


def _of_findings(rows: pa.Table) -> Iterator[tuple[str, ReportedText]]:
    """One text of each check: all findings of a check say the same of it."""
    tools = rows.column("tool").to_pylist()
    checks = rows.column("check_id").to_pylist()
    first: dict[tuple[str, str], int] = {}
    for number, of_tool in enumerate(zip(tools, checks, strict=True)):
        first.setdefault(of_tool, number)
    names = ("title", "description", "remediation", "references")
    texts = rows.select([name for name in names if name in rows.column_names])
    for (tool, check), row in zip(first, texts.take(list(first.values())).to_pylist(), strict=True):
        references = row.get("references") or ()
        why = row.get("description") or ""
        steps = [row.get("remediation") or "", *(r for r in references if not is_address(r))]
        yield (
            f"{tool.lower()}.{check}",
            ReportedText(
                why="" if why == row.get("title") else why,  # many tools repeat it
                fix="\n".join(step for step in steps if step),
                addresses=tuple(r for r in references if is_address(r)),
            ),
        )
