"""Deadlines worked out from a ticket's history: policies, warnings, levels, a clock that stops while it is done (T22, T23)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import new_id
from tests.ticket.unit.test_ticket_rules import AGENT, NOON, a_ticket
from tests.ticket.unit.test_working_time import DESK, MOMENTS, calendars
from ticket.domain.deadlines import (
    COMPLETION,
    FIRST_RESPONSE,
    STANDARD,
    Alarm,
    Policy,
    Terms,
    moment_after,
    pauses_of,
    schedule,
)
from ticket.domain.working_time import AROUND_THE_CLOCK

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SAME = {"first_response": 60, "completion": 600}


def a_policy(**fields) -> Policy:
    """One hour to the first response and ten to the solution, around the clock."""
    standard = dict.fromkeys(("low", "normal", "high", "urgent"), SAME)
    return Policy(**{"id": new_id(), "calendar": AROUND_THE_CLOCK, "standard": standard, **fields})


def keys(alarms) -> list[str]:
    """What is told."""
    return [alarm.key for alarm in alarms]


def test_one_is_warned_then_it_is_missed_then_it_goes_up_level_by_level():
    found = schedule(a_policy(escalate_after=(0, 30, 120)), "normal", NOON)
    assert [(alarm.key, alarm.at - NOON) for alarm in found.alarms if alarm.deadline == COMPLETION] == [
        ("completion.warned", 8 * HOUR),
        ("completion.missed", 10 * HOUR),
        ("completion.escalated.1", 10 * HOUR),
        ("completion.escalated.2", 10 * HOUR + 30 * MINUTE),
        ("completion.escalated.3", 12 * HOUR),
    ]
    assert (found.first_response, found.completion) == (NOON + HOUR, NOON + 10 * HOUR)


@pytest.mark.parametrize(("before", "warned"), [(30, 30), (40, 30), (600, 30), (10, 50)])
def test_minutes_before_the_end_one_is_warned_but_never_in_the_first_half(before, warned):
    assert a_policy(warn_percent=None, warn_minutes=before).warned_after(60) == warned * MINUTE


def test_no_first_response_is_asked_for_where_there_is_no_standard_time():
    policy = a_policy(standard={"normal": {"first_response": None, "completion": 600}})
    found = schedule(policy, "normal", NOON)
    assert found.first_response is None
    assert {alarm.deadline for alarm in found.alarms} == {COMPLETION}


def test_the_closest_policy_counts_a_department_before_a_category():
    ours = new_id()
    everyone, complaints = a_policy(), a_policy(category="complaint")
    department, both = a_policy(department_id=ours), a_policy(category="complaint", department_id=ours)
    terms = Terms((complaints, both, everyone, department))
    assert terms.policy_of("complaint", ours) is both
    assert terms.policy_of("other", ours) is department
    assert terms.policy_of("complaint", new_id()) is complaints
    assert terms.policy_of("other", None) is everyone
    assert Terms((complaints, everyone, department)).policy_of("complaint", ours) is department


@given(calendars(), MOMENTS, st.integers(1, 3000), st.integers(1, 3000), st.lists(st.integers(0, 300), max_size=3))
def test_alarms_are_in_the_order_of_time_and_of_level(calendar, began, first, whole, late):
    standard = {"normal": {"first_response": first, "completion": whole}}
    found = schedule(
        a_policy(calendar=calendar, standard=standard, escalate_after=tuple(sorted(late))), "normal", began
    )
    for deadline in (FIRST_RESPONSE, COMPLETION):
        steps = [(alarm.step, alarm.level) for alarm in found.alarms if alarm.deadline == deadline]
        assert steps == [("warned", 0), ("missed", 0), *(("escalated", n + 1) for n in range(len(late)))]
    assert [alarm.at for alarm in found.alarms] == sorted(alarm.at for alarm in found.alarms)
    assert [Alarm.kept(alarm.plain()) for alarm in found.alarms] == list(found.alarms)


@given(calendars(), MOMENTS, st.integers(0, 2000), st.lists(st.integers(1, 2000), max_size=6))
def test_the_working_time_outside_the_pauses_is_the_standard_time(calendar, began, minutes, lengths):
    moments = [began]
    for length in lengths:
        moments.append(moments[-1] + length * MINUTE)
    pauses = list(zip(moments[1::2], moments[2::2], strict=False))
    ends = moment_after(calendar, began, minutes * MINUTE, pauses)
    worked, since = timedelta(0), began
    for stopped, resumed in pauses:
        worked += calendar.between(since, min(stopped, ends))
        since = max(resumed, since)
    assert worked + calendar.between(since, ends) == minutes * MINUTE


def test_the_clock_of_a_reopened_ticket_stood_still_while_it_was_done():
    ticket = a_ticket(solution="已补发")
    due = ticket.due_at
    ticket.start(by=AGENT, at=NOON + HOUR)
    ticket.complete(None, at=NOON + 2 * HOUR)
    assert ticket.next_alarm_at is None
    ticket.reopen("又没到账", at=NOON + 50 * HOUR)
    assert ticket.due_at == due + 48 * HOUR
    assert ticket.next_alarm_at is not None


def test_what_was_missed_before_it_was_done_stays_missed_when_it_is_opened_again():
    ticket = a_ticket(priority="urgent", solution="已补发")
    ticket.start(by=AGENT, at=NOON + HOUR)
    ticket.complete(None, at=NOON + 2 * HOUR)
    ticket.reopen("又没到账", at=NOON + 50 * HOUR)
    assert ticket.due_at == NOON + HOUR
    assert ticket.standing(COMPLETION, NOON + 50 * HOUR).state == "missed"


def test_each_alarm_rings_once_whatever_happens_to_the_ticket():
    ticket = a_ticket(priority="urgent", solution="已补发")
    rung = keys(ticket.ring(NOON + 9 * HOUR))
    assert rung.count("completion.missed") == 1
    assert ticket.ring(NOON + 9 * HOUR) == []
    ticket.edit({"priority": "high"}, at=NOON + 9 * HOUR)
    ticket.start(by=AGENT, at=NOON + 9 * HOUR)
    ticket.complete(None, at=NOON + 9 * HOUR)
    ticket.reopen("x", at=NOON + 10 * HOUR)
    rung += keys(ticket.ring(NOON + 99 * HOUR))
    assert len(rung) == len(set(rung))


def test_the_first_response_is_waited_for_while_it_is_pending_and_no_longer():
    ticket = a_ticket()
    ticket.start(by=AGENT, at=NOON + MINUTE)
    assert {alarm.deadline for alarm in ticket.ring(NOON + 500 * HOUR)} == {COMPLETION}
    assert ticket.standing(FIRST_RESPONSE, NOON + HOUR).state == "met"


@pytest.mark.parametrize(
    ("later", "state"), [(0, "running"), (19, "running"), (20, "warned"), (24, "warned"), (25, "missed")]
)
def test_how_a_ticket_stands_follows_from_the_time(later, state):
    assert a_ticket().standing(COMPLETION, NOON + later * HOUR).state == state


def test_handing_it_over_between_the_lines_leaves_the_clock_running():
    ticket = a_ticket()
    due, alarms = ticket.due_at, ticket.alarms
    ticket.hand_over(to_staff=None, to_department=new_id(), line=2, at=NOON + HOUR)
    assert (ticket.due_at, ticket.alarms) == (due, alarms)


def test_in_another_department_its_policy_counts_from_when_the_ticket_was_written():
    theirs = new_id()
    terms = Terms((*STANDARD.policies, a_policy(department_id=theirs)))
    ticket = a_ticket()
    ticket.hand_over(to_staff=None, to_department=theirs, line=2, at=NOON + HOUR, terms=terms)
    assert ticket.due_at == NOON + 10 * HOUR


def test_pauses_are_read_off_the_changes_of_status():
    moves = [
        (NOON, "pending", "in_progress"),
        (NOON + HOUR, "in_progress", "done"),
        (NOON + 3 * HOUR, "done", "in_progress"),
    ]
    assert pauses_of([*moves, (NOON + 4 * HOUR, "in_progress", "done")], "done") == ((NOON + HOUR, NOON + 3 * HOUR),)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=8))
def test_working_it_out_anew_from_the_history_changes_nothing_that_was_kept_step_by_step(waits):
    policy = a_policy(calendar=DESK, standard=dict.fromkeys(("low", "normal", "high", "urgent"), SAME))
    terms = Terms((policy,))
    ticket, at = a_ticket(solution="已补发"), NOON
    ticket.wind(terms)
    moves: list[tuple[datetime, str, str]] = []
    for wait in waits:
        at, before = at + wait * MINUTE, ticket.status
        if before == "pending":
            ticket.start(by=AGENT, at=at)
        elif before == "in_progress":
            ticket.complete(None, at=at)
        else:
            ticket.reopen("x", at=at, terms=terms)
        moves.append((at, before, ticket.status))
    assert not ticket.differs_from(*ticket.planned(terms, pauses_of(moves, "done")))
    assert ticket.rewind(terms, moves, at=at) == []
