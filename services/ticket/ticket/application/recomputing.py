"""Deadlines of open tickets are worked out anew by the policies and calendars of now, or it is said what would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from chassis.data.unit_of_work import UnitOfWork
from chassis.jobs.job import JobKind
from chassis.jobs.running import Run, folder_of, keep_result
from chassis.sheets.cells import in_words
from chassis.sheets.writing import XLSX, open_sheet
from ticket.application.deadlines import AT_ONCE, histories
from ticket.application.tickets import record, snapshot
from ticket.domain.codes import DONE
from ticket.domain.deadlines import pauses_of
from ticket.domain.ticket import Ticket
from ticket.persistence.deadlines import terms_now

ACTION = "deadline_policy.write"
HEADINGS = {
    "zh": ("工单号", "首次响应：原", "首次响应：新", "完成：原", "完成：新"),
    "en": ("Number", "First response: was", "First response: is", "Completion: was", "Completion: is"),
}
SAMPLE = 20  # of the tickets that change, as many are named with the job itself; all of them are in its file


Change = tuple[str, str, tuple[datetime | None, ...]]  # ticket, its number, and the moments under HEADINGS


def recompute(run: Run) -> dict[str, Any]:
    """Portion by portion; each ticket that changes is a row of the job's file. A trial changes nothing."""
    run.done, sample, changed = 0, [], 0
    with folder_of(run) as folder:
        path = folder / f"deadlines.{XLSX}"
        with open_sheet(XLSX, path, HEADINGS[run.job.language]) as sheet:
            for change in _changes(run):
                ticket_id, no, moments = change
                sheet.add([no, *(in_words(moment, language=run.job.language, zone=run.zone) for moment in moments)])
                sample += [{"ticket_id": ticket_id, "no": no}] if changed < SAMPLE else []
                changed += 1
        keep_result(run, path, total=run.done)
    return {"rows": run.done, "changed": changed, "sample": sample, "format": XLSX}


def _changes(run: Run) -> Iterator[Change]:
    """Every open ticket whose alarms change, in the order of IDs; where it is no trial, each has changed by then."""
    dry, last = bool(run.job.parameters.get("dry_run")), None
    while True:
        with run.step() as work:
            tickets = _portion(work, last, locked=not dry)
            found = _look_at(work, tickets, dry=dry)
            run.done += len(tickets)
        yield from found
        if len(tickets) < AT_ONCE:
            return
        last = tickets[-1].id


def _portion(work: UnitOfWork, last: str | None, *, locked: bool) -> Sequence[Ticket]:
    unfinished = work.select(Ticket).where(Ticket.status != DONE).order_by(Ticket.id).limit(AT_ONCE)
    following = unfinished.where(Ticket.id > last) if last else unfinished
    return work.session.scalars(following.with_for_update(of=Ticket) if locked else following).all()


def _look_at(work: UnitOfWork, tickets: Sequence[Ticket], *, dry: bool) -> list[Change]:
    agreed, moves = terms_now(work), histories(work, [ticket.id for ticket in tickets])
    found: list[Change] = []
    for ticket in tickets:
        statuses = moves.get(ticket.id, [])
        planned = ticket.planned(agreed, pauses_of(statuses, DONE))
        if not ticket.differs_from(*planned):
            continue
        was, will_be = (ticket.first_response_due_at, ticket.due_at), (planned[1].first_response, planned[1].completion)
        found.append((ticket.id, ticket.no, (was[0], will_be[0], was[1], will_be[1])))
        if not dry:
            before = snapshot(ticket)
            facts = ticket.rewind(agreed, statuses, at=work.now())
            if facts:
                record(work, ticket, "deadlines_recomputed", before)
                work.publish(facts)
    return found


KIND = JobKind("deadlines.recompute", ACTION, recompute)
