"""Tables that somebody sent are read row by row: csv here, xlsx by a process of its own that a bad file may kill."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from chassis.rules import RuleBroken
from chassis.sheets import workbook
from chassis.sheets.cells import as_meant
from chassis.sheets.writing import CSV

_ENCODINGS = ("utf-8-sig", "gb18030")
PATIENCE = 60.0  # seconds until a workbook's first row must have come


class Unreadable(RuleBroken):
    """The file cannot be read as a table."""

    code = "file_unreadable"
    zh = "文件读不出来，请用 Excel 另存为 xlsx 或 UTF-8 的 csv 再试"
    en = "The file cannot be read; please save it as xlsx or as csv in UTF-8 and try again"


class TooBig(RuleBroken):
    """More rows or columns than are taken at once, or more memory than reading them may need."""

    code = "file_too_big"
    zh = "表格太大：最多 {rows} 行、{columns} 列"
    en = "The table is too big: at most {rows} rows and {columns} columns"

    def __init__(self) -> None:
        super().__init__(rows=workbook.MOST_ROWS, columns=workbook.MOST_COLUMNS)


Row = list[str]


def rows_of(form: str, path: Path) -> Iterator[Row]:
    """The rows of a file, the headings first, each cell as trimmed text. Raises Unreadable, TooBig."""
    for number, cells in enumerate(_csv_rows(path) if form == CSV else _workbook_rows(path)):
        if number > workbook.MOST_ROWS or len(cells) > workbook.MOST_COLUMNS:
            raise TooBig()
        yield [as_meant(cell.strip()) for cell in cells]


def count_rows(form: str, path: Path) -> int | None:
    """How many rows below the headings, where that is cheap to say: of csv, by its lines."""
    if form != CSV:
        return None
    with path.open("rb") as file:
        return max(0, sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 16), b"")) - 1)


def _csv_rows(path: Path) -> Iterator[Row]:
    encoding = _encoding_of(path)
    csv.field_size_limit(64 * 1024)
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield from csv.reader(file, strict=False)
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unreadable() from error


def _encoding_of(path: Path) -> str:
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding) as file:
                while file.read(1 << 16):
                    pass
            return encoding
        except UnicodeDecodeError:
            continue
    raise Unreadable()


def _workbook_rows(path: Path) -> Iterator[Row]:
    command = [sys.executable, "-I", workbook.__file__, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={}) as reader:
        assert reader.stdout is not None
        try:
            for line in reader.stdout:
                yield json.loads(line)
            status = reader.wait(PATIENCE)
        finally:
            reader.kill()
    if status == workbook.TOO_BIG or status < 0:
        raise TooBig()
    if status != 0:
        raise Unreadable()
