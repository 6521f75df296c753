"""The rules of a ticket: three statuses, a solution before the end, a reason to begin again, a clock that runs on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import new_id
from ticket.domain.codes import DONE, DUE_AFTER, IN_PROGRESS, PENDING, PRIORITIES, STATUSES
from ticket.domain.errors import AlreadyDone, NotDone, NotInProgress, NotPending, SolutionMissing
from ticket.domain.ticket import Ticket

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
AGENT = new_id()


def a_ticket(**fields: Any) -> Ticket:
    """A ticket written at noon."""
    values: dict[str, Any] = {
        "id": new_id(), "no": "T20261122-0001", "version": 1, "player_id": new_id(), "question": "礼包没到账", "solution": "",
        "category": "other", "priority": "normal", "status": PENDING, "waiting": False, "line": 1, "reopen_count": 0,
        "created_by": AGENT,
    }  # fmt: skip
    ticket = Ticket(**values | fields)
    ticket.open(NOON)
    return ticket


def test_a_new_ticket_is_pending_and_its_fact_tells_its_state():
    ticket = a_ticket()
    [fact] = ticket.open(NOON)
    assert (fact.key, fact.status, fact.changed) == ("ticket.created.v1", PENDING, ())
    assert (fact.subject, fact.entity_version, fact.occurred_at) == (ticket.id, 1, NOON)


@pytest.mark.parametrize("priority", PRIORITIES)
def test_the_time_a_ticket_is_due_follows_from_its_priority(priority):
    assert a_ticket(priority=priority).due_at == NOON + DUE_AFTER[priority]


def test_starting_takes_an_unassigned_ticket():
    ticket = a_ticket()
    [fact] = ticket.start(by=AGENT, at=LATER)
    assert (ticket.status, ticket.assignee_id, ticket.started_at, ticket.version) == (IN_PROGRESS, AGENT, LATER, 2)
    assert set(fact.changed) == {"status", "assignee_id", "started_at"}


def test_starting_leaves_a_ticket_with_its_assignee():
    other = new_id()
    ticket = a_ticket(assignee_id=other)
    [fact] = ticket.start(by=AGENT, at=LATER)
    assert ticket.assignee_id == other
    assert set(fact.changed) == {"status", "started_at"}


@pytest.mark.parametrize("solution", ["", "  ", "\n", None])
def test_a_ticket_without_a_solution_cannot_be_done(solution):
    with pytest.raises(SolutionMissing):
        a_ticket(status=IN_PROGRESS, solution="  ").complete(solution, at=LATER)


def test_a_ticket_is_done_with_the_solution_it_has_or_is_given():
    for ticket, given_solution in (
        (a_ticket(status=IN_PROGRESS, solution="有"), None),
        (a_ticket(status=IN_PROGRESS), "补发"),
    ):
        [fact] = ticket.complete(given_solution, at=LATER)
        assert (ticket.status, ticket.completed_at, fact.solution) == (DONE, LATER, ticket.solution)
        assert ("solution" in fact.changed) is (given_solution is not None)


def test_a_waiting_ticket_waits_no_more_when_it_is_done():
    ticket = a_ticket(status=IN_PROGRESS, solution="有", waiting=True)
    [fact] = ticket.complete(None, at=LATER)
    assert ticket.waiting is False
    assert set(fact.changed) == {"status", "waiting", "completed_at"}


def test_reopening_is_counted_and_keeps_the_solution():
    ticket = a_ticket(status=DONE, solution="有")
    [fact] = ticket.reopen("又没到账", at=LATER)
    assert (ticket.status, ticket.reopen_count, ticket.solution, ticket.completed_at) == (IN_PROGRESS, 1, "有", None)
    assert fact.reason == "又没到账"
    assert {"status", "reopen_count"} <= set(fact.changed)


MOVES = {
    "start": (PENDING, NotPending, lambda t: t.start(by=AGENT, at=LATER)),
    "complete": (IN_PROGRESS, NotInProgress, lambda t: t.complete("有", at=LATER)),
    "reopen": (DONE, NotDone, lambda t: t.reopen("又", at=LATER)),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("move", MOVES)
def test_each_move_starts_from_one_status_only(move, status):
    origin, refusal, make = MOVES[move]
    ticket = a_ticket(status=status, solution="有")
    if status == origin:
        assert len(make(ticket)) == 1
        return
    with pytest.raises(refusal):
        make(ticket)
    assert (ticket.status, ticket.version) == (status, 1)


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=12))
def test_whatever_is_tried_a_done_ticket_has_a_solution_and_each_success_counts_one_version(moves):
    ticket, done = a_ticket(), 0
    for move in moves:
        try:
            [fact] = MOVES[move][2](ticket)
        except (NotPending, NotInProgress, NotDone):
            continue
        done += 1
        assert fact.entity_version == ticket.version == done + 1
        assert "status" in fact.changed
        assert ticket.status in STATUSES
        assert ticket.status != DONE or (ticket.solution.strip() and ticket.completed_at)


def test_an_edit_that_changes_nothing_is_no_change():
    ticket = a_ticket()
    assert ticket.edit({"question": "礼包没到账", "waiting": False}, at=LATER) == []
    assert ticket.version == 1


def test_an_edit_tells_what_changed_and_finds_its_words_anew():
    ticket = a_ticket()
    [fact] = ticket.edit({"question": "充值失败", "waiting": True, "category": "other"}, at=LATER)
    assert set(fact.changed) == {"question", "waiting"}
    assert "充值" in ticket.words
    assert (ticket.version, ticket.updated_at) == (2, LATER)


def test_another_priority_moves_the_time_it_is_due_from_when_it_was_written():
    ticket = a_ticket()
    [fact] = ticket.edit({"priority": "urgent"}, at=LATER)
    assert ticket.due_at == NOON + DUE_AFTER["urgent"]
    assert set(fact.changed) == {"priority", "due_at", "first_response_due_at"}


def test_a_done_ticket_keeps_a_solution():
    with pytest.raises(SolutionMissing):
        a_ticket(status=DONE, solution="有").edit({"solution": " "}, at=LATER)


@pytest.mark.parametrize(("status", "at", "late"), [
    (PENDING, NOON + timedelta(hours=24), False),
    (PENDING, NOON + timedelta(hours=24, microseconds=1), True),
    (IN_PROGRESS, NOON + timedelta(days=9), True),
    (DONE, NOON + timedelta(days=9), False),
])  # fmt: skip
def test_a_ticket_is_overdue_when_its_time_is_up_and_it_is_not_done(status, at, late):
    assert a_ticket(status=status, solution="有").is_overdue(at) is late


def test_a_done_ticket_is_not_handed_over():
    with pytest.raises(AlreadyDone):
        a_ticket(status=DONE, solution="有").hand_over(to_staff=AGENT, to_department=None, line=2, at=LATER)
