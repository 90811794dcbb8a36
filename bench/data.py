"""Seeded synthetic organizations: the tables that the catalog reads, as Arrow.

The tables with a row per person are made by DuckDB from hashes of (seed, organization, number), a
million rows in seconds; settings, policies and rules are rows written by hand from a seeded
``Random``. The same user ids appear in every organization of a bucket, so that a query which
forgets ``snapshot`` in a join gives a wrong number.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.configuration import configuration
from securescore.core.manifest import Manifest, TableVersion
from securescore.core.table import ColumnType, Table
from securescore.land.arrow import arrow_schema, to_arrow
from securescore.land.store import TableStore
from securescore.sources import all_tables

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When every organization of the benchmark was collected."""

N_VARIANTS = 40
"""Different configurations in a bucket of many organizations."""

N_GROUPS = 50
DOMAINS = ("Contoso.example", "mail.contoso.example", "fabrikam.example", "northwind.example")


@dataclass(frozen=True, slots=True)
class Size:
    """How many organizations, and how many users each has."""

    name: str
    n_organizations: int
    n_users: int


SIZES = {
    size.name: size
    for size in (
        Size("1k", 1, 1_000),
        Size("100k", 1, 100_000),
        Size("1m", 1, 1_000_000),
        Size("m1k", 1_000, 100),
    )
}

PEOPLE_SQL = {
    "entra_users": """
        select o, unhex(md5('u' || i)) as user_id,
          case
            when r1 < 30 then 'guest' || i || '#EXT#@contoso.example'
            when r1 < 40 then 'partner' || i || '#EXT#@contoso.example'
            else 'user' || i || '@contoso.example'
          end as upn,
          'Person ' || i as display_name,
          r2 >= 25 as account_enabled,
          case when r1 < 30 or r1 between 40 and 49 then 'Guest' else 'Member' end as user_type,
          case when r3 < 300 then true when r3 < 310 then null else false end
            as on_premises_sync_enabled,
          case
            when r4 < 60 then []
            when r4 < 120 then ['AAD_PREMIUM', 'AAD_PREMIUM_P2']
            else ['EXCHANGE_S_ENTERPRISE', 'TEAMS1', 'SHAREPOINTENTERPRISE', 'AAD_PREMIUM']
          end::varchar[] as service_plans,
          case
            when r5 < 20 then 'shared' when r5 < 30 then 'room' when r5 < 35 then 'equipment'
            when r5 < 45 then null when r5 < 55 then 'none' else 'user'
          end as mailbox_purpose
        from people order by o, i""",
    "entra_registration": """
        select o, unhex(md5('u' || i)) as user_id,
          r6 < 820 as is_mfa_registered, r6 < 790 as is_mfa_capable,
          case when r7 < 5 then null else r7 < 700 end as is_sspr_enabled,
          r7 < 500 as is_sspr_registered, false as is_admin,
          (case when r6 < 400 then ['microsoftAuthenticatorPush', 'mobilePhone']
            when r6 < 820 then ['fido2'] else [] end)::varchar[] as methods_registered
        from people where r8 >= 20 order by o, i""",
    "entra_group_members": """
        select o, unhex(md5('g' || (i % 50))) as group_id, unhex(md5('u' || i)) as user_id
        from people
        union all
        select o, unhex(md5('g' || ((i % 50 + 1 + r9 % 49) % 50))), unhex(md5('u' || i))
        from people
        order by all""",
    "entra_risky_users": """
        select o, unhex(md5('u' || i)) as user_id,
          case when r1 % 3 = 0 then 'atRisk' when r1 % 3 = 1 then 'remediated'
            when r2 % 2 = 0 then 'confirmedCompromised' end as risk_state,
          'high' as risk_level,
          (case when r3 % 2 = 0 then ['leakedCredentials', 'unfamiliarFeatures']
            else ['unfamiliarFeatures'] end)::varchar[] as detection_types
        from people where r9 < 6 order by o, i""",
    "exo_mailboxes": """
        select o, unhex(md5('m' || i)) as mailbox_id, unhex(md5('u' || i)) as user_id,
          case when r8 between 20 and 22 then null else
            'User' || i || '@' || domains[1 + (r9 % 7 % 4)] end as primary_smtp_address,
          'Person ' || i as display_name,
          case when r5 < 20 then 'SharedMailbox' when r5 < 30 then 'RoomMailbox'
            when r5 < 35 then 'EquipmentMailbox' when r5 < 37 then 'DiscoveryMailbox'
            else 'UserMailbox' end as recipient_type_details,
          r6 % 10 <> 0 as audit_enabled,
          case when r4 = 999 then null else r4 >= 60 end as is_licensed,
          case when r2 = 999 then null else r2 >= 25 end as account_enabled
        from people order by o, i""",
}


def id_of(kind: str, number: int) -> uuid.UUID:
    """The id of user (``u``), group (``g``), mailbox (``m``) or policy number ``number``."""
    return uuid.UUID(bytes=hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).digest())


