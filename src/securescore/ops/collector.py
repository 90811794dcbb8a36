"""Python's collector of reference cycles, for processes that make many values and few cycles."""

from __future__ import annotations

import gc

N_NEW = 50_000
"""Objects made before the youngest are looked at (Python's own: 700)."""


def calm_collector() -> None:
    """Look for cycles less often.

    Evaluating and recording make millions of values that stay until they are written; walking
    them again and again took 6 of 69 seconds of the demo (measured).
    """
    gc.set_threshold(N_NEW, 20, 50)
