"""The service as a whole: its tables are its models, its documents its code, and the demo filler can use it."""

from __future__ import annotations

from decimal import Decimal

from catalog.app import SERVICE
from catalog.application import items, packs, rules
from catalog.application.game_server import GameServer as Client
from chassis.callers import Caller, Scope
from chassis.clock import new_id
from chassis.data.migrations import differences
from chassis.http.documents import generated, outdated
from chassis.money import Money
from tests.catalog.conftest import SECRET


def test_the_migrated_database_is_what_the_models_say(catalog):
    with catalog.runtime.database.engine.connect() as connection:
        assert differences(connection, SERVICE.metadata) == []


def test_the_documents_are_what_the_code_generates(catalog):
    folder = SERVICE.migrations.parent.parent
    documents = generated(catalog.app, SERVICE.name, SERVICE.title, SERVICE.emits, folder)
    assert outdated(documents) == [], "run `python -m catalog docs`"


def test_the_demo_filler_makes_everything_in_its_own_process(catalog, shop, game):
    maker, boss = (Caller(id=new_id(), scope=Scope("all")) for _ in range(2))
    with (work := catalog.runtime.work(maker)).session:
        items.sync_items(work, Client(game.url, SECRET).price_list())
        limits = {"free_limit": Decimal("0.1"), "approval_limit": Decimal("0.4")}
        rules.create_rule(work, {"name": "折扣", "kind": "max_discount", **limits})
        rules.create_rule(work, {"name": "底价", "kind": "min_price", "min_price": Money(Decimal(1))})
        work.commit()
    item = shop.agent.get("/items?limit=1").json["items"][0]
    with (work := catalog.runtime.work(maker)).session:
        items.adjust_item(work, item["id"], {"adjusted_price": Money(Decimal(20))}, version=1)
        body = {"name": "礼包", "lines": [{"item_id": item["id"], "quantity": 5}], "discount": Decimal("0.2")}
        pack = packs.create_pack(work, {**body, "player_id": new_id()})
        packs.publish_pack(work, pack.id, version=pack.version)
        work.commit()
    with (work := catalog.runtime.work(boss)).session:
        assert packs.approve_pack(work, pack.id, version=pack.version).state == "on_sale"
        work.commit()
    assert shop.agent.get(f"/packs?no={pack.no}").json["items"][0]["price"]["amount"] == "80.00"


def test_a_body_that_is_no_json_is_malformed(shop):
    for raw in (b"{bad", b'{"a": NaN}', b'{"name": 1, "name": 2}'):
        answer = shop.agent.request("POST", "/packs/preview", data=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
    assert shop.agent.request("POST", "/packs", data=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
