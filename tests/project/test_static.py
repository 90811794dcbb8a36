from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PREPARE = """
import django
django.setup()
from securescore.project.static import prepare
print(prepare())
"""


def test_two_that_start_together_prepare_one_whole_folder(tmp_path: Path) -> None:
    environment = os.environ | {
        "SECURESCORE_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "securescore.project.settings",
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    folders = [process.communicate()[0].strip() for process in started]
    manifest = json.loads((tmp_path / "static" / "staticfiles.json").read_text("utf-8"))

    assert folders == [str(tmp_path / "static")] * 2
    assert "securescore/app.js" in manifest["paths"]
    for name in manifest["paths"].values():
        assert (tmp_path / "static" / name).exists()
