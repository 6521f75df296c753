"""A file into records: its headings understood, its rows checked and written in batches, each exactly once (a job)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Response

from chassis.data.unit_of_work import UnitOfWork
from chassis.http.fields import Body, Choice, Flag, Id
from chassis.http.problems import language
from chassis.http.routes import Routes
from chassis.http.uploads import NoFile, Upload
from chassis.jobs import files, store
from chassis.jobs.job import INPUT, JobKind, NotReady
from chassis.jobs.routes import REASONS, JobShown, download, running_vault
from chassis.jobs.running import Run, folder_of
from chassis.ops import faultpoints
from chassis.rules import RuleBroken
from chassis.sheets.reading import Row, count_rows, rows_of
from chassis.sheets.writing import FORMATS, XLSX, open_sheet

A_BATCH = 200
_IGNORED = frozenset(words for pair in REASONS.values() for words in pair)  # a file of refused rows, mended


class WrongHeadings(RuleBroken):
    """The first row must hold headings that are known, each once."""

    code = "wrong_headings"
    zh = "表头有误"
    en = "The headings are wrong"
    zh_detail = "表头有误：{which}。请用模板里的表头"
    en_detail = "The headings are wrong: {which}. Please use those of the template"


@dataclass(frozen=True)
class Heading:
    """One column of an import: its field, and the words it may be headed by."""

    field: str
    zh: str
    en: str
    also: tuple[str, ...] = ()

    @property
    def words(self) -> set[str]:
        """Every heading it is known by, folded."""
        return {_folded(word) for word in (self.field, self.zh, self.en, *self.also)}


@dataclass
class ImportRow:
    """One row: its number in the file, its cells, what they say by field, and what is wrong with it."""

    number: int
    cells: Row
    given: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, name: str, code: str) -> None:
        """Say what is wrong: the field, and a code that has words."""
        self.errors.append((name, code))


@dataclass(frozen=True)
class Import:
    """What can be imported.

    `check(row, run)` fills in `values` or refuses; `take(uow, rows, run)` writes the rows that are right, or with
    `dry_run` only says which ones could not be written; `needed` are fields of which a file has one at least.
    """

    name: str
    action: str
    headings: tuple[Heading, ...]
    needed: tuple[str, ...]
    check: Callable[[ImportRow, Run], None]
    take: Callable[[UnitOfWork, Sequence[ImportRow], Run], None]

    @property
    def kind(self) -> JobKind:
        """The kind of job that does it."""
        return JobKind(f"{self.name}.import", self.action, lambda run: run_import(run, self))


def ask_import(uow: UnitOfWork, what: Import, upload: Upload | None, query: Mapping[str, Any]) -> Any:
    """Queue the import of a file, or of the one that was sent with an earlier job. Raises NoFile, NotReady."""
    parameters = {"dry_run": query["dry_run"]}
    if upload is not None:
        parameters |= {"format": upload.form, "file_name": upload.name}
        data = upload.data
    else:
        data, known = _sent_before(uow, what, query.get("of"))
        parameters |= known
    job_id = store.add_job(uow, what.kind.name, parameters, language=language())
    files.keep_bytes(uow.session, running_vault(), job_id, INPUT, data)
    return store.own_job(uow, job_id)


def _sent_before(uow: UnitOfWork, what: Import, job_id: str | None) -> tuple[bytes, dict[str, Any]]:
    if job_id is None:
        raise NoFile()
    job = store.own_job(uow, job_id)
    data = b"".join(files.parts_of(uow.session, running_vault(), job.id, INPUT))
    if job.kind != what.kind.name or not data:
        raise NotReady()
    return data, {name: job.parameters[name] for name in ("format", "file_name")}


class ImportQuery(Body):
    """`dry_run` writes nothing; `of` takes the file that came with that job, in place of another."""

    dry_run = Flag(text=True, load_default=False)
    of = Id()


class TemplateQuery(Body):
    """The form of the template."""

    format = Choice(FORMATS, load_default=XLSX)


def add_import(routes: Routes, what: Import) -> None:
    """The routes `POST /<name>/imports` and `GET /<name>/imports/template`."""

    def ask(uow: UnitOfWork, upload: Upload | None, query: dict[str, Any]) -> Any:
        return ask_import(uow, what, upload, query)

    def template(uow: UnitOfWork, query: dict[str, Any]) -> Response:
        """Fetch an empty table with the headings an import knows."""
        return template_of(what, query["format"])

    ask.__doc__ = f"Import a table (xlsx, csv) of {what.name}; its first row has headings."
    routes.post(
        f"/{what.name}/imports",
        action=what.action,
        upload=True,
        query=ImportQuery,
        answer=JobShown,
        status=202,
        place="/jobs/{id}",
        problems={409: "file_not_there", 429: "too_many_jobs"},
    )(ask)
    routes.get(f"/{what.name}/imports/template", action=what.action, query=TemplateQuery, answer=None, files=True)(
        template
    )


def template_of(what: Import, form: str) -> Response:
    """An empty table with the headings in the caller's language."""
    headings = [getattr(heading, language()) for heading in what.headings]
    with tempfile.TemporaryDirectory(prefix="playdesk-template-") as folder:
        path = Path(folder) / f"{what.name}.{form}"
        with open_sheet(form, path, headings):
            pass
        return download(path.name, form, iter([path.read_bytes()]))


