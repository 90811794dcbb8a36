"""The docs speak of what is there: words of the core, links between pages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.repository import PACKAGE, ROOT, files_of_the_repository, place, tree

LINK = re.compile(r"\]\((?!https?://|mailto:|#)(?P<target>[^)#\s]+)(?:#[^)]*)?\)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
GENERATED = ROOT / "docs" / "reference"
ADR = re.compile(r"\d{4}-[a-z0-9-]+\.md")
ADR_PARTS = ["Context", "Options", "Decision", "Consequences"]


def public_classes(package: Path) -> set[str]:
    return {
        node.name
        for path in package.glob("*.py")
        for node in tree(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }


def pages() -> list[Path]:
    return [path for path in files_of_the_repository() if path.suffix == ".md"]


def test_every_public_class_of_the_core_stands_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(\w+)`", glossary))

    assert public_classes(PACKAGE / "core") - explained == set()


def test_every_class_that_the_glossary_names_exists() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]*)+)`", glossary))

    assert named - public_classes(PACKAGE / "core") == set()


def test_every_link_between_pages_leads_somewhere() -> None:
    dead = [
        f"{place(page)} -> {match['target']}"
        for page in pages()
        for match in LINK.finditer(COMMENT.sub("", page.read_text(encoding="utf-8")))
        if not (page.parent / match["target"]).exists()
    ]

    assert dead == []


def test_every_decision_has_its_parts_and_its_line_in_the_list() -> None:
    folder = ROOT / "docs" / "adr"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    decisions = sorted(path for path in folder.iterdir() if ADR.fullmatch(path.name))
    expected = [*ADR_PARTS, "How we would notice that it was wrong"]
    for path in decisions:
        text = path.read_text(encoding="utf-8")

        assert expected == re.findall(r"^## (.+)$", text, re.MULTILINE), path.name
        assert path.name in listed, path.name

    assert len(decisions) >= 7


def test_the_readme_shows_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "make run" in readme
    assert "make test" in readme


def test_every_target_that_the_docs_name_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    named = {
        target
        for page in pages()
        for target in re.findall(r"`make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    }

    assert named - targets == set()


def test_every_target_of_the_makefile_has_its_line_of_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    silent = re.findall(r"^([a-z][a-z-]*):(?!.*## )", makefile, re.MULTILINE)

    assert silent == []
