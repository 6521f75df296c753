"""Deadlines of tickets over a real database: set with each change, told once, worked out anew (T22, T23)."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from chassis.clock import new_id, utc_now
from chassis.jobs.running import work_off
from tests.ticket.desk import Desk
from ticket.application import deadlines
from ticket.domain.ticket import Ticket

CLOCK = ("ticket.deadline_warned.v1", "ticket.deadline_missed.v1", "ticket.escalated.v1")
HOUR = timedelta(hours=1)
ALL_DAY = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def standard(first: int | None, whole: int) -> dict[str, Any]:
    """The same times for every priority."""
    return {one: {"first_response": first, "completion": whole} for one in ("low", "normal", "high", "urgent")}


def policy(desk: Desk, **fields: Any) -> dict[str, Any]:
    """A policy for the desk's department: a minute to the first response, ten to the solution."""
    calendar = desk.admin.get("/calendars").json["items"][0]["id"]
    body = {"name": "急", "department_id": desk.department, "calendar_id": calendar, "standard": standard(1, 10)}
    answer = desk.admin.post("/deadline-policies", {**body, "warn_percent": 50, "escalate_after": [0, 5], **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def elsewhere(desk: Desk) -> dict[str, Any]:
    """A ticket of the other department."""
    return desk.write(desk.stranger, player=desk.new_player(desk.stranger))


def ring(desk: Desk, *, later: timedelta = timedelta(0)) -> None:
    """Let a worker tell what is due at that later time."""
    while True:
        work = desk.service.runtime.work(now=utc_now() + later)
        with work.session:
            count = deadlines.ring_due(work)
            work.commit()
        if not count:
            return


def told(desk: Desk, ticket: dict[str, Any]) -> list[tuple[str, str, int]]:
    """What the clock has told of a ticket: (type, deadline, level)."""
    facts = [fact for fact in desk.service.facts() if fact.subject == ticket["id"] and fact.type in CLOCK]
    return [(fact.type, fact.data["deadline"], fact.data.get("level", 0)) for fact in facts]


def test_a_ticket_says_when_both_deadlines_are_due_and_how_it_stands_with_them(desk: Desk):
    ticket = desk.write()
    assert {name: one["state"] for name, one in ticket["deadlines"].items()} == {
        "first_response": "running",
        "completion": "running",
    }
    assert ticket["deadlines"]["completion"]["due_at"] == ticket["due_at"]
    ticket = desk.move(ticket, "start", "complete")
    assert {one["state"] for one in ticket["deadlines"].values()} == {"met"}
    ticket = desk.move(ticket, "reopen")
    assert ticket["deadlines"]["completion"]["state"] == "running"
    assert ticket["due_at"] > ticket["deadlines"]["completion"]["warn_at"] > ticket["created_at"]


def test_of_a_policy_that_was_made_the_next_ticket_has_its_deadlines(desk: Desk):
    made = policy(desk)
    urgent = desk.write()
    assert urgent["due_at"] < elsewhere(desk)["due_at"]
    gone = desk.admin.delete(f"/deadline-policies/{made['id']}", version=1)
    assert gone.status_code == 204
    assert desk.write()["due_at"] > urgent["due_at"]


def test_what_is_due_is_told_once_and_stands_on_the_timeline(desk: Desk):
    policy(desk)
    ticket = desk.write()
    ring(desk)
    assert told(desk, ticket) == []
    ring(desk, later=timedelta(minutes=30))
    ring(desk, later=timedelta(minutes=40))
    assert Counter(told(desk, ticket)) == {
        (CLOCK[0], "first_response", 0): 1,
        (CLOCK[1], "first_response", 0): 1,
        (CLOCK[2], "first_response", 1): 1,
        (CLOCK[2], "first_response", 2): 1,
        (CLOCK[0], "completion", 0): 1,
        (CLOCK[1], "completion", 0): 1,
        (CLOCK[2], "completion", 1): 1,
        (CLOCK[2], "completion", 2): 1,
    }
    lines = desk.agent.get(f"/tickets/{ticket['id']}/timeline").json["items"]
    assert Counter(line["kind"] for line in lines) == {
        "created": 1,
        "deadline_warned": 2,
        "deadline_missed": 2,
        "deadline_escalated": 4,
    }
    assert (lines[-1]["actor_id"], lines[-1]["changes"]["level"]["after"]) == ("ticket", 2)


def test_that_something_is_told_leaves_the_ticket_and_who_is_typing_in_it_alone(desk: Desk):
    policy(desk)
    ticket = desk.write()
    ring(desk, later=HOUR)
    assert desk.now(ticket)["version"] == 1
    assert desk.agent.patch(f"/tickets/{ticket['id']}", {"solution": "已补发"}, version=1).status_code == 200


def test_whom_an_escalation_reaches_is_in_its_fact_and_no_phone_number_is(desk: Desk):
    policy(desk, escalate_after=[0, 0, 0])
    ticket = desk.write(question="打我手机13800138000")
    ring(desk, later=HOUR)
    facts = [fact for fact in desk.service.facts() if fact.subject == ticket["id"] and fact.type == CLOCK[2]]
    assert {fact.data["reaches"] for fact in facts} == {"agent", "supervisor", "manager"}
    assert {fact.data["question"] for fact in facts} == {"打我手机138****8000"}
    assert {fact.data["department_id"] for fact in facts} == {desk.department}


def test_several_workers_at_once_tell_each_thing_once(desk: Desk):
    policy(desk, escalate_after=[0])
    tickets = [desk.write() for _ in range(12)]

    def worker(_n: int) -> None:
        for _ in range(8):
            work = desk.service.runtime.work(now=utc_now() + HOUR)
            with work.session:
                deadlines.ring_due(work, most=3)
                work.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(worker, range(4)))
    ring(desk, later=HOUR)
    for ticket in tickets:
        assert Counter(told(desk, ticket)).most_common(1)[0][1] == 1
        assert len(told(desk, ticket)) == 6


def test_a_worker_that_dies_before_it_commits_has_told_nothing_and_the_next_one_tells_all(desk: Desk):
    policy(desk, escalate_after=[])
    ticket = desk.write()
    work = desk.service.runtime.work(now=utc_now() + HOUR)
    with work.session:
        deadlines.ring_due(work)
        work.session.rollback()
    assert told(desk, ticket) == []
    ring(desk, later=HOUR)
    assert len(told(desk, ticket)) == 4


def test_who_holds_a_ticket_is_not_waited_for_and_not_forgotten(desk: Desk):
    policy(desk, escalate_after=[])
    held, free = desk.write(), desk.write()
    with desk.service.runtime.database.session() as session:
        session.execute(text("SELECT 1 FROM tickets WHERE id = :id FOR UPDATE"), {"id": held["id"]})
        ring(desk, later=HOUR)
        assert (len(told(desk, held)), len(told(desk, free))) == (0, 4)
    ring(desk, later=HOUR)
    assert len(told(desk, held)) == 4


def test_what_was_missed_is_told_though_it_is_done_before_the_worker_looks(desk: Desk):
    policy(desk, escalate_after=[])
    ticket = desk.write()
    with desk.service.runtime.database.session() as session:
        earlier = (utc_now() - HOUR).isoformat()
        alarms = [[earlier, "first_response", "missed", 0], [earlier, "completion", "missed", 0]]
        past = {"alarms": alarms, "next_alarm_at": utc_now() - HOUR, "due_at": utc_now() - HOUR}
        session.execute(update(Ticket).where(Ticket.id == ticket["id"]).values(past))
        session.commit()
    desk.move(ticket, "start", "complete")
    assert set(told(desk, ticket)) == {(CLOCK[1], "first_response", 0), (CLOCK[1], "completion", 0)}
    ring(desk, later=HOUR)
    assert len(told(desk, ticket)) == 2


def test_an_open_ticket_of_before_there_were_policies_gets_its_deadlines_and_nothing_is_told_of_the_past(desk: Desk):
    ticket = desk.move(desk.write(priority="urgent"), "start", "complete", "reopen")
    nothing = dict.fromkeys(("policy_id", "alarms", "told", "pauses", "next_alarm_at", "first_response_due_at"))
    with desk.service.runtime.database.session() as session:
        old = {**nothing, "created_at": utc_now() - timedelta(minutes=55), "due_at": utc_now() + timedelta(minutes=5)}
        session.execute(update(Ticket).where(Ticket.id == ticket["id"]).values(old))
        session.commit()
    work = desk.service.runtime.work()
    with work.session:
        assert deadlines.wind_unwound(work) >= 1
        work.commit()
    found = desk.now(ticket)
    assert (found["deadlines"]["completion"]["state"], told(desk, ticket)) == ("warned", [])
    ring(desk, later=HOUR)
    assert (CLOCK[1], "completion", 0) in told(desk, ticket)
    assert (CLOCK[0], "completion", 0) not in told(desk, ticket)


def test_of_a_ticket_that_code_of_before_has_completed_nothing_is_told_and_nobody_looks_at_it_again(desk: Desk):
    policy(desk)
    ticket = desk.write()
    with desk.service.runtime.database.session() as session:
        session.execute(update(Ticket).where(Ticket.id == ticket["id"]).values(status="done", completed_at=utc_now()))
        session.commit()
    ring(desk, later=HOUR)
    with desk.service.runtime.database.session() as session:
        left = session.scalar(text("SELECT next_alarm_at FROM tickets WHERE id = :id"), {"id": ticket["id"]})
    assert (told(desk, ticket), left) == ([], None)


def test_the_workers_thread_tells_what_is_due_within_two_seconds(desk: Desk):
    policy(desk, escalate_after=[])
    ticket, stop = desk.write(), threading.Event()
    soon = utc_now() + timedelta(seconds=0.3)
    with desk.service.runtime.database.session() as session:
        alarm = {"alarms": [[soon.isoformat(), "completion", "missed", 0]], "next_alarm_at": soon}
        session.execute(update(Ticket).where(Ticket.id == ticket["id"]).values(alarm))
        session.commit()
    thread = threading.Thread(target=deadlines.run, args=(desk.service.runtime, stop))
    thread.start()
    while not told(desk, ticket) and utc_now() < soon + timedelta(seconds=10):
        stop.wait(0.1)
    stop.set()
    thread.join()
    [fact] = [one for one in desk.service.facts() if one.subject == ticket["id"] and one.type in CLOCK]
    assert fact.occurred_at - soon < timedelta(seconds=2)


def recompute(desk: Desk, *, dry: bool) -> dict[str, Any]:
    """Work the deadlines out anew, or only say which would change; returns the job."""
    answer = desk.admin.post("/deadline-recomputations", query_string={"dry_run": "true"} if dry else {})
    assert answer.status_code == 202, answer.text
    while work_off(desk.service.runtime):
        pass
    job: dict[str, Any] = desk.admin.get(f"/jobs/{answer.json['id']}").json
    assert job["state"] == "done", job
    return job


def test_a_trial_says_which_tickets_change_and_the_run_changes_these_and_no_others(desk: Desk):
    policy_id = policy(desk, standard=standard(10, 600))["id"]
    recompute(desk, dry=False)  # what other tests have left
    tickets, other = [desk.write() for _ in range(3)], elsewhere(desk)
    reopened = desk.move(tickets[2], "start", "complete", "reopen")
    body = {"standard": standard(20, 1200)}
    assert desk.admin.patch(f"/deadline-policies/{policy_id}", body, version=1).status_code == 200
    trial = recompute(desk, dry=True)
    assert [desk.now(ticket)["version"] for ticket in tickets] == [1, 1, 4]
    assert {one["no"] for one in trial["outcome"]["sample"]} == {ticket["no"] for ticket in tickets}
    run = recompute(desk, dry=False)
    assert run["outcome"] == trial["outcome"]
    assert run["result_url"]
    assert [desk.now(ticket)["version"] for ticket in tickets] == [2, 2, 5]
    assert desk.now(other)["version"] == 1
    assert desk.now(reopened)["due_at"] > reopened["due_at"]
    assert desk.facts(tickets[0]["id"])[-1].data["changed"] == ["due_at", "first_response_due_at"]
    assert desk.agent.get(f"/tickets/{tickets[0]['id']}/timeline").json["items"][-1]["kind"] == "deadlines_recomputed"
    assert recompute(desk, dry=True)["outcome"]["changed"] == 0


@pytest.mark.parametrize("late", [True, False])
def test_a_list_is_filtered_by_when_it_is_due(desk: Desk, late):
    policy(desk)
    soon = desk.write()
    other = elsewhere(desk)
    moment = (utc_now() + HOUR).isoformat()
    query = {"due_before": moment, "player_id": desk.player["id"], "overdue": str(not late).lower(), "sort": "due_at"}
    found = desk.specialist.get("/tickets", query_string=query).json["items"]
    assert [one["id"] for one in found] == ([] if not late else [soon["id"]])
    assert other["id"] not in [one["id"] for one in found]


def test_a_calendar_is_made_read_changed_and_removed(desk: Desk):
    week = {**ALL_DAY, "sat": [], "mon": ["09:00-12:00", "13:00-18:00"]}
    body = {"name": "工作日", "week": week, "holidays": ["2026-10-01"]}
    made = desk.admin.post("/calendars", body)
    path = f"/calendars/{made.json['id']}"
    assert (made.status_code, made.headers["Location"], made.json["timezone"]) == (
        201,
        f"/api/v1{path}",
        "Asia/Shanghai",
    )
    workdays = [{"date": "2026-10-10", "spans": ["09:00-18:00"]}]
    changed = desk.admin.patch(path, {"workdays": workdays}, version=1)
    assert (changed.json["workdays"], changed.json["version"]) == (workdays, 2)
    assert desk.admin.patch(path, {"name": "x"}, version=1).status_code == 412
    used = policy(desk, calendar_id=made.json["id"], name="专用")
    refused = desk.admin.delete(path, version=2)
    assert (refused.status_code, refused.json["code"], refused.json["policies"]) == (409, "calendar_in_use", ["专用"])
    assert desk.admin.delete(f"/deadline-policies/{used['id']}", version=1).status_code == 204
    assert desk.admin.delete(path, version=2).status_code == 204
    assert desk.admin.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"week": {}}, "/week", "never_open"),
        ({"week": {"mon": ["9:00-12:00"]}}, "/week/mon", "not_a_span"),
        ({"week": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "/week/mon", "overlapping"),
        ({"timezone": "Mars/Olympus"}, "/timezone", "not_a_zone"),
        ({"holidays": ["2026-13-01"]}, "/holidays/0", "not_a_day"),
        ({"holidays": ["2026-10-01", "2026-10-01"]}, "/holidays", "duplicate"),
        ({"holidays": ["2026-10-10"], "workdays": [{"date": "2026-10-10", "spans": ["09:00-10:00"]}]}, "/workdays", "duplicate"),
        ({"workdays": [{"date": "2026-10-10", "spans": []}]}, "/workdays/0/spans", "too_few"),
    ],
)  # fmt: skip
def test_a_calendar_that_cannot_be_is_refused_and_the_field_is_named(desk: Desk, body, pointer, code):
    answer = desk.admin.post("/calendars", {"name": "x", "week": ALL_DAY, **body})
    assert (answer.status_code, answer.json["errors"][0]["pointer"], answer.json["errors"][0]["code"]) == (
        422,
        pointer,
        code,
    )


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"warn_minutes": 5, "warn_percent": 80}, "/warn_percent", "one_of"),
        ({"warn_minutes": None, "warn_percent": None}, "/warn_percent", "one_of"),
        ({"escalate_after": [10, 5]}, "/escalate_after", "not_rising"),
        ({"escalate_after": [1, 2, 3, 4]}, "/escalate_after", "too_many"),
        ({"standard": {"low": {"completion": 5}}}, "/standard/high", "required"),
        ({"category": "nonsense"}, "/category", "not_a_choice"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_and_the_field_is_named(desk: Desk, body, pointer, code):
    calendar = desk.admin.get("/calendars").json["items"][0]["id"]
    whole = {"name": "x", "calendar_id": calendar, "standard": standard(1, 10), "warn_percent": 80, **body}
    answer = desk.admin.post("/deadline-policies", whole)
    errors = {one["pointer"]: one["code"] for one in answer.json["errors"]}
    assert (answer.status_code, errors.get(pointer)) == (422, code), errors


def test_of_the_two_ways_to_warn_the_one_that_is_given_counts(desk: Desk):
    made = policy(desk)
    changed = desk.admin.patch(f"/deadline-policies/{made['id']}", {"warn_minutes": 3}, version=1).json
    assert (changed["warn_minutes"], changed["warn_percent"], changed["version"]) == (3, None, 2)
    same = desk.admin.patch(f"/deadline-policies/{made['id']}", {"name": made["name"]}, version=2).json
    assert (same["warn_minutes"], same["version"]) == (3, 2)


def test_one_policy_fits_all_and_stays_and_there_is_one_for_a_department_and_a_category(desk: Desk):
    everyone = next(one for one in desk.admin.get("/deadline-policies").json["items"] if one["fits_all"])
    path = f"/deadline-policies/{everyone['id']}"
    for refused in (
        desk.admin.delete(path, version=everyone["version"]),
        desk.admin.patch(path, {"category": "bug"}, version=everyone["version"]),
    ):
        assert (refused.status_code, refused.json["code"]) == (409, "catch_all_stays")
    first = policy(desk, category="bug")
    again = desk.admin.post(
        "/deadline-policies",
        {**{n: first[n] for n in ("name", "category", "department_id", "calendar_id", "standard", "warn_percent")}},
    )
    assert (again.status_code, again.json["code"]) == (409, "duplicate_policy")
    second = policy(desk, category="complaint")
    moved = desk.admin.patch(f"/deadline-policies/{second['id']}", {"category": "bug"}, version=1)
    assert (moved.status_code, moved.json["code"]) == (409, "duplicate_policy")


def test_only_who_may_changes_policies_and_calendars(desk: Desk):
    for method, path in (("POST", "/calendars"), ("POST", "/deadline-policies"), ("POST", "/deadline-recomputations")):
        assert desk.agent.request(method, path, json={}).status_code == 403
    assert (
        desk.admin.post(
            "/deadline-policies", {"name": "x", "calendar_id": new_id(), "standard": standard(1, 2), "warn_percent": 9}
        ).status_code
        == 404
    )


def test_after_a_ticket_is_erased_its_deadlines_can_be_worked_out_anew(desk: Desk):
    from ticket.application.erasure import erase_texts

    ticket = desk.move(desk.write(), "start", "complete", "reopen")
    work = desk.service.runtime.work()
    with work.session:
        erase_texts(work, [desk.player["id"]])
        work.commit()
    recompute(desk, dry=False)
    assert desk.now(ticket)["due_at"] == ticket["due_at"]
