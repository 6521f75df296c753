"""Every page there is, with addresses of records that are there."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from deploy.local.tour.desk import until
from tests.browser.quality import quality_records
from tests.system.at_work import AtWork

# name → (who, address with {names} of records)
PAGES = {
    "login": ("", "/login"),
    "home": ("A001", "/"),
    "home with a player": ("A001", "/?player={player}"),
    "home, follow-ups": ("A001", "/?view=follow"),
    "home of a supervisor": ("M001", "/?view=vip&player={player}"),
    "players": ("A001", "/players"),
    "one player": ("A001", "/players/{player}"),
    "new player": ("A001", "/players/new"),
    "change a player": ("A001", "/players/{player}/edit"),
    "find a duplicate": ("M001", "/players/{player}/merge?q=a"),
    "merge two players": ("M001", "/players/{player}/merge?other={kept}"),
    "a merged player": ("M001", "/players/{merged}"),
    "home with a merged player": ("M001", "/?player={merged}"),
    "a player others were merged into": ("M001", "/players/{kept}"),
    "tickets": ("A001", "/tickets?tab=all"),
    "one ticket": ("A001", "/tickets/{ticket}"),
    "change a ticket": ("A001", "/tickets/{ticket}?edit=1"),
    "hand over a ticket": ("A001", "/tickets/{ticket}/transfer"),
    "causes": ("A001", "/causes"),
    "one cause": ("S001", "/causes/{cause}"),
    "new cause": ("A001", "/causes/new"),
    "cause of a ticket": ("A001", "/tickets/{ticket}/cause"),
    "merge a ticket": ("A001", "/tickets/{ticket}/merge"),
    "articles": ("A001", "/articles"),
    "articles in review": ("S001", "/articles?tab=review"),
    "one article": ("S001", "/articles/{article}"),
    "change an article": ("S001", "/articles/{article}/edit"),
    "new article": ("S001", "/articles/new"),
    "articles for a ticket": ("A001", "/tickets/{ticket}/articles"),
    "satisfaction": ("M001", "/surveys"),
    "satisfaction by department": ("M001", "/surveys?by=department"),
    "satisfaction, all": ("A001", "/surveys?tab=all"),
    "satisfaction to look after": ("M001", "/surveys?tab=low"),
    "look after a score": ("M001", "/surveys/{survey}/follow-up"),
    "survey of a player": ("", "/s/{link}"),
    "survey seen by staff": ("A001", "/s/{link}"),
    "survey that is gone": ("", "/s/nothing"),
    "reviews": ("Q001", "/reviews"),
    "reviews, figures": ("Q001", "/reviews?tab=figures"),
    "own reviews": ("A001", "/reviews"),
    "review to be made": ("Q001", "/reviews/{waiting}"),
    "own review": ("A001", "/reviews/{finished}"),
    "appeal": ("M001", "/reviews/{appealed}"),
    "review settings": ("Q001", "/settings/reviews"),
    "new scorecard": ("Q001", "/settings/reviews/scorecards/new"),
    "one scorecard": ("Q001", "/settings/reviews/scorecards/{scorecard}"),
    "new sampling rule": ("Q001", "/settings/reviews/rules/new"),
    "one sampling rule": ("Q001", "/settings/reviews/rules/{rule}"),
    "sales": ("A001", "/sales?tab=all"),
    "orders": ("M001", "/orders?tab=all"),
    "one order": ("M001", "/orders/{order}"),
    "returns": ("M001", "/returns?tab=all"),
    "no returns": ("M001", "/returns?tab=all&state=rejected"),
    "one return": ("M001", "/returns/{return}"),
    "order with a return": ("A001", "/orders/{paid}"),
    "ask for a return": ("A001", "/orders/{paid}/returns/new"),
    "packs": ("M001", "/packs?tab=all"),
    "one pack": ("M001", "/packs/{pack}"),
    "pack builder": ("A001", "/packs/new"),
    "pack builder with a pack": ("M001", "/packs/{pack}/edit"),
    "items": ("admin", "/items"),
    "one item": ("admin", "/items/{item}"),
    "supply of an item": ("M001", "/items/{item}/supply"),
    "suppliers": ("M001", "/suppliers"),
    "suppliers, read only": ("A001", "/suppliers"),
    "one supplier": ("M001", "/suppliers/{supplier}"),
    "new supplier": ("M001", "/suppliers/new"),
    "staff": ("admin", "/settings/staff"),
    "new staff": ("admin", "/settings/staff/new"),
    "leave": ("admin", "/settings/staff/{agent}/leave"),
    "departments": ("admin", "/settings/departments"),
    "roles": ("admin", "/settings/roles"),
    "one role": ("admin", "/settings/roles/00000000-0000-0000-0000-000000000001"),
    "new role": ("admin", "/settings/roles/new"),
    "WeChat accounts": ("admin", "/settings/wechat-accounts"),
    "one WeChat account": ("admin", "/settings/wechat-accounts/{account}"),
    "options": ("admin", "/settings/options"),
    "options, read only": ("A001", "/settings/options?list=lost_reason"),
    "one option": ("admin", "/settings/options/00000000-0000-0000-0000-000000001501"),
    "new option": ("admin", "/settings/options/new?list=channel"),
    "discount rules": ("admin", "/settings/discount-rules"),
    "subscriptions": ("admin", "/settings/subscriptions"),
    "new subscription": ("admin", "/settings/subscriptions/new"),
    "one subscription": ("admin", "/settings/subscriptions/{subscription}"),
    "audit": ("admin", "/settings/audit"),
    "import staff": ("admin", "/settings/staff/import"),
    "dead letters": ("admin", "/settings/dead-letters"),
    "jobs": ("M001", "/jobs"),
    "personal data": ("admin", "/players/{player}/privacy"),
    "import players": ("admin", "/players/imports"),
    "account": ("A001", "/account"),
    "search": ("A001", "/search?q=13"),
    "API": ("A001", "/docs/api"),
    "events": ("A001", "/docs/events"),
    "not found": ("A001", "/nowhere"),
    "forbidden": ("A001", "/settings/staff/new"),
}


def records(suite: AtWork) -> dict[str, str]:
    """IDs to put into the addresses: a player of A001's who has tickets and touches, and one of everything."""
    agent, supervisor = suite.desk("A001"), suite.desk("M001")
    ticket = _of(agent, "/tickets?limit=1&sort=-created_at")
    merged, kept = _duplicates(agent, supervisor)
    return {
        "merged": merged,
        "kept": kept,
        "player": ticket["player_id"],
        "agent": agent.get("/me")["staff"]["id"],
        "ticket": ticket["id"],
        "account": _of(supervisor, "/wechat-accounts?limit=1")["id"],
        "article": _article(suite.desk("S001"), supervisor)["id"],
        "cause": _cause(suite.desk("S001"), ticket["id"])["id"],
        "order": _of(supervisor, "/orders?limit=1")["id"],
        "paid": (paid := _paid(agent, ticket["player_id"]))["id"],
        "return": _return(agent, paid)["id"],
        "pack": _of(supervisor, "/packs?state=on_sale&limit=1")["id"],
        "item": _of(supervisor, "/items?state=on_sale&limit=1")["id"],
        "supplier": _of(supervisor, "/suppliers?limit=1")["id"],
        "subscription": _subscription(suite.desk("admin"))["id"],
        **quality_records(suite),
    }


