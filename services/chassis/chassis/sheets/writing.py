"""Tables written row by row, in flat memory, as xlsx or csv."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, Self

import xlsxwriter

XLSX, CSV = "xlsx", "csv"
FORMATS = (XLSX, CSV)
MEDIA_TYPES = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv; charset=utf-8",
}
MOST_ROWS = 1_000_000  # a sheet ends at 1,048,576

Cell = str | int | float | Decimal | None


class Sheet(Protocol):
    """A table that is being written; its cells have passed `chassis.sheets.cells`."""

    def add(self, cells: Sequence[Cell]) -> None:
        """Add one row."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: Any) -> None: ...


class CsvSheet:
    """UTF-8 with a mark at its head, by which Excel knows it."""

    def __init__(self, path: Path, headings: Iterable[str]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow(headings)

    def add(self, cells: Sequence[Cell]) -> None:
        """Add one row."""
        self._rows.writerow(["" if cell is None else cell for cell in cells])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: Any) -> None:
        self._file.close()


class XlsxSheet:
    """One sheet; a row goes to disk when the next one comes."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), {**options, "tmpdir": str(path.parent)})
        self._sheet = self._book.add_worksheet()
        self._row = 0
        self._sheet.set_column(0, len(headings), 16)
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"bold": True})
        for column, heading in enumerate(headings):
            self._sheet.write_string(0, column, heading, bold)

    def add(self, cells: Sequence[Cell]) -> None:
        """Add one row."""
        self._row += 1
        sheet, row = self._sheet, self._row
        for column, cell in enumerate(cells):
            if cell is None:
                continue
            if isinstance(cell, str):
                sheet.write_string(row, column, cell)
            else:
                sheet.write_number(row, column, float(cell))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: Any) -> None:
        self._book.close()


def open_sheet(form: str, path: Path, headings: Sequence[str]) -> Sheet:
    """A new table at `path`, of one of FORMATS."""
    return CsvSheet(path, headings) if form == CSV else XlsxSheet(path, headings)
