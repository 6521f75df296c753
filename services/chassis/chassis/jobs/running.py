"""How a worker does jobs: takes one, does it step by step in the owner's name, lets go when it is told to."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from chassis import context
from chassis.callers import Caller
from chassis.clock import utc_now
from chassis.data.database import is_away
from chassis.data.options import asked_of
from chassis.data.unit_of_work import UnitOfWork
from chassis.jobs import files, store
from chassis.jobs.job import (
    CANCELLED,
    DONE,
    FAILED,
    INPUT,
    LEASE,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    RESULT,
    GaveUp,
    OwnerGone,
    TryLater,
    WentWrong,
)
from chassis.ops.logging import log
from chassis.rules import Refusal
from chassis.service import Runtime

IDLE = 0.5
_HEARTBEAT = LEASE.total_seconds() / 4


class LetGo(Exception):
    """The job is not this worker's any more: cancelled, taken over, or the worker is to stop."""


class Run:
    """One job while it is being done. Every change is made in `step`, so that none is made after the job was lost."""

    def __init__(self, runtime: Runtime, job: store.Job, stop: threading.Event) -> None:
        self.runtime, self.job, self.stop = runtime, job, stop
        self.caller: Caller = store.caller_then(job)
        self.vault = runtime.service.vault(runtime.settings)
        self.done, self.failed = job.done, job.failed
        self.seen: dict[Any, int] = {}  # what the rows of a file have had that nobody else may have

    @property
    def zone(self) -> ZoneInfo:
        """Where the studio lives."""
        return ZoneInfo(self.runtime.settings.timezone)

    def reading(self) -> UnitOfWork:
        """A unit of work that reads what the owner reaches."""
        return self.runtime.reading(self.caller)

    @contextmanager
    def step(self, **values: Any) -> Iterator[UnitOfWork]:
        """A transaction in the owner's name that counts the job on; nothing of it stays where the job was lost.

        Raises LetGo, OwnerGone.
        """
        if self.stop.is_set():
            raise LetGo()
        work = self.runtime.work(self.caller)
        with work.session:
            refuse_if_gone(work, self.runtime, self.caller)
            yield work
            counted = {"done": self.done, "failed": self.failed, **values}
            if not store.count_on(work.session, self.job, utc_now(), **counted):
                raise LetGo()
            facts = work.commit()
        if facts:
            self.runtime.hint.wake()

    def total(self, count: int | None) -> None:
        """Say how much there is to do."""
        with self.step(total=count):
            pass

    def input(self, folder: Path) -> Path:
        """The file that was sent with the job, on disk."""
        path = folder / "input"
        with self.reading().session as session, path.open("wb") as file:
            for part in files.parts_of(session, self.vault, self.job.id, INPUT):
                file.write(part)
        return path


def refuse_if_gone(work: UnitOfWork, runtime: Runtime, owner: Caller) -> None:
    """Raises OwnerGone where the owner has left, moved or may do less than when asking, as far as the service knows."""
    if owner.kind != "staff":
        return
    still_here = runtime.service.still_here
    if not (still_here(work, owner) if still_here else _here_by_copies(work, runtime, owner)):
        raise OwnerGone()


def _here_by_copies(work: UnitOfWork, runtime: Runtime, owner: Caller) -> bool:
    """Whether the owner is in service, and sees no other department's rows now than when asking."""
    known = runtime.service.references.get("staff")
    if known is None:
        return True
    columns = known.table.c
    staff = work.session.execute(select(columns.state, columns.department_id).where(columns.id == owner.id)).first()
    if staff is None:
        return True  # so new that the copy is still on its way
    moved = owner.scope.kind == "departments" and staff.department_id != owner.department_id
    return bool(staff.state == "in_service" and not moved)


def run_jobs(runtime: Runtime, stop: threading.Event) -> None:
    """Do one job after the other until `stop` is set."""
    while not stop.is_set():
        if not work_off(runtime, stop):
            stop.wait(IDLE)


def work_off(runtime: Runtime, stop: threading.Event | None = None) -> bool:
    """Take one job and do it; False where there is none."""
    with runtime.database.session() as session:
        job = store.take(session, utc_now())
        session.commit()
    if job is None:
        return False
    context.begin()
    run = Run(runtime, job, stop or threading.Event())
    with _kept_up(run), asked_of(runtime.options):
        _do(run)
    return True


def _do(run: Run) -> None:
    kinds = {kind.name: kind for kind in run.runtime.service.jobs}
    try:
        if run.job.attempts > MOST_ATTEMPTS:
            raise GaveUp()
        outcome = kinds[run.job.kind].run(run)
    except LetGo:
        _give_back(run, 0)
    except TryLater as error:
        if utc_now() - run.job.created_at > LONGEST_WAIT:
            _end(run, FAILED, error=store.error_of(GaveUp()))
            return
        log.warning("a job waits", job=run.job.id, kind=run.job.kind, why=str(error), seconds=error.seconds)
        _give_back(run, error.seconds)
    except OwnerGone as refusal:
        _end(run, CANCELLED, error=store.error_of(refusal))
    except Refusal as refusal:
        _end(run, FAILED, error=store.error_of(refusal))
    except Exception as error:
        if is_away(error):
            log.warning("a job is left to be taken again", job=run.job.id, error=type(error).__name__)
            return
        log.exception("a job failed", job=run.job.id, kind=run.job.kind, error=type(error).__name__)
        _end(run, FAILED, error=store.error_of(WentWrong()))
    else:
        if _end(run, DONE, outcome=outcome, done=run.done, failed=run.failed):
            _say_done(run, outcome)


def _end(run: Run, state: str, **values: Any) -> bool:
    with run.runtime.database.session() as session:
        if state != DONE:
            store.drop_files(session, run.job.id)
        ended = store.end(session, run.job, utc_now(), state, **values)
        if ended:
            session.commit()
    return ended


def _give_back(run: Run, seconds: float) -> None:
    with run.runtime.database.session() as session:
        store.give_back(session, run.job, utc_now(), timedelta(seconds=seconds))
        session.commit()


def _say_done(run: Run, outcome: dict[str, Any]) -> None:
    told = {"job": run.job.id, "kind": run.job.kind, "owner": run.job.owner_id, **outcome}
    log.info("job done", **told, parameters=run.job.parameters)


@contextmanager
def _kept_up(run: Run) -> Iterator[None]:
    """The lease is kept up while a long step goes on; it lapses with the process."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(_HEARTBEAT):
            try:
                with run.runtime.database.session() as session:
                    store.count_on(session, run.job, utc_now())
                    session.commit()
            except Exception as error:
                log.warning("a lease was not kept up", job=run.job.id, error=type(error).__name__)

    thread = threading.Thread(target=keep, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def folder_of(run: Run) -> Iterator[Path]:
    """A folder for the files of one job, gone when it is over."""
    with tempfile.TemporaryDirectory(prefix=f"playdesk-{run.runtime.service.name}-") as folder:
        yield Path(folder)


def keep_result(run: Run, path: Path, **values: Any) -> None:
    """Keep the file that came of a job, in place of what an earlier attempt may have left."""
    with run.step(**values) as work:
        store.drop_files(work.session, run.job.id, RESULT)
        files.keep_file(work.session, run.vault, run.job.id, RESULT, path)
