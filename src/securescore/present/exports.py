"""Rows as CSV and JSON files: one list of columns for all forms, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from django.http import HttpResponse, JsonResponse

Row = TypeVar("Row")
Cell = str | int | float | bool | date | datetime | tuple[str, ...] | None

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""A spreadsheet takes a text that begins so for a formula (OWASP, CSV injection)."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A name and how to get the cell from a row."""

    name: str
    cell: Callable[[Row], Cell]


def safe_text(cell: Cell) -> str:
    """A cell as a spreadsheet may see it: a text that looks like a formula gets an apostrophe.

    Numbers are written by us and stay numbers, negative ones too.

    >>> safe_text("=cmd|' /C calc'!A0"), safe_text(-1.5), safe_text(None), safe_text(True)
    ("'=cmd|' /C calc'!A0", '-1.5', '', 'yes')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, tuple):
        cell = ", ".join(cell)
    if isinstance(cell, str):
        return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell
    return str(cell)


def csv_text(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> str:
    """CSV after RFC 4180, with a byte order mark so that Excel reads it as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    writer.writerows([safe_text(column.cell(row)) for column in columns] for row in rows)
    return "\ufeff" + out.getvalue()


def csv_response(
    filename: str, columns: Sequence[Column[Row]], rows: Iterable[Row]
) -> HttpResponse:
    """A CSV file to keep; ``filename`` is made of slugs, so it needs no quoting."""
    response = HttpResponse(csv_text(columns, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def json_response(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> JsonResponse:
    """The same rows as a JSON list of objects."""
    made = [{column.name: _plain(column.cell(row)) for column in columns} for row in rows]
    return JsonResponse(made, safe=False, json_dumps_params={"ensure_ascii": False})


def _plain(cell: Cell) -> object:
    """A cell as JSON has it: days and instants as ISO text."""
    return cell.isoformat() if isinstance(cell, date) else cell
