"""Assemble the fragments of changelog.d into CHANGELOG.md under a new version.

Usage: ``python tools/changelog.py 1.2.3 [--on 2026-01-31]``. The rules of a fragment stand in
changelog.d/README.md; a file that breaks one is named and nothing is written.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = {
    "added": "Added",
    "changed": "Changed",
    "fixed": "Fixed",
    "removed": "Removed",
    "security": "Security",
}
NAME = re.compile(r"(?P<slug>[a-z0-9]+(-[a-z0-9]+)*)\.(?P<kind>[a-z]+)\.md")
VERSION = re.compile(r"\d+\.\d+\.\d+")


class BadFragment(Exception):
    """A fragment breaks a rule of changelog.d/README.md; the message names both."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One change in the user's words; ``text`` is one paragraph without a line break."""

    slug: str
    kind: str
    text: str


def read_fragment(path: Path) -> Fragment:
    """Read one fragment.

    Raises:
        BadFragment: its name, its kind or its text breaks a rule.
    """
    match = NAME.fullmatch(path.name)
    if match is None or match["kind"] not in KINDS:
        msg = f"{path.name}: name it <slug>.<{'|'.join(KINDS)}>.md, the slug in lower case"
        raise BadFragment(msg)
    text = path.read_text(encoding="utf-8").strip()
    if not text or text.startswith(("#", "- ", "* ")) or "\n\n" in text:
        msg = f"{path.name}: write one paragraph of one to three sentences, no heading, no list"
        raise BadFragment(msg)
    if text[-1] not in ".!":
        msg = f"{path.name}: end the last sentence"
        raise BadFragment(msg)
    return Fragment(match["slug"], match["kind"], " ".join(text.split()))


def read_fragments(folder: Path) -> list[Fragment]:
    """Every fragment of a folder, by kind in the order of ``KINDS``, then by slug."""
    paths = [path for path in folder.iterdir() if path.name != "README.md"]
    order = list(KINDS)
    found = [read_fragment(path) for path in paths]
    return sorted(found, key=lambda fragment: (order.index(fragment.kind), fragment.slug))


def section(fragments: list[Fragment], version: str, on: date) -> str:
    """The part of the changelog that describes one version, in Markdown."""
    lines = [f"## {version} ({on.isoformat()})"]
    for kind, heading in KINDS.items():
        texts = [fragment.text for fragment in fragments if fragment.kind == kind]
        if texts:
            lines += ["", f"### {heading}", "", *(f"- {text}" for text in texts)]
    return "\n".join(lines) + "\n"


def with_section(changelog: str, new: str) -> str:
    """The changelog with a new section above the older ones, below its introduction."""
    introduction, heading, older = changelog.partition("\n## ")
    return f"{introduction.rstrip()}\n\n{new}" + (f"{heading}{older}" if heading else "")


def main() -> int:
    """Write the changelog; 0 done, 2 a fragment or the version is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="the version that is released, such as 1.2.3")
    parser.add_argument("--on", type=date.fromisoformat, default=datetime.now(UTC).date())
    asked = parser.parse_args()
    if not VERSION.fullmatch(asked.version):
        parser.error("write the version as 1.2.3")
    folder, target = ROOT / "changelog.d", ROOT / "CHANGELOG.md"
    try:
        fragments = read_fragments(folder)
    except BadFragment as error:
        print(error, file=sys.stderr)
        return 2
    if not fragments:
        print("changelog.d holds no fragment: nothing to release", file=sys.stderr)
        return 2
    new = section(fragments, asked.version, asked.on)
    target.write_text(with_section(target.read_text("utf-8"), new), encoding="utf-8")
    for path in folder.iterdir():
        if path.name != "README.md":
            path.unlink()
    print(f"{len(fragments)} changes are now under {asked.version} in CHANGELOG.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
