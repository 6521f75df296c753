"""The jobs of all services as one list, and each job at the service that does it."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import fields

from chassis.callers import OWN, Caller
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes, Shown
from chassis.jobs import routes as job_routes
from chassis.jobs import store
from chassis.jobs.routes import JobPage, JobQuery, JobShown, job_view
from chassis.rules import NotFound
from gateway.audit import record_at_once
from gateway.clients.api import forwarder
from gateway.clients.transport import Answer
from gateway.composition.merged import Merged

routes = Routes("long-work", "Long work: imports, exports, replays", show=job_view)

_NO_FILE = {409: "file_not_there, reach_changed"}
JOBS = Merged("/jobs")
OWN_JOBS = Shown(job_view, 200, "")  # the gateway's: replays, exports of the audit log, imports of staff


class JobsShown(JobPage):  # type: ignore[misc, valid-type]
    """One's own jobs, the newest first; `unavailable` names the services whose jobs are missing."""

    unavailable = fields.List(fields.String(), required=True)


@routes.get("/jobs", action=OWN, query=JobQuery, answer=JobsShown)
def find(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Find one's own jobs."""
    return JOBS.page(
        uow.caller, query, request.args.to_dict(), own=lambda: OWN_JOBS.view(store.own_jobs(uow, query), uow.caller)
    )


@routes.get("/jobs/<uuid:job_id>", action=OWN, answer=JobShown)
def read(uow: UnitOfWork, job_id: str) -> Any:
    """Read one job: its state, and how far it is."""
    return store.own_job(uow, job_id) if _is_own(uow, job_id) else passed_on(at_owner(uow.caller, job_id, "GET"))


@routes.post("/jobs/<uuid:job_id>/cancel", action=OWN, answer=JobShown, problems={409: "job_over"})
def cancel(uow: UnitOfWork, job_id: str) -> Any:
    """Cancel a job; what it has done so far stays."""
    if _is_own(uow, job_id):
        return store.cancel(uow, job_id)
    return passed_on(at_owner(uow.caller, job_id, "POST", "/cancel"))


@routes.get("/jobs/<uuid:job_id>/result", action=OWN, answer=None, files=True, problems=_NO_FILE)
def result(uow: UnitOfWork, job_id: str) -> Response:
    """Fetch the file that came of a job; who fetched what, and how much, is in the audit log before it is handed out."""
    if _is_own(uow, job_id):
        job = job_view(store.own_job(uow, job_id), uow.caller)
        file = job_routes.result(uow, job_id)
        _record_fetched(uow, job)
        return file
    answer = at_owner(uow.caller, job_id, "GET", "/result")
    if answer.status == 200:
        _record_fetched(uow, at_owner(uow.caller, job_id, "GET").json)
    return passed_on(answer)


def _record_fetched(uow: UnitOfWork, job: dict[str, Any]) -> None:
    details = {"kind": job["kind"], **job["parameters"], "rows": job["outcome"].get("rows")}
    record_at_once("export.fetched", subject_kind="job", subject=job["id"], actor=uow.caller.id, details=details)


def _is_own(uow: UnitOfWork, job_id: str) -> bool:
    """Whether it is a job of the gateway's, and the caller's."""
    try:
        return store.own_job(uow, job_id) is not None
    except NotFound:
        return False


@routes.get("/jobs/<uuid:job_id>/errors", action=OWN, answer=None, files=True, problems=_NO_FILE)
def errors(uow: UnitOfWork, job_id: str) -> Response:
    """Fetch the rows of an import that were refused, each with its reason, to be mended and sent again."""
    if _is_own(uow, job_id):
        return job_routes.errors(uow, job_id)
    return passed_on(at_owner(uow.caller, job_id, "GET", "/errors"))


def at_owner(who: Caller, job_id: str, method: str, path: str = "") -> Answer:
    """The answer of the service that does the job. Raises NotFound, ServiceDown."""
    service = JOBS.owner(who, job_id)
    headers = {"Accept-Language": request.headers.get("Accept-Language", "zh")}
    if "Idempotency-Key" in request.headers:
        headers["Idempotency-Key"] = request.headers["Idempotency-Key"]
    return forwarder().ask(who, service, method, f"/jobs/{job_id}{path}", headers=headers)


def passed_on(answer: Answer) -> Response:
    """A service's answer as our own."""
    response = Response(answer.body, answer.status)
    response.headers.pop("Content-Type", None)
    response.headers.update(answer.headers)
    return response
