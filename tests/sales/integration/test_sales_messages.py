"""What the sales service hears of players, staff and packs, as it comes over the bus."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import select

from chassis.clock import new_id, rfc3339, utc_now
from chassis.facts.bus import Delivery, Fate
from chassis.facts.inbox import Inbox
from sales.app import SERVICE
from sales.domain.copies import PackCopy, PlayerCopy, StaffCopy
from tests.sales.desk import Desk, money


def message(key: str, record: dict[str, Any], **changes: Any) -> Delivery:
    """A fact as another service sends it."""
    data = {name: value for name, value in {**record, **changes}.items() if name not in ("id", "version")}
    envelope = {
        "specversion": "1.0",
        "id": new_id(),
        "type": f"playdesk.{key}",
        "source": "/playdesk/other",
        "subject": record["id"],
        "time": rfc3339(utc_now()),
        "entityversion": changes.get("version", record["version"]),
        "data": {**data, "changed": [], "something_new": 1},
    }
    return Delivery(envelope["id"], key, orjson.dumps(envelope))


@pytest.fixture
def hear(desk: Desk) -> Any:
    """Hand messages to the service's one queue; returns their fates."""
    inbox = Inbox("sales", SERVICE.subscriptions[0], desk.service.runtime.work)
    return lambda *messages: [verdict.fate for verdict in inbox.handle(list(messages))]


def copy_of(desk: Desk, kind: type, record_id: str) -> Any:
    with desk.service.runtime.database.read_session() as session:
        return session.scalar(select(kind).where(kind.id == record_id))  # type: ignore[attr-defined]


def test_one_queue_hears_players_staff_packs_and_options():
    (copies,) = (one for one in SERVICE.subscriptions if one.name == "copies")
    queue = copies.queue("sales")
    assert queue.name == "sales.copies"
    assert set(queue.keys) == {"player.*.v1", "player.erased.v1", "staff.*.v1", "pack.*.v1", "option.changed.v1"}


def test_copies_follow_the_newest_fact_whatever_its_turn(desk: Desk, hear: Any):
    until = "2026-12-31T16:00:00.000Z"
    newest = message("pack.published.v1", desk.pack, version=3, price=money("80.00"), valid_until=until)
    older = message("pack.drafted.v1", desk.pack, version=2, state="draft")
    staff = {"id": new_id(), "version": 1, "no": "A7", "name": "甲", "department_id": None, "state": "in_service"}
    player = message("player.tier_changed.v1", desk.player, vip_tier=4)
    assert hear(newest, older, older, message("staff.joined.v1", staff), player) == [Fate.DONE] * 5
    pack = copy_of(desk, PackCopy, desk.pack["id"])
    assert (pack.version, str(pack.price), pack.state, rfc3339(pack.valid_until)) == (3, "80.00", "on_sale", until)
    assert pack.lines == desk.pack["lines"]
    assert copy_of(desk, StaffCopy, staff["id"]).no == "A7"
    assert copy_of(desk, PlayerCopy, desk.player["id"]).vip_tier == 4


def test_what_came_with_a_request_is_not_undone_by_an_older_fact(desk: Desk, hear: Any):
    desk.pack["version"] = 5
    assert desk.order().status_code == 201
    hear(message("pack.withdrawn.v1", desk.pack, version=4, state="withdrawn"))
    assert desk.order().status_code == 201
    hear(message("pack.withdrawn.v1", desk.pack, version=6, state="withdrawn"))
    assert desk.order().json["code"] == "pack_not_on_sale"


def test_a_fact_without_what_is_read_of_it_is_parked_and_holds_up_nobody(desk: Desk, hear: Any):
    bad = message("pack.published.v1", desk.pack, price="100.00")
    good = message("player.created.v1", desk.player)
    assert hear(bad, good) == [Fate.PARK, Fate.DONE]
    assert copy_of(desk, PackCopy, desk.pack["id"]) is None


def test_a_player_who_was_deleted_is_no_longer_sold_to(desk: Desk, hear: Any):
    assert desk.order().status_code == 201
    hear(message("player.deleted.v1", desk.player, version=2, deleted=True))
    assert desk.order().status_code == 404
    assert desk.agent.get(f"/sales-summary?player_id={desk.player['id']}").status_code == 404
