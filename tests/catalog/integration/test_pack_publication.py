"""A pack goes on sale, alone or with approval, in revisions that never change (C4, C5)."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.catalog.shop import money


def kinds(shop, pack):
    return [(fact.type, fact.data["state"], fact.data["revision"]) for fact in shop.facts(pack["id"])]


def revisions(shop, pack):
    return shop.agent.get(f"/packs/{pack['id']}/revisions").json["items"]


def edit(shop, pack, by=None, **fields):
    return (by or shop.agent).patch(f"/packs/{pack['id']}", fields, version=pack["version"])


def test_within_the_free_limit_an_agent_publishes_alone(shop):
    shop.rule()
    pack = shop.published(discount="0.10")
    assert kinds(shop, pack) == [("pack.drafted.v1", "draft", 1), ("pack.published.v1", "on_sale", 1)]
    (revision,) = revisions(shop, pack)
    same = ("revision", "name", "lines", "sum", "price", "discount", "verdict", "note")
    assert {name: revision[name] for name in same} == {name: pack[name] for name in same}
    assert (revision["pack_id"], revision["published_by"]) == (pack["id"], shop.agent.id)


def test_beyond_it_a_supervisor_approves(shop):
    shop.rule()
    pack = shop.pack(discount="0.30")
    handed_in = shop.step(pack, "publish").json
    assert (handed_in["state"], revisions(shop, pack)) == ("awaiting_approval", [])
    approved = shop.step(handed_in, "approve", shop.supervisor)
    assert approved.status_code == 200
    assert (approved.json["state"], approved.json["approved_by"]) == ("on_sale", shop.supervisor.id)
    assert kinds(shop, pack) == [
        ("pack.drafted.v1", "draft", 1),
        ("pack.drafted.v1", "awaiting_approval", 1),
        ("pack.published.v1", "on_sale", 1),
    ]
    assert revisions(shop, pack)[0]["approved_by"] == shop.supervisor.id


def test_nobody_approves_the_own_pack(shop):
    shop.rule()
    handed_in = shop.step(shop.pack(by=shop.supervisor, discount="0.30"), "publish", shop.supervisor).json
    own = shop.step(handed_in, "approve", shop.supervisor)
    assert (own.status_code, own.json["code"]) == (409, "own_pack")
    assert shop.step(handed_in, "approve", shop.admin).status_code == 200


def test_only_what_awaits_approval_is_approved_and_only_drafts_are_published(shop):
    shop.rule()
    draft = shop.pack()
    assert shop.step(draft, "approve", shop.supervisor).json["code"] == "not_awaiting_approval"
    on_sale = shop.step(draft, "publish").json
    assert shop.step(on_sale, "publish").json["code"] == "not_draft"
    withdrawn = shop.step(on_sale, "withdraw").json
    assert withdrawn["state"] == "withdrawn"
    assert shop.step(withdrawn, "withdraw").json["code"] == "already_withdrawn"
    assert kinds(shop, draft)[-1] == ("pack.withdrawn.v1", "withdrawn", 1)


def test_publishing_judges_with_the_prices_of_now(shop):
    shop.rule()
    item = shop.stock("10.00")[0]
    pack = shop.pack(item=item, discount="0.10")
    shop.supervisor.patch(f"/items/{item['id']}", {"adjusted_price": money("20.00")}, version=1)
    blocked = shop.step(pack, "publish")
    assert (blocked.status_code, blocked.json["code"]) == (409, "discount_not_allowed")
    assert blocked.json["verdict"]["sum"] == money("200.00")
    shop.supervisor.patch(f"/items/{item['id']}", {"adjusted_price": money("9.00")}, version=2)
    published = shop.step(pack, "publish").json
    assert (published["state"], published["sum"], published["price"]) == ("on_sale", money("90.00"), money("90.00"))
    assert published["lines"][0]["unit_price"] == money("9.00")


def test_an_item_that_falls_below_the_packs_price_stops_it(shop):
    shop.rule()
    item = shop.stock("10.00")[0]
    pack = shop.pack(item=item)
    shop.supervisor.patch(f"/items/{item['id']}", {"adjusted_price": money("9.00")}, version=1)
    assert shop.step(pack, "publish").json["code"] == "price_above_sum"


def test_a_pack_with_a_withdrawn_item_is_not_put_on_sale(shop):
    shop.rule()
    one, two = shop.stock("10.00", "10.00")
    pack = shop.pack(item=two, discount="0.30")
    shop.stock("10.00")
    refused = shop.step(pack, "publish")
    assert (refused.status_code, refused.json["code"]) == (409, "item_withdrawn")
    assert [item["no"] for item in refused.json["items"]] == [two["no"]]
    assert edit(shop, pack, note="x").json["code"] == "item_withdrawn"
    assert edit(shop, pack, lines=[{"item_id": one["id"], "quantity": 10}]).status_code == 200


def test_prices_are_frozen_once_a_pack_is_on_sale(shop):
    shop.rule()
    item = shop.stock("10.00")[0]
    pack = shop.published(item=item)
    shop.supervisor.patch(f"/items/{item['id']}", {"adjusted_price": money("99.00")}, version=1)
    assert shop.agent.get(f"/packs/{pack['id']}").json == pack


def test_a_change_of_a_pack_on_sale_is_its_next_revision_and_the_old_one_stays(shop):
    shop.rule()
    pack = shop.published()
    next_one = edit(shop, pack, price=money("92.00")).json
    assert (next_one["state"], next_one["revision"]) == ("on_sale", 2)
    beyond = edit(shop, next_one, price=money("70.00")).json
    assert (beyond["state"], beyond["revision"]) == ("awaiting_approval", 3)
    approved = shop.step(beyond, "approve", shop.supervisor).json
    assert (approved["state"], approved["revision"]) == ("on_sale", 3)
    found = revisions(shop, pack)
    assert [(one["revision"], one["price"]["amount"]) for one in found] == [(3, "70.00"), (2, "92.00"), (1, "95.00")]
    page = shop.agent.get(f"/packs/{pack['id']}/revisions?limit=2&sort=revision").json
    last = shop.agent.get(f"/packs/{pack['id']}/revisions?limit=2&sort=revision&cursor={page['next_cursor']}").json
    assert [one["revision"] for one in (*page["items"], *last["items"])] == [1, 2, 3]
    assert [kind for kind, *_ in kinds(shop, pack)] == [
        "pack.drafted.v1",
        "pack.published.v1",
        "pack.published.v1",
        "pack.drafted.v1",
        "pack.published.v1",
    ]


def test_rules_that_became_stricter_stop_an_approval(shop):
    rule = shop.rule()
    handed_in = shop.step(shop.pack(discount="0.30"), "publish").json
    path = f"/discount-rules/{rule.id}"
    assert shop.admin.patch(path, {"approval_limit": "0.20"}, version=1).status_code == 200
    refused = shop.step(handed_in, "approve", shop.supervisor)
    assert (refused.json["code"], refused.json["verdict"]["rule"]["limit"]) == ("discount_not_allowed", "0.20")


def test_a_withdrawn_pack_comes_back(shop):
    shop.rule()
    withdrawn = shop.step(shop.published(), "withdraw").json
    back = shop.step(withdrawn, "publish").json
    assert (back["state"], back["revision"]) == ("on_sale", 2)


@pytest.mark.parametrize("statement", ["UPDATE pack_revisions SET price = 1", "DELETE FROM pack_revisions"])
def test_the_database_refuses_to_change_what_was_sold(shop, statement):
    shop.rule()
    shop.published()
    with (
        shop.service.runtime.database.engine.connect() as connection,
        pytest.raises(IntegrityError, match="append-only"),
    ):
        connection.execute(text(statement))
