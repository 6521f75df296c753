"""Over the real broker: a merge in the player service is one person in the others, and two again when it is taken back (P13)."""

from __future__ import annotations

from contextlib import closing
from secrets import token_hex
from typing import Any

import pytest

from deploy.local.tour.desk import until
from tests.system.at_work import AtWork
from tests.system.ear import Ear

pytestmark = pytest.mark.usefixtures("in_turn")


@pytest.fixture
def two(suite: AtWork) -> list[dict[str, Any]]:
    """Two players of A001's, each with a ticket and a touch."""
    agent, word, made = suite.desk("A001"), token_hex(4), []
    for name in ("old", "new"):
        player = agent.post("/players", {"wechat_id": f"{name}_{word}"})
        agent.post("/tickets", {"player_id": player["id"], "question": name})
        agent.post("/touches", {"player_id": player["id"], "channel": "wechat", "outcome": "considering", "note": name})
        made.append(player)
    return made


def shown(suite: AtWork, player: dict[str, Any]) -> tuple[set[str], set[str]]:
    """(questions, notes) that the lists of the ticket and the sales service show of a player."""
    agent = suite.desk("A001")
    tickets = agent.get(f"/tickets?player_id={player['id']}")["items"]
    touches = agent.get(f"/touches?player_id={player['id']}")["items"]
    return {one["question"] for one in tickets}, {one["note"] for one in touches}


def test_merged_they_are_listed_under_the_survivor_and_unmerged_apart_again(suite: AtWork, two, figure):
    (gone, into), supervisor = two, suite.desk("M001")
    with closing(Ear(suite.bus_url)) as ear:
        path = f"/players/{gone['id']}"
        merged = supervisor.post(f"{path}/merge", {"into_id": into["id"]}, 200, version=gone["version"])
        both = ({"old", "new"}, {"old", "new"})
        until("both are listed under the survivor", lambda: shown(suite, into) == both)
        home = suite.desk("A001").get(f"/home?wechat_id={gone['wechat_id']}")
        assert home["player"]["id"] == into["id"]
        assert {one["question"] for one in home["tickets"]["items"]} == {"old", "new"}
        supervisor.post(f"{path}/unmerge", {"reason": "两个人"}, 200, version=merged["version"])
        until("they are apart again", lambda: shown(suite, into) == ({"new"}, {"new"}))
        assert shown(suite, gone) == ({"old"}, {"old"})
        told = until("both facts are heard", lambda: _told(ear, gone["id"]))
    assert told == {
        "playdesk.player.merged.v1": (into["id"], into["id"]),
        "playdesk.player.unmerged.v1": (into["id"], None),
    }
    figure("merging over the broker", facts=len(told))


def _told(ear: Ear, player_id: str) -> dict[str, Any] | None:
    """{type: (the other, who stands for the player after it)} as soon as both were heard."""
    facts = [fact for fact in list(ear.facts) if fact["subject"] == player_id and "merged" in fact["type"]]
    found = {
        fact["type"]: (fact["data"].get("into_id") or fact["data"].get("from_id"), fact["data"]["merged_into_id"])
        for fact in facts
    }
    return found if len(found) == 2 else None
