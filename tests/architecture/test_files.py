"""What must not stand in the repository, and how long a module may be."""

from __future__ import annotations

import re

from tests.architecture.repository import (
    PACKAGE,
    files_of_the_repository,
    place,
    python_files,
)

# Written in pieces, so that this file does not find itself.
MACHINE = re.compile(
    r"(^|[^A-Za-z0-9_.])/(work|farm|root|home/[a-z]+)/"
    "|" + r"pypi\." + r"org|python" + r"hosted|registry\.npm" + r"js|deb\.debian\." + r"org"
)
BINARY = {".png", ".gz", ".parquet", ".ico", ".woff2", ".zip", ".sqlite3"}
MAX_BYTES = 500_000
MAX_LINES = 400
LONG_FROM = 300
MAX_LONG_MODULES = 12  # a ratchet: lower it when it can be lowered, never raise it


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in files_of_the_repository():
        if path.suffix in BINARY:
            continue
        text = path.read_text(encoding="utf-8")
        found += [
            place(path, number)
            for number, line in enumerate(text.splitlines(), 1)
            if MACHINE.search(line)
        ]

    assert found == []


def test_no_file_is_large() -> None:
    large = [place(path) for path in files_of_the_repository() if path.stat().st_size > MAX_BYTES]

    assert large == []


def n_lines() -> dict[str, int]:
    return {
        place(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files(below=PACKAGE)
        if "migrations" not in path.parts
    }


def test_no_module_is_longer_than_a_reader() -> None:
    too_long = {name: n for name, n in n_lines().items() if n > MAX_LINES}

    assert too_long == {}


def test_long_modules_stay_few() -> None:
    long = sorted(name for name, n in n_lines().items() if n > LONG_FROM)

    assert len(long) <= MAX_LONG_MODULES, long


def test_every_module_says_what_it_decides() -> None:
    silent = [
        place(path)
        for path in python_files(below=PACKAGE)
        if path.name != "__init__.py"
        and "migrations" not in path.parts
        and not path.read_text(encoding="utf-8").lstrip().startswith(('"""', 'r"""'))
    ]

    assert silent == []


def test_the_license_is_whole() -> None:
    text = (PACKAGE.parents[1] / "LICENSE").read_text(encoding="utf-8")

    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
