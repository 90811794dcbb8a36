"""Drafts of controls and sources: what they write is readable, what is wrong is refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml

from tools import new_control, new_source


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "controls").mkdir()
    (tmp_path / "products.yaml").write_text("entra:\n  title: Entra\n", encoding="utf-8")
    monkeypatch.setattr(new_control, "CATALOG", tmp_path)
    return tmp_path


def test_a_draft_of_a_control_has_every_field_of_a_real_one(
    catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path(__file__).resolve().parents[2] / "src/securescore/catalog/controls"
    fields = set(yaml.safe_load((real / "entra/OneAdmin.yaml").read_text(encoding="utf-8")))
    monkeypatch.setattr("sys.argv", ["new_control.py", "NewOne", "entra"])

    code = new_control.main()

    draft = yaml.safe_load((catalog / "controls/entra/NewOne.yaml").read_text(encoding="utf-8"))
    assert code == 0
    assert fields - {"by_policy"} == set(draft)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["", "entra"], "name the control"),
        (["../escape", "entra"], "name the control"),
        (["NewOne", "nowhere"], "one of: entra"),
    ],
)
@pytest.mark.usefixtures("catalog")
def test_a_wrong_id_or_product_is_refused(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["new_control.py", *arguments])

    with pytest.raises(SystemExit):
        new_control.main()

    assert message in capsys.readouterr().err


def test_a_control_is_never_overwritten(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["new_control.py", "NewOne", "entra"])
    new_control.main()
    written = catalog / "controls/entra/NewOne.yaml"
    written.write_text("id: NewOne\n", encoding="utf-8")

    with pytest.raises(SystemExit):
        new_control.main()

    assert "there is a control of this id" in capsys.readouterr().err
    assert written.read_text(encoding="utf-8") == "id: NewOne\n"


def test_a_draft_of_a_source_declares_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_source, "SOURCES", tmp_path)
    monkeypatch.setattr("sys.argv", ["new_source.py", "github"])

    code = new_source.main()

    spec = importlib.util.spec_from_file_location("drafted", tmp_path / "github" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    drafted = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drafted)
    assert code == 0
    assert [table.name for table in drafted.TABLES] == ["github_settings"]
