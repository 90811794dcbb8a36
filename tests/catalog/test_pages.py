"""The reference pages: what they hold, and that the committed ones are the rendered ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from securescore.catalog.load import built_in_catalog
from securescore.catalog.pages import plain, render_pages
from securescore.sources import all_tables

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGES = render_pages(built_in_catalog(), all_tables())


@pytest.mark.parametrize("path", PAGES)
def test_the_committed_page_is_the_rendered_one(path: str) -> None:
    written = (REFERENCE / path).read_text(encoding="utf-8")

    assert written == PAGES[path], "run: securescore catalog docs"


def test_no_page_is_left_of_a_control_that_is_gone() -> None:
    written = {f"controls/{path.name}" for path in (REFERENCE / "controls").glob("*.md")}

    assert written == {path for path in PAGES if path.startswith("controls/")}


def test_every_control_has_a_page_with_its_condition_tables_and_cases() -> None:
    for definition in built_in_catalog().controls.values():
        page = PAGES[f"controls/{definition.id}.md"]

        assert definition.sql.rstrip("\n") in page
        assert all(f"`{table}`" in page for table in definition.requires)
        assert page.count("\n### ") == len(definition.cases)
        assert plain(definition.choice) in page
        for link in definition.learn_more:
            assert f"- [{plain(link.title)}]({link.url})\n" in page


def test_every_link_leads_to_a_page_or_a_heading() -> None:
    for path, page in PAGES.items():
        for target in re.findall(r"\]\(([^)]+)\)", page):
            if target.startswith("https://"):  # a vendor's page: the lint looks at its address
                continue
            file, _, anchor = target.partition("#")
            found = (Path(path).parent / file).as_posix().replace("controls/../", "")

            assert found in PAGES, (path, target)
            if anchor:
                assert f"\n## {plain(anchor)}\n" in PAGES[found], (path, target)


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    for path, page in PAGES.items():
        cells = 0
        for line in page.splitlines():
            if not line.startswith("|"):
                cells = 0
                continue
            found = len(re.findall(r"(?<!\\)\|", line))
            cells = cells or found

            assert cells == found, (path, line)


def test_pages_are_equal_for_an_equal_catalog() -> None:
    again = render_pages(built_in_catalog(), all_tables())

    assert again == PAGES


def test_markup_in_a_text_is_shown_not_obeyed() -> None:
    shown = plain("<b> *:All | a_b")

    assert shown == r"\<b> \*:All \| a\_b"
