"""The jobs of all services as one list, and each job at the service that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from marshmallow import fields

from chassis.callers import OWN, Caller
from chassis.data.pagination import decode_cursor, encode_cursor
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.jobs.routes import JobPage, JobQuery, JobShown
from chassis.rules import NotFound
from gateway.audit import record_at_once
from gateway.clients.api import forwarder
from gateway.clients.transport import SERVICES, Answer, ServiceDown
from gateway.composition.panels import Panel, ask

routes = Routes("long-work", "Long work: imports, exports")

_NO_FILE = {409: "file_not_there, reach_changed"}
_MOST_KNOWN = 10_000
_known: dict[str, str] = {}  # whose a job is never changes; who has forgotten asks again


class JobsShown(JobPage):  # type: ignore[misc, valid-type]
    """One's own jobs, the newest first; `unavailable` names the services whose jobs are missing."""

    unavailable = fields.List(fields.String(), required=True)


@routes.get("/jobs", action=OWN, query=JobQuery, answer=JobsShown)
def find(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Find one's own jobs."""
    return merged(uow.caller, query, request.args.to_dict())


@routes.get("/jobs/<uuid:job_id>", action=OWN, answer=JobShown)
def read(uow: UnitOfWork, job_id: str) -> Response:
    """Read one job: its state, and how far it is."""
    return passed_on(at_owner(uow.caller, job_id, "GET"))


@routes.post("/jobs/<uuid:job_id>/cancel", action=OWN, answer=JobShown, problems={409: "job_over"})
def cancel(uow: UnitOfWork, job_id: str) -> Response:
    """Cancel a job; what it has done so far stays."""
    return passed_on(at_owner(uow.caller, job_id, "POST", "/cancel"))


@routes.get("/jobs/<uuid:job_id>/result", action=OWN, answer=None, files=True, problems=_NO_FILE)
def result(uow: UnitOfWork, job_id: str) -> Response:
    """Fetch the file that came of a job; who fetched what, and how much, is in the audit log before it is handed out."""
    answer = at_owner(uow.caller, job_id, "GET", "/result")
    if answer.status == 200:
        job = at_owner(uow.caller, job_id, "GET").json
        details = {"kind": job["kind"], **job["parameters"], "rows": job["outcome"].get("rows")}
        record_at_once("export.fetched", subject_kind="job", subject=job_id, actor=uow.caller.id, details=details)
    return passed_on(answer)


@routes.get("/jobs/<uuid:job_id>/errors", action=OWN, answer=None, files=True, problems=_NO_FILE)
def errors(uow: UnitOfWork, job_id: str) -> Response:
    """Fetch the rows of an import that were refused, each with its reason, to be mended and sent again."""
    return passed_on(at_owner(uow.caller, job_id, "GET", "/errors"))


def merged(who: Caller, query: Mapping[str, Any], asked: Mapping[str, str]) -> dict[str, Any]:
    """A page of every service's jobs: the same order and the same cursors, so what the services give is only sorted.

    Raises WrongCursor: a service that refuses the cursor would only look as if it were away.
    """
    if query.get("cursor"):
        decode_cursor(query["cursor"], query["sort"])
    answers = ask(who, {service: Panel(service, "/jobs", asked) for service in SERVICES})
    pages = {service: answer.json for service, answer in answers.items() if answer is not None and answer.status == 200}
    for service, page in pages.items():
        for job in page["items"]:
            _remember(job["id"], service)
    items = [job for page in pages.values() for job in page["items"]]
    newest = query["sort"].startswith("-")
    items.sort(key=lambda job: job["id"], reverse=newest)  # a uuid7 is in the order of time
    shown, limit = items[: query["limit"]], query["limit"]
    more = len(items) > limit or any(page["next_cursor"] for page in pages.values())
    total = {"total": sum(page["total"] for page in pages.values())} if query.get("count") else {}
    cursor = encode_cursor(query["sort"], shown[-1]["id"], shown[-1]["id"]) if shown and more else None
    missing = [service for service in SERVICES if service not in pages]
    return {"items": shown, "next_cursor": cursor, **total, "unavailable": missing}


def at_owner(who: Caller, job_id: str, method: str, path: str = "") -> Answer:
    """The answer of the service that does the job. Raises NotFound, ServiceDown."""
    service = owner(who, job_id)
    headers = {"Accept-Language": request.headers.get("Accept-Language", "zh")}
    if "Idempotency-Key" in request.headers:
        headers["Idempotency-Key"] = request.headers["Idempotency-Key"]
    return forwarder().ask(who, service, method, f"/jobs/{job_id}{path}", headers=headers)


def owner(who: Caller, job_id: str) -> str:
    """The service that does a job of the caller's: remembered, else all are asked. Raises NotFound, ServiceDown."""
    if job_id in _known:
        return _known[job_id]
    answers = ask(who, {service: Panel(service, f"/jobs/{job_id}") for service in SERVICES})
    for service, answer in answers.items():
        if answer is not None and answer.status == 200:
            return _remember(job_id, service)
    for service, answer in answers.items():
        if answer is None:
            raise ServiceDown(service, "its jobs are not known")
    raise NotFound()


def _remember(job_id: str, service: str) -> str:
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[job_id] = service
    return service


def passed_on(answer: Answer) -> Response:
    """A service's answer as our own."""
    response = Response(answer.body, answer.status)
    response.headers.pop("Content-Type", None)
    response.headers.update(answer.headers)
    return response
