"""The rules of a hand-over: taken on or sent back once, nothing lost, the clock running."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.clock import new_id
from ticket.domain.codes import DONE
from ticket.domain.errors import AlreadyDone, TransferDecided
from ticket.domain.ticket import Ticket
from ticket.domain.transfer import ACCEPTED, OFFERED, RETURNED, Transfer

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
FIRST, SECOND, HERE, THERE = (new_id() for _ in range(4))


def a_ticket(**fields: Any) -> Ticket:
    """A ticket of the first line, assigned."""
    values: dict[str, Any] = {
        "id": new_id(), "no": "T20261122-0001", "version": 1, "player_id": new_id(), "question": "礼包没到账", "solution": "",
        "category": "other", "priority": "normal", "status": "in_progress", "waiting": False, "line": 1, "reopen_count": 0,
        "created_by": FIRST, "assignee_id": FIRST, "department_id": HERE,
    }  # fmt: skip
    ticket = Ticket(**values | fields)
    ticket.open(NOON)
    return ticket


def offered(ticket: Ticket, **fields: Any) -> Transfer:
    """A hand-over of the ticket to the second line."""
    values: dict[str, Any] = {"staff_id": SECOND, "department_id": THERE, "line": 2, "reason": "要查日志"}
    transfer = Transfer(id=new_id(), version=1, **values | fields)
    transfer.ticket = ticket
    transfer.offer(ticket, LATER)
    return transfer


def test_handing_over_moves_the_ticket_and_remembers_where_it_was():
    ticket = a_ticket()
    due = ticket.due_at
    transfer = offered(ticket)
    assert (ticket.assignee_id, ticket.department_id, ticket.line) == (SECOND, THERE, 2)
    assert (transfer.from_staff_id, transfer.from_department_id, transfer.from_line) == (FIRST, HERE, 1)
    assert (transfer.state, ticket.due_at, ticket.version) == (OFFERED, due, 2)


def test_a_department_gets_it_unassigned_and_whoever_accepts_takes_it():
    ticket = a_ticket()
    transfer = offered(ticket, staff_id=None)
    assert ticket.assignee_id is None
    [fact] = transfer.accept(by=SECOND, at=LATER)
    assert (ticket.assignee_id, transfer.state, fact.transfer_state) == (SECOND, ACCEPTED, ACCEPTED)
    assert fact.changed == ("assignee_id",)


def test_sent_back_it_is_where_it_was():
    ticket = a_ticket()
    transfer = offered(ticket)
    [fact] = transfer.give_back("不归我们管", at=LATER)
    assert (ticket.assignee_id, ticket.department_id, ticket.line) == (FIRST, HERE, 1)
    assert (transfer.state, fact.reason) == (RETURNED, "不归我们管")
    assert set(fact.changed) == {"assignee_id", "department_id", "line"}


@pytest.mark.parametrize("first", ["accept", "give_back"])
@pytest.mark.parametrize("second", ["accept", "give_back"])
def test_it_is_decided_once(first, second):
    moves = {"accept": lambda t: t.accept(by=SECOND, at=LATER), "give_back": lambda t: t.give_back("不", at=LATER)}
    transfer = offered(a_ticket())
    moves[first](transfer)
    with pytest.raises(TransferDecided):
        moves[second](transfer)


def test_a_done_ticket_is_neither_handed_over_nor_sent_back():
    with pytest.raises(AlreadyDone):
        offered(a_ticket(status=DONE, solution="有"))
    ticket = a_ticket(solution="有")
    transfer = offered(ticket)
    ticket.complete(None, at=LATER)
    with pytest.raises(AlreadyDone):
        transfer.give_back("不", at=LATER)


def test_without_a_line_it_stays_on_its_line():
    ticket = a_ticket(line=2)
    offered(ticket, line=None)
    assert ticket.line == 2
