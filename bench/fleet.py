"""A database of many organizations with years of history, for measuring pages.

One organization goes through the real pipeline (the demo's, for all the days). It is then copied
by SQL: the ``visited`` ones whole (snapshots with manifests, all change rows, day documents,
evidence), the others with every day's row and their open change rows and newest changes, so that
the tables and indexes have their real number of rows where pages look.
"""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BATCH = 500
NEWEST_CHANGES = 150
VIEWER = "bench"
OPERATOR = "bench-operator"


@dataclass(frozen=True, slots=True)
class Fleet:
    """What was made, and cookies that sign in to it."""

    slugs: tuple[str, ...]
    n_organizations: int
    n_snapshots: int
    n_changes: int
    viewer_cookie: str
    operator_cookie: str
    token: str


def set_up(home: Path, database_url: str) -> None:
    """Point Django at a home folder of the benchmark's own."""
    os.environ["SECURESCORE_HOME"] = str(home)
    os.environ["SECURESCORE_DATABASE_URL"] = database_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "securescore.project.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def make(n_organizations: int, n_days: int, n_visited: int) -> Fleet:
    """Fill the database that :func:`set_up` named."""
    from django.db import connection

    from securescore.ops.demo_run import create_demo
    from securescore.ops.workspace import workspace
    from securescore.record.models import ControlChange, Snapshot
    from securescore.record.newest import write_newest

    work = workspace()
    made = create_demo(work, seed=7, days=n_days, n_others=0, now=datetime.now(UTC))
    template = made.organization
    others = _organizations(template, n_organizations - 1)
    visited, plain = others[: n_visited - 1], others[n_visited - 1 :]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("pragma synchronous=off")
        for start in range(0, len(visited), BATCH):
            _copy(cursor, template.pk, [o.pk for o in visited[start : start + BATCH]], whole=True)
        for start in range(0, len(plain), BATCH):
            _copy(cursor, template.pk, [o.pk for o in plain[start : start + BATCH]], whole=False)
        cursor.execute("analyze")
        if connection.vendor == "sqlite":
            cursor.execute("pragma synchronous=normal")
    for one in others:
        write_newest(one)
    for one in visited:
        for kind in ("evidence", "tables"):
            _link(work.home / kind / str(template.pk), work.home / kind / str(one.pk))
    _cohorts(n_organizations)
    members = [template, *visited]
    return Fleet(
        slugs=tuple(o.slug for o in members),
        n_organizations=n_organizations,
        n_snapshots=Snapshot.objects.count(),
        n_changes=ControlChange.objects.count(),
        viewer_cookie=_cookie(VIEWER, members, is_operator=False),
        operator_cookie=_cookie(OPERATOR, [], is_operator=True),
        token=_token(template),
    )


def _organizations(template: Any, n: int) -> list[Any]:
    from securescore.organizations.models import Organization

    rows = [
        Organization(
            name=f"Organization {number:05d}",
            slug=f"organization-{number:05d}",
            seats=20 + (number * 37) % 3000,
            industry=("Manufacturing", "Retail", "Health", "Public sector")[number % 4],
            region=("Europe", "Americas", "Asia")[number % 3],
            time_zone=template.time_zone,
        )
        for number in range(n)
    ]
    return Organization.objects.bulk_create(rows, batch_size=BATCH)


def _copy(cursor: Any, template: uuid.UUID, targets: list[uuid.UUID], *, whole: bool) -> None:
    """Copy the rows of one organization to many, in one statement a table."""
    from django.db import connection

    from securescore.organizations.models import Organization
    from securescore.record import models as m

    key = Organization._meta.pk  # noqa: SLF001 - Django's documented API
    as_stored = [key.get_db_prep_value(pk, connection) for pk in targets]
    source = key.get_db_prep_value(template, connection)
    is_sqlite = connection.vendor == "sqlite"
    new_uuid = "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()"
    marks = ", ".join(["%s"] * len(as_stored))
    target = f"(select id from organizations_organization where id in ({marks})) t"
    empty = '\'{"as_of": "2026-01-01T00:00:00+00:00", "missing": {}, "tables": []}\''
    tables: list[tuple[Any, str]] = [(m.Snapshot, "true"), (m.ControlChange, "true")]
    if whole:
        tables += [(m.DayDocument, "true"), (m.ReportedControl, "true"), (m.ActionDecision, "true")]
        tables += [(m.EvidenceFile, "true")]
    else:
        newest = (
            "(s.until is null or s.id in (select id from record_controlchange "
            f"where organization_id = %s order by at desc limit {NEWEST_CHANGES}))"
        )
        tables = [(m.Snapshot, "true"), (m.ControlChange, newest)]
    for model, condition in tables:
        columns, values = [], []
        for field in model._meta.local_fields:  # noqa: SLF001 - Django's documented API
            if field.column == "organization_id":
                columns.append(field.column)
                values.append("t.id")
            elif field.primary_key:
                if field.get_internal_type() != "UUIDField":
                    continue  # numbered by the database
                columns.append(field.column)
                values.append(new_uuid)
            else:
                columns.append(field.column)
                is_manifest = field.column == "manifest" and not whole
                values.append(
                    (empty if is_sqlite else f"{empty}::jsonb")
                    if is_manifest
                    else f's."{field.column}"'
                )
        quoted = ", ".join(f'"{name}"' for name in columns)
        table = model._meta.db_table  # noqa: SLF001 - Django's documented API
        parameters = [*as_stored, source]
        if "%s" in condition:
            parameters.append(source)
        cursor.execute(
            f"insert into {table} ({quoted}) select {', '.join(values)} from {target}, {table} s "
            f"where s.organization_id = %s and {condition}",
            parameters,
        )


def _link(source: Path, target: Path) -> None:
    if source.exists():
        shutil.copytree(source, target, copy_function=os.link, dirs_exist_ok=True)


def _cohorts(n_organizations: int) -> None:
    """An average for each band and day; what it is does not matter to how fast it is read."""
    from securescore.record.models import CohortDay, Snapshot
    from securescore.record.query import seat_band

    days = sorted(set(Snapshot.objects.values_list("on", flat=True)[:5000]))
    bands = ["all organizations", *sorted({seat_band(n) for n in (50, 200, 500, 3000)})]
    CohortDay.objects.bulk_create(
        [
            CohortDay(
                cohort=band,
                on=on,
                percentage=45 + 5 * number,
                n_organizations=n_organizations,
                source="this installation",
            )
            for number, band in enumerate(bands)
            for on in days
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def _cookie(name: str, members: list[Any], *, is_operator: bool) -> str:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from securescore.organizations.models import Role
    from securescore.organizations.write import set_role

    user = User.objects.create_user(name, is_superuser=is_operator)
    for organization in members:
        set_role(organization, user, Role.ADMIN)
    client = Client()
    client.force_login(user)
    cookie = settings.SESSION_COOKIE_NAME
    return f"{cookie}={client.cookies[cookie].value}"


def _token(organization: Any) -> str:
    from securescore.ops.people import make_token
    from securescore.organizations.access import installation_access

    access = installation_access(organization, "bench")
    now = datetime.now(UTC)
    return make_token(access, name="bench", scopes=["SecurityEvents.Read.All"], now=now).secret
