"""Uploaded tables: how they may come, and that they are what they are said to be, before anything reads them (S20)."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from flask import request

from chassis.rules import RuleBroken
from chassis.sheets.writing import CSV, XLSX

MAX_UPLOAD = 20 * 1024 * 1024
MOST_UNPACKED = 160 * 1024 * 1024  # 50,000 rows of twelve columns unpack to some 30 MB
_MOST_ENTRIES = 200
_XLSX_PARTS = frozenset(("[Content_Types].xml", "xl/workbook.xml"))
_MACROS = re.compile(r"vbaProject|\.(exe|dll|js|vbs|bat|sh|html?)$", re.IGNORECASE)
# How files begin that are no text, whatever their name says.
_NOT_TEXT = (
    b"PK", b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8", b"\xd0\xcf\x11\xe0", b"Rar!", b"\x1f\x8b", b"MZ", b"\x7fELF", b"7z\xbc",
)  # fmt: skip
_DECLARED = {XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",), CSV: ("text/csv",)}
_UNDECLARED = ("application/octet-stream", "")


class WrongKind(RuleBroken):
    """Only xlsx and csv are taken, and a file must be what its name and type say (415)."""

    status = 415
    code = "file_kind_not_accepted"
    zh = "只接受 xlsx 和 csv 文件，并且内容要与文件名相符"
    en = "Only xlsx and csv are accepted, and the content must be what the name says"


class UnsafeFile(RuleBroken):
    """A file that unpacks to far more than it should, or holds what a table has no need of (422)."""

    status = 422
    code = "file_not_safe"
    zh = "这个文件不能安全地打开"
    en = "This file cannot be opened safely"


class NoFile(RuleBroken):
    """Nothing was sent (422)."""

    status = 422
    code = "file_missing"
    zh = "没有收到文件"
    en = "There is no file"


@dataclass(frozen=True)
class Upload:
    """A table that looks like what it is said to be: "xlsx" or "csv", and its bytes; its name is only ever shown."""

    form: str
    data: bytes
    name: str


def allow_uploads() -> None:
    """Let this request bring up to 20 MiB; called before anything reads its body."""
    request.max_content_length = MAX_UPLOAD


def read_upload() -> Upload | None:
    """The table in the request: its whole body, or the part `file` of a form; None where the body is empty.

    Raises WrongKind, UnsafeFile, NoFile.
    """
    allow_uploads()
    raw = request.get_data(cache=True)
    if not raw:
        return None
    if request.mimetype == "multipart/form-data":
        part = request.files.get("file")
        if part is None:
            raise NoFile()
        return looked_at(part.read(), part.filename or "", part.mimetype or "")
    return looked_at(raw, "", request.mimetype)


def looked_at(data: bytes, name: str, declared: str) -> Upload:
    """The file as a table. Raises NoFile, WrongKind, UnsafeFile."""
    if not data:
        raise NoFile()
    form = XLSX if data.startswith(b"PK") else CSV
    others = [mimetype for kind, types in _DECLARED.items() if kind != form for mimetype in types]
    suffix = name.rpartition(".")[2].lower() if "." in name else form
    known = declared in _DECLARED[form] or declared in _UNDECLARED or (name and declared not in others)
    if suffix != form or not known:
        raise WrongKind()
    if form == XLSX:
        _check_workbook(data)
    else:
        _check_text(data)
    return Upload(form, data, _shown_name(name))


def _shown_name(name: str) -> str:
    """What follows the last slash of either kind, without signs that cannot be shown."""
    return re.sub(r"[^\w .()（）-]", "", re.split(r"[\\/]", name)[-1])[:80]


def _check_text(data: bytes) -> None:
    if data.startswith(_NOT_TEXT) or b"\0" in data[:4096]:
        raise WrongKind()


def _check_workbook(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            entries = book.infolist()
            names = [entry.filename for entry in entries]
            if not set(names) >= _XLSX_PARTS:
                raise WrongKind()
            if len(names) > _MOST_ENTRIES or len(set(names)) != len(names) or any(map(_is_odd, names)):
                raise UnsafeFile()
            _unpack_in_mind(data, book, entries)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, EOFError, RuntimeError) as error:
        raise WrongKind() from error


def _is_odd(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in name or _MACROS.search(name) is not None


def _unpack_in_mind(data: bytes, book: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Count what really comes out, since what the archive says of itself may be a lie; nothing is kept."""
    left = MOST_UNPACKED
    if sum(entry.file_size for entry in entries) > left:
        raise UnsafeFile()
    for entry in entries:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
            raise UnsafeFile()
        start = entry.header_offset + 30
        lengths = data[start - 4 : start]
        start += int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
        packed = data[start : start + entry.compress_size]
        left -= _unpacked_size(packed, left) if entry.compress_type == zipfile.ZIP_DEFLATED else len(packed)
        if left < 0 or b"<!DOCTYPE" in _head(packed, entry) or b"<!ENTITY" in _head(packed, entry):
            raise UnsafeFile()


def _unpacked_size(packed: bytes, most: int) -> int:
    unpack, size = zlib.decompressobj(-15), 0
    data = packed
    while data and not unpack.eof:
        size += len(unpack.decompress(data, 1 << 20))
        if size > most:
            raise UnsafeFile()
        data = unpack.unconsumed_tail
    return size


def _head(packed: bytes, entry: zipfile.ZipInfo) -> bytes:
    """The first of what an entry holds: a document type stands before everything else."""
    raw = zlib.decompressobj(-15).decompress(packed, 4096) if entry.compress_type == zipfile.ZIP_DEFLATED else packed
    return raw[:4096].replace(b"\0", b"")
