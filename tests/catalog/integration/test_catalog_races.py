"""Many at once: no lost update, no doubled number, nothing on sale twice (G12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from tests.catalog.shop import Shop, money


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """The results of `count` calls that start together."""
    barrier = Barrier(count)

    def run(number: int) -> Any:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def person(shop: Shop) -> Any:
    """Everybody has a client of their own."""
    return shop.service.person(*shop.admin.caller.permissions)


def test_of_many_edits_of_one_version_one_wins_and_the_others_see_what_is_there_now(shop):
    shop.rule()
    pack = shop.published()
    people = [person(shop) for _ in range(6)]
    path = f"/packs/{pack['id']}"
    answers = at_once(6, lambda n: people[n].patch(path, {"name": f"第{n}版"}, version=pack["version"]))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 5}
    now = shop.agent.get(path).json
    (winner,) = (answer.json for answer in answers if answer.status_code == 200)
    assert now == winner
    assert {answer.json["current"]["name"] for answer in answers if answer.status_code == 412} == {now["name"]}
    assert len(shop.agent.get(f"{path}/revisions").json["items"]) == 2


def test_of_many_approvals_one_puts_it_on_sale(shop):
    shop.rule()
    handed_in = shop.step(shop.pack(discount="0.30"), "publish").json
    people = [person(shop) for _ in range(4)]
    answers = at_once(4, lambda n: shop.step(handed_in, "approve", people[n]))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 3}
    assert len(shop.agent.get(f"/packs/{handed_in['id']}/revisions").json["items"]) == 1


def test_of_many_adjustments_of_one_version_one_wins(shop):
    item = shop.stock("10.00")[0]
    people = [person(shop) for _ in range(4)]
    body = {"adjusted_price": money("8.00")}
    answers = at_once(4, lambda n: people[n].patch(f"/items/{item['id']}", body, version=1))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 3}
    assert len(shop.agent.get(f"/items/{item['id']}/price-history").json["items"]) == 2


def test_a_sync_does_not_write_over_an_adjustment_made_meanwhile(shop, game):
    assert shop.admin.post("/items/sync").status_code == 200
    game_ids = [item["game_item_id"] for item in shop.agent.get("/items?limit=6").json["items"]]
    known = {one: shop.agent.get(f"/items?q={one}").json["items"][0] for one in game_ids}
    for one in game_ids:
        game.world.put_item(one, {"price": "77.00"})
    people = [person(shop) for _ in range(6)]

    def work(number: int) -> Any:
        if number == 0:
            return people[0].post("/items/sync")
        item = known[game_ids[number]]
        return people[number].patch(f"/items/{item['id']}", {"adjusted_price": money("5.00")}, version=1)

    synced, *adjusted = at_once(6, work)
    assert synced.status_code == 200
    for number, answer in enumerate(adjusted, 1):
        now = shop.agent.get(f"/items/{known[game_ids[number]]['id']}").json
        assert now["list_price"] == money("77.00")
        assert now["price"] == money("5.00" if answer.status_code == 200 else "77.00")


def test_packs_made_at_once_have_numbers_of_their_own(shop):
    shop.rule()
    item = shop.stock("10.00")[0]
    people = [person(shop) for _ in range(6)]
    made = at_once(6, lambda n: people[n].post("/packs", shop.body(item)))
    assert {answer.status_code for answer in made} == {201}
    assert len({answer.json["no"] for answer in made}) == 6


def test_the_same_key_at_once_makes_one_pack(shop):
    shop.rule()
    item = shop.stock("10.00")[0]
    maker = person(shop)
    clients = [shop.service.person(*shop.admin.caller.permissions, staff_id=maker.id) for _ in range(6)]
    answers = at_once(6, lambda n: clients[n].post("/packs", shop.body(item), key="k"))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(shop.agent.get("/packs").json["items"]) == 1
