"""Items are taken from the game's price list, whole or not at all, and an adjustment is never overwritten (C1, C2)."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import text

from catalog.application.game_server import GameServer as Client
from catalog.domain.errors import GameServerUnavailable
from deploy.local.game import items as game_items
from tests.catalog.conftest import SECRET
from tests.catalog.shop import Shop, money

FIRST, SECOND = (item["game_item_id"] for item in game_items.price_list()[:2])


def sync(shop: Shop, **options: Any) -> dict[str, Any]:
    answer = shop.admin.post("/items/sync", **options)
    assert answer.status_code == 200, answer.text
    return answer.json


def item(shop: Shop, game_item_id: str) -> dict[str, Any]:
    (found,) = shop.agent.get(f"/items?q={game_item_id}").json["items"]
    return found


def adjust(shop: Shop, game_item_id: str, amount: str) -> dict[str, Any]:
    known = item(shop, game_item_id)
    body = {"adjusted_price": money(amount)}
    return shop.supervisor.patch(f"/items/{known['id']}", body, version=known["version"]).json


def everything(shop: Shop) -> Any:
    """All rows a sync could touch."""
    with shop.service.runtime.database.reading.connect() as connection:
        queries = ("SELECT * FROM items ORDER BY id", "SELECT * FROM price_changes ORDER BY id", "SELECT * FROM outbox")
        return [connection.execute(text(query)).all() for query in queries]


def test_the_first_sync_adds_all_300_items_with_their_numbers_history_and_facts(shop):
    report = sync(shop)
    assert {name: report[name] for name in ("added", "changed", "withdrawn", "conflicts")} == {
        "added": 300,
        "changed": 0,
        "withdrawn": 0,
        "conflicts": [],
    }
    found = shop.agent.get("/items?limit=200&count=true").json
    assert found["total"] == 300
    assert all(one["no"].startswith("I") and one["price"] == one["list_price"] for one in found["items"])
    assert [fact.type for fact in shop.service.facts()] == ["item.added.v1"] * 300
    (line,) = shop.agent.get(f"/items/{found['items'][0]['id']}/price-history").json["items"]
    assert (line["kind"], line["before"], line["cause"], line["by"]) == ("list", None, "sync", shop.admin.id)


def test_the_same_list_again_changes_nothing(shop):
    sync(shop)
    before = everything(shop)
    report = sync(shop)
    assert (report["added"], report["changed"], report["withdrawn"], report["conflicts"]) == (0, 0, 0, [])
    assert everything(shop) == before


def test_a_changed_price_under_an_adjustment_is_a_conflict_and_the_adjustment_stays(shop, game):
    sync(shop)
    before = item(shop, FIRST)["list_price"]
    adjust(shop, FIRST, "8.00")
    game.world.put_item(FIRST, {"price": "99.00"})
    game.world.put_item(SECOND, {"price": "77.00"})
    report = sync(shop)
    now = item(shop, FIRST)
    assert (report["changed"], report["added"], report["withdrawn"]) == (2, 0, 0)
    (conflict,) = report["conflicts"]
    assert conflict == {
        "item_id": now["id"],
        "no": now["no"],
        "name": now["name"],
        "adjusted_price": money("8.00"),
        "list_price_before": before,
        "list_price_now": money("99.00"),
    }
    assert (now["price"], now["list_price"], item(shop, SECOND)["price"]) == (
        money("8.00"),
        money("99.00"),
        money("77.00"),
    )


def test_a_conflict_is_found_once_and_stays_open_until_it_is_settled(shop, game):
    sync(shop)
    adjust(shop, FIRST, "8.00")
    game.world.put_item(FIRST, {"price": "99.00"})
    sync(shop)
    assert sync(shop)["conflicts"] == []
    (open_one,) = shop.agent.get("/items?conflict=true").json["items"]
    assert open_one["conflict"]["list_price_now"] == money("99.00")
    assert len(shop.agent.get("/items?conflict=false&limit=200&count=true").json["items"]) == 200
    path = f"/items/{open_one['id']}/resolution"
    settled = shop.supervisor.post(path, {"keep": "list"}, version=open_one["version"])
    assert settled.status_code == 200
    assert (settled.json["price"], settled.json["adjusted_price"], settled.json["conflict"]) == (
        money("99.00"),
        None,
        None,
    )
    assert shop.agent.get("/items?conflict=true").json["items"] == []
    again = shop.supervisor.post(path, {"keep": "list"}, version=settled.json["version"])
    assert (again.status_code, again.json["code"]) == (409, "no_conflict")


def test_items_that_leave_the_list_are_withdrawn_and_come_back(shop, game):
    sync(shop)
    before = item(shop, FIRST)
    game.world.put_item(FIRST, None)
    assert sync(shop)["withdrawn"] == 1
    assert item(shop, FIRST)["state"] == "withdrawn"
    assert [one["game_item_id"] for one in shop.agent.get("/items?state=withdrawn").json["items"]] == [FIRST]
    game.world.put_item(FIRST, next(one for one in game_items.price_list() if one["game_item_id"] == FIRST))
    assert sync(shop)["changed"] == 1
    back = item(shop, FIRST)
    assert (back["state"], back["id"], back["no"]) == ("on_sale", before["id"], before["no"])
    assert [fact.type for fact in shop.facts(before["id"])] == ["item.added.v1", "item.withdrawn.v1", "item.updated.v1"]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("down", "status_503"),
        ("error", "status_500"),
        ("refused", "status_401"),
        ("drop", "unreachable"),
        ("nonsense", "not_json"),
        ("empty", "not_json"),
        ("wrong_types", "wrong_form"),
        ("missing_fields", "wrong_form"),
        ("huge", "too_large"),
    ],
)
def test_a_game_server_that_fails_or_lies_changes_nothing(shop, game, mode, reason):
    shop.stock("10.00")
    before = everything(shop)
    game.world.behave(mode)
    answer = shop.admin.post("/items/sync", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json["code"], answer.json["reason"]) == (503, "game_server_unavailable", reason)
    assert answer.headers["Retry-After"]
    assert everything(shop) == before


def test_a_list_that_goes_wrong_on_its_last_page_changes_nothing(shop, game):
    shop.stock("10.00")
    before = everything(shop)
    game.world.put_item("zzz", {"price": "-5.00"})
    answer = shop.admin.post("/items/sync")
    assert (answer.status_code, answer.json["reason"]) == (503, "wrong_form")
    assert everything(shop) == before


def test_an_empty_list_does_not_withdraw_everything(shop, game, monkeypatch):
    shop.stock("10.00")
    monkeypatch.setattr(game.world, "items_page", lambda *_: ([], None))
    assert shop.admin.post("/items/sync").json["reason"] == "empty_list"


def test_an_endless_list_is_given_up(game, monkeypatch):
    page = game.world.items_page("", 1)[0]
    monkeypatch.setattr(game.world, "items_page", lambda *_: ([], "again"))
    assert reason(Client(game.url, SECRET)) == "endless_list"
    monkeypatch.setattr(game.world, "items_page", lambda *_: (page, "again"))
    assert reason(Client(game.url, SECRET)) == "duplicate_item"


@pytest.mark.timeout(20)
def test_a_slow_list_is_given_up_at_its_deadline(game):
    game.world.behave("slow", delay_seconds=0.4)
    started = time.monotonic()
    assert reason(Client(game.url, SECRET, seconds=0.5)) == "too_slow"
    assert time.monotonic() - started < 1.0


def test_a_wrong_secret_and_a_wrong_address_are_told(game):
    assert reason(Client(game.url, "another")) == "status_401"
    assert reason(Client("http://127.0.0.1:1", SECRET)) == "unreachable"
    assert reason(Client("http://[", SECRET)) == "unreachable"
    assert reason(Client("", SECRET)) == "not_configured"


def reason(client: Client) -> str:
    with pytest.raises(GameServerUnavailable) as refused:
        client.price_list()
    return refused.value.members["reason"]


def in_the_background(work: Any) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_for_calls(game: Any, count: int) -> None:
    while game.world.calls["/v1/items"] < count:
        time.sleep(0.01)


@pytest.mark.parametrize("key", [None, "sync-1"])
def test_of_two_syncs_at_once_the_second_is_refused_and_no_transaction_waits_for_the_game(shop, game, key):
    game.world.behave("slow", delay_seconds=0.3)
    answers: list[Any] = []
    first = in_the_background(lambda: answers.append(shop.admin.post("/items/sync", key=key)))
    wait_for_calls(game, 1)
    second = shop.supervisor.post("/items/sync")
    assert (second.status_code, second.json["code"]) == (409, "sync_running")
    with shop.service.runtime.database.reading.connect() as connection:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        assert connection.execute(text(waiting)).scalar() == 0
    first.join()
    assert (answers[0].status_code, answers[0].json["added"]) == (200, 300)
    game.world.behave("ok")
    assert sync(shop)["added"] == 0


def test_a_sync_is_refused_while_another_list_is_being_applied(shop):
    from catalog.application import items
    from catalog.domain.errors import SyncRunning
    from tests.catalog.shop import listed

    with (one := shop.work()).session, (other := shop.work()).session:
        items.sync_items(one, [listed("g1", "1.00")])
        with pytest.raises(SyncRunning):
            items.sync_items(other, [listed("g1", "2.00")])
        one.commit()


def test_a_sync_with_a_key_is_done_once(shop, game):
    first = sync(shop, key="k")
    game.world.put_item(FIRST, None)
    again = shop.admin.post("/items/sync", key="k")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first, "true")
    assert item(shop, FIRST)["state"] == "on_sale"


def test_who_may_not_sync_is_refused_before_the_game_is_asked(shop, game):
    assert shop.agent.post("/items/sync").status_code == 403
    assert shop.admin.post("/items/sync", {"force": True}).status_code == 422
    assert game.world.calls["/v1/items"] == 0
