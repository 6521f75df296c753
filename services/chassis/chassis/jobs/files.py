"""The files of jobs: in the service's own database, in sealed parts, so that any worker and any web process has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.sealing import Vault
from chassis.data.tables import job_errors, job_files

PART = 256 * 1024


def keep_bytes(session: Session, vault: Vault, job_id: str, name: str, data: bytes) -> None:
    """Keep a file that is in memory."""
    for part, at in enumerate(range(0, len(data), PART)):
        _keep(session, vault, job_id, name, part, data[at : at + PART])


def keep_file(session: Session, vault: Vault, job_id: str, name: str, path: Path) -> int:
    """Keep a file from disk; returns its size in bytes."""
    with path.open("rb") as file:
        for part, data in enumerate(iter(lambda: file.read(PART), b"")):
            _keep(session, vault, job_id, name, part, data)
    return path.stat().st_size


def _keep(session: Session, vault: Vault, job_id: str, name: str, part: int, data: bytes) -> None:
    row = {"job_id": job_id, "name": name, "part": part, "data": vault.seal(data, f"{job_id}/{name}/{part}")}
    session.execute(job_files.insert(), row)


def parts_of(session: Session, vault: Vault, job_id: str, name: str) -> Iterator[bytes]:
    """The parts of a file, in order, one query each; none where there is no such file."""
    part = 0
    while True:
        here = (job_files.c.job_id == job_id, job_files.c.name == name, job_files.c.part == part)
        sealed = session.scalar(select(job_files.c.data).where(*here))
        if sealed is None:
            return
        yield vault.open(sealed, f"{job_id}/{name}/{part}")
        part += 1


def has_file(session: Session, job_id: str, name: str) -> bool:
    """Whether there is such a file."""
    here = (job_files.c.job_id == job_id, job_files.c.name == name, job_files.c.part == 0)
    return session.scalar(select(job_files.c.part).where(*here)) is not None


def keep_refused(session: Session, vault: Vault, job_id: str, row: int, refused: dict[str, Any]) -> None:
    """Keep one row of a file that was refused: {"cells": […], "errors": [[field, code]]}."""
    data = vault.seal(orjson.dumps(refused), f"{job_id}/row/{row}")
    session.execute(job_errors.insert(), {"job_id": job_id, "row": row, "data": data})


def has_refused(session: Session, job_id: str) -> bool:
    """Whether the headings of a job's file were kept already."""
    query = select(job_errors.c.row).where(job_errors.c.job_id == job_id, job_errors.c.row == 0)
    return session.scalar(query) is not None


def refused_rows(session: Session, vault: Vault, job_id: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row number, what was kept of it), in the order of the file; the row 0 is that of the headings."""
    last = -1
    while True:
        query = select(job_errors.c.row, job_errors.c.data).where(
            job_errors.c.job_id == job_id, job_errors.c.row > last
        )
        found = session.execute(query.order_by(job_errors.c.row).limit(500)).all()
        for last, sealed in found:
            yield last, orjson.loads(vault.open(sealed, f"{job_id}/row/{last}"))
        if not found:
            return
