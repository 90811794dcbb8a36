"""The package as it is installed elsewhere: its compiled catalog is that of the sources."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from securescore.catalog.load import COMPILED, ROOT, built_in_catalog, load_catalog, read_document

REPOSITORY = Path(__file__).resolve().parents[2]
BUILT_FROM = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "requirements", "src")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the sources, so that building leaves nothing in the checkout."""
    copy = tmp_path_factory.mktemp("sources")
    for name in BUILT_FROM:
        if (REPOSITORY / name).is_dir():
            skipped = shutil.ignore_patterns("*.egg-info", "__pycache__")
            shutil.copytree(REPOSITORY / name, copy / name, ignore=skipped)
        else:
            shutil.copy(REPOSITORY / name, copy / name)
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(copy / "dist"), str(copy))
    [built] = (copy / "dist").glob("*.whl")
    return built


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    subprocess.run(
        [*command, *arguments[:1], "--no-deps", "--no-index", *arguments[1:]],
        check=True,
        capture_output=True,
    )


def test_a_checkout_reads_its_sources() -> None:
    assert not COMPILED.exists()
    assert load_catalog(ROOT).digest == built_in_catalog().digest


@pytest.mark.slow
def test_the_compiled_catalog_is_that_of_the_sources(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = json.loads(archive.read("securescore/catalog/compiled.json"))

    assert read_document(ROOT) == found


@pytest.mark.slow
def test_an_installed_wheel_lists_its_compiled_catalog(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip("install", "--target", str(site), str(wheel))
    carried = site / "securescore/catalog/compiled.json"
    document = json.loads(carried.read_text(encoding="utf-8"))
    document["controls"][0]["title"] = "This title stands in the compiled catalog only"
    carried.write_text(json.dumps(document), encoding="utf-8")

    listed = subprocess.run(
        [sys.executable, str(site / "bin/securescore"), "catalog", "list", "--json"],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site), "SECURESCORE_HOME": str(tmp_path / "home")},
    )

    rows = json.loads(listed.stdout)
    titles = {row["id"]: row["name"] for row in rows}

    assert list(built_in_catalog().controls) == sorted(titles)
    assert titles[document["controls"][0]["id"]] == document["controls"][0]["title"]
