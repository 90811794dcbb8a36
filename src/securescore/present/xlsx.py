"""Rows as a workbook: numbers are numbers, days are days, and no text is ever a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

from django.http import HttpResponse
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from securescore.present.exports import Cell, Column

Row = TypeVar("Row")

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_TEXT = 32_767  # what a cell of a workbook takes
WIDTHS = (9, 60)
PADDING = 3


def xlsx_bytes(sheet_name: str, columns: Sequence[Column[Row]], rows: Iterable[Row]) -> bytes:
    """A workbook with one sheet: a head that stays in view, and a filter on every column.

    Instants are in UTC: a workbook knows no time zones.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, options) as book:
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F0F1F3"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet(sheet_name)
        widths = [len(column.name) for column in columns]
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.name, head)
        n_rows = 0
        for n_rows, row in enumerate(rows, 1):
            for place, column in enumerate(columns):
                cell = column.cell(row)
                _write(sheet, (n_rows, place), cell, day, moment)
                widths[place] = max(widths[place], _width(cell))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(max(width, WIDTHS[0]), WIDTHS[1]) + PADDING)
        sheet.freeze_panes(1, 0)
        if columns:
            sheet.autofilter(0, 0, n_rows, len(columns) - 1)
    return out.getvalue()


def xlsx_response(
    filename: str, sheet_name: str, columns: Sequence[Column[Row]], rows: Iterable[Row]
) -> HttpResponse:
    """The workbook as a file to keep; ``filename`` is made of slugs, so it needs no quoting."""
    response = HttpResponse(xlsx_bytes(sheet_name, columns, rows), content_type=XLSX_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _write(
    sheet: Worksheet, place: tuple[int, int], cell: Cell, day: Format, moment: Format
) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(*place, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(*place, cell)
    elif isinstance(cell, datetime):
        sheet.write_datetime(*place, cell.astimezone(UTC).replace(tzinfo=None), moment)
    elif isinstance(cell, date):
        sheet.write_datetime(*place, cell, day)
    else:
        text = ", ".join(cell) if isinstance(cell, tuple) else cell
        sheet.write_string(*place, text[:MAX_TEXT])


def _width(cell: Cell) -> int:
    if isinstance(cell, datetime):
        return len("2026-11-22 06:10")
    return len(", ".join(cell) if isinstance(cell, tuple) else str(cell or ""))
