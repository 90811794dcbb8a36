"""Kill -9 at any moment of an import leaves whole snapshots or none, and the next run completes.

A process of its own imports the program once and then forks a child for each try, so that a try
costs an import and not a start of Python. SQLite only: each try has a data folder of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "graph"
FILES = [FIXTURES / "secure-scores.json", FIXTURES / "control-profiles.json"]
N_TRIES = 50
SEED = 20260504

pytestmark = [pytest.mark.database, pytest.mark.slow]

SCRIPT = '''
import json, os, random, shutil, signal, sys, time
from pathlib import Path

home, n_tries, seed, files = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
import django
django.setup()
from django.conf import settings
from django.db import connection, connections
import pyarrow.dataset
from securescore.catalog.load import built_in_catalog
from securescore.importers.detect import all_importers
from securescore.ops.verification import verify
from securescore.ops.workspace import workspace
from securescore.organizations.models import Organization
from securescore.present.cli import reading
from securescore.present.cli.main import main
from securescore.present.cli.output import prepare_database
from securescore.record.models import Collection, Snapshot
from securescore.sources import all_tables

database = Path(settings.DATABASES["default"]["NAME"])
prepare_database()  # the schema is there before: its migrations are not what is tested
built_in_catalog().digest
all_importers(), all_tables()  # they load modules, which is not what is tested
connections.close_all()
quiet = os.open(os.devnull, os.O_WRONLY)


def child(work):
    pid = os.fork()
    if pid:
        return pid
    os.dup2(quiet, 1)
    try:
        work()
    except SystemExit as stop:
        os._exit(int(stop.code or 0))
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(70)
    os._exit(0)


def importing():
    main(["import", *files, "--org", "Example"])


def state():
    """What a reader sees, and whether all of it can be recomputed from what was landed."""
    found = {"organizations": Organization.objects.count(),
             "collections": Collection.objects.count(), "snapshots": Snapshot.objects.count(),
             "points": list(Snapshot.objects.order_by("at").values_list("points", flat=True)),
             "differences": 0}
    for organization in Organization.objects.all():
        found["differences"] += len(verify(workspace(), organization).differences)
    connections.close_all()
    return found


def clean():
    with connection.cursor() as cursor:
        cursor.execute("pragma integrity_check")
        assert cursor.fetchone() == ("ok",)
    connections.close_all()
    for name in ("tables", "evidence", "catalogs"):
        shutil.rmtree(home / name, ignore_errors=True)
    for part in ("", "-wal", "-shm", "-journal"):
        Path(f"{database}{part}").unlink(missing_ok=True)
    shutil.copyfile(pristine, database)


with connection.cursor() as cursor:
    cursor.execute("pragma wal_checkpoint(truncate)")
connections.close_all()
pristine = home / "pristine.sqlite3"
shutil.copyfile(database, pristine)

durations = []
for _ in range(3):
    clean()
    started = time.perf_counter()
    pid = child(importing)
    assert os.waitpid(pid, 0)[1] == 0
    durations.append(time.perf_counter() - started)
whole = state()
draw = random.Random(seed)
tries = []
n_killed = 0
# An import that ends before its moment shows nothing: another is tried in its place.
while n_killed < n_tries and len(tries) < 4 * n_tries:
    clean()
    delay = draw.uniform(0, min(durations) * 1.05)
    pid = child(importing)
    time.sleep(delay)  # the moment of the kill is the point
    os.kill(pid, signal.SIGKILL)
    was_killed = os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    n_killed += was_killed
    after = state()
    code = os.waitstatus_to_exitcode(os.waitpid(child(importing), 0)[1])
    tries.append({"delay": round(delay, 4), "killed": was_killed, "after": after,
                  "code": code, "then": state()})
print(json.dumps({"seconds": durations, "whole": whole, "tries": tries}))
'''


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("killed")
    environment = {
        name: value for name, value in os.environ.items() if name != "SECURESCORE_DATABASE_URL"
    }
    environment |= {
        "SECURESCORE_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "securescore.project.settings",
    }
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(home), str(N_TRIES), str(SEED), *map(str, FILES)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_fifty_imports_were_killed_before_their_end(outcome: dict[str, Any]) -> None:
    killed = sum(one["killed"] for one in outcome["tries"])

    assert killed == N_TRIES


def test_never_half_an_import_is_seen(outcome: dict[str, Any]) -> None:
    whole = outcome["whole"]

    seen = {(t["after"]["collections"], t["after"]["snapshots"]) for t in outcome["tries"]}

    assert seen <= {(0, 0), (whole["collections"], whole["snapshots"])}
    assert (0, 0) in seen


def test_what_is_seen_after_a_kill_can_be_recomputed(outcome: dict[str, Any]) -> None:
    broken = [one for one in outcome["tries"] if one["after"]["differences"]]

    assert broken == []


def test_the_next_run_completes_with_the_same_score(outcome: dict[str, Any]) -> None:
    different = [
        one for one in outcome["tries"] if one["code"] != 0 or one["then"] != outcome["whole"]
    ]

    assert different == []
