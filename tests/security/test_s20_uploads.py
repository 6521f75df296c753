"""S20: uploads that are not what they say, unpack to gigabytes, climb out of folders or claim a sheet of billions of cells."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import xlsxwriter

from chassis.clock import new_id
from chassis.http.uploads import MAX_UPLOAD
from chassis.jobs.running import work_off
from tests.support.suite_in_process import InProcessSuite

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEBI = 1024 * 1024
SHEET = "xl/worksheets/sheet1.xml"


def workbook(*rows: tuple[Any, ...], far: bool = False) -> bytes:
    """An honest workbook; with `far` it has a cell at the sheet's last corner."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    if far:
        sheet.write(1_048_575, 16_383, "far")
    book.close()
    return file.getvalue()


HONEST = workbook(("微信ID", "昵称"), (f"wx_{new_id()[-8:]}", "甲"))


def rezipped(change: dict[str, bytes | None], **more: bytes) -> bytes:
    """The honest workbook with some of its parts changed, left out (None) or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(HONEST)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in {**{n: c for n, c in change.items() if n not in old.namelist() and c}, **more}.items():
            new.writestr(name, content)
    return file.getvalue()


def bomb() -> bytes:
    """A workbook of 200 KB whose sheet unpacks to 200 MB."""
    file = io.BytesIO(rezipped({SHEET: None}))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as book, book.open(SHEET, "w") as sheet:
        for _ in range(200):
            sheet.write(b" " * MEBI)
    return file.getvalue()


def work_all_off(suite: InProcessSuite) -> int:
    """Do every job that waits, those of other tests, too; returns how many there were."""
    return sum(1 for _ in iter(lambda: work_off(suite.services["player"].runtime), False))


@contextmanager
def little_memory(mebi: int) -> Iterator[None]:
    """Fails where more than so many MiB were held at any moment; a fat upload itself is counted three times over."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1] // MEBI
    finally:
        tracemalloc.stop()
    assert peak < mebi, f"{peak} MiB"


def lying(data: bytes, name: str, size: int) -> bytes:
    """The archive with another unpacked size written for one of its parts, at both places."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        entry = book.getinfo(name)
    patched = bytearray(data)
    patched[entry.header_offset + 22 : entry.header_offset + 26] = struct.pack("<I", size)
    central = data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode()))
    patched[central + 24 : central + 28] = struct.pack("<I", size)
    return bytes(patched)


BOMB = bomb()
ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY f SYSTEM "file:///etc/passwd">]><sst><si><t>&b;&f;</t></si></sst>"""

