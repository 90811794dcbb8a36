"""The cases of every control and view, and the cases that are generated from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from securescore.catalog.load import built_in_catalog
from securescore.core.errors import CatalogError
from securescore.evaluate.cases import CaseFailure, CaseRunner
from securescore.sources import all_tables


@pytest.fixture
def runner(tmp_path: Path) -> CaseRunner:
    return CaseRunner(built_in_catalog(), all_tables(), tmp_path)


@pytest.mark.parametrize("name", built_in_catalog().controls)
def test_every_case_of_the_control_holds(name: str, runner: CaseRunner) -> None:
    failures = runner.control_failures(built_in_catalog().controls[name])

    assert _told(failures) == []


@pytest.mark.parametrize("name", built_in_catalog().views)
def test_every_case_of_the_view_holds(name: str, runner: CaseRunner) -> None:
    failures = runner.view_failures(built_in_catalog().views[name])

    assert _told(failures) == []


def test_a_case_that_expects_a_column_the_view_does_not_have_is_named(runner: CaseRunner) -> None:
    view = built_in_catalog().views["mail_rule_names"]
    case = replace(view.cases[0], expect={"rows": [{"place": 1, "mailbox": "m1"}]})

    with pytest.raises(CatalogError, match="mail_rule_names does not have: mailbox") as raised:
        list(runner.view_failures(replace(view, cases=(case,))))

    assert "L008" == raised.value.lint


def _told(failures: Iterator[CaseFailure]) -> list[str]:
    return [f"{f.case}: expected {f.expected}, came {f.actual}" for f in failures]
