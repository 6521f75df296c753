"""Hand-overs by HTTP: to a person, a department, the second line; accepted or sent back; told on the timeline."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.clock import new_id
from tests.ticket.desk import Desk


def hand_over(desk: Desk, ticket: dict, **body: object) -> dict:
    """Offer a ticket; returns the hand-over."""
    answer = desk.agent.post(
        f"/tickets/{ticket['id']}/transfers", {"reason": "要查日志", **body}, version=ticket["version"]
    )
    assert answer.status_code == 201, answer.text
    return answer.json


def test_to_the_second_line(desk: Desk):
    ticket = desk.write()
    transfer = hand_over(desk, ticket, staff_id=desk.specialist.id, line=2)
    expected = {"ticket_id": ticket["id"], "staff_id": desk.specialist.id, "line": 2, "state": "offered", "version": 1}
    assert expected.items() <= transfer.items()
    now = desk.specialist.get(f"/tickets/{ticket['id']}").json
    assert (now["assignee_id"], now["line"], now["version"], now["due_at"]) == (
        desk.specialist.id,
        2,
        2,
        ticket["due_at"],
    )


def test_to_a_department_and_taken_on_by_one_of_it(desk: Desk):
    ticket = desk.write()
    transfer = hand_over(desk, ticket, department_id=desk.other_department)
    lead = desk.person(
        ("ticket.read", "ticket.transfer"), scope="departments", departments=(desk.other_department,),
        department=desk.other_department,
    )  # fmt: skip
    answer = lead.post(f"/transfers/{transfer['id']}/accept")
    assert (answer.status_code, answer.json["state"]) == (200, "accepted")
    assert lead.get(f"/tickets/{ticket['id']}").json["assignee_id"] == lead.id


def test_sent_back_with_a_reason(desk: Desk):
    ticket = desk.write()
    transfer = hand_over(desk, ticket, staff_id=desk.colleague.id, line=2)
    assert desk.colleague.post(f"/transfers/{transfer['id']}/return").status_code == 422
    answer = desk.colleague.post(f"/transfers/{transfer['id']}/return", {"reason": "不归我"})
    assert (answer.status_code, answer.json["state"]) == (200, "returned")
    now = desk.agent.get(f"/tickets/{ticket['id']}").json
    assert (now["assignee_id"], now["department_id"], now["line"]) == (desk.agent.id, desk.department, 1)


def test_it_is_decided_once_whoever_comes_at_once(desk: Desk):
    transfer = hand_over(desk, desk.write(), staff_id=desk.colleague.id)

    def decide(n: int) -> int:
        if n % 2:
            return desk.colleague.post(f"/transfers/{transfer['id']}/accept").status_code
        return desk.specialist.post(f"/transfers/{transfer['id']}/return", {"reason": "x"}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(decide, range(16)))
    # Once it was given back, the colleague does not reach it any more: 404 instead of 409.
    assert answers[200] == 1
    assert answers.keys() <= {200, 404, 409}


def test_a_done_ticket_is_not_handed_over(desk: Desk):
    ticket = desk.move(desk.write(), "start", "complete")
    answer = desk.agent.post(
        f"/tickets/{ticket['id']}/transfers", {"reason": "x", "department_id": new_id()}, version=3
    )
    assert (answer.status_code, answer.json["code"]) == (409, "already_done")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reason": "x"}, "one_of"),
        ({"reason": "x", "staff_id": new_id(), "department_id": new_id()}, "one_of"),
        ({"staff_id": new_id()}, "required"),
        ({"staff_id": new_id(), "reason": " "}, "blank"),
        ({"staff_id": new_id(), "reason": "x", "line": 3}, "out_of_range"),
        ({"staff_id": "x", "reason": "x"}, "not_an_id"),
    ],
)
def test_wrong_fields_are_422(desk: Desk, body, code):
    answer = desk.agent.post(f"/tickets/{desk.write()['id']}/transfers", body, version=1)
    assert answer.status_code == 422
    assert code in {error["code"] for error in answer.json["errors"]}


def test_to_somebody_unknown_is_404_and_moves_nothing(desk: Desk):
    ticket = desk.write()
    answer = desk.agent.post(f"/tickets/{ticket['id']}/transfers", {"reason": "x", "staff_id": new_id()}, version=1)
    assert answer.status_code == 404
    assert desk.agent.get(f"/tickets/{ticket['id']}").json == ticket


def test_each_step_is_on_the_timeline_and_told_as_a_fact(desk: Desk):
    ticket = desk.write()
    transfer = hand_over(desk, ticket, staff_id=desk.colleague.id, line=2)
    desk.colleague.post(f"/transfers/{transfer['id']}/return", {"reason": "不归我"})
    lines = desk.agent.get(f"/tickets/{ticket['id']}/timeline").json["items"]
    assert [(line["kind"], line["actor_id"], line["reason"]) for line in lines] == [
        ("created", desk.agent.id, None),
        ("transferred", desk.agent.id, "要查日志"),
        ("transfer_returned", desk.colleague.id, "不归我"),
    ]
    assert lines[1]["changes"] == {
        "assignee_id": {"before": desk.agent.id, "after": desk.colleague.id},
        "line": {"before": 1, "after": 2},
    }
    facts = desk.facts(ticket["id"])[1:]
    assert [(f.type, f.data["transfer_state"], f.data["reason"]) for f in facts] == [
        ("ticket.transferred.v1", "offered", "要查日志"),
        ("ticket.transferred.v1", "returned", "不归我"),
    ]
    assert {f.data["transfer_id"] for f in facts} == {transfer["id"]}
