"""The ten steps of the main job. Each takes the walk so far, checks every answer, and says what happened."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests

from deploy.local.game import players as game_players
from deploy.local.tour.desk import Desk, expect, until
from deploy.local.tour.walking import Walk, money


def sign_in(walk: Walk) -> None:
    """1. She logs in and sees the home page."""
    agent = walk["A001"]
    me = agent.get("/me")
    expect(me["staff"]["no"] == "A001" and me["scope"]["kind"] == "self", "A001 reaches her own records")
    Desk(walk.url).call("POST", "/login", 401, {"staff_no": "A001", "password": "wrong"})
    page = requests.get(f"{walk.url}/login", timeout=10)
    expect(page.status_code == 200 and "Content-Security-Policy" in page.headers, "the login page is there")
    walk.say(
        f"A001 {me['staff']['name']} signed in; her scope is {me['scope']['kind']}, with {len(me['permissions'])} permissions"
    )


def make_player(walk: Walk) -> None:
    """2. An unknown player writes; she makes the player, and the game data arrive by themselves."""
    agent, wechat = walk["A001"], f"xinwanjia_{walk.mark}"
    expect(agent.get(f"/search?q={wechat}")["players"] == [], "nobody has this WeChat ID yet")
    phone, known = _free_phone(agent)
    player = agent.post(
        "/players", {"phone": phone, "wechat_id": wechat, "wechat_name": "云边小卖部", "source": "in_game_guide"}
    )
    walk.made |= {"player": player, "phone": phone, "wechat": wechat}
    fetched = until(
        "the game data",
        lambda: (p := agent.get(f"/players/{player['id']}"))["game"]["state"] == "fresh" and p,
    )
    expect(fetched["game"]["uid"] == known["uid"], "the snapshot is of the account with this phone")
    duplicate = agent.post("/players", {"phone": phone, "wechat_id": f"other_{walk.mark}"}, status=409)
    expect(duplicate["code"] == "duplicate_player", "the same phone cannot be entered twice")
    walk.made["player"] = fetched
    walk.say(
        f"{wechat}: nobody known, so the player was made; the game says {fetched['game']['nickname']}, "
        f"level {fetched['game']['level']}, spent ¥{fetched['game']['total_spend']['amount']}; phone shown as {fetched['phone']}"
    )


def _free_phone(agent: Desk) -> tuple[str, dict[str, Any]]:
    for _ in range(50):
        index = 2100 + secrets.randbelow(2800)
        phone = game_players.phone(index)
        if not agent.get(f"/players?phone={phone.replace('+', '%2B')}")["items"]:
            return phone, game_players.player(index)
    raise LookupError("no game player left whose phone is not known yet")


def find_player(walk: Walk) -> None:
    """3. Found by WeChat ID, phone, last four, two characters of the nickname, an old WeChat ID; home in one request."""
    agent, player, phone = walk["A001"], walk.made["player"], walk.made["phone"]
    renamed = agent.patch(
        f"/players/{player['id']}",
        {"wechat_id": f"{walk.made['wechat']}_new", "nickname": "云边小卖部长"},
        player["version"],
    )
    queries = {
        "WeChat ID": renamed["wechat_id"],
        "phone": phone.removeprefix("+86"),
        "last four": phone[-4:],
        "two characters": "小卖",
        "old WeChat ID": walk.made["wechat"],
    }
    for name, query in queries.items():
        found = [p["id"] for p in agent.get(f"/players?q={query}&limit=200")["items"]]
        expect(player["id"] in found, f"found by {name} ({query})")
    home = agent.get(f"/home?wechat_id={renamed['wechat_id']}")
    expect(home["player"]["id"] == player["id"] and home["unavailable"] == [], "home brings everything at once")
    expect(home["player"]["game"]["fetched_at"], "with the game data and their age")
    by_old = agent.get(f"/home?wechat_id={walk.made['wechat']}")
    expect(by_old["player"]["id"] == player["id"], "home also by the old WeChat ID")
    walk.made["player"] = renamed
    walk.say(f"found by {', '.join(queries)}; one request brought player, game data, tickets and sales")


def work_on_ticket(walk: Walk) -> None:
    """4. Written, started, refused without a solution, finished, reopened; a stale edit is refused with what has changed."""
    agent, supervisor = walk["A001"], walk["M001"]
    question = "昨晚买的月卡到现在还没到账，麻烦帮忙看看"
    ticket = agent.post(
        "/tickets", {"player_id": walk.made["player"]["id"], "question": question, "category": "recharge"}
    )
    path = f"/tickets/{ticket['id']}"
    started = agent.post(f"{path}/start", status=200, version=ticket["version"])
    refused = agent.post(f"{path}/complete", {}, 409, version=started["version"])
    expect(refused["code"] == "solution_missing", "it is told why not")
    edited = supervisor.patch(path, {"priority": "high"}, started["version"])
    stale = agent.call("PATCH", path, 412, {"solution": "已补发月卡奖励"}, version=started["version"])
    expect(stale["current"]["priority"] == "high", "her stale edit is refused with what has changed")
    done = agent.post(f"{path}/complete", {"solution": "已补发月卡奖励，请查收邮件"}, 200, version=edited["version"])
    reopened = agent.post(f"{path}/reopen", {"reason": "玩家反馈只到了一半"}, 200, version=done["version"])
    expect((reopened["status"], reopened["reopen_count"]) == ("in_progress", 1), "reopened and counted")
    kinds = [change["kind"] for change in agent.get(f"{path}/timeline")["items"]]
    expect(kinds == ["created", "started", "updated", "completed", "reopened"], f"the timeline tells it all: {kinds}")
    walk.made["ticket"] = reopened
    walk.say(
        f"{ticket['no']}: {refused['title']}; M001 edited meanwhile, so her edit was refused with the difference; done, reopened"
    )


def log_touch(walk: Walk) -> None:
    """5. A touch that did not sell, with reason and next date; next time home says where they stopped."""
    agent, player_id = walk["A001"], walk.made["player"]["id"]
    pack_no = agent.get("/packs?state=on_sale&limit=1")["items"][0]["no"]
    again = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    body = {"player_id": player_id, "channel": "wechat", "outcome": "refused", "pack_no": pack_no, "next_at": again}
    agent.post("/touches", body, 422)
    touch = agent.post("/touches", {**body, "lost_reason": "too_expensive", "note": "说等周末活动再看看"})
    resume = agent.get(f"/home?player_id={player_id}")["resume"]
    expect(
        resume and resume["touch_id"] == touch["id"] and resume["pack_no"] == pack_no, "home says where they stopped"
    )
    walk.made["touch"] = touch
    stopped = f"{resume['pack_name']} at ¥{resume['price_then']['amount']}"
    walk.say(f"not sold: {pack_no}, 太贵, again in two days; next time the page says: {stopped}")


def build_pack(walk: Walk) -> None:
    """6. Items synced, one price adjusted, a conflict reported; packs under the discount rules."""
    admin, agent, supervisor = walk["admin"], walk["A001"], walk["M001"]
    admin.post("/items/sync", status=200)
    items = [i for i in admin.get("/items?state=on_sale&limit=50")["items"] if i["adjusted_price"] is None][:3]
    item, new = items[0], Decimal(items[0]["list_price"]["amount"])
    adjusted = admin.patch(f"/items/{item['id']}", {"adjusted_price": money(new + 1)}, item["version"])
    walk_price = f"{new + 2:.2f}"
    requests.post(
        f"{walk.game_url}/control/prices", json={item["game_item_id"]: walk_price}, timeout=10
    ).raise_for_status()
    report = admin.post("/items/sync", status=200)
    conflict = next((c for c in report["conflicts"] if c["item_id"] == item["id"]), None)
    expect(conflict and conflict["list_price_now"]["amount"] == walk_price, "the second sync reports the conflict")
    kept = admin.get(f"/items/{item['id']}")
    expect(kept["price"] == adjusted["price"], "and keeps the adjustment")
    lines = [{"item_id": i["id"], "quantity": 5} for i in items]
    free = _verdict_and_pack(agent, {"name": f"周末补给 {walk.mark}", "lines": lines, "discount": "0.08"})
    published = agent.post(f"/packs/{free['id']}/publish", status=200, version=free["version"])
    expect(published["state"] == "on_sale", "to 10 % off an agent publishes alone")
    deep = _verdict_and_pack(agent, {"name": f"回归特惠 {walk.mark}", "lines": lines, "discount": "0.30"})
    waiting = agent.post(f"/packs/{deep['id']}/publish", status=200, version=deep["version"])
    expect(waiting["state"] == "awaiting_approval", "to 40 % with approval")
    agent.post(f"/packs/{deep['id']}/approve", status=403, version=waiting["version"])
    approved = supervisor.post(f"/packs/{deep['id']}/approve", status=200, version=waiting["version"])
    expect(approved["state"] == "on_sale", "which the supervisor gives")
    blocked = agent.post("/packs", {"name": "半价", "lines": lines, "discount": "0.50"}, 409)
    expect(blocked["code"] == "discount_not_allowed" and not blocked["verdict"]["allowed"], "beyond that never")
    walk.made["pack"] = published
    rule = blocked["verdict"]["rule"]
    walk.say(
        f"synced: {item['name']} in conflict, adjustment kept; {published['no']} at 8 % off published alone, "
        f"{deep['no']} at 30 % "
        f"approved by M001, 50 % blocked by {rule['code']} {rule['name']}"
    )


def _verdict_and_pack(agent: Desk, body: dict[str, Any]) -> dict[str, Any]:
    """Preview and save; the two verdicts must be equal."""
    preview = agent.post("/packs/preview", {name: body[name] for name in ("lines", "discount")}, 200)
    pack = agent.post("/packs", body)
    expect(pack["verdict"] == preview, f"the verdict of the preview is that of saving: {preview} / {pack['verdict']}")
    expect(preview["rule"]["name"], "and names the rule")
    return pack


def record_sale(walk: Walk) -> None:
    """7. The sale by the pack ID; paid; the touch is sold; the pack's later change does not alter the order."""
    agent, player_id, pack = walk["A001"], walk.made["player"]["id"], walk.made["pack"]
    paid_at = datetime.now(UTC).isoformat()
    payment = {"method": "wechat_pay", "amount": pack["price"], "paid_at": paid_at, "external_no": f"wx{walk.mark}"}
    order = agent.post("/orders", {"player_id": player_id, "pack_no": pack["no"], "payments": [payment]})
    expect(order["pack"]["name"] == pack["name"] and order["price"] == pack["price"], "name, items and price fill in")
    expect(len(order["lines"]) == len(pack["lines"]) and order["state"] == "paid", "and it is paid")
    touches = agent.get(f"/touches?player_id={player_id}")["items"]
    expect(any(t["outcome"] == "sold" and t["order_id"] == order["id"] for t in touches), "the touch is logged as sold")
    agent.patch(f"/packs/{pack['id']}", {"name": f"{pack['name']} 新版", "discount": "0.02"}, pack["version"])
    again = agent.get(f"/orders/{order['id']}")
    expect((again["pack"]["name"], again["price"]) == (pack["name"], pack["price"]), "the order stays as it was sold")
    walk.made["order"] = order
    walk.say(
        f"{order['no']}: {pack['no']} {pack['name']} ¥{order['total']['amount']} by 微信支付; "
        "the pack was changed since, the order was not"
    )


