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
    "sessions": ("A001", "/sessions?tab=all"),
    "no sessions": ("A001", "/sessions?tab=all&q=S19990101"),
    "one session": ("A001", "/sessions/{service_session}"),
    "one session, inspected": ("Q001", "/sessions/{service_session}"),
    "new session": ("A001", "/sessions/new"),
    "new session with a player": ("A001", "/sessions/new?player_id={player}"),
    "change a session": ("A001", "/sessions/{service_session}/edit"),
    "read what is masked": ("Q001", "/sessions/messages/{message}/original"),
    "sensitive words": ("M001", "/settings/sensitive-words"),
    "sensitive words, read only": ("Q001", "/settings/sensitive-words"),
    "new sensitive word": ("admin", "/settings/sensitive-words/new"),
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
    "opportunities": ("A001", "/opportunities?tab=all"),
    "opportunities, lost": ("M001", "/opportunities?tab=lost"),
    "no opportunities": ("M001", "/opportunities?tab=back"),
    "one opportunity": ("M001", "/opportunities/{opportunity}"),
    "change an opportunity": ("A001", "/opportunities/{opportunity}/edit"),
    "lose an opportunity": ("A001", "/opportunities/{opportunity}/lose"),
    "win an opportunity": ("A001", "/opportunities/{opportunity}/win"),
    "new opportunity": ("A001", "/players/{player}/opportunities/new"),
    "leads": ("M001", "/leads?tab=all"),
    "no leads": ("M001", "/leads?tab=back"),
    "one lead": ("A001", "/leads/{lead}"),
    "new lead": ("A001", "/leads/new"),
    "convert a lead": ("A001", "/leads/{lead}/convert"),
    "discard a lead": ("A001", "/leads/{lead}/discard"),
    "pools": ("admin", "/pools"),
    "pools of leads": ("A001", "/pools?kind=lead"),
    "run over a pool": ("admin", "/pools/{pool}/run"),
    "pool rules": ("admin", "/settings/pools"),
    "new pool": ("admin", "/settings/pools/new"),
    "one pool rule": ("admin", "/settings/pools/{pool}/rules/opportunity"),
    "orders": ("M001", "/orders?tab=all"),
    "one order": ("M001", "/orders/{order}"),
    "returns": ("M001", "/returns?tab=all"),
    "no returns": ("M001", "/returns?tab=all&state=rejected"),
    "one return": ("M001", "/returns/{return}"),
    "order with a return": ("A001", "/orders/{paid}"),
    "ask for a return": ("A001", "/orders/{paid}/returns/new"),
    "campaigns": ("M001", "/campaigns?tab=all"),
    "no campaigns": ("M001", "/campaigns?tab=ended&q=nothing_like_this"),
    "one campaign": ("M001", "/campaigns/{campaign}"),
    "new campaign": ("M001", "/campaigns/new"),
    "claims": ("M001", "/claims?tab=all"),
    "no claims": ("M001", "/claims?tab=all&state=withdrawn"),
    "one claim": ("M001", "/claims/{claim}"),
    "make a claim": ("A001", "/orders/{paid}/claims/new"),
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
    "deadlines": ("admin", "/settings/deadlines"),
    "deadlines, read only": ("A001", "/settings/deadlines"),
    "one deadline policy": ("admin", "/settings/deadlines/policies/01890000-0000-7000-8000-00000000d002"),
    "new deadline policy": ("admin", "/settings/deadlines/policies/new"),
    "one calendar": ("admin", "/settings/deadlines/calendars/01890000-0000-7000-8000-00000000d001"),
    "new calendar": ("admin", "/settings/deadlines/calendars/new"),
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
    player = player_with_tickets(agent)
    ticket = _of(agent, f"/tickets?player_id={player['id']}&limit=1&sort=-created_at")
    merged, kept = _duplicates(agent, supervisor)
    return {
        "merged": merged,
        "kept": kept,
        "player": player["id"],
        "agent": agent.get("/me")["staff"]["id"],
        "ticket": ticket["id"],
        "account": _of(supervisor, "/wechat-accounts?limit=1")["id"],
        "article": _article(suite.desk("S001"), supervisor)["id"],
        "cause": _cause(suite.desk("S001"), ticket["id"])["id"],
        **_session(agent, ticket["player_id"]),
        "order": _of(supervisor, "/orders?limit=1")["id"],
        "paid": (paid := _paid(agent, ticket["player_id"]))["id"],
        "return": _return(agent, paid)["id"],
        "opportunity": _opportunity(agent, ticket["player_id"])["id"],
        "lead": agent.post("/leads", {"wechat_id": f"lead_{token_hex(4)}", "name": "直播间来的", "source": "campaign"})[
            "id"
        ],
        "pool": _of(suite.desk("admin"), "/pools?limit=1")["id"],
        "claim": _claim(agent, paid)["id"],
        "campaign": running_campaign(supervisor)["id"],
        "pack": _of(supervisor, "/packs?state=on_sale&limit=1")["id"],
        "item": _of(supervisor, "/items?state=on_sale&limit=1")["id"],
        "supplier": _of(supervisor, "/suppliers?limit=1")["id"],
        "subscription": _subscription(suite.desk("admin"))["id"],
        **quality_records(suite),
    }


