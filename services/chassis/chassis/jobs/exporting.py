"""A list as a file: the list's own read, page after page, through the same scope, filters and mask, into xlsx or csv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from flask import request
from marshmallow import Schema

from chassis.callers import Caller
from chassis.data.masking import mask_everything, mask_text
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.fields import Body, Choice
from chassis.http.problems import language
from chassis.http.reading import load
from chassis.http.routes import Routes
from chassis.http.veil import Veil
from chassis.jobs import files, store
from chassis.jobs.job import INPUT, JobKind
from chassis.jobs.routes import JobShown, job_view, running_vault
from chassis.jobs.running import Run, folder_of, keep_result
from chassis.rules import RuleBroken
from chassis.sheets.cells import in_words
from chassis.sheets.writing import FORMATS, MOST_ROWS, XLSX, Sheet, open_sheet

A_PAGE = 1000
SEES_PHONES = "player.phone.see"  # who may not has the numbers masked that people have typed into texts, too
_PAGING = ("limit", "cursor", "count")


class TooManyRows(RuleBroken):
    """More than a sheet holds."""

    code = "too_many_rows"
    zh = "超过 {most} 行，请缩小筛选范围"
    en = "More than {most} rows: please narrow the filters"


@dataclass(frozen=True)
class Column:
    """One column: its field, its headings, and its value for one row as the caller may see it.

    `words` turns codes into words, {code: (Chinese, English)}; what the company calls them is in the list named `options`.
    """

    field: str
    zh: str
    en: str
    value: Callable[[Any], Any]
    words: Mapping[Any, tuple[str, str]] | None = None
    options: str | None = None


def of(*path: str) -> Callable[[Mapping[str, Any]], Any]:
    """What stands under this name of the row's JSON, or further in; None where there is nothing."""

    def value(row: Any) -> Any:
        for name in path:
            row = row[name] if row is not None else None
        return row

    return value


def moment(*path: str) -> Callable[[Mapping[str, Any]], Any]:
    """The same for a moment in RFC 3339."""
    text = of(*path)
    return lambda row: datetime.fromisoformat(found) if (found := text(row)) else None


def money(*path: str) -> Callable[[Mapping[str, Any]], Any]:
    """The same for an amount; its currency is CNY."""
    amount = of(*path, "amount")
    return lambda row: Decimal(found) if (found := amount(row)) is not None else None


@dataclass(frozen=True)
class Export:
    """One list that can be exported.

    `page(uow, query, settings)` is the list's own read, `shown(rows, uow, settings)` makes of its rows what the columns
    read: the JSON the list would show this caller, so that no mask is passed by. `answer` is the schema of one row, which
    says what the rules for fields are about.
    """

    name: str
    action: str
    query: type[Schema]
    page: Callable[[UnitOfWork, Mapping[str, Any], Any], Page]
    shown: Callable[[Sequence[Any], UnitOfWork, Any], Sequence[Mapping[str, Any]]]
    columns: tuple[Column, ...]
    answer: type[Schema] | None = None

    @property
    def kind(self) -> JobKind:
        """The kind of job that does it."""
        return JobKind(f"{self.name}.export", self.action, lambda run: run_export(run, self))


class NewExport(Body):
    """The form of the file; what is in it is said by the filters of the list, in the query."""

    format = Choice(FORMATS, load_default=XLSX)


def add_export(routes: Routes, export: Export, *, references: Mapping[str, str] | None = None) -> None:
    """The route `POST /<name>/exports`."""
    meta = type("Meta", (export.query.Meta,), {"exclude": _PAGING})
    filters: Any = type(f"{export.query.__name__}OfExport", (export.query,), {"Meta": meta})

    @routes.post(
        f"/{export.name}/exports",
        action=export.action,
        body=NewExport,
        query=filters,
        answer=JobShown,
        status=202,
        place="/jobs/{id}",
        references=references,
        show=job_view,
        problems={429: "too_many_jobs"},
    )
    def ask(uow: UnitOfWork, body: dict[str, Any], query: dict[str, Any]) -> Any:
        """Export what the list shows under these filters; the answer says where the file will be."""
        filters = request.args.to_dict()
        parameters = {"format": body["format"], "filters": mask_everything(filters)}
        job_id = store.add_job(uow, export.kind.name, parameters, language=language())
        files.keep_bytes(uow.session, running_vault(), job_id, INPUT, orjson.dumps(filters))
        return store.own_job(uow, job_id)


def run_export(run: Run, export: Export) -> dict[str, Any]:
    """Write the file; begun anew where an earlier attempt ended early, since nothing but the file comes of it."""
    form = run.job.parameters["format"]
    columns = [_with_own_words(column, run) for column in export.columns]
    headings = [getattr(column, run.job.language) for column in columns]
    with folder_of(run) as folder:
        path = folder / f"export.{form}"
        run.done = 0
        with open_sheet(form, path, headings) as sheet:
            _write_pages(run, export, columns, sheet)
        keep_result(run, path, total=run.done)
    return {"rows": run.done, "format": form}


def _write_pages(run: Run, export: Export, columns: Sequence[Column], sheet: Sheet) -> None:
    with run.reading().session as session:
        asked = orjson.loads(b"".join(files.parts_of(session, run.vault, run.job.id, INPUT)))
    query = {**load(export.query(), asked, "?"), "limit": A_PAGE, "count": False}
    cursor: str | None = None
    veil = Veil(export.answer)
    while True:
        with run.step() as work:
            page = export.page(work, {**query, "cursor": cursor}, run.runtime.settings)
            rows = export.shown(page.items, work, run.runtime.settings)
            work.session.expunge_all()
            for row in (veil.over(row, run.caller, listed=True) for row in rows):
                sheet.add([_cell(column, row, run) for column in columns])
            run.done += len(rows)
        if run.done > MOST_ROWS:
            raise TooManyRows(most=MOST_ROWS)
        cursor = page.next_cursor
        if cursor is None:
            return


def _with_own_words(column: Column, run: Run) -> Column:
    if column.options is None:
        return column
    return replace(column, words={**(column.words or {}), **run.runtime.options.words(column.options)})


def _cell(column: Column, row: Mapping[str, Any], run: Run) -> Any:
    value = column.value(row)
    if column.words is not None and value in column.words:
        value = column.words[value][0 if run.job.language == "zh" else 1]
    cell = in_words(value, language=run.job.language, zone=run.zone)
    return mask_text(cell) if isinstance(cell, str) and not sees_phones(run.caller) else cell


def sees_phones(who: Caller) -> bool:
    """Whether the caller sees whole phone numbers among many others."""
    return who.may(SEES_PHONES) and who.fields.shows_whole("player.phone", listed=True)
