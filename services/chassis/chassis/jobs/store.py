"""The rows of jobs: written when somebody asks, taken with SKIP LOCKED, counted on under a fence, removed in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from chassis.callers import Caller
from chassis.clock import new_id
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.tables import job_errors, job_files, jobs
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.auth import caller_of, claims_of
from chassis.jobs.job import CANCELLED, KEPT, LEASE, MOST_OPEN, OPEN, QUEUED, RUNNING, JobOver, TooManyJobs
from chassis.rules import NotFound, Refusal

Job = Row[Any]
SORTS = {"created_at": Sort(jobs.c.id, "id")}  # a uuid7 is in the order of time, and the same in every service


def add_job(work: UnitOfWork, kind: str, parameters: dict[str, Any], *, language: str) -> str:
    """Queue a job in the caller's name; returns its ID. Raises TooManyJobs."""
    waiting = select(func.count()).where(jobs.c.owner_id == work.caller.id, jobs.c.state.in_(OPEN))
    if (work.session.scalar(waiting) or 0) >= MOST_OPEN:
        raise TooManyJobs(members={"retry_after": 30})
    job_id = new_id()
    claims = claims_of(work.caller)
    if work.caller.references:
        claims["refs"] = dict(work.caller.references)
    row = {"id": job_id, "kind": kind, "owner_id": work.caller.id, "claims": claims, "parameters": parameters}
    started = {"state": QUEUED, "done": 0, "failed": 0, "outcome": {}, "attempts": 0, "version": 1}
    moments = {"created_at": work.now(), "updated_at": work.now()}
    work.session.execute(jobs.insert(), {**row, **started, **moments, "language": language})
    return job_id


def own_job(work: UnitOfWork, job_id: str, *, lock: bool = False) -> Job:
    """One job of the caller's. Raises NotFound, also where it is somebody else's."""
    query = select(jobs).where(jobs.c.id == job_id, jobs.c.owner_id == work.caller.id)
    found = work.session.execute(query.with_for_update() if lock else query).first()
    if found is None:
        raise NotFound()
    return found


def own_jobs(work: UnitOfWork, query: dict[str, Any]) -> Page:
    """A page of the caller's own jobs."""
    mine: Select[Any] = select(jobs).where(jobs.c.owner_id == work.caller.id)
    if query.get("state"):
        mine = mine.where(jobs.c.state.in_(query["state"]))
    return paginate(work.session, mine, sorts=SORTS, id_column=jobs.c.id, query=query, rows=lambda found: list(found))


def cancel(work: UnitOfWork, job_id: str) -> Job:
    """End a job of the caller's that waits or runs; whoever works on it notices at its next step. Raises JobOver."""
    job = own_job(work, job_id, lock=True)
    if job.state not in OPEN:
        raise JobOver()
    ended = {"state": CANCELLED, "ended_at": work.now(), "lease_until": None}
    work.session.execute(_changing(job.id, work.now()).values(ended))
    drop_files(work.session, job.id)
    return own_job(work, job_id)


def take(session: Session, now: datetime) -> Job | None:
    """The oldest job that waits, or whose worker has died; nobody else gets it while its lease is kept up.

    Each take counts as an attempt until the job is given back: what is left are the workers that died of it.
    """
    waits = and_(jobs.c.state == QUEUED, or_(jobs.c.lease_until.is_(None), jobs.c.lease_until < now))
    free = or_(waits, and_(jobs.c.state == RUNNING, jobs.c.lease_until < now))
    oldest = select(jobs.c.id).where(jobs.c.state.in_(OPEN), free).order_by(jobs.c.created_at).limit(1)
    mine = oldest.with_for_update(skip_locked=True).scalar_subquery()
    taken = {"state": RUNNING, "attempts": jobs.c.attempts + 1, "lease_until": now + LEASE}
    statement = _changing(mine, now).values({**taken, "started_at": func.coalesce(jobs.c.started_at, now)})
    return session.execute(statement.returning(jobs)).first()


def count_on(session: Session, job: Job, now: datetime, **values: Any) -> bool:
    """Change a job that is being worked on; False where it is not this worker's any more (cancelled, taken over)."""
    ours = and_(jobs.c.attempts == job.attempts, jobs.c.state == RUNNING)
    statement = _changing(job.id, now).where(ours).values({"lease_until": now + LEASE, **values})
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def end(session: Session, job: Job, now: datetime, state: str, **values: Any) -> bool:
    """The same for the last time."""
    return count_on(session, job, now, **{**values, "state": state, "ended_at": now, "lease_until": None})


def give_back(session: Session, job: Job, now: datetime, pause: timedelta) -> None:
    """Leave a job to whoever comes next after a pause; the attempt does not count, as nobody died of it."""
    count_on(session, job, now, state=QUEUED, lease_until=now + pause, attempts=job.attempts - 1)


def error_of(refusal: Refusal) -> dict[str, str]:
    """How an error is kept: its code, and its words in both languages."""
    words = {tongue: refusal.detail(tongue) or refusal.title(tongue) for tongue in ("zh", "en")}
    return {"code": refusal.code, **words}


def drop_files(session: Session, job_id: str, *names: str) -> None:
    """Remove a job's files, or those of these names."""
    dropped = delete(job_files).where(job_files.c.job_id == job_id)
    session.execute(dropped.where(job_files.c.name.in_(names)) if names else dropped)


def forget_old(session: Session, now: datetime) -> None:
    """Remove jobs that were over a week ago, with their files; run by a timer."""
    session.execute(delete(jobs).where(jobs.c.ended_at < now - KEPT))


def withdraw_files(session: Session) -> None:
    """Remove what jobs that are over have brought and made: somebody who may be in it has been erased."""
    over = select(jobs.c.id).where(jobs.c.state.not_in(OPEN)).scalar_subquery()
    for table in (job_files, job_errors):
        session.execute(delete(table).where(table.c.job_id.in_(over)))
    form = func.jsonb_strip_nulls(func.jsonb_build_object("format", jobs.c.parameters["format"]))
    session.execute(update(jobs).where(jobs.c.state.not_in(OPEN)).values(parameters=form))


def _changing(job_id: Any, now: datetime) -> Any:
    return update(jobs).where(jobs.c.id == job_id).values(version=jobs.c.version + 1, updated_at=now)


def caller_then(job: Job) -> Caller:
    """Who asked, with what they might do and see then."""
    return caller_of(job.claims)