def organizations(size: Size, seed: int = 1) -> Iterator[dict[str, pa.Table]]:
    """The tables of each organization of ``size``, by name, typed as they are landed."""
    people = {name: list(_people(name, size, seed)) for name in PEOPLE_SQL}
    settings = [_settings(size, seed, variant) for variant in range(_n_variants(size))]
    for number in range(size.n_organizations):
        yield {
            **settings[number % len(settings)],
            **{name: tables[number] for name, tables in people.items()},
        }


def _n_variants(size: Size) -> int:
    return min(size.n_organizations, N_VARIANTS)


def _settings(size: Size, seed: int, variant: int) -> dict[str, pa.Table]:
    tables = all_tables()
    rows = configuration(Random(f"{seed}/{variant}"), size.n_users, N_GROUPS, DOMAINS, id_of, NOW)
    return {name: to_arrow(tables[name], given) for name, given in rows.items()}


def _people(name: str, size: Size, seed: int) -> Iterator[pa.Table]:
    """One table of people for each organization, in order."""
    table = all_tables()[name]
    draws = ", ".join(f"(hash(o, i, {seed}, {k}) % 1000)::integer as r{k}" for k in range(1, 10))
    listed = ", ".join(f"'{domain}'" for domain in DOMAINS)
    connection = duckdb.connect(config={"threads": "2"})
    connection.execute(
        f"create view people as select o, i, [{listed}] as domains, {draws} "
        f"from range({size.n_organizations}) orgs(o), range({size.n_users}) users(i)"
    )
    rows = connection.sql(PEOPLE_SQL[name]).to_arrow_table()
    connection.close()
    counts = {
        entry["values"]: entry["counts"] for entry in rows.column("o").value_counts().to_pylist()
    }
    typed = _typed(table, rows)
    start = 0
    for number in range(size.n_organizations):
        n = counts.get(number, 0)
        yield typed.slice(start, n)
        start += n


def _typed(table: Table, rows: pa.Table) -> pa.Table:
    """The rows with the schema of the landed table."""
    schema = arrow_schema(table)
    columns = []
    for name, column in table.columns.items():
        values = rows.column(name)
        if column.type is ColumnType.UUID:
            storage = values.combine_chunks().cast(pa.binary()).cast(pa.binary(16))
            columns.append(pa.ExtensionArray.from_storage(pa.uuid(), storage))
        else:
            columns.append(values.combine_chunks().cast(schema.field(name).type))
    return pa.table(columns, schema=schema)


def land(size: Size, root: Path, seed: int = 1) -> list[Manifest]:
    """Land all organizations of ``size`` under ``root``; :func:`file_of` finds the files."""
    store = TableStore(root, is_durable=False)
    tables = all_tables()
    landed: dict[int, TableVersion] = {}
    kept: list[pa.Table] = []  # while a table is kept its id is its own
    manifests = []
    for number, of_organization in enumerate(organizations(size, seed)):
        versions = []
        for name, rows in of_organization.items():
            if id(rows) not in landed:
                version = store.write_arrow("bench", tables[name], rows)
                landed[id(rows)] = TableVersion(name, version.digest, version.n_rows, NOW)
                kept.append(rows)
            versions.append(landed[id(rows)])
        as_of = NOW + timedelta(seconds=number % 2)
        manifests.append(Manifest(f"org{number}", as_of, tuple(versions)))
    return manifests


def file_of(root: Path, table: str, digest: str) -> Path:
    """Where a landed file of the benchmark lies."""
    return TableStore(root).path("bench", table, digest)


COLUMNS = {
    "entra_users": (
        "user_id",
        "upn",
        "account_enabled",
        "user_type",
        "on_premises_sync_enabled",
        "service_plans",
        "mailbox_purpose",
    ),
    "entra_registration": ("user_id", "is_mfa_registered", "is_sspr_enabled"),
    "entra_risky_users": ("user_id", "risk_state", "detection_types"),
    "exo_mailboxes": (
        "mailbox_id",
        "user_id",
        "primary_smtp_address",
        "recipient_type_details",
        "audit_enabled",
        "is_licensed",
        "account_enabled",
    ),
}
"""What the loop needs of the tables that have a row for each person; of others it reads all."""


def rows_in_hand(manifest: Manifest, root: Path) -> Mapping[str, list[dict[str, Any]]]:
    """The rows of an organization as dictionaries, read back from what was landed: the columns
    that are needed, one after the other.
    """
    store = TableStore(root)
    rows = {}
    for version in manifest.versions:
        path = store.path("bench", version.table, version.digest)
        wanted = COLUMNS.get(version.table)
        table = pq.ParquetFile(path).read(list(wanted) if wanted else None)
        values = [_plain(column) for column in table.columns]
        names = table.column_names
        rows[version.table] = [
            dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)
        ]
    return rows


def _plain(column: pa.ChunkedArray) -> list[Any]:
    """The values; a UUID from its bytes, which takes half as long as Arrow's own way."""
    if column.type != pa.uuid():
        values: list[Any] = column.to_pylist()
        return values
    return [
        None if value is None else uuid.UUID(bytes=value)
        for chunk in column.chunks
        for value in chunk.storage.to_pylist()
    ]
