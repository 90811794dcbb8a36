from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from securescore.project.home import database, home_folder, secret_key


def test_the_environment_names_the_home_folder(tmp_path: Path) -> None:
    assert home_folder({"SECURESCORE_HOME": str(tmp_path)}) == tmp_path
    assert home_folder({}).name == "securescore"


def test_the_key_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "new"
    first, second = secret_key(home, {}), secret_key(home, {})
    mode = stat.S_IMODE((home / "secret.key").stat().st_mode)

    assert first == second
    assert len(first) >= 50
    assert mode == 0o600
    assert [p.name for p in home.iterdir()] == ["secret.key"]


def test_a_key_of_the_environment_writes_no_file(tmp_path: Path) -> None:
    assert secret_key(tmp_path, {"SECURESCORE_SECRET_KEY": "given"}) == "given"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url, engine, name",
    [
        ("", "sqlite3", "/data/x/securescore.sqlite3"),
        ("sqlite:////var/lib/score.sqlite3", "sqlite3", "/var/lib/score.sqlite3"),
        ("/var/lib/score.sqlite3", "sqlite3", "/var/lib/score.sqlite3"),
        ("postgresql://u:p%40ss@db:5433/score", "postgresql", "score"),
    ],
)
def test_a_database_is_named_by_its_address(url: str, engine: str, name: str) -> None:
    found = database(url, Path("/data/x"), conn_max_age_s=600)

    assert found["ENGINE"] == f"django.db.backends.{engine}"
    assert found["NAME"] == name


def test_parts_of_a_postgresql_address_are_decoded() -> None:
    found = database("postgresql://u:p%40ss@db:5433/s?sslmode=require", Path(), conn_max_age_s=0)

    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == (
        "u",
        "p@ss",
        "db",
        "5433",
    )
    assert found["OPTIONS"] == {"sslmode": "require"}


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="postgresql"):
        database("mysql://db/score", Path(), conn_max_age_s=0)
