"""A chart as a file of its own: with its looks inside, for a document or a slide.

The pages style charts by their style sheet; a file has to bring it along. Always light: it will
be shown on paper.
"""

from __future__ import annotations

import re

from securescore.present.charts.svg import Svg

STYLE = """
svg{font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;background:#fff}
text{fill:#596069;font-size:12px}.axis-name,.axis-year,.zone-name{font-weight:600}
.axis-year{fill:#17191c}.grid{stroke:#e3e5e8;fill:none}.tick{stroke:#868d97;fill:none}
.zero{stroke:#596069;fill:none}.gap{fill:#e8eaed}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round;stroke:#1b4fa8}
.line-second{stroke:#8a4b9c;stroke-dasharray:7 3}
.line-similar{stroke:#596069;stroke-dasharray:6 5}
.line-all{stroke:#868d97;stroke-dasharray:2 5}
.line-microsoft{stroke:#855400;stroke-dasharray:10 4 2 4}
.line-third{stroke:#855400;stroke-dasharray:2 4}
.line-custom-1{stroke:#0a6e55;stroke-dasharray:8 3}
.line-custom-2{stroke:#b0261f;stroke-dasharray:4 3}
.line-custom-3{stroke:#6b4fa8;stroke-dasharray:1 4}
.line-custom-4{stroke:#3b6a7a;stroke-dasharray:12 4}
.area{fill:#1b4fa8;fill-opacity:.14;stroke:none}.last{fill:#1b4fa8;stroke:#fff;stroke-width:2}
.band-good{fill:#e4f3ed}.band-okay{fill:#fbf0d9}.band-bad{fill:#fbe9e7}
.zone-good,.mark-good{fill:#0a6e55}.zone-okay,.mark-okay{fill:#855400}.zone-bad,.mark-bad{fill:#b0261f}
.part-configuration,.part-regressed{fill:#b0261f}.part-user{fill:#d98b3a}.part-device{fill:#6b4fa8}
.part-rest,.part-other{fill:#868d97}.part-achieved{fill:#12896b}.hit{fill:none}
.net{stroke:#17191c;stroke-width:2;fill:none}
.pin{fill:#17191c}.pin-stem{stroke:#17191c;fill:none}.pin-mark{fill:#fff;font-size:11px;font-weight:700}
"""

_LINK = re.compile(r"<a [^>]*>|</a>")
_OPEN = re.compile(r"<svg ")
_DATA = re.compile(r' data-[a-z]+="[^"]*"')


def standalone(chart: Svg) -> str:
    """One drawn chart as an SVG document; its links lead nowhere outside the page and are gone."""
    text = _DATA.sub("", _LINK.sub("", chart))
    text = _OPEN.sub('<svg xmlns="http://www.w3.org/2000/svg" ', text, count=1)
    head, rest = text.split(">", 1)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"{head}><style>{STYLE.replace(chr(10), '')}</style>{rest}\n"
    )
