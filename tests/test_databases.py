"""The database that the suite runs on is the one that was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import PostgresMissing, TemporaryPostgres, postgres_programs


@pytest.mark.django_db
def test_the_tests_run_on_the_database_that_was_asked_for(request: pytest.FixtureRequest) -> None:
    from django.db import connection

    asked_for = request.config.getoption("--database")

    assert connection.vendor == asked_for


@pytest.mark.django_db
def test_the_database_keeps_instants_in_utc() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select current_setting('TimeZone')"
            if connection.vendor == "postgresql"
            else "select 'UTC'"  # SQLite has no zone: Django stores UTC
        )
        zone = cursor.fetchone()[0]

    assert zone == "UTC"


def test_a_missing_postgresql_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))
    monkeypatch.delenv("SECURESCORE_POSTGRESQL_BIN", raising=False)
    monkeypatch.setattr("tests.databases.DEBIAN_VERSIONS", tmp_path_factory.mktemp("none"))

    with pytest.raises(PostgresMissing, match="make system-packages"):
        postgres_programs()


def test_the_address_of_the_server_names_its_socket_and_no_port_of_the_machine() -> None:
    url = TemporaryPostgres(folder=Path("/srv/cluster")).url

    assert url == "postgresql://securescore@/postgres?host=%2Fsrv%2Fcluster&port=5432"
