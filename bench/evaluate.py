"""The engine beside a plain Python loop: core-seconds, peak memory, equal results.

Every measurement is a process of its own, so that its user and system seconds and its peak memory
are its own. Both sides start from the same landed files: the engine opens them within its
core-seconds, the loop first turns them into rows in hand, which is measured apart. What neither
side's figures hold is what a process spends once: imports, and parsing the catalog.
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
from bench.oracle_evidence import LoopEvidence
from securescore.core.manifest import Manifest

MIB = 1024 * 1024
KIB = 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process took.

    Attributes:
        wall_s, core_s: seconds and core-seconds of the work.
        rows_core_s: core-seconds of turning landed files into rows before it; 0 for the engine,
            whose work begins with the files.
        peak_mib: peak memory of the process.
        n_failing: failing resources over all controls, where the work collects them.
        results: passed and total by organization and control.
    """

    name: str
    wall_s: float
    core_s: float
    rows_core_s: float
    peak_mib: int
    n_failing: int
    results: dict[str, tuple[int, int]]

    @property
    def from_files_core_s(self) -> float:
        return self.core_s + self.rows_core_s


@dataclass(frozen=True, slots=True)
class Comparison:
    """One size: engine and loop counting only, and both with evidence."""

    size: str
    counting: Measured
    loop: Measured
    engine: Measured
    loop_evidence: Measured
    differences: tuple[str, ...]

    @property
    def pairs(self) -> tuple[tuple[Measured, Measured], ...]:
        """The engine beside the loop that does the same."""
        return (self.counting, self.loop), (self.engine, self.loop_evidence)


def compare(size: str, seed: int = 1) -> Comparison:
    """Measure one size in processes of their own, one after the other."""
    with tempfile.TemporaryDirectory(prefix="securescore-bench-") as folder:
        root = Path(folder)
        _child("land", size, root, seed)
        measured = {name: _measured(name, size, root, seed) for name in WORK}
    differences = [
        f"{key}: {name} {measured[name].results.get(key)}, loop {wanted}"
        for name in ("counting", "engine", "loop_evidence")
        for key, wanted in measured["loop"].results.items()
        if measured[name].results.get(key) != wanted
    ]
    n_engine, n_loop = measured["engine"].n_failing, measured["loop_evidence"].n_failing
    if n_engine != n_loop:
        differences.append(f"failing resources: engine {n_engine}, loop {n_loop}")
    return Comparison(size=size, differences=tuple(differences), **measured)


def _child(work: str, size: str, root: Path, seed: int) -> str:
    command = [sys.executable, "-m", "bench.evaluate", work, size, str(root), str(seed)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _measured(work: str, size: str, root: Path, seed: int) -> Measured:
    return Measured(**json.loads(_child(work, size, root, seed)))


# -- what runs in a process of its own ----------------------------------------------------------
def _core_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _timed(
    name: str,
    work: Callable[[], dict[str, tuple[int, int]]],
    rows_core_s: float = 0,
    n_failing: Callable[[], int] = lambda: 0,
) -> Measured:
    before_s = _core_s()
    started = time.perf_counter()
    results = work()
    wall_s, core_s = time.perf_counter() - started, _core_s() - before_s
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB // MIB
    return Measured(
        name,
        round(wall_s, 3),
        round(core_s, 3),
        round(rows_core_s, 3),
        peak_mib,
        n_failing(),
        results,
    )


def _engine(size: str, root: Path, seed: int, *, with_evidence: bool) -> Measured:
    from securescore.catalog.load import built_in_catalog
    from securescore.evaluate.evaluation import Evaluation, evaluate
    from securescore.sources import all_tables

    manifests = land_once(size, root, seed)
    catalog = built_in_catalog()
    _ = catalog.digest  # parses its SQL, once in a process: a part of loading it
    evaluations: list[Evaluation] = []

    def work() -> dict[str, tuple[int, int]]:
        found = evaluate(
            manifests,
            catalog,
            all_tables(),
            lambda _organization, table, digest: file_of(root, table, digest),
            evidence_path=root / "evidence" if with_evidence else None,
        )
        evaluations.append(found)
        return {
            f"{manifest.organization}/{control}": (result.n_passed or 0, result.n_total or 0)
            for manifest, results in zip(manifests, found.results, strict=True)
            for control, result in results.items()
        }

    return _timed(
        "engine" if with_evidence else "counting",
        work,
        n_failing=lambda: sum(batch.num_rows for batch in evaluations[0].evidence.batches()),
    )


def _loop(size: str, root: Path, seed: int, *, with_evidence: bool) -> Measured:
    from securescore.catalog.load import built_in_catalog

    manifests = land_once(size, root, seed)
    known = [d.id for d in built_in_catalog().enabled if d.id in CONTROLS]
    before_s = _core_s()
    rows = [rows_in_hand(manifest, root) for manifest in manifests]
    rows_core_s = _core_s() - before_s
    n_failing = [0]

    def work() -> dict[str, tuple[int, int]]:
        results: dict[str, tuple[int, int]] = {}
        for manifest, of_organization in zip(manifests, rows, strict=True):
            organization = Organization(of_organization, manifest.as_of)
            evidence = LoopEvidence(organization)
            for control, verdict in judged(organization, known).items():
                results[f"{manifest.organization}/{control}"] = (verdict.passed, verdict.total)
                if with_evidence:
                    n_failing[0] += len(evidence.of(control, verdict))
        return results

    return _timed(
        "loop_evidence" if with_evidence else "loop", work, rows_core_s, lambda: n_failing[0]
    )


WORK: dict[str, Callable[[str, Path, int], Measured]] = {
    "counting": lambda size, root, seed: _engine(size, root, seed, with_evidence=False),
    "loop": lambda size, root, seed: _loop(size, root, seed, with_evidence=False),
    "engine": lambda size, root, seed: _engine(size, root, seed, with_evidence=True),
    "loop_evidence": lambda size, root, seed: _loop(size, root, seed, with_evidence=True),
}


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
    else:
        print(json.dumps(asdict(WORK[work](size, root, int(seed)))))


if __name__ == "__main__":
    main(sys.argv[1:])
