"""Sources: one folder per product or tool that is read.

Each folder has ``tables.py`` with a tuple ``TABLES``. They do not know each other;
:func:`all_tables` walks the folder, so adding a source touches its own folder only.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from securescore.core.table import TableSet


@cache
def all_tables() -> TableSet:
    """Every table of every source."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        tables = importlib.import_module(f"{__name__}.{module.name}.tables")
        found.extend(tables.TABLES)
    return TableSet.of(found)
