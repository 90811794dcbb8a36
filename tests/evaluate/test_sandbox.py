"""Control SQL tries to break out: files, network, settings, extensions, others, all the memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from securescore.catalog.definition import Catalog, ControlDefinition
from securescore.catalog.load import built_in_catalog
from securescore.core.errors import ControlForbidden
from securescore.core.manifest import Manifest, TableVersion
from securescore.core.result import ControlResult, State
from securescore.evaluate.engine import Engine, Limits
from securescore.evaluate.evaluation import evaluate
from securescore.evaluate.guard import checked
from securescore.land.store import TableStore
from securescore.sources import all_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RELATIONS = frozenset({"entra_users", "snapshots"})
GOOD = (
    "select snapshot, user_id as resource_id, upn as resource_name, account_enabled as passed, "
    "'a reason' as reason from entra_users"
)
FORBIDDEN = {
    "another organization's file": "select * from read_parquet('../other/entra_users/x.parquet')",
    "a file by name": "select * from '/etc/passwd'",
    "a quoted file": 'select * from "/etc/passwd"',
    "a csv": "select * from read_csv('/etc/passwd')",
    "text": "select * from read_text('/etc/passwd')",
    "a glob": "select * from glob('/**')",
    "a scalar glob": "select glob('/**')",
    "the network": "select * from read_parquet('http://127.0.0.1:9/x.parquet')",
    "settings": "select * from duckdb_settings()",
    "one setting": "select current_setting('allowed_paths')",
    "the environment": "select getenv('HOME')",
    "secrets": "select * from duckdb_secrets()",
    "the schema": "select * from information_schema.tables",
    "the catalog": "select * from duckdb_tables()",
    "sqlite's schema": "select * from sqlite_master",
    "an attach": "attach '/tmp/x.db'",
    "a copy": "copy entra_users to '/tmp/x.csv'",
    "a table": "create table t as select 1",
    "a view": "drop view entra_users",
    "an insert": "insert into entra_users select * from entra_users",
    "a set": "set memory_limit = '99GB'",
    "a pragma": "pragma database_list",
    "an install": "install httpfs",
    "a load": "load httpfs",
    "two statements": "select 1; select 2",
    "a comment that hides one": "select 1 /* */ ; drop view entra_users --",
    "recursion": "with recursive r(n) as (select 1 union all select n + 1 from r) select * from r",
    "a query in text": "select * from query('select 1')",
    "a table in text": "select * from query_table('entra_users')",
    "a table not required": "select * from entra_ca_policies",
    "the engine's own tables": "select * from _stack_entra_users_0",
    "another schema": "select * from main.entra_users",
    "the clock": "select now()",
    "today": "select current_date",
    "chance": "select random()",
    "a sample": "select * from entra_users tablesample 10%",
    "a parameter": "select $1",
    "into": "select * into t from entra_users",
    "a macro": "create macro m() as 1",
    "an extension function": "select * from load_aws_credentials()",
    "a python variable": "select * from replacement_scan",
    "nothing": "",
    "no SQL": "this is no SQL",
    "deep nesting": "select " + "(" * 3000 + "1" + ")" * 3000,
    "very long": "select '" + "x" * 30_000 + "'",
}


@pytest.mark.parametrize("sql", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_guard_refuses(sql: str) -> None:
    with pytest.raises(ControlForbidden):
        checked(sql, RELATIONS)


def test_the_guard_lets_a_plain_select_pass() -> None:
    assert {"entra_users"} == checked(GOOD, RELATIONS).relations


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine([tmp_path / "allowed.parquet"], Limits(memory="100MB", control_s=1)) as found:
        yield found


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_parquet('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/hostname')",
        "select * from glob('/etc/*')",
        "copy (select 1) to '/tmp/securescore-escape.csv'",
        "attach '/tmp/securescore-escape.db'",
        "set memory_limit = '99GB'",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "install httpfs",
        "load httpfs",
        "select * from read_parquet('https://127.0.0.1:9/x.parquet')",
    ],
)
def test_the_engine_itself_is_locked_behind_the_guard(engine: Engine, sql: str) -> None:
    with pytest.raises(duckdb.Error):
        engine.run(sql).fetchall()

    assert not Path("/tmp/securescore-escape.csv").exists()  # noqa: S108 - must not be there


class Sandbox:
    """Two organizations with users, and a catalog of one good control and one under test."""

    def __init__(self, folder: Path) -> None:
        self.store = TableStore(folder, is_durable=False)
        self.manifests = [self._organization(name) for name in ("a", "b")]

    def _organization(self, name: str) -> Manifest:
        rows: list[dict[str, Any]] = [
            {"user_id": f"00000000-0000-0000-0000-0000000000{n:02x}", "upn": f"{name}{n}"}
            for n in range(20)
        ]
        landed = self.store.write(name, all_tables()["entra_users"], rows)
        version = TableVersion("entra_users", landed.digest, landed.n_rows, NOW)
        return Manifest(name, NOW, (version,))

    def results(self, sql: str, limits: Limits) -> list[dict[str, ControlResult]]:
        definition = next(iter(built_in_catalog().controls.values()))

        def control(control_id: str, text: str) -> ControlDefinition:
            return replace(
                definition,
                control=replace(definition.control, id=control_id, product="entra", license=()),
                sql=text,
                requires=("entra_users",),
                by_policy=None,
            )

        catalog: Catalog = replace(
            built_in_catalog(),
            controls={"good": control("good", GOOD), "bad": control("bad", sql)},
        )
        found = evaluate(self.manifests, catalog, all_tables(), self.store.path, limits=limits)
        return [dict(results) for results in found.results]


ENDLESS = (
    "select a.snapshot, a.user_id as resource_id, a.upn as resource_name, (select count(*) "
    "from range(10000000) x(i) join range(10000000) y(j) on (x.i * y.j) % 7 = 8) = 0 as passed, "
    "'r' as reason from entra_users a"
)
HUNGRY = (
    "select a.snapshot, a.user_id as resource_id, a.upn as resource_name, "
    "len(array_agg(a.upn || t.i::varchar || 'a text that is long enough to need memory')) > 0 "
    "as passed, 'r' as reason from entra_users a, range(10000000) t(i) "
    "group by a.snapshot, a.user_id, a.upn"
)
BROKEN = {
    "a forbidden function": (GOOD.replace("'a reason'", "getenv('HOME')"), "not allowed"),
    "a NULL judgment": (
        GOOD.replace("account_enabled as passed", "null::boolean as passed"),
        "NULL",
    ),
    "text as judgment": (GOOD.replace("account_enabled as passed", "'yes' as passed"), "boolean"),
    "other columns": ("select snapshot, 1 as x from entra_users", "columns"),
    "a resource twice": (GOOD + " union all " + GOOD, "more than once"),
    "a division of text": (GOOD.replace("account_enabled as", "upn::integer > 0 as"), "SQL fails"),
    "a column that is not there": (GOOD.replace("upn", "nothing"), "SQL fails"),
    "endless work": (ENDLESS, "longer than"),
    "all the memory": (HUNGRY, "more than"),
}


@pytest.mark.parametrize("sql, message", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_control_is_in_error_and_the_others_are_scored(
    tmp_path: Path, sql: str, message: str
) -> None:
    limits = Limits(memory="200MB", control_s=2 if sql is ENDLESS else 60, threads=2)
    for results in Sandbox(tmp_path).results(sql, limits):
        assert State.ERROR is results["bad"].state
        assert message in results["bad"].reason
        assert State.MEASURED is results["good"].state


def test_one_organizations_odd_data_does_not_take_the_control_from_the_others(
    tmp_path: Path,
) -> None:
    sql = GOOD.replace("account_enabled as", "replace(upn, 'a', '')::integer >= 0 as")
    first, second = Sandbox(tmp_path).results(sql, Limits())

    assert State.MEASURED is first["bad"].state
    assert State.ERROR is second["bad"].state
