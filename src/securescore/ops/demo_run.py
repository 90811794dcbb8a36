"""Makes the demo: its raw tables go through the very same pipeline as everything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model

from securescore.catalog.definition import Catalog
from securescore.catalog.load import built_in_catalog, without_controls
from securescore.core.collection import Collected
from securescore.core.status import Decision
from securescore.ops.cohorts import compute_cohorts
from securescore.ops.demo import DemoOrganization, Others, main_organization, other_organization
from securescore.ops.demo_work import note_work
from securescore.ops.landing import Progress, land
from securescore.ops.pipeline import record_landed
from securescore.ops.planning import CatalogAt
from securescore.ops.second_process import SecondProcess, Shares
from securescore.ops.workspace import Workspace, workspace
from securescore.organizations.models import Organization, Role
from securescore.organizations.sign_in_link import sign_in_path
from securescore.organizations.write import (
    create_organization,
    delete_organization,
    set_role,
)
from securescore.record.models import Collection

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DEMO_USER = "demo"
SMALLEST_SHARE = 25
"""Smaller organizations that are made at a time, at least: each bucket has a cost of its own."""
N_MEMBERSHIPS = 40
"""Smaller organizations that the demo's person may see; the others only feed the comparison."""


@dataclass(frozen=True, slots=True)
class DemoMade:
    """What was made, and how long it took."""

    organization: Organization
    n_snapshots: int
    n_others: int
    seconds: float


def create_demo(
    work: Workspace,
    *,
    seed: int,
    days: int,
    n_others: int,
    now: datetime,
    person: str = "",
    progress: Progress | None = None,
) -> DemoMade:
    """The demo organization, the smaller ones beside it, and a person who may see them.

    ``person`` is the user name of somebody else who becomes a member of them too. The smaller
    ones are made by a second process too, where the settings allow it.
    """
    started = perf_counter()
    _be_quick(work)
    last_day = now.date() - timedelta(days=1)
    others = Others(seed=seed, last_day=last_day, days=days, n=n_others, now=now)
    parts = shares_of(n_others)
    shares = Shares(len(parts))
    with SecondProcess("securescore.ops.demo_run.make_others", shares, others) as second:
        main = main_organization(seed=seed, last_day=last_day, days=days)
        organization, collections, decisions = _land(work, main, now, progress)
        [recorded] = record_landed(
            work,
            [(organization, collections, decisions)],
            now=now,
            catalog_at=_catalog_at(main),
            progress=progress,
        )

        def report() -> None:
            if progress:
                n_made = sum(map(len, parts[: shares.n_done]))
                progress("Making the other organizations", n_made, n_others)

        report()
        make_others(shares, others, report)
        second.wait(report)
    note_work(organization, now)
    members = [_demo_user(), *get_user_model().objects.filter(username=person)]
    beside = Organization.objects.filter(is_demo=True).exclude(pk=organization.pk)
    for one in [organization, *beside.order_by("name")[:N_MEMBERSHIPS]]:
        for user in members:
            set_role(one, user, Role.ADMIN)
    compute_cohorts(last_day - timedelta(days=days), last_day)
    return DemoMade(organization, recorded.n_snapshots, n_others, perf_counter() - started)


def make_others(shares: Shares, others: Others, report: Callable[[], None] | None = None) -> None:
    """Make the smaller organizations of each share that this process gets."""
    work = workspace()
    _be_quick(work)
    parts = shares_of(others.n)
    for share in shares:
        landed = [
            _land(
                work,
                other_organization(
                    number, seed=others.seed, last_day=others.last_day, days=others.days
                ),
                others.now,
                None,
            )
            for number in parts[share]
        ]
        record_landed(work, landed, now=others.now)
        if report:
            report()


def shares_of(n_others: int) -> list[range]:
    """Numbers of the smaller organizations by share: each half of what is left, so that two
    processes end at about the same time.

    >>> [len(numbers) for numbers in shares_of(200)]
    [100, 50, 25, 25]
    """
    made: list[range] = []
    start = 0
    while start < n_others:
        size = max(SMALLEST_SHARE, (n_others - start) // 2)
        made.append(range(start, min(n_others, start + size)))
        start = made[-1].stop
    return made


def demo_is_whole() -> bool:
    """Whether a demo is there that was made to its end."""
    made = Organization.objects.filter(is_demo=True)
    members = made.filter(memberships__user__username=DEMO_USER)
    return members.exists() and not made.filter(snapshots=None).exists()


def remove_demo(work: Workspace) -> int:
    """Remove every demo organization with its files; how many there were."""
    removed = 0
    for organization in Organization.objects.filter(is_demo=True):
        key = str(organization.pk)
        delete_organization(organization)
        work.tables.delete_organization(key)
        work.evidence.delete_organization(key)
        removed += 1
    get_user_model().objects.filter(username=DEMO_USER).delete()
    compute_cohorts(None, None)
    return removed


def demo_sign_in_path() -> str:
    """Path of a link that signs the demo's person in once; empty without a demo."""
    user = get_user_model().objects.filter(username=DEMO_USER).first()
    return sign_in_path(user) if user else ""


def _be_quick(work: Workspace) -> None:
    """Wait for no disk: a demo that is lost is made again."""
    work.tables.is_durable = work.evidence.is_durable = False


def _land(
    work: Workspace, demo: DemoOrganization, now: datetime, progress: Progress | None
) -> tuple[Organization, list[Collection], Sequence[Decision]]:
    organization = create_organization(
        demo.name,
        is_demo=True,
        seats=demo.seats,
        industry=demo.industry,
        region=demo.region,
        time_zone=demo.time_zone,
    )
    collected: list[Collected] = list(demo.collections)
    return (
        organization,
        land(work, organization, collected, now=now, progress=progress),
        demo.decisions,
    )


def _catalog_at(demo: DemoOrganization) -> CatalogAt:
    """The catalog of each time: before a change, without the controls that it added."""
    newest = built_in_catalog()
    catalogs: list[tuple[date, Catalog]] = [(date.max, newest)]
    hidden: frozenset[str] = frozenset()
    later = sorted(demo.catalog_changes, key=lambda change: change.on, reverse=True)
    current: frozenset[str] = frozenset(
        control_id for change in later for control_id in change.retired
    )
    hidden = current
    steps: list[tuple[date, frozenset[str], str]] = []
    for change in later:
        steps.append((change.on, hidden, change.version))
        hidden = (hidden | change.added) - change.retired
    steps.append((date.min, hidden, "before " + later[-1].version if later else newest.version))
    catalogs = [
        (on, without_controls(newest, ids, version) if ids else newest)
        for on, ids, version in steps
    ]

    def catalog_at(at: datetime) -> Catalog:
        return next(catalog for on, catalog in catalogs if at.date() >= on)

    return catalog_at


def _demo_user() -> User:
    user, is_new = get_user_model().objects.get_or_create(
        username=DEMO_USER, defaults={"first_name": "Demo"}
    )
    if is_new:
        user.set_unusable_password()
        user.save()
    return user
