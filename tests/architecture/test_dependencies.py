"""What is imported is declared, what is declared is used, and docs/dependencies.md knows why."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.architecture.repository import PACKAGE, ROOT, python_files, tree

LINE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)")
# Named in Django's settings or by a URL of the database, never imported by us.
USED_BY_NAME = {"django-csp": "csp", "django-htmx": "django_htmx", "whitenoise": "whitenoise"}
USED_BY_NAME |= {"psycopg": "postgresql"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*files: str) -> set[str]:
    return {
        canonical(match["name"])
        for file in files
        for line in (ROOT / "requirements" / file).read_text(encoding="utf-8").splitlines()
        if (match := LINE.match(line)) and not line.startswith("-")
    }


def imported_modules(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"securescore"}


def imported_distributions() -> set[str]:
    distributions = packages_distributions()
    modules = {name for path in python_files(below=PACKAGE) for name in imported_modules(path)}
    return {canonical(distributions.get(name, [name])[0]) for name in modules}


def test_every_import_of_the_program_is_a_declared_dependency() -> None:
    known = declared("runtime.in", "postgresql.in", "saml.in")
    undeclared = imported_distributions() - known

    assert undeclared == set()


def test_every_declared_dependency_is_used() -> None:
    settings = (PACKAGE / "project").glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in settings)
    by_name = {name for name, word in USED_BY_NAME.items() if word in text}

    unused = declared("runtime.in", "postgresql.in") - imported_distributions() - by_name
    assert unused == set()


def test_the_page_of_dependencies_explains_each_and_no_other() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| ([a-z0-9-]+) \|", page, re.MULTILINE)) - {"package"}

    files = ("runtime.in", "postgresql.in", "saml.in", "build.in", "test.in", "dev.in")
    assert explained == declared(*files)


def test_every_pinned_requirement_has_a_hash() -> None:
    unhashed = []
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        entries = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        pins = [line for line in entries if "==" in line]
        unhashed += [line for line in pins if "--hash=sha256:" not in line]
        assert pins, path

    assert unhashed == []


def test_requirements_name_no_index() -> None:
    options = [
        f"{path.name}: {line}"
        for path in sorted((ROOT / "requirements").iterdir())
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("--") or "://" in line
    ]

    assert options == []
