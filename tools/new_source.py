"""Start a source: ``python tools/new_source.py github`` writes its folder with its first table."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "src" / "securescore" / "sources"
NAME = re.compile(r"[a-z][a-z0-9_]*")

INIT = '"""The source {name}."""\n'
TABLES = '''\
"""What is read of {name}."""

from __future__ import annotations

from securescore.core.table import Table, TableKind, columns, flag

TABLES = (
    Table(
        "{name}_settings",
        TableKind.CONFIGURATION,
        key=("setting_id",),
        columns=columns(
            setting_id="text",
            is_enabled=flag(doc="NULL where it is not stated"),
        ),
        doc="Settings of the whole organization.",
        read_from="the endpoint or command",
        permission="what has to be granted to read it",
    ),
)
'''


def main() -> int:
    """Write the folder; 0 done, 2 the name is wrong or taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="the product or tool, lower case: github")
    asked = parser.parse_args()
    if not NAME.fullmatch(asked.name):
        parser.error("name the source in lower case: make new-source NAME=github")
    folder = SOURCES / asked.name
    if folder.exists():
        parser.error(f"there is a source of this name: {folder}")
    folder.mkdir()
    (folder / "__init__.py").write_text(INIT.format(name=asked.name), encoding="utf-8")
    (folder / "tables.py").write_text(TABLES.format(name=asked.name), encoding="utf-8")
    print(f"{folder / 'tables.py'}: name its tables <source>_<things>, and what they hold.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