def player_with_tickets(agent: Any) -> dict[str, Any]:
    """The one of the agent's newest ticket whose player is still the agent's: other tests give players away."""
    tickets = agent.get("/tickets?limit=50&sort=-created_at")["items"]
    found = (agent.call("GET", f"/players/{ticket['player_id']}", None) for ticket in tickets)
    return next(player for player in found if "id" in player)


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


def _session(agent: Any, player_id: str) -> dict[str, str]:
    """The IDs of a session that is going on, and of a message of it in which something is masked."""
    session = agent.post("/sessions", {"player_id": player_id, "channel": "wechat"})
    path = f"/sessions/{session['id']}/messages"
    asked = agent.post(path, {"author": "player", "text": "礼包没到账，是不是私服？打 13800138000"})
    agent.post(path, {"author": "agent", "text": "在查了，稍等"})
    return {"service_session": session["id"], "message": asked["id"]}


def _paid(agent: Any, player_id: str) -> dict[str, Any]:
    """An order of the player that is paid, of which money is asked back."""
    back = agent.get(f"/returns?player_id={player_id}&limit=1")["items"]
    return {"id": back[0]["order_id"]} if back else paid_order(agent, player_id)


def an_old_player(agent: Any) -> dict[str, Any]:
    """A player of the agent's from the demo data: new ones belong to the test that made them, on this worker or another."""
    return _of(agent, "/players?limit=1&sort=created_at")


def paid_order(agent: Any, player_id: str) -> dict[str, Any]:
    """An order of the player, placed and paid by the agent."""
    pack = _of(agent, "/packs?state=on_sale&limit=1")
    order = agent.post("/orders", {"player_id": player_id, "pack_no": pack["no"]})
    paid: dict[str, Any] = agent.post(f"/orders/{order['id']}/payments", {"method": "alipay", "amount": order["total"]})
    return paid


def _opportunity(agent: Any, player_id: str) -> dict[str, Any]:
    """One on the board, one in the company's pool, and one that was lost."""
    body = {"player_id": player_id, "title": "新赛季皮肤礼包", "amount": {"amount": "648.00", "currency": "CNY"}}
    found, free, lost = (agent.post("/opportunities", body) for _ in range(3))
    agent.post(f"/opportunities/{free['id']}/release", {}, 200, version=free["version"])
    agent.post(f"/opportunities/{lost['id']}/lose", {"reason": "unhappy"}, 200, version=lost["version"])
    return dict(found)


def _return(agent: Any, order: dict[str, Any]) -> dict[str, Any]:
    """A return of this order that awaits a decision."""
    found = agent.get(f"/returns?order_id={order['id']}&limit=1")["items"]
    wanted = {"reason": "玩家买重了，还没有用", "amount": {"amount": "1.00", "currency": "CNY"}}
    return found[0] if found else agent.post(f"/orders/{order['id']}/returns", wanted)


def _claim(agent: Any, order: dict[str, Any]) -> dict[str, Any]:
    """A claim on this order that awaits a decision."""
    found = agent.get(f"/claims?order_id={order['id']}&state=requested&limit=1")["items"]
    wanted: dict[str, Any] = {
        "kind": "compensation",
        "reason": "掉线没收到",
        "amount": {"amount": "1.00", "currency": "CNY"},
    }
    wanted["evidence"] = [{"text": "聊天记录截图", "link": "https://kf.example.com/chats/42"}]
    return found[0] if found else agent.post(f"/orders/{order['id']}/claims", wanted)


def running_campaign(supervisor: Any) -> dict[str, Any]:
    """One that runs."""
    plan: dict[str, Any] = {
        "name": "双旦回归",
        "budget": {"amount": "5000.00", "currency": "CNY"},
        "plan": "先电话，再微信",
    }
    plan["target"] = {"tags": ["老玩家"], "vip_tiers": [3, 4], "segment": "30 天没买过的大R"}
    found = supervisor.get("/campaigns?state=running&limit=1")["items"]
    if found:
        return dict(found[0])
    made = supervisor.post("/campaigns", plan)
    return dict(supervisor.post(f"/campaigns/{made['id']}/start", None, 200, version=made["version"]))


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
