"""Causes by HTTP: named, given tickets, fixed with all of them, opened again, a fix taken back."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from chassis.clock import new_id
from chassis.jobs.running import work_off
from tests.ticket.desk import Desk
from ticket.application import causes


def fix(desk: Desk, cause: dict, by=None, solution: str = "钻石已补发，请查收邮件"):
    """Fix a cause at the version it was read at."""
    return (by or desk.specialist).post(f"/causes/{cause['id']}/fix", {"solution": solution}, version=cause["version"])


def unfix(desk: Desk, cause: dict, by=None):
    """Take the fix back."""
    path = f"/causes/{cause['id']}/unfix"
    return (by or desk.specialist).post(path, {"reason": "只补发了一半"}, version=cause["version"])


def test_a_cause_is_named_read_changed_and_found_by_words_of_its_title(desk: Desk):
    made = desk.agent.post("/causes", {"title": "周末补给礼包少发钻石", "note": "09:30 起", "pack_no": "P1024"})
    assert (made.status_code, made.json["state"], made.json["open_tickets"]) == (201, "open", 0)
    path = f"/causes/{made.json['id']}"
    assert made.headers["Location"] == f"/api/v1{path}"
    changed = desk.agent.patch(path, {"title": "补给礼包少发钻石"}, version=1)
    assert (changed.json["title"], changed.json["version"]) == ("补给礼包少发钻石", 2)
    assert desk.agent.patch(path, {"title": "x"}, version=1).status_code == 412
    assert desk.agent.patch(path, {"state": "fixed"}, version=2).status_code == 422
    found = desk.stranger.get("/causes", query_string={"q": "补给 钻石", "state": "open", "pack_no": "P1024"}).json
    assert made.json["id"] in [one["id"] for one in found["items"]]
    assert (
        desk.agent.get("/causes", query_string={"q": "礼包", "state": "fixed", "pack_no": "P1024"}).json["items"] == []
    )


def test_a_ticket_gets_a_cause_and_loses_it_and_its_timeline_says_so_by_title(desk: Desk):
    ticket, cause = desk.write(), desk.cause()
    path = f"/tickets/{ticket['id']}"
    given = desk.agent.patch(path, {"cause_id": cause["id"]}, version=1).json
    assert given["cause_id"] == cause["id"]
    listed = desk.agent.get("/tickets", query_string={"cause_id": cause["id"]}).json["items"]
    assert [one["id"] for one in listed] == [ticket["id"]]
    assert desk.agent.patch(path, {"cause_id": None}, version=2).json["cause_id"] is None
    lines = desk.agent.get(f"{path}/timeline").json["items"][1:]
    title = cause["title"]
    assert [line["changes"] for line in lines] == [
        {"cause": {"before": None, "after": title}},
        {"cause": {"before": title, "after": None}},
    ]
    assert [f.data["changed"] for f in desk.facts(ticket["id"])[1:]] == [["cause_id"], ["cause_id"]]


def test_a_cause_that_is_not_there_is_404_and_changes_nothing(desk: Desk):
    ticket = desk.write()
    assert desk.agent.patch(f"/tickets/{ticket['id']}", {"cause_id": new_id()}, version=1).status_code == 404
    batch = desk.agent.post(f"/causes/{new_id()}/tickets/batch", {"ticket_ids": [ticket["id"]]})
    assert batch.status_code == 404
    assert desk.now(ticket)["version"] == 1


def test_a_batch_answers_for_each_ticket_and_out_of_reach_is_as_not_there(desk: Desk):
    mine, given = desk.write(), desk.write()
    theirs = desk.write(desk.stranger, player=desk.new_player(desk.stranger))
    cause = desk.cause(given)
    wanted = [mine["id"], given["id"], theirs["id"], new_id(), mine["id"]]
    answer = desk.agent.post(f"/causes/{cause['id']}/tickets/batch", {"ticket_ids": wanted})
    told = [(one["ticket_id"], one["status"], one["code"], one["no"]) for one in answer.json["items"]]
    assert told == [
        (mine["id"], 200, "changed", mine["no"]),
        (given["id"], 200, "unchanged", given["no"]),
        (theirs["id"], 404, "not_found", None),
        (wanted[3], 404, "not_found", None),
    ]
    assert desk.now(theirs) == theirs
    for ids in ([], [new_id()] * 201, ["x"]):
        assert desk.agent.post(f"/causes/{cause['id']}/tickets/batch", {"ticket_ids": ids}).status_code == 422


def test_fixing_it_completes_every_open_ticket_of_it_with_the_solution(desk: Desk):
    pending, begun, done = desk.write(), desk.move(desk.write(), "start"), desk.move(desk.write(), "start", "complete")
    other = desk.write()
    cause = desk.cause(pending, begun, done)
    assert (cause["open_tickets"], cause["outside_tickets"], cause["oldest_at"]) == (2, 0, pending["created_at"])
    answer = fix(desk, cause)
    expected = {"state": "fixed", "moved": 2, "left": 0, "job_id": None, "open_tickets": 0, "can_unfix": True}
    assert (answer.status_code, expected.items() <= answer.json.items()) == (200, True), answer.text
    for ticket in (pending, begun):
        now = desk.now(ticket)
        assert (now["status"], now["solution"]) == ("done", "钻石已补发，请查收邮件")
        last = desk.agent.get(f"/tickets/{ticket['id']}/timeline").json["items"][-1]
        assert (last["kind"], last["reason"], last["actor_id"]) == ("cause_fixed", cause["title"], desk.specialist.id)
    assert desk.now(done)["solution"] == "已补发"
    assert desk.now(other) == other


def test_each_ticket_and_the_cause_are_told_as_facts_without_phone_numbers(desk: Desk):
    pending, begun = desk.write(), desk.move(desk.write(), "start")
    cause = desk.cause(pending, begun, note="玩家 13800138000 最先报的")
    fix(desk, cause, solution="已回电 13800138000")
    [created, fixed] = desk.facts(cause["id"])
    assert (created.type, fixed.type) == ("cause.created.v1", "cause.fixed.v1")
    told = {name: fixed.data[name] for name in ("state", "solution", "note", "tickets", "tickets_outside")}
    assert told == {
        "state": "fixed", "solution": "已回电 138****8000", "note": "玩家 138****8000 最先报的", "tickets": 2,
        "tickets_outside": 0,
    }  # fmt: skip
    assert set(fixed.data["changed"]) == {"state", "solution", "fixed_at", "fixed_by"}
    for ticket, types in ((pending, ["ticket.started.v1", "ticket.completed.v1"]), (begun, ["ticket.completed.v1"])):
        facts = desk.facts(ticket["id"])
        assert [fact.type for fact in facts][-len(types) :] == types
        assert facts[-1].data["solution"] == "已回电 138****8000"
        assert [fact.entity_version for fact in facts] == list(range(1, len(facts) + 1))


def test_what_lies_outside_ones_reach_stays_open_and_is_counted(desk: Desk):
    mine = desk.write()
    theirs = desk.write(desk.stranger, player=desk.new_player(desk.stranger))
    cause = desk.cause(mine, theirs)
    seen = desk.supervisor.get(f"/causes/{cause['id']}").json
    assert (seen["open_tickets"], seen["outside_tickets"]) == (1, 1)
    answer = fix(desk, cause, by=desk.supervisor).json
    assert (answer["moved"], answer["open_tickets"], answer["outside_tickets"]) == (1, 0, 1)
    assert (desk.now(mine)["status"], desk.now(theirs)["status"]) == ("done", "pending")
    rest = fix(desk, answer, by=desk.stranger, solution="另一区也已补发").json
    assert (rest["moved"], rest["outside_tickets"], rest["state"]) == (1, 0, "fixed")
    assert (desk.now(theirs)["solution"], desk.now(mine)["solution"]) == ("另一区也已补发", "钻石已补发，请查收邮件")


def test_a_fix_is_taken_back_with_what_it_completed_and_nothing_else(desk: Desk):
    one, two = desk.write(), desk.write()
    again = desk.write()
    before = desk.move(desk.write(), "start", "complete")
    fixed = fix(desk, desk.cause(one, two, again, before)).json
    by_hand = desk.move(desk.now(again), "reopen", "complete", by=desk.specialist)
    answer = unfix(desk, fixed)
    expected = {"state": "open", "moved": 2, "open_tickets": 2, "fixed_at": None, "can_unfix": False}
    assert (answer.status_code, expected.items() <= answer.json.items()) == (200, True), answer.text
    assert {(desk.now(t)["status"], desk.now(t)["reopen_count"]) for t in (one, two)} == {("in_progress", 1)}
    assert (desk.now(again), desk.now(before)["status"]) == (by_hand, "done")
    last = desk.facts(fixed["id"])[-1]
    assert (last.type, last.data["tickets"], last.data["reason"]) == ("cause.reopened.v1", 2, "只补发了一半")


def test_opening_the_cause_again_reopens_no_ticket(desk: Desk):
    ticket = desk.write()
    cause = desk.cause(ticket)
    path = f"/causes/{cause['id']}/reopen"
    answer = desk.specialist.post(path, {"reason": "又有人报"}, version=cause["version"])
    assert (answer.status_code, answer.json["code"]) == (409, "cause_not_fixed")
    fixed = fix(desk, cause).json
    answer = desk.specialist.post(path, {"reason": "又有人报"}, version=fixed["version"])
    assert (answer.json["state"], answer.json["solution"]) == ("open", fixed["solution"])
    assert desk.now(ticket)["status"] == "done"
    assert unfix(desk, answer.json).json["code"] == "cause_not_fixed"


def test_a_fix_of_yesterday_is_not_taken_back(desk: Desk):
    ticket = desk.write()
    fixed = fix(desk, desk.cause(ticket)).json
    with desk.service.runtime.database.session() as session:
        moved = "UPDATE causes SET fixed_at = fixed_at - interval '25 hours' WHERE id = :id"
        session.execute(text(moved), {"id": fixed["id"]})
        session.commit()
    assert unfix(desk, fixed).json["code"] == "too_late_to_unfix"
    assert desk.specialist.get(f"/causes/{fixed['id']}").json["can_unfix"] is False
    assert desk.now(ticket)["status"] == "done"


def test_more_than_a_transaction_holds_are_moved_by_a_job_and_back(desk: Desk, monkeypatch):
    monkeypatch.setattr(causes, "AT_ONCE", 3)
    tickets = [desk.write() for _ in range(8)]
    cause = desk.cause(*tickets)
    fixed = fix(desk, cause).json
    assert (fixed["moved"], fixed["left"], fixed["open_tickets"]) == (3, 5, 5)
    assert fixed["job_id"]
    while work_off(desk.service.runtime):
        pass
    assert {desk.now(ticket)["status"] for ticket in tickets} == {"done"}
    assert desk.facts(cause["id"])[-1].data["tickets"] == 8
    job = desk.specialist.get(f"/jobs/{fixed['job_id']}").json
    assert (job["state"], job["done"], job["total"]) == ("done", 5, 5)
    back = unfix(desk, fixed).json
    assert (back["moved"], back["left"]) == (3, 5)
    while work_off(desk.service.runtime):
        pass
    assert {desk.now(ticket)["status"] for ticket in tickets} == {"in_progress"}


def test_a_fix_taken_back_before_its_job_began_completes_nothing_more(desk: Desk, monkeypatch):
    monkeypatch.setattr(causes, "AT_ONCE", 2)
    tickets = [desk.write() for _ in range(4)]
    fixed = fix(desk, desk.cause(*tickets)).json
    unfix(desk, fixed)
    while work_off(desk.service.runtime):
        pass
    assert Counter(desk.now(ticket)["status"] for ticket in tickets) == {"in_progress": 2, "pending": 2}


def test_of_many_who_fix_it_at_once_one_does_and_each_ticket_is_completed_once(desk: Desk):
    tickets = [desk.write() for _ in range(6)]
    cause = desk.cause(*tickets)
    with ThreadPoolExecutor(8) as pool:
        answers = Counter(answer.status_code for answer in pool.map(lambda _: fix(desk, cause), range(8)))
    assert answers == {200: 1, 412: 7}
    for ticket in tickets:
        assert [f.type for f in desk.facts(ticket["id"])].count("ticket.completed.v1") == 1


def test_fixing_while_tickets_are_given_and_edited_ends_without_a_lost_change(desk: Desk):
    """What was given before the fix is done; what came during it is done or still open, and the cause says so."""
    tickets = [desk.write() for _ in range(12)]
    cause = desk.cause(*tickets[:6])

    def act(n: int) -> int:
        if n == 3:
            return fix(desk, cause).status_code
        if n % 2:
            wanted = {"ticket_ids": [tickets[6 + n // 2]["id"], tickets[n // 2]["id"]]}
            return desk.specialist.post(f"/causes/{cause['id']}/tickets/batch", wanted).status_code
        ticket = desk.now(tickets[n // 2])
        answer = desk.agent.patch(f"/tickets/{ticket['id']}", {"priority": "high"}, version=ticket["version"])
        return answer.status_code

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(act, range(12)))
    assert answers <= {200, 412}
    assert {desk.now(ticket)["status"] for ticket in tickets[:6]} == {"done"}
    left = sum(desk.now(t)["status"] != "done" and desk.now(t)["cause_id"] is not None for t in tickets)
    assert desk.specialist.get(f"/causes/{cause['id']}").json["open_tickets"] == left


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "required"), ({"solution": " "}, "blank"), ({"solution": "x", "state": "x"}, "unknown_field")],
)
def test_a_fix_needs_its_solution(desk: Desk, body, code):
    answer = desk.specialist.post(f"/causes/{desk.cause()['id']}/fix", body, version=1)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)


def test_who_only_works_on_tickets_does_not_fix_causes(desk: Desk):
    agent = desk.person(("ticket.read", "ticket.update", "cause.write"))
    cause = desk.cause()
    for step in ("fix", "unfix", "reopen"):
        assert agent.post(f"/causes/{cause['id']}/{step}", {}, version=1).status_code in (403, 422)
    assert fix(desk, cause, by=agent).status_code == 403
    assert desk.inspector.post("/causes", {"title": "x"}).status_code == 403
