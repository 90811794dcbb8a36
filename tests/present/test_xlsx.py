"""The workbook: the same rows, real numbers and days, and never a formula."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from lxml import etree

from securescore.present.exports import Cell, Column
from securescore.present.xlsx import XLSX_TYPE, xlsx_bytes
from tests.present import sample_answers

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def cells_of(content: bytes) -> tuple[list[list[object]], etree._Element]:
    """The rows of the only sheet, texts as str, numbers as float, truth as bool; and the sheet."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        texts = [
            "".join(si.itertext())
            for si in etree.fromstring(book.read("xl/sharedStrings.xml")).findall("m:si", NS)
        ]
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in sheet.iterfind(".//m:row", NS):
        made: list[object] = []
        for cell in row.iterfind("m:c", NS):
            value = cell.findtext("m:v", namespaces=NS)
            kind = cell.get("t")
            made.append(
                None
                if value is None
                else texts[int(value)]
                if kind == "s"
                else value == "1"
                if kind == "b"
                else float(value)
            )
        rows.append(made)
    return rows, sheet


def sheet_of(*cells: Cell) -> tuple[list[object], etree._Element]:
    columns = [Column(f"c{n}", lambda _, cell=cell: cell) for n, cell in enumerate(cells)]
    rows, sheet = cells_of(xlsx_bytes("Sheet", columns, [object()]))
    return rows[1], sheet


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "{=1}", "https://evil.example", "12"]
)
def test_a_text_stays_a_text(text: str) -> None:
    row, sheet = sheet_of(text)

    assert row == [text]
    assert sheet.findall(".//m:f", NS) == []
    assert sheet.findall(".//m:hyperlink", NS) == []


def test_numbers_days_and_truth_are_what_they_are() -> None:
    row, _ = sheet_of(1.25, -3, True, date(2026, 11, 22), datetime(2026, 11, 22, 12, tzinfo=UTC))

    assert row == [1.25, -3.0, True, 46348.0, 46348.5]
    assert isinstance(row[2], bool)


def test_tags_are_listed_and_nothing_is_an_empty_cell() -> None:
    row, _ = sheet_of(("a", "b"), None, "x")

    assert row == ["a, b", "x"]


def test_the_head_stays_in_view_and_filters() -> None:
    _, sheet = sheet_of("a", "b")

    assert sheet.find(".//m:pane", NS).get("ySplit") == "1"
    assert sheet.find(".//m:autoFilter", NS).get("ref") == "A1:B2"


def test_the_workbook_holds_what_the_other_files_hold(admin: Client) -> None:
    response = admin.get("/o/contoso/actions.xlsx?status=completed&sort=-points")
    rows, _ = cells_of(response.content)
    expected = admin.get("/o/contoso/actions.json?status=completed&sort=-points").json()
    place = rows[0].index("id")

    assert response.headers["Content-Type"] == XLSX_TYPE
    assert response.headers["Content-Disposition"] == 'attachment; filename="contoso-actions.xlsx"'
    assert [row[place] for row in rows[1:]] == [one["id"] for one in expected]
    assert rows[0] == list(expected[0])


def test_a_hostile_title_is_a_text(admin: Client) -> None:
    rows, sheet = cells_of(admin.get("/o/contoso/actions.xlsx").content)

    assert sample_answers.HOSTILE in [cell for row in rows for cell in row]
    assert sheet.findall(".//m:f", NS) == []
