"""A line the size of a word, without axes. Its meaning stands beside it as text."""

from __future__ import annotations

from functools import lru_cache

from securescore.present.charts.scale import Scale
from securescore.present.charts.svg import Svg, number, tag

WIDTH, HEIGHT, EDGE = 96, 24, 3
MIN_SPAN_PP = 4.0  # a change of a tenth shall look like one
KEPT_SPARKLINES = 2_000
"""Equal values make an equal drawing (1 kB each)."""


@lru_cache(maxsize=KEPT_SPARKLINES)
def sparkline(values: tuple[float | None, ...], *, title: str) -> Svg:
    """Percentages in order; None leaves a hole. ``title`` is what a screen reader says."""
    known = [value for value in values if value is not None]
    if not known:
        return tag(
            "svg",
            {"class": "chart sparkline", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"},
            tag("title", {}, title),
        )
    middle, half = (min(known) + max(known)) / 2, max(MIN_SPAN_PP, max(known) - min(known)) / 2
    y = Scale(middle - half, middle + half, HEIGHT - EDGE, EDGE)
    x = Scale(0, max(len(values) - 1, 1), EDGE, WIDTH - EDGE)
    steps = []
    pen_down = False
    for place, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        at = f"{number(x.at(place))} {number(y.at(value))}"
        alone = not pen_down and (place + 1 == len(values) or values[place + 1] is None)
        steps.append(f"{'L' if pen_down else 'M'}{at}{'h0' if alone else ''}")
        pen_down = True
    last = max(place for place, value in enumerate(values) if value is not None)
    return tag(
        "svg",
        {"class": "chart sparkline", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"},
        tag("title", {}, title),
        tag("path", {"class": "line", "d": "".join(steps)}),
        tag(
            "circle", {"class": "last", "cx": x.at(last), "cy": y.at(values[last] or 0.0), "r": 2.5}
        ),
    )