def look_as_others(walk: Walk) -> None:
    """8. The supervisor sees the department and full numbers, the agent her own and masked ones; the administrator sets up."""
    player = walk.made["player"]
    seen = walk["M001"].get(f"/players/{player['id']}")
    expect(seen["phone"] == walk.made["phone"] and seen["phone_visible"], "the supervisor sees the number")
    expect("****" in walk["A001"].get(f"/players/{player['id']}")["phone"], "the agent a masked one")
    walk["A002"].get(f"/players/{player['id']}", 404)
    expect(walk["A002"].get(f"/tickets?player_id={player['id']}")["items"] == [], "a colleague does not reach them")
    expect(walk["M001"].get(f"/tickets/{walk.made['ticket']['id']}")["id"], "the supervisor does")
    new = walk["admin"].post(
        "/staff",
        {
            "no": f"N{walk.mark}",
            "name": "新来的客服",
            "wechat_id": f"wx_{walk.mark}",
            "wechat_name": "小新",
            "password": f"hello-{walk.mark}-desk",
        },
    )
    walk["A001"].post("/staff", {"no": "X", "name": "x"}, 403)
    rules = walk["admin"].get("/discount-rules")["items"]
    expect(new["role"] == "agent" and rules, "the administrator sets up agents and rules")
    walk.say(
        f"M001 sees {seen['phone']}, A001 a masked number, A002 nothing at all; "
        f"admin set up agent {new['no']}; {len(rules)} discount rules"
    )


