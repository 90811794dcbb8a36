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
COLUMNS = "{:<5} {:<21} {:>7} {:>7} {:>7} {:>10} {:>8} {:>8} {:>10}"
HEAD = (
    "size",
    "what",
    "wall s",
    "core-s",
    "rows",
    "from files",
    "peak MiB",
    "in hand",
    "from files",
)
NAMES = {
    "counting": "engine, counts",
    "loop": "loop, counts",
    "engine": "engine, evidence",
    "loop_evidence": "loop, evidence",
}
AIMS = {"100k": 3, "1m": 7}
"""Core-seconds of the loop for one of the engine."""
AIM_MIB = 1024


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
    print("core-s: of the work; rows: of making rows of files, which only the loop does first;")
    print("from files: both. The last two columns: how often the engine's core-seconds go into the")
    print("loop's, its rows in hand, and both from the landed files.\n")
    print(COLUMNS.format(*HEAD))
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
    for engine, loop in compared.pairs:
        for measured in (engine, loop):
            ratios = (
                loop.core_s / measured.core_s,
                loop.from_files_core_s / measured.from_files_core_s,
            )
            print(
                COLUMNS.format(
                    compared.size,
                    NAMES[measured.name],
                    f"{measured.wall_s:.2f}",
                    f"{measured.core_s:.2f}",
                    f"{measured.rows_core_s:.2f}",
                    f"{measured.from_files_core_s:.2f}",
                    measured.peak_mib,
                    *(f"{ratio:.2f} x" if measured is engine else "" for ratio in ratios),
                )
            )
    aim = AIMS.get(compared.size)
    if aim:
        for engine, loop in compared.pairs:
            aims = {
                f"{aim} x in hand": loop.core_s >= aim * engine.core_s,
                f"{aim} x from files": loop.from_files_core_s >= aim * engine.from_files_core_s,
                f"under {AIM_MIB} MiB": engine.peak_mib < AIM_MIB,
            }
            words = (f"{name} {'met' if is_met else 'MISSED'}" for name, is_met in aims.items())
            print(f"{compared.size:<5} {NAMES[engine.name]}: {', '.join(words)}")
    n_different = len(compared.differences)
    print(
        f"{compared.size:<5} {len(compared.loop.results)} results, {compared.engine.n_failing:,} "
        f"failing resources, {n_different} differences\n",
        flush=True,
    )


def _passed_budgets(compared: Comparison) -> list[str]:
    budgets = tomllib.loads((HERE / "budgets.toml").read_text(encoding="utf-8"))
    slack = budgets["tolerance"]
    found = []
    for engine, loop in compared.pairs:
        budget = budgets.get(compared.size, {}).get(engine.name)
        if budget is None:
            continue
        ratio = loop.from_files_core_s / engine.from_files_core_s
        name = f"{compared.size} {NAMES[engine.name]}"
        if ratio < budget["from_files"] * (1 - slack):
            found.append(
                f"{name}: {ratio:.2f} x from files, {budget['from_files']} x is the budget"
            )
        if engine.peak_mib > budget["peak_mib"] * (1 + slack):
            found.append(f"{name}: {engine.peak_mib} MiB, {budget['peak_mib']} is the budget")
    return found


def _remember(compared: Comparison) -> None:
    def numbers(measured: Measured) -> dict[str, Any]:
        names = ("wall_s", "core_s", "rows_core_s", "peak_mib")
        return {name: getattr(measured, name) for name in names}

    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "size": compared.size,
        "controls": len({key.partition("/")[2] for key in compared.loop.results}),
        "differences": len(compared.differences),
        **{measured.name: numbers(measured) for pair in compared.pairs for measured in pair},
    }
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    sys.exit(main())
