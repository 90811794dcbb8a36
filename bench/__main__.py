"""``python -m bench [evaluate] [--sizes 1k,100k,1m,m1k] [--check]``: measure, compare, remember.

Ends with 1 where the engine and the loop disagree, and with ``--check`` where a budget of
``budgets.toml`` is passed by more than its tolerance.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.data import SIZES
from bench.evaluate import Comparison, Measured, compare

HERE = Path(__file__).resolve().parent
HISTORY = HERE / "history.jsonl"
N_SHOWN = 10
COLUMNS = "{:<6} {:<22} {:>8} {:>9} {:>10} {:>8} {:>7}"


def main() -> int:
    """Run what the command line asks for; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("what", nargs="?", default="evaluate", choices=["evaluate"])
    parser.add_argument("--sizes", default=",".join(SIZES), help=f"some of {', '.join(SIZES)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="fail where a budget is passed")
    arguments = parser.parse_args()
    sizes = arguments.sizes.split(",")
    unknown = [name for name in sizes if name not in SIZES]
    if unknown:
        parser.error(f"no size {unknown[0]}; use some of {', '.join(SIZES)}")

    print(f"{_machine()}\n")
    print(COLUMNS.format("size", "what", "wall s", "core-s", "load core-s", "peak MiB", "loop/it"))
    failures = []
    for size in sizes:
        compared = compare(size, arguments.seed)
        _show(compared)
        failures += [f"{size} {text}" for text in compared.differences[:N_SHOWN]]
        if arguments.check:
            failures += _passed_budgets(compared)
        else:
            _remember(compared)
    for failure in failures:
        print(f"FAILED {failure}")
    return 1 if failures else 0


def _machine() -> str:
    packages = " ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("duckdb", "pyarrow")
    )
    return (
        f"Python {platform.python_version()} {packages}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}"
    )


def _show(compared: Comparison) -> None:
    names = {"engine": "engine with evidence", "counting": "engine, counts only", "loop": "loop"}
    for measured in (compared.engine, compared.counting, compared.loop):
        print(
            COLUMNS.format(
                compared.size,
                names[measured.name],
                f"{measured.wall_s:.2f}",
                f"{measured.core_s:.2f}",
                f"{measured.load_core_s:.2f}",
                measured.peak_mib,
                f"{compared.loop.core_s / measured.core_s:.2f}",
            ),
            flush=True,
        )
    n_equal = len(compared.loop.results) - len(compared.differences)
    print(f"{compared.size:<6} {n_equal} of {len(compared.loop.results)} results are equal")


def _passed_budgets(compared: Comparison) -> list[str]:
    budgets = tomllib.loads((HERE / "budgets.toml").read_text(encoding="utf-8"))
    allowed = 1 + budgets["tolerance"]
    found = []
    for name, limits in budgets.get(compared.size, {}).items():
        measured: Measured = getattr(compared, name)
        for what, limit in limits.items():
            value = getattr(measured, what)
            if value > limit * allowed:
                found.append(f"{compared.size} {name}: {what} is {value}, the budget is {limit}")
    return found


def _remember(compared: Comparison) -> None:
    def numbers(measured: Measured) -> dict[str, Any]:
        return {name: getattr(measured, name) for name in ("wall_s", "core_s", "peak_mib")}

    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "size": compared.size,
        "controls": len({key.partition("/")[2] for key in compared.loop.results}),
        "differences": len(compared.differences),
        **{m.name: numbers(m) for m in (compared.engine, compared.counting, compared.loop)},
    }
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    sys.exit(main())