def _duplicates(agent: Any, supervisor: Any) -> tuple[str, str]:
    """(a player who was merged, the survivor); new ones each time."""
    word = token_hex(4)
    gone, kept = (agent.post("/players", {"wechat_id": f"{name}_{word}"}) for name in ("twice", "kept"))
    reason = {"into_id": kept["id"], "reason": "同一个人"}
    supervisor.post(f"/players/{gone['id']}/merge", reason, 200, version=gone["version"])
    return gone["id"], kept["id"]


def _cause(specialist: Any, ticket_id: str) -> dict[str, Any]:
    """One with a ticket."""
    cause: dict[str, Any] = specialist.post("/causes", {"title": "周末补给礼包少发 60 钻石", "note": "09:30 更新之后"})
    specialist.post(f"/causes/{cause['id']}/tickets/batch", {"ticket_ids": [ticket_id]}, status=200)
    return cause


def _article(specialist: Any, supervisor: Any) -> dict[str, Any]:
    """One that is published and written anew."""
    made = specialist.post("/articles", {"title": "月卡没有到账怎么办", "body": "先查渠道回执，一般两小时内到账。"})
    path = f"/articles/{made['id']}"
    specialist.post(f"{path}/submit", status=200, version=1)
    published = supervisor.post(f"{path}/publish", status=200, version=2)
    found: dict[str, Any] = specialist.patch(path, {"body": "先查渠道回执，再请玩家重登。"}, published["version"])
    return found


def _paid(agent: Any, player_id: str) -> dict[str, Any]:
    """An order of the player that is paid, of which money is asked back."""
    back = agent.get(f"/returns?player_id={player_id}&limit=1")["items"]
    return {"id": back[0]["order_id"]} if back else paid_order(agent, player_id)


def paid_order(agent: Any, player_id: str) -> dict[str, Any]:
    """An order of the player, placed and paid by the agent."""
    pack = _of(agent, "/packs?state=on_sale&limit=1")
    order = agent.post("/orders", {"player_id": player_id, "pack_no": pack["no"]})
    paid: dict[str, Any] = agent.post(f"/orders/{order['id']}/payments", {"method": "alipay", "amount": order["total"]})
    return paid


def _return(agent: Any, order: dict[str, Any]) -> dict[str, Any]:
    """A return of this order that awaits a decision."""
    found = agent.get(f"/returns?order_id={order['id']}&limit=1")["items"]
    wanted = {"reason": "玩家买重了，还没有用", "amount": {"amount": "1.00", "currency": "CNY"}}
    return found[0] if found else agent.post(f"/orders/{order['id']}/returns", wanted)


def _subscription(admin: Any) -> dict[str, Any]:
    """The one that pages are looked at with; made once, though several may ask for it at the same time."""
    wanted = {"name": "pages", "types": ["nothing.like.this"], "delivery": "webhook", "url": "https://192.0.9.1/hook"}

    def found() -> dict[str, Any] | None:
        return next((one for one in admin.get("/subscriptions?limit=200")["items"] if one["name"] == "pages"), None)

    if found() is None:
        admin.call("POST", "/subscriptions", None, wanted)
    there: dict[str, Any] = until("the subscription is there", found)
    return there


def _of(desk: Any, path: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.get(path)["items"][0]
    return found
