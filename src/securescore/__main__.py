"""``python -m securescore``: the command line."""

from __future__ import annotations

from securescore.present.cli.main import main

if __name__ == "__main__":
    main()
