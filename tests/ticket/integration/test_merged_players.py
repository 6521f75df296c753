"""Tickets of players who are one person are seen together, and apart again when the merge is taken back (P13)."""

from __future__ import annotations

from itertools import permutations
from random import Random
from typing import Any

import pytest

from tests.ticket.desk import Desk


def know(desk: Desk, *states: dict[str, Any]) -> None:
    """Let the service take these players, as it would from facts, one batch each."""
    for state in states:
        with (work := desk.service.runtime.work()).session:
            desk.service.service.references["player"].keep(work, [state])
            work.commit()


def listed(desk: Desk, **query: str) -> set[str]:
    """The questions of the tickets a list shows to the agent."""
    answer = desk.agent.get("/tickets", query_string=query)
    assert answer.status_code == 200, answer.text
    return {ticket["question"] for ticket in answer.json["items"]}


def summed(desk: Desk, **query: str) -> set[str]:
    """The same of the summary."""
    answer = desk.agent.get("/ticket-summary", query_string=query)
    assert answer.status_code == 200, answer.text
    return {ticket["question"] for ticket in answer.json["items"]}


@pytest.fixture
def two(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two players of the agent's, with a ticket each."""
    gone, into = desk.new_player(desk.agent), desk.new_player(desk.agent)
    desk.write(player=gone, question="旧的问题", category="complaint")
    desk.write(player=into, question="新的问题")
    return gone, into


def test_a_survivor_is_shown_with_the_tickets_of_both_and_each_keeps_its_own_player(desk: Desk, two):
    gone, into = two
    know(desk, {**gone, "version": 2, "merged_into_id": into["id"]})
    both = {"旧的问题", "新的问题"}
    for query in ({"player_id": into["id"]}, {"wechat_id": into["wechat_id"]}, {"wechat_id": gone["wechat_id"]}):
        assert listed(desk, **query) == both, query
        assert summed(desk, **query) == both, query
    assert listed(desk, player_id=gone["id"]) == summed(desk, player_id=gone["id"]) == {"旧的问题"}
    shown = desk.agent.get(f"/ticket-summary?wechat_id={gone['wechat_id']}").json
    assert (shown["player_id"], shown["counts"]["pending"]) == (into["id"], 2)
    assert [guard["code"] for guard in shown["guards"]] == ["open_complaint"]
    (ticket,) = desk.agent.get(f"/tickets?player_id={gone['id']}").json["items"]
    assert (ticket["player_id"], ticket["player"]["merged_into_id"]) == (gone["id"], into["id"])


def test_taken_back_each_has_its_own_again(desk: Desk, two):
    gone, into = two
    know(desk, {**gone, "version": 2, "merged_into_id": into["id"]}, {**gone, "version": 3, "merged_into_id": None})
    for player, question in ((gone, "旧的问题"), (into, "新的问题")):
        for query in ({"player_id": player["id"]}, {"wechat_id": player["wechat_id"]}):
            assert listed(desk, **query) == summed(desk, **query) == {question}


def test_by_phone_the_survivor_brings_both(desk: Desk, two):
    gone, into = two
    know(desk, {**gone, "version": 2, "merged_into_id": into["id"]})
    desk.agent.references = {"player_by_phone": [into]}
    assert listed(desk, phone="13800138000") == {"旧的问题", "新的问题"}
    desk.agent.references = {"player_by_phone": []}
    assert listed(desk, phone="13800138000") == set()


def test_facts_in_any_order_and_again_end_at_the_newest(desk: Desk, two):
    gone, into = two
    states = [
        {**gone, "version": 2, "merged_into_id": into["id"]},
        {**gone, "version": 3, "merged_into_id": None},
        {**gone, "version": 4, "merged_into_id": into["id"]},
    ]
    for number, order in enumerate(permutations(states)):
        moved = [{**state, "version": state["version"] + 10 * number} for state in order]
        know(desk, *moved, *Random(number).sample(moved, 2))
        assert summed(desk, player_id=into["id"]) == {"旧的问题", "新的问题"}
    last = {**gone, "version": 99, "merged_into_id": None}
    know(desk, last, states[0], last, states[2])
    assert summed(desk, player_id=into["id"]) == {"新的问题"}


def test_facts_from_before_players_could_be_merged_are_read(desk: Desk, two):
    gone, _ = two
    assert "merged_into_id" not in gone
    know(desk, {**gone, "version": 7})
    assert summed(desk, player_id=gone["id"]) == {"旧的问题"}


def test_the_survivors_agent_sees_the_tickets_of_both_and_the_other_agent_no_more(desk: Desk):
    other = desk.service.person("ticket.read", "ticket.create")
    gone, into = desk.new_player(other), desk.new_player(desk.agent)
    desk.write(player=into)
    boss = desk.service.person("ticket.read", "ticket.create", scope="all")
    theirs = desk.write(by=boss, player=gone, question="别人的玩家", assignee_id=None)
    assert other.get(f"/tickets/{theirs['id']}").status_code == 200
    know(desk, {**gone, "version": 2, "merged_into_id": into["id"]})
    assert "别人的玩家" in listed(desk, player_id=into["id"])
    assert desk.agent.get(f"/ticket-summary?player_id={gone['id']}").status_code == 200
    assert other.get(f"/tickets/{theirs['id']}").status_code == 404
    assert other.get(f"/ticket-summary?player_id={gone['id']}").status_code == 404


def test_a_ticket_for_somebody_who_was_merged_is_written_and_shown_with_the_survivor(desk: Desk, two):
    """A system that knows the old ID only loses nothing; the ticket goes back with its player."""
    gone, into = two
    merged = {**gone, "version": 2, "merged_into_id": into["id"]}
    know(desk, merged)
    desk.write(player=merged, question="用旧ID报的")
    assert "用旧ID报的" in summed(desk, player_id=into["id"])
    know(desk, {**gone, "version": 3, "merged_into_id": None})
    assert "用旧ID报的" in summed(desk, player_id=gone["id"])
    assert "用旧ID报的" not in summed(desk, player_id=into["id"])
