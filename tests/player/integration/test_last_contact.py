"""The last contact is kept from touches and tickets: the newest wins, and nobody's version moves (P16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson

from chassis.clock import new_id, rfc3339, utc_now
from chassis.facts.bus import DONE, Delivery
from chassis.facts.inbox import Inbox
from tests.player.lobby import Lobby


def hear(lobby: Lobby, *facts: dict[str, Any]) -> None:
    service = lobby.service
    (subscription,) = [s for s in service.service.subscriptions if s.name == "contacts"]
    inbox = Inbox("player", subscription, service.runtime.work)
    deliveries = [Delivery(fact["id"], fact["type"].removeprefix("playdesk."), orjson.dumps(fact)) for fact in facts]
    assert inbox.handle(deliveries) == [DONE] * len(facts)


def a_fact(kind: str, **data: Any) -> dict[str, Any]:
    subject = new_id()
    envelope = {
        "specversion": "1.0",
        "id": new_id(),
        "type": f"playdesk.{kind}",
        "source": "/playdesk/x",
        "subject": subject,
    }
    return {**envelope, "entityversion": 1, "sequence": 1, "data": data}


def test_a_touch_and_a_ticket_are_contacts(lobby: Lobby):
    player = lobby.a_player()
    hear(lobby, a_fact("ticket.created.v1", player_id=player["id"]))
    after = lobby.read(player)
    assert abs((utc_now() - _moment(after)).total_seconds()) < 5
    assert (after["version"], after["updated_at"]) == (1, player["updated_at"])
    assert len(lobby.facts(player)) == 1
    assert lobby.edit(player, note="x").status_code == 200


def test_the_newest_contact_wins_in_whatever_order_it_is_told(lobby: Lobby):
    player, now = lobby.a_player(), utc_now()
    moments = [now - timedelta(days=days) for days in (5, 1, 3)]
    touches = [a_fact("touch.logged.v1", player_id=player["id"], at=rfc3339(at)) for at in moments]
    hear(lobby, *touches[:2])
    hear(lobby, touches[2], touches[0])
    assert _moment(lobby.read(player)).isoformat(timespec="seconds") == moments[1].isoformat(timespec="seconds")


def test_a_contact_of_tomorrow_is_one_of_now(lobby: Lobby):
    player = lobby.a_player()
    hear(lobby, a_fact("touch.logged.v1", player_id=player["id"], at=rfc3339(utc_now() + timedelta(days=1))))
    assert _moment(lobby.read(player)) <= utc_now()


def test_contacts_with_players_nobody_knows_are_passed_over(lobby: Lobby):
    hear(lobby, a_fact("ticket.updated.v1", player_id=new_id()), a_fact("ticket.created.v1", player_id="nobody"))


def test_the_silent_are_found(lobby: Lobby):
    long_silent, in_touch = lobby.a_player(), lobby.a_player()
    past = utc_now() - timedelta(days=40)
    hear(lobby, a_fact("touch.logged.v1", player_id=long_silent["id"], at=rfc3339(past)))
    hear(lobby, a_fact("touch.logged.v1", player_id=in_touch["id"]))
    rows = lobby.agent.get("/players", query_string={"silent_days[gte]": "30"}).json["items"]
    assert [row["id"] for row in rows] == [long_silent["id"]]
    rows = lobby.agent.get("/players", query_string={"sort": "last_contact_at"}).json["items"]
    assert [row["id"] for row in rows] == [long_silent["id"], in_touch["id"]]


def _moment(player: dict[str, Any]):
    from datetime import datetime

    return datetime.fromisoformat(player["last_contact_at"])
