"""The routes of jobs, the same in every service: one's own, how far they are, what came of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Response, current_app, stream_with_context
from marshmallow import Schema, fields

from chassis.callers import OWN, Caller
from chassis.clock import rfc3339
from chassis.data.pagination import Page
from chassis.data.sealing import Vault
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.documents import page_of
from chassis.http.fields import Choices, list_query
from chassis.http.problems import language
from chassis.http.routes import PREFIX, Routes
from chassis.http.words import say
from chassis.jobs import files, store
from chassis.jobs.job import KEPT, RESULT, STATES, NotReady, ReachChanged, still_reaches
from chassis.service import Runtime
from chassis.sheets.cells import harmless
from chassis.sheets.writing import CSV, MEDIA_TYPES, open_sheet

REASONS = {"zh": ("原文件行号", "出错原因"), "en": ("Row in the file", "What is wrong")}


class JobQuery(list_query(("created_at",), default="-created_at")):  # type: ignore[misc]
    """The filters of one's jobs."""

    state = Choices(STATES)


class JobError(Schema):
    """Why a job failed."""

    code = fields.String(required=True)
    title = fields.String(required=True)


class JobShown(Schema):
    """A job."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"example": "players.export"})
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    done = fields.Integer(required=True, metadata={"description": "rows done so far"})
    total = fields.Integer(required=True, allow_none=True, metadata={"description": "rows in all, where it is known"})
    failed = fields.Integer(required=True, metadata={"description": "rows that were refused"})
    dry_run = fields.Boolean(required=True)
    parameters = fields.Dict(required=True)
    outcome = fields.Dict(required=True)
    error = fields.Nested(JobError, required=True, allow_none=True)
    errors_url = fields.String(required=True, allow_none=True)
    result_url = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    started_at = fields.DateTime(required=True, allow_none=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    expires_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


JobPage = page_of(JobShown)


def job_view(job: Any, _who: Caller) -> dict[str, Any]:
    """One job as its owner sees it."""
    here = f"{PREFIX}/jobs/{job.id}"
    plain = ("id", "kind", "state", "done", "total", "failed", "parameters", "outcome", "version")
    error = job.error and {"code": job.error["code"], "title": job.error[language()]}
    return {
        **{name: getattr(job, name) for name in plain},
        "dry_run": bool(job.parameters.get("dry_run")),
        "error": error,
        "errors_url": f"{here}/errors" if job.failed else None,
        "result_url": f"{here}/result" if job.outcome.get("format") else None,
        **{name: rfc3339(getattr(job, name)) for name in ("created_at", "started_at", "ended_at")},
        "expires_at": rfc3339(job.ended_at + KEPT) if job.ended_at else None,
    }


def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find one's own jobs."""
    return store.own_jobs(uow, query)


def read(uow: UnitOfWork, job_id: str) -> Any:
    """Read one job: its state, and how far it is."""
    return store.own_job(uow, job_id)


def cancel(uow: UnitOfWork, job_id: str) -> Any:
    """Cancel a job; what it has done so far stays."""
    return store.cancel(uow, job_id)


def result(uow: UnitOfWork, job_id: str) -> Response:
    """Fetch the file that came of a job."""
    job = allowed(uow, job_id)
    form = job.outcome.get("format")
    if form not in MEDIA_TYPES or not files.has_file(uow.session, job.id, RESULT):
        raise NotReady()
    return download(file_name(job, form), form, _parts(job.id, RESULT))


def errors(uow: UnitOfWork, job_id: str) -> Response:
    """Fetch the rows of an import that were refused, each with its reason, to be mended and sent again."""
    job = allowed(uow, job_id)
    rows = list(files.refused_rows(uow.session, running_vault(), job.id))
    if not job.failed or not rows:
        raise NotReady()
    form = job.parameters.get("format", CSV)
    with tempfile.TemporaryDirectory(prefix="playdesk-errors-") as folder:
        path = Path(folder) / f"errors.{form}"
        write_refused(rows, form, path, job.language)
        return download(file_name(job, form, "-errors"), form, iter([path.read_bytes()]))


def write_refused(rows: list[tuple[int, dict[str, Any]]], form: str, path: Path, tongue: str) -> None:
    """The table of refused rows: as they were sent, with two more columns that say why."""
    (_, head), *refused = rows
    with open_sheet(form, path, [*map(harmless, head["cells"]), *REASONS[tongue]]) as sheet:
        for number, row in refused:
            cells = [*row["cells"], *[None] * (len(head["cells"]) - len(row["cells"]))]
            why = "；".join(f"{field} {say(code, tongue)}".strip() for field, code in row["errors"])
            sheet.add([*(harmless(cell) if cell else None for cell in cells), number, harmless(why)])


def allowed(uow: UnitOfWork, job_id: str) -> Any:
    """A job whose files its owner may have, with the permissions and the scope of now. Raises ReachChanged."""
    job = store.own_job(uow, job_id)
    if not still_reaches(store.caller_then(job), uow.caller):
        raise ReachChanged()
    return job


def running_vault() -> Vault:
    """What the running application seals files with."""
    runtime: Runtime = current_app.extensions["playdesk"]
    return runtime.service.vault(runtime.settings)


def file_name(job: Any, form: str, suffix: str = "") -> str:
    """The name of a job's file: what it is of, and when it was asked for."""
    return f"{job.kind.partition('.')[0]}-{job.created_at:%Y%m%d-%H%M%S}{suffix}.{form}"


def _parts(job_id: str, name: str) -> Iterator[bytes]:
    runtime: Runtime = current_app.extensions["playdesk"]
    vault = running_vault()
    with runtime.database.read_session() as session:
        yield from files.parts_of(session, vault, job_id, name)


def download(name: str, form: str, parts: Iterator[bytes]) -> Response:
    """A file as an answer: never shown in the browser, always saved."""
    response = Response(stream_with_context(parts), content_type=MEDIA_TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def job_routes() -> Routes:
    """The routes of one service's jobs."""
    routes = Routes("jobs", "Jobs", show=job_view)
    one = "/jobs/<uuid:job_id>"
    routes.get("/jobs", action=OWN, query=JobQuery, answer=JobPage)(find)
    routes.get(one, action=OWN, answer=JobShown)(read)
    routes.post(f"{one}/cancel", action=OWN, answer=JobShown, problems={409: "job_over"})(cancel)
    missing = {409: "file_not_there, reach_changed"}
    routes.get(f"{one}/result", action=OWN, answer=None, files=True, problems=missing)(result)
    routes.get(f"{one}/errors", action=OWN, answer=None, files=True, problems=missing)(errors)
    return routes
