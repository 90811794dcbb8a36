"""Write the reference of the REST API: ``docs/reference/rest-api.md`` and ``openapi.json``.

``--check`` writes nothing and fails where a file is not what would be written.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"


def texts() -> dict[str, str]:
    """The files by name."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "securescore.project.settings")
    django.setup()
    from securescore.present.rest_api import openapi, reference

    return {"openapi.json": openapi.text(), "rest-api.md": reference.page()}


def main(arguments: list[str]) -> int:
    """Write, or compare; the exit code."""
    with tempfile.TemporaryDirectory(prefix="securescore-docs-") as home:
        os.environ["SECURESCORE_HOME"] = home  # the settings want a data folder
        made = texts()
    if "--check" not in arguments:
        for name, text in made.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"{len(made)} files of the REST API")
        return 0
    stale = [
        name
        for name, text in made.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text
    ]
    for name in stale:
        print(f"differs: {name}; run make docs")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
