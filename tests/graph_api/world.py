"""An organization whose days are written by hand: no file is read and nothing is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from securescore.catalog.load import built_in_catalog
from securescore.core.control import Basis, Category, Control, Scoring
from securescore.core.manifest import Manifest, TableVersion
from securescore.core.outcome import points_of_counts
from securescore.core.points import Points
from securescore.core.result import ControlResult, State
from securescore.organizations.access import installation_access
from securescore.organizations.models import Organization
from securescore.organizations.tokens import Scope, create_token
from securescore.organizations.write import create_organization
from securescore.record.change_rows import SnapshotInput
from securescore.record.documents import write_day_documents
from securescore.record.reported_texts import ReportedText
from securescore.record.write import write_reported, write_snapshots

TENANT = "11111111-2222-3333-4444-555555555555"
NOW = datetime(2026, 5, 4, 6, 2, tzinfo=UTC)
MFA, ADMINS, PASSWORDS = "MFARegistrationV2", "AdminMFAV2", "PWAgePolicyNew"
SCANNED = "prowler.iam/root mfa?"
READ, WRITE = Scope.READ.value, Scope.WRITE.value


def organization(name: str = "Contoso", **more: object) -> Organization:
    made = create_organization(name, seats=820)
    for field, value in {"external_id": TENANT, **more}.items():
        setattr(made, field, value)
    made.save()
    return made


def measured(control_id: str, n_passed: int, n_total: int) -> ControlResult:
    """A control of the catalog as so many of so many resources make it."""
    control = built_in_catalog().controls[control_id].control
    maximum = control.max_score or Points(0)
    points = points_of_counts(n_passed, n_total, maximum, control.scoring)
    return ControlResult(control, State.MEASURED, points, n_passed, n_total)


def unmeasured(control_id: str) -> ControlResult:
    control = built_in_catalog().controls[control_id].control
    return ControlResult(control, State.UNMEASURED, missing=("entra_users",))


def scanned(n_passed: int, n_total: int) -> ControlResult:
    """What a scanner reports; its id holds what addresses have to encode."""
    control = Control(
        SCANNED,
        0,
        "Root user has <b>MFA</b>",
        Category.INFRASTRUCTURE,
        "Prowler",
        Points.whole(4),
        Scoring.PROPORTIONAL,
        basis=Basis.REPORTED,
        tool="Prowler",
    )
    points = points_of_counts(n_passed, n_total, Points.whole(4), Scoring.PROPORTIONAL)
    return ControlResult(control, State.MEASURED, points, n_passed, n_total)


def day(number: int) -> list[ControlResult]:
    """The results of the n-th day: one more person is registered each day."""
    return [
        measured(MFA, 10 + number, 200),
        measured(ADMINS, 7, 8),
        measured(PASSWORDS, 1, 1),
        unmeasured("OneAdmin"),
        scanned(3, 4),
    ]


def record(
    owner: Organization,
    days: Sequence[Sequence[ControlResult]],
    *,
    last: datetime = NOW,
    with_documents: bool = True,
) -> None:
    """Record one snapshot a day, the last one at ``last``."""
    inputs = [
        SnapshotInput(
            at=last - timedelta(days=len(days) - 1 - position),
            manifest=manifest(owner, last - timedelta(days=len(days) - 1 - position)),
            results={result.control.id: result for result in results},
            remainder=Points(0),
            catalog_digest="0" * 64,
            catalog_version="test",
            engine_version="test",
            splits={},
        )
        for position, results in enumerate(days)
    ]
    write_snapshots(owner, inputs, last)
    reported = [r for r in days[-1] if r.control.basis is Basis.REPORTED]
    write_reported(owner, reported, {SCANNED: ReportedText(fix="Turn it on.")}, last)
    if with_documents:
        write_day_documents(owner, inputs[0].at)


def manifest(owner: Organization, at: datetime) -> Manifest:
    read_at = at - timedelta(minutes=2)
    tables = {
        name: TableVersion(name, "0" * 64, 200, read_at, "entra", "", {}, "")
        for name in ("entra_users", "entra_registration", "entra_domains")
    }
    report = TableVersion(
        "scanner_findings", "0" * 64, 9, at - timedelta(days=1), "prowler", "", {}, ""
    )
    return Manifest(str(owner.pk), at, (*tables.values(), report), {})


def contoso(n_days: int = 3, name: str = "Contoso", **more: object) -> Organization:
    made = organization(name, **more)
    record(made, [day(number) for number in range(n_days)])
    return made


def token(owner: Organization, *scopes: str, now: datetime | None = None, days: int = 90) -> str:
    """The secret of a new token; for reading, unless scopes are named."""
    access = installation_access(owner, "ana")
    made = create_token(
        access,
        name="test",
        scopes=scopes or (READ,),
        now=now or datetime.now(UTC),
        days=days,
    )
    return made.secret


def stale(result: ControlResult, reason: str) -> ControlResult:
    return replace(result, state=State.STALE, reason=reason)


def broken_encoder(record: object) -> bytes:
    """What a bug would be."""
    return bytes(1 // len(str(record)[:0]))