def run_import(run: Run, what: Import) -> dict[str, Any]:
    """Take the rows batch by batch; what an earlier attempt has committed is skipped."""
    form = run.job.parameters["format"]
    with folder_of(run) as folder:
        path = run.input(folder)
        rows = rows_of(form, path)
        head = next(rows, [])
        fields = fields_of(head, what)
        _begin(run, head, form, path)
        for batch in _batches(rows, fields, start=run.done):
            _take(run, what, batch)
            faultpoints.reach("import.after_batch")
    with run.step(total=run.done):
        pass
    return {"taken": run.done - run.failed, "refused": run.failed}


def fields_of(head: Row, what: Import) -> list[str | None]:
    """The field of each column, None for those that are passed over. Raises WrongHeadings."""
    known = {word: heading.field for heading in what.headings for word in heading.words}
    found = [None if not cell or cell in _IGNORED else known.get(_folded(cell), "") for cell in head]
    wrong = [cell for cell, name in zip(head, found, strict=True) if name == ""]
    wrong += [cell for cell, name in zip(head, found, strict=True) if name and found.count(name) > 1]
    if wrong or not set(found) & set(what.needed):
        missing = [heading.zh for heading in what.headings if heading.field in what.needed]
        raise WrongHeadings(which="、".join(cell[:40] for cell in (wrong or missing)[:5]))
    return found


def _folded(word: str) -> str:
    return "".join(word.split()).casefold().replace("_", "").removesuffix("*")


def _begin(run: Run, head: Row, form: str, path: Path) -> None:
    with run.step(total=count_rows(form, path)) as work:
        if not files.has_refused(work.session, run.job.id):
            files.keep_refused(work.session, run.vault, run.job.id, 0, {"cells": head, "errors": []})


def _batches(rows: Iterator[Row], fields: Sequence[str | None], *, start: int) -> Iterator[list[ImportRow]]:
    """Rows that are not empty, numbered as in the file (the headings are 1)."""
    numbered = ((number, cells) for number, cells in enumerate(rows, 2) if any(cells))
    wanted = (
        ImportRow(number, cells, {name: cell for name, cell in zip(fields, cells, strict=False) if name and cell})
        for number, cells in islice(numbered, start, None)
    )
    while batch := list(islice(wanted, A_BATCH)):
        yield batch


def _take(run: Run, what: Import, batch: list[ImportRow]) -> None:
    for row in batch:
        what.check(row, run)
    with run.step() as work:
        what.take(work, [row for row in batch if not row.errors], run)
        refused = [row for row in batch if row.errors]
        for row in refused:
            files.keep_refused(
                work.session, run.vault, run.job.id, row.number, {"cells": row.cells, "errors": row.errors}
            )
        run.done += len(batch)
        run.failed += len(refused)