REFUSED: dict[str, tuple[str, str, bytes, int]] = {
    "a picture called csv": ("players.csv", "text/csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, 415),
    "a page called xlsx": ("players.xlsx", XLSX, b"<html><script>alert(1)</script>", 415),
    "an archive of something else": ("players.xlsx", XLSX, b"PK\x03\x04" + b"x" * 200, 415),
    "xlsx called csv": ("players.csv", "text/csv", HONEST, 415),
    "csv called xlsx": ("players.xlsx", XLSX, b"a,b\n1,2\n", 415),
    "a program": ("players.exe", "application/octet-stream", b"MZ" + b"\0" * 100, 415),
    "an old xls": ("players.xls", "application/vnd.ms-excel", b"\xd0\xcf\x11\xe0" + b"\0" * 100, 415),
    "a polyglot": ("players.xlsx", XLSX, b"GIF89a" + HONEST, 415),
    "zeros in text": ("players.csv", "text/csv", b"a,b\n\0\0\0\n", 415),
    "macros": ("players.xlsx", XLSX, rezipped({}, **{"xl/vbaProject.bin": b"x"}), 422),
    "a way out": ("players.xlsx", XLSX, rezipped({}, **{"../../etc/cron.d/x": b"x"}), 422),
    "an absolute name": ("players.xlsx", XLSX, rezipped({}, **{"/etc/passwd": b"x"}), 422),
    "a way out for Windows": ("players.xlsx", XLSX, rezipped({}, **{"..\\..\\x": b"x"}), 422),
    "a bomb": ("players.xlsx", XLSX, BOMB, 422),
    "a bomb that lies": ("players.xlsx", XLSX, lying(BOMB, SHEET, 1000), 422),
    "entities": ("players.xlsx", XLSX, rezipped({"xl/sharedStrings.xml": ENTITIES}), 422),
    "ten thousand parts": ("players.xlsx", XLSX, rezipped({f"xl/media/{n}.bin": b"x" for n in range(300)}), 422),
    "nothing": ("players.csv", "text/csv", b"", 422),
}


def send(suite: InProcessSuite, name: str, kind: str, data: bytes) -> Any:
    """Send a file as a browser's form does."""
    form = {"file": (io.BytesIO(data), name, kind)}
    return suite.api("M001").request("POST", "/players/imports", data=form, content_type="multipart/form-data")


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_table_is_refused_before_anything_reads_it(suite: InProcessSuite, what: str):
    name, kind, data, status = REFUSED[what]
    with little_memory(16):
        answer = send(suite, name, kind, data)
    assert (answer.status_code, answer.json["code"] != "") == (status, True), answer.text


def test_a_file_larger_than_twenty_mebibytes_is_refused_and_other_routes_keep_their_smaller_limit(
    suite: InProcessSuite,
):
    api = suite.api("M001")
    too_large = api.request("POST", "/players/imports", data=b"x" * (MAX_UPLOAD + 1), content_type="text/csv")
    assert too_large.status_code == 413
    assert api.request("POST", "/players", data=b"x" * (2 * MEBI), content_type="application/json").status_code == 413
    assert (
        suite.nobody().request("POST", "/players/imports", data=b"x" * MEBI, content_type="text/csv").status_code == 401
    )


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a sheet of 17 billion cells", workbook(("微信ID",), far=True), "file_too_big"),
        ("a sheet that is no XML", rezipped({SHEET: b"not xml at all"}), "file_unreadable"),
        ("a sheet that is not there", rezipped({SHEET: None}), "file_unreadable"),
        ("an empty sheet", workbook(), "wrong_headings"),
    ],
)
def test_what_only_reading_shows_ends_the_job_with_its_reason_and_the_worker_lives(suite, name, data, code, figure):
    answer = send(suite, "players.xlsx", XLSX, data)
    assert answer.status_code == 202, answer.text
    with little_memory(16):
        assert work_all_off(suite)
    job = suite.api("M001").get(f"/jobs/{answer.json['id']}").json
    figure(f"S20 {name}", state=job["state"], code=job["error"]["code"])
    assert (job["state"], job["error"]["code"]) == ("failed", code)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_honest_files_of_either_kind_and_encoding_are_taken(suite: InProcessSuite, encoding: str):
    word = new_id()[-8:]
    data = f"微信ID,昵称\r\nwx_{word},半盏清茶\r\n".encode(encoding)
    for name, kind, sent in (("玩家.csv", "text/csv", data), ("../../players.csv", "application/vnd.ms-excel", data)):
        answer = send(suite, name, kind, sent)
        assert answer.status_code == 202, answer.text
        assert "/" not in answer.json["parameters"]["file_name"]
        assert work_all_off(suite)
    found = suite.api("M001").get("/players", query_string={"wechat_id": f"wx_{word}"}).json["items"]
    assert [one["nickname"] for one in found] == ["半盏清茶"]


def test_a_workbook_with_numbers_is_read_as_a_person_meant_it(suite: InProcessSuite):
    word, phone = new_id()[-8:], int(f"139{int(new_id()[-6:], 16) % 10**8:08d}")
    data = workbook(
        ("手机号", "微信ID", "昵称"), (phone, f"wx_{word}", "'=1+1"), (None, None, None), ("", f"wy_{word}", 7)
    )
    job = send(suite, "players.xlsx", XLSX, data).json
    assert work_all_off(suite)
    job = suite.api("M001").get(f"/jobs/{job['id']}").json
    assert (job["state"], job["done"], job["failed"]) == ("done", 2, 0), job
    found = suite.api("M001").get("/players", query_string={"wechat_id": f"wx_{word}"}).json["items"][0]
    assert (found["phone"], found["nickname"]) == (f"+86{phone}", "=1+1")
