"""Which tickets one reaches: one's own, those of departments, all; what lies outside is 404, the same as what is not there."""

from __future__ import annotations

import pytest

from chassis.clock import new_id
from tests.support.services import Person
from tests.ticket.desk import Desk

PATHS = [
    ("GET", "/tickets/{id}", None),
    ("GET", "/tickets/{id}/timeline", None),
    ("PATCH", "/tickets/{id}", {"question": "y"}),
    ("POST", "/tickets/{id}/start", None),
    ("POST", "/tickets/{id}/complete", {"solution": "x"}),
    ("POST", "/tickets/{id}/reopen", {"reason": "x"}),
    ("POST", "/tickets/{id}/transfers", {"reason": "x", "department_id": new_id()}),
]


def sees(who: Person, ticket: dict) -> bool:
    """Whether somebody reaches a ticket, by its page and in the list, which must agree."""
    page = who.get(f"/tickets/{ticket['id']}").status_code == 200
    listed = any(
        row["id"] == ticket["id"] for row in who.get(f"/tickets?player_id={ticket['player_id']}").json["items"]
    )
    assert page is listed
    return page


@pytest.mark.parametrize(("method", "path", "body"), PATHS, ids=[f"{m} {p}" for m, p, _ in PATHS])
def test_anothers_ticket_is_404_with_the_same_words_as_one_that_is_not_there(desk: Desk, method, path, body):
    ticket = desk.write()
    before = desk.agent.get(f"/tickets/{ticket['id']}").json
    answers = [
        desk.stranger.request(method, path.format(id=row_id), json=body, version=1)
        for row_id in (ticket["id"], new_id())
    ]
    for answer in answers:
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    mine, none = ({k: v for k, v in a.json.items() if k not in ("request_id", "instance")} for a in answers)
    assert mine == none
    assert desk.agent.get(f"/tickets/{ticket['id']}").json == before


def test_self_is_what_one_wrote_what_is_assigned_and_what_concerns_ones_players(desk: Desk):
    other_player = desk.new_player(desk.colleague)
    theirs = desk.write(desk.colleague, player=other_player)
    assert not sees(desk.agent, theirs)
    for_me = desk.write(desk.specialist, player=other_player, assignee_id=desk.agent.id)
    assert sees(desk.agent, for_me)
    my_player = desk.write(desk.specialist, assignee_id=desk.colleague.id)
    assert sees(desk.agent, my_player)
    assert sees(desk.colleague, my_player)
    assert not sees(desk.stranger, my_player)


def test_departments_are_those_of_their_people_and_what_lies_in_their_queue(desk: Desk):
    assert sees(desk.supervisor, desk.write())
    far = desk.write(desk.stranger, player=desk.new_player(desk.stranger))
    assert not sees(desk.supervisor, far)
    answer = desk.stranger.post(
        f"/tickets/{far['id']}/transfers", {"department_id": desk.department, "reason": "归你们"}, version=1
    )
    assert answer.status_code == 201
    assert sees(desk.supervisor, far)


def test_all_is_all(desk: Desk):
    for who in (desk.specialist, desk.inspector):
        assert sees(who, desk.write())
        assert sees(who, desk.write(desk.stranger, player=desk.new_player(desk.stranger)))


def test_an_empty_list_of_departments_reaches_only_what_one_wrote_oneself(desk: Desk):
    nobody = desk.person(("ticket.read",), scope="departments", departments=())
    assert not sees(nobody, desk.write())


def test_a_player_outside_the_scope_is_404_before_anything_is_written(desk: Desk):
    theirs = desk.new_player(desk.stranger)
    desk.agent.references = {"player": [theirs]}
    answer = desk.agent.post("/tickets", {"player_id": theirs["id"], "question": "x"})
    assert answer.status_code == 404
    assert desk.specialist.get(f"/tickets?player_id={theirs['id']}").json["items"] == []


def test_the_summary_of_a_player_outside_the_scope_is_404(desk: Desk):
    desk.write()
    for query in (f"player_id={desk.player['id']}", f"wechat_id={desk.player['wechat_id']}"):
        assert desk.agent.get(f"/ticket-summary?{query}").status_code == 200
        assert desk.stranger.get(f"/ticket-summary?{query}").status_code == 404
    assert desk.stranger.get(f"/ticket-summary?player_id={new_id()}").status_code == 404


def test_a_player_without_an_agent_is_seen_by_departments_and_all_only(desk: Desk):
    free = desk.new_player(None)
    desk.write(desk.specialist, player=free)
    path = f"/ticket-summary?player_id={free['id']}"
    assert desk.agent.get(path).status_code == 404
    assert desk.supervisor.get(path).status_code == 200
    assert desk.inspector.get(path).status_code == 200


def test_a_hand_over_of_anothers_ticket_is_404(desk: Desk):
    ticket = desk.write()
    transfer = desk.agent.post(
        f"/tickets/{ticket['id']}/transfers", {"staff_id": desk.colleague.id, "reason": "x"}, version=1
    ).json
    for answer in (
        desk.stranger.post(f"/transfers/{transfer['id']}/accept"),
        desk.stranger.post(f"/transfers/{transfer['id']}/return", {"reason": "x"}),
        desk.stranger.post(f"/transfers/{new_id()}/accept"),
    ):
        assert answer.status_code == 404


def test_who_no_longer_serves_the_player_no_longer_sees_what_is_not_theirs(desk: Desk):
    ticket = desk.write(desk.specialist, assignee_id=desk.colleague.id)
    assert sees(desk.agent, ticket)
    desk.write(desk.specialist, player=desk.player | {"version": 2, "agent_id": desk.stranger.id})
    assert not sees(desk.agent, ticket)
    assert sees(desk.stranger, ticket)
