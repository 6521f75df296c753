"""Touches and orders of players who are one person are seen together, and apart again afterwards (P13)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sales.desk import Desk, money


@pytest.fixture
def gone(desk: Desk) -> dict[str, Any]:
    """A second player of the agent's, with a touch that was refused and an order; the desk's own has one touch."""
    player = desk.a_player()
    desk.know(players=(player, desk.player), packs=(desk.pack,))
    desk.touch(note="留下的")
    desk.refuse(player_id=player["id"], note="走的")
    assert desk.order(player_id=player["id"]).status_code == 201
    return player


def merged(desk: Desk, player: dict[str, Any], version: int = 2) -> dict[str, Any]:
    """The player's state after a merge into the desk's own, which the service has heard of."""
    state = {**player, "version": version, "merged_into_id": desk.player["id"]}
    desk.know(players=(state,))
    return state


def notes(desk: Desk, player: dict[str, Any]) -> set[str]:
    """The notes of the touches a list shows."""
    return {one["note"] for one in desk.agent.get(f"/touches?player_id={player['id']}").json["items"]} - {""}


def test_the_survivors_summary_shows_both_and_is_found_by_the_old_wechat_id(desk: Desk, gone):
    merged(desk, gone)
    shown = desk.summary()
    assert {one["note"] for one in shown["touches"]} >= {"走的", "留下的"}
    assert (len(shown["orders"]), shown["month_orders"], shown["month_total"]) == (1, 1, money("100.00"))
    assert shown["resume"]["note"] == "留下的"
    by_old_handle = desk.agent.get(f"/sales-summary?wechat_id={gone['wechat_id']}").json
    assert by_old_handle == shown


def test_a_price_refused_by_the_one_is_not_suggested_to_the_other(desk: Desk):
    player = desk.a_player()
    desk.know(players=(player, desk.player), packs=(desk.pack,))
    desk.order()  # what was bought would be suggested again
    assert desk.pack["no"] in {one["pack_no"] for one in desk.summary()["suggestions"]}
    desk.refuse(player_id=player["id"])
    merged(desk, player)
    assert desk.pack["no"] not in {one["pack_no"] for one in desk.summary()["suggestions"]}


def test_lists_show_both_under_the_survivor_and_the_records_keep_their_player(desk: Desk, gone):
    merged(desk, gone)
    assert notes(desk, desk.player) == {"走的", "留下的"}
    assert notes(desk, gone) == {"走的"}
    (order,) = desk.agent.get(f"/orders?player_id={desk.player['id']}").json["items"]
    assert (order["player_id"], order["player"]["merged_into_id"]) == (gone["id"], desk.player["id"])


def test_taken_back_each_has_its_own_again(desk: Desk, gone):
    merged(desk, gone)
    desk.know(players=({**gone, "version": 3, "merged_into_id": None},))
    desk.know(players=({**gone, "version": 2, "merged_into_id": desk.player["id"]},))
    assert (notes(desk, desk.player), notes(desk, gone)) == ({"留下的"}, {"走的"})
    assert desk.summary()["orders"] == []


def test_a_pack_made_for_the_one_is_for_the_survivor_too_and_their_touches_end_in_orders(desk: Desk):
    player = desk.a_player()
    pack = {**desk.a_pack(), "player_id": player["id"]}
    desk.know(players=(player, desk.player), packs=(pack,))
    desk.agent.references = {}
    touch = desk.touch(player_id=player["id"]).json
    body = {"pack_no": pack["no"], "touch_id": touch["id"]}
    assert desk.order(**body).json["code"] == "pack_for_other_player"
    merged(desk, player)
    answer = desk.order(**body)
    assert answer.status_code == 201, answer.text
    assert answer.json["touch_id"] == touch["id"]


def test_the_survivors_agent_sees_the_sales_of_both_and_the_other_agent_no_more(desk: Desk):
    other = desk.someone("sales.read", "touch.create", "order.create")
    boss = desk.service.person("sales.read", "touch.create", scope="all")
    player = desk.a_player(agent_id=other.id)
    desk.know(players=(player, desk.player))
    assert desk.touch(by=boss, player_id=player["id"], note="别人的").status_code == 201
    assert other.get(f"/sales-summary?player_id={player['id']}").status_code == 200
    merged(desk, player)
    assert "别人的" in notes(desk, desk.player)
    assert other.get(f"/sales-summary?player_id={player['id']}").status_code == 404
    assert other.get(f"/touches?player_id={player['id']}").json["items"] == []
