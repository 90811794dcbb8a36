"""The engine beside a plain Python loop: core-seconds, peak memory, equal results.

Every measurement is a process of its own, so that its user and system seconds and its peak memory
are its own. The loop has its rows in hand before its clock starts; what loading them took is
shown apart.
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.data import SIZES, file_of, land, rows_in_hand
from bench.oracle import CONTROLS, Organization, judged
from securescore.core.manifest import Manifest

MIB = 1024 * 1024
KIB = 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process took: seconds of the work, core-seconds of work and load, peak MiB."""

    name: str
    wall_s: float
    core_s: float
    load_core_s: float
    peak_mib: int
    results: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One size: the engine with evidence, the engine counting only, and the loop."""

    size: str
    engine: Measured
    counting: Measured
    loop: Measured
    differences: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """Core-seconds of the loop per core-second of the engine, evidence written."""
        return self.loop.core_s / self.engine.core_s


def compare(size: str, seed: int = 1) -> Comparison:
    """Measure one size in processes of their own, one after the other."""
    with tempfile.TemporaryDirectory(prefix="securescore-bench-") as folder:
        root = Path(folder)
        _child("land", size, root, seed)
        engine = _measured("engine", size, root, seed)
        counting = _measured("counting", size, root, seed)
        loop = _measured("loop", size, root, seed)
    differences = tuple(
        f"{key}: engine {engine.results.get(key)}, loop {wanted}"
        for key, wanted in loop.results.items()
        if engine.results.get(key) != wanted
    )
    return Comparison(size, engine, counting, loop, differences)


def _child(work: str, size: str, root: Path, seed: int) -> str:
    command = [sys.executable, "-m", "bench.evaluate", work, size, str(root), str(seed)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _measured(work: str, size: str, root: Path, seed: int) -> Measured:
    return Measured(**json.loads(_child(work, size, root, seed)))


# -- what runs in a process of its own ----------------------------------------------------------
def _core_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _timed(name: str, work: Callable[[], dict[str, tuple[int, int]]]) -> Measured:
    load_core_s = _core_s()
    started = time.perf_counter()
    results = work()
    return Measured(
        name,
        wall_s=round(time.perf_counter() - started, 3),
        core_s=round(_core_s() - load_core_s, 3),
        load_core_s=round(load_core_s, 3),
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB // MIB,
        results=results,
    )


def _engine(size: str, root: Path, seed: int, *, with_evidence: bool) -> Measured:
    from securescore.catalog.load import built_in_catalog
    from securescore.evaluate.evaluation import evaluate
    from securescore.sources import all_tables

    manifests = land_once(size, root, seed)
    catalog = built_in_catalog()
    _ = catalog.digest  # parses its SQL, once in a process: a part of loading it

    def work() -> dict[str, tuple[int, int]]:
        found = evaluate(
            manifests,
            catalog,
            all_tables(),
            lambda _organization, table, digest: file_of(root, table, digest),
            evidence_path=root / "evidence.parquet" if with_evidence else None,
        )
        return {
            f"{manifest.organization}/{control}": (result.n_passed or 0, result.n_total or 0)
            for manifest, results in zip(manifests, found.results, strict=True)
            for control, result in results.items()
        }

    return _timed("engine" if with_evidence else "counting", work)


def _loop(size: str, root: Path, seed: int) -> Measured:
    from securescore.catalog.load import built_in_catalog

    manifests = land_once(size, root, seed)
    known = [d.id for d in built_in_catalog().enabled if d.id in CONTROLS]
    rows = [rows_in_hand(manifest, root) for manifest in manifests]

    def work() -> dict[str, tuple[int, int]]:
        results: dict[str, tuple[int, int]] = {}
        for manifest, of_organization in zip(manifests, rows, strict=True):
            organization = Organization(of_organization, manifest.as_of)
            for control, verdict in judged(organization, known).items():
                results[f"{manifest.organization}/{control}"] = (verdict.passed, verdict.total)
        return results

    return _timed("loop", work)


def land_once(size: str, root: Path, seed: int) -> list[Manifest]:
    """The manifests of what :func:`main` landed under ``root`` for this run."""
    kept = root / "manifests.pickle"
    if not kept.exists():
        kept.write_bytes(pickle.dumps(land(SIZES[size], root, seed)))
    manifests: list[Manifest] = pickle.loads(kept.read_bytes())  # noqa: S301 - written by this run, in its own folder
    return manifests


def main(arguments: list[str]) -> None:
    """One piece of work in this process, as :func:`compare` asks for it."""
    work, size, folder, seed = arguments
    root = Path(folder)
    if work == "land":
        land_once(size, root, int(seed))
    elif work == "loop":
        print(json.dumps(asdict(_loop(size, root, int(seed)))))
    else:
        measured = _engine(size, root, int(seed), with_evidence=work == "engine")
        print(json.dumps(asdict(measured)))


if __name__ == "__main__":
    main(sys.argv[1:])
