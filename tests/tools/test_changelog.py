"""Fragments of the changelog: their rules, and how they become a section."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tools.changelog import BadFragment, Fragment, read_fragment, read_fragments, section
from tools.changelog import with_section as changelog_with_section

ROOT = Path(__file__).resolve().parents[2]


def test_every_fragment_of_the_repository_is_well_formed() -> None:
    fragments = read_fragments(ROOT / "changelog.d")

    assert [fragment for fragment in fragments if not fragment.text] == []


@pytest.mark.parametrize(
    "name, text",
    [
        ("import.new.md", "A kind that does not exist."),
        ("Import.added.md", "Capitals in the slug."),
        ("import.md", "No kind."),
        ("import.added.txt", "Another suffix."),
        ("import.added.md", ""),
        ("import.added.md", "# A heading."),
        ("import.added.md", "- a list."),
        ("import.added.md", "One paragraph.\n\nAnd another."),
        ("import.added.md", "No end"),
    ],
)
def test_a_fragment_that_breaks_a_rule_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")

    with pytest.raises(BadFragment, match=name):
        read_fragment(path)


def test_a_section_groups_changes_by_kind_and_sorts_them_by_slug(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("the rules", encoding="utf-8")
    (tmp_path / "b.fixed.md").write_text("B is\nmended.", encoding="utf-8")
    (tmp_path / "z.added.md").write_text("Z is new.", encoding="utf-8")
    (tmp_path / "a.added.md").write_text("A is new.", encoding="utf-8")

    text = section(read_fragments(tmp_path), "1.2.3", date(2026, 1, 31))

    expected = (
        "## 1.2.3 (2026-01-31)\n\n### Added\n\n- A is new.\n- Z is new.\n\n"
        "### Fixed\n\n- B is mended.\n"
    )
    assert expected == text


def test_a_new_section_stands_above_the_older_ones() -> None:
    new = section([Fragment("a", "added", "A is new.")], "1.1.0", date(2026, 2, 1))

    first = changelog_with_section("# Changelog\n\nIntroduction.\n", new)
    second = changelog_with_section(first, new.replace("1.1.0", "1.2.0"))

    headings = [line for line in second.splitlines() if line.startswith("#")]
    assert headings == [
        "# Changelog",
        "## 1.2.0 (2026-02-01)",
        "### Added",
        "## 1.1.0 (2026-02-01)",
        "### Added",
    ]