def listen_to_facts(walk: Walk) -> None:
    """9. A small program on a queue bound to playdesk.events sees every one of these facts."""
    if walk.listener is None:
        walk.say("no RabbitMQ here, so no program outside can listen; the services told one another all the same")
        return
    wanted = {
        "player.created.v1", "player.updated.v1", "player.game_synced.v1", "ticket.created.v1", "ticket.started.v1",
        "ticket.updated.v1", "ticket.completed.v1", "ticket.reopened.v1", "touch.logged.v1", "item.updated.v1",
        "pack.drafted.v1", "pack.published.v1", "order.placed.v1", "order.paid.v1", "payment.received.v1", "staff.joined.v1",
    }  # fmt: skip
    listener = walk.listener
    until(f"the facts {wanted - listener.types()}", lambda: wanted <= listener.types())
    ticket = [fact["entityversion"] for fact in listener.of(walk.made["ticket"]["id"])]
    expect(ticket == sorted(set(ticket)), "in order per entity")
    expect(walk.made["phone"].removeprefix("+86") not in str(listener.facts), "and no phone number in any of them")
    walk.say(
        f"{len(listener.facts)} facts heard, of {len(listener.types())} types, in order, none with a phone number in it"
    )


def lose_parts(walk: Walk) -> None:
    """10. Without sales the page shows the rest; without the broker all goes on, and the facts arrive when it is back."""
    agent, player_id = walk["A001"], walk.made["player"]["id"]
    walk.kill("sales")
    home = until("home without sales", lambda: (h := agent.get(f"/home?player_id={player_id}"))["unavailable"] and h)
    expect(home["unavailable"] == ["sales"] and home["tickets"]["items"], "the rest is shown")
    refused = agent.post("/touches", {"player_id": player_id, "channel": "wechat", "outcome": "no_answer"}, 503)
    expect(refused["title"] == "销售服务暂不可用", "and it is said what is missing")
    walk.start("sales")
    until("sales again", lambda: not agent.get(f"/home?player_id={player_id}")["unavailable"])
    words = f"without sales: {refused['title']}, the rest of the page is there"
    if walk.listener is None:
        walk.say(words)
        return
    walk.kill("broker")
    made = agent.post("/tickets", {"player_id": player_id, "question": "消息系统停了也要能记工单"})
    agent.post("/touches", {"player_id": player_id, "channel": "phone", "outcome": "no_answer"})
    walk.start("broker")
    listener = walk.listener
    until("the fact made while the broker was away", lambda: listener.of(made["id"]), seconds=60)
    walk.say(
        f"{words}; without the broker {made['no']} was written all the same, and its fact arrived once it was back"
    )


STEPS: tuple[Callable[[Walk], None], ...] = (
    sign_in,
    make_player,
    find_player,
    work_on_ticket,
    log_touch,
    build_pack,
    record_sale,
    look_as_others,
    listen_to_facts,
    lose_parts,
)
