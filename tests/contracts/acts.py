"""What is done in the running suite so that every fact there is gets told once: one act for each part of the house."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from chassis.callers import Caller
from chassis.clock import new_id, utc_now
from deploy.local.game import players as game
from player.application.readings import BATCH, Readings
from sales.application.circulation import circulate, warn_owners
from sales.domain.lead import Lead
from sales.domain.opportunity import Opportunity
from sales.domain.pool import COMPANY_POOL
from tests.support.rows_in_suite import draft
from tests.support.suite_in_process import Api, InProcessSuite
from ticket.application.deadlines import ring_due


def play(suite: InProcessSuite) -> None:
    """All acts, one after the other; add one here for a fact that is new."""
    people(suite)
    items = price_list(suite)
    suppliers(suite, items)
    packs(suite, items)
    roles(suite)
    options(suite)
    systems(suite)
    player = players(suite)
    duplicates(suite)
    reading(suite)
    causes(suite, player)
    merging(suite, player)
    articles(suite)
    sessions(suite, player)
    deadlines(suite, player)
    tickets(suite, player)
    reviews(suite, surveys(suite))
    sales(suite, player, items)
    opportunities(suite, player)
    leads(suite, player)


def people(suite: InProcessSuite) -> None:
    """Somebody joins, is moved and leaves; a department gets another name."""
    admin = suite.api("admin")
    department = admin.get(f"/departments/{suite.departments['二部']}").json
    admin.patch(f"/departments/{department['id']}", {"name": "华东二部"}, version=department["version"])
    body = {"no": "N777", "name": "新来的客服", "wechat_id": "wx_n777", "password": "hello-desk-777"}
    member = admin.made("/staff", body)
    for change in ({"department_id": department["id"]}, {"state": "left"}):
        member = admin.patch(f"/staff/{member['id']}", change, version=member["version"]).json


def roles(suite: InProcessSuite) -> None:
    """The company makes a role of its own."""
    role = {
        "code": "vip_agent",
        "zh": "大R专员",
        "en": "VIP agent",
        "scope": "self",
        "actions": ["player.read", "touch.create"],
        "field_rules": {"player.note": {"access": "read"}, "player.wechat_id": {"mask": "lists"}},
    }
    suite.api("admin").made("/roles", role)


def options(suite: InProcessSuite) -> None:
    """The company adds a way of contact of its own."""
    live = {"list": "channel", "code": "live_room", "zh": "直播间", "en": "Live room"}
    suite.api("admin").made("/options", live)


def systems(suite: InProcessSuite) -> None:
    """Another system of the company gets a way in, and loses it."""
    admin = suite.api("admin")
    client = admin.made("/api-clients", {"name": "ERP", "scopes": ["player:read", "sales:read"]})
    admin.made(f"/api-clients/{client['id']}/revoke", None, version=client["version"])


def price_list(suite: InProcessSuite) -> list[dict[str, Any]]:
    """Items come, one is adjusted, one goes; returns the dearest that stay."""
    admin = suite.api("admin")
    admin.made("/items/sync", None)
    items: list[dict[str, Any]] = admin.get("/items", query_string={"limit": 9, "sort": "-price"}).json["items"]
    admin.patch(
        f"/items/{items[0]['id']}",
        {"adjusted_price": {"amount": "88.00", "currency": "CNY"}},
        version=items[0]["version"],
    )
    suite.game.world.put_item(items[-1]["game_item_id"], None)
    admin.made("/items/sync", None)
    return items[1:4]


def suppliers(suite: InProcessSuite, items: list[dict[str, Any]]) -> None:
    """A supplier is written down with a phone number among its texts, and supplies an item."""
    supervisor = suite.api("M001")
    contact = {"code": "SUP-01", "contact": "王经理 13800138000", "note": "周一至周五可供货"}
    supplier = supervisor.made("/suppliers", {"name": "星河数字发行", **contact})
    item = supervisor.get(f"/items/{items[1]['id']}").json
    supply = {"supplier_id": supplier["id"], "buyer": suite.staff["M001"].id}
    assert supervisor.patch(f"/items/{item['id']}", supply, version=item["version"]).status_code == 200


def packs(suite: InProcessSuite, items: list[dict[str, Any]]) -> None:
    """A rule is made; a pack is drafted, published and taken off again."""
    limits = {"free_limit": "0.10", "approval_limit": "0.40"}
    suite.api("admin").made("/discount-rules", {"name": "日常折扣上限", "kind": "max_discount", **limits})
    supervisor = suite.api("M001")
    pack = on_sale(suite, items[0]["id"], "限时试卖")
    supervisor.made(f"/packs/{pack['id']}/withdraw", None, version=pack["version"])


def on_sale(suite: InProcessSuite, item_id: str, name: str) -> dict[str, Any]:
    """A pack of ten pieces that may be sold."""
    pack = draft(suite, "M001", item_id, name)
    return suite.api("M001").made(f"/packs/{pack['id']}/publish", None, version=pack["version"])


def players(suite: InProcessSuite) -> dict[str, Any]:
    """A player is written down, registers, spends, is tagged and bound; another is deleted. Returns the first."""
    agent, admin = suite.api("A001"), suite.api("admin")
    phone = game.phone(4000)
    suite.game.world.put_player(phone, {"total_spend": "12.00"})
    player = agent.made("/players", {"phone": phone, "wechat_id": "banzhan_cha", "wechat_name": "半盏清茶"})
    path = f"/players/{player['id']}"
    agent.made(f"{path}/game-snapshot", None)
    agent.made(f"/players/{player['id']}/phone-reveals", {"reason": "玩家要求电话回访"})
    suite.game.world.put_player(phone, {"total_spend": "98765.00"})
    agent.made(f"{path}/game-snapshot", None)
    for change in ({"tags": ["高潜力", "喜欢皮肤"]}, {"wechat_id": "banzhan_new"}):
        agent.patch(path, change, version=agent.get(path).json["version"])
    admin.made(f"{path}/binding", {"agent_id": suite.staff["A002"].id, "reason": "玩家要求换人"})
    admin.made(f"{path}/binding", {"agent_id": agent.id, "reason": "换回来"})
    suite.pump()
    gone = agent.made("/players", {"wechat_id": "made_by_mistake"})
    assert admin.delete(f"/players/{gone['id']}", version=gone["version"]).status_code == 204
    erased = agent.made("/players", {"wechat_id": "wants_to_be_forgotten"})
    admin.made(f"/players/{erased['id']}/erasure", {"reason": "玩家本人要求"}, version=erased["version"])
    found: dict[str, Any] = agent.get(path).json
    return found


def duplicates(suite: InProcessSuite) -> None:
    """Somebody was written down twice: merged, which turns out to be wrong, and taken back."""
    agent, supervisor = suite.api("A001"), suite.api("M001")
    kept = agent.made("/players", {"wechat_id": "yueguang_new", "nickname": "月光宝盒"})
    twice = agent.made("/players", {"phone": game.phone(4001), "wechat_id": "yueguang_old", "tags": ["老玩家"]})
    suite.pump()
    merge = {"into_id": kept["id"], "reason": "同一个人换了微信号"}
    path = f"/players/{twice['id']}"
    merged = supervisor.made(f"{path}/merge", merge, version=supervisor.get(path).json["version"])
    supervisor.made(f"{path}/unmerge", {"reason": "看错了，是两个人"}, version=merged["version"])


def reading(suite: InProcessSuite) -> None:
    """Somebody is shown more players than a day's work explains."""
    who = Caller(suite.staff["A002"].id)
    Readings(suite.services["player"].runtime, alarm=BATCH - 1, limit=10_000).note(
        who, (new_id() for _ in range(BATCH))
    )


def tickets(suite: InProcessSuite, player: dict[str, Any]) -> None:
    """A ticket is written with a phone number in its text, worked on, completed, reopened and handed over."""
    agent = suite.api("A001")
    body = {"player_id": player["id"], "question": "月卡没有到账，回电 13800138000", "category": "recharge"}
    ticket = agent.made("/tickets", body)
    path = f"/tickets/{ticket['id']}"
    ticket = agent.patch(path, {"priority": "high"}, version=ticket["version"]).json
    ticket = agent.made(f"{path}/start", None, version=ticket["version"])
    ticket = agent.made(f"{path}/complete", {"solution": "已补发，请查收邮件"}, version=ticket["version"])
    ticket = agent.made(f"{path}/reopen", {"reason": "只到了一半"}, version=ticket["version"])
    second_line = {"department_id": suite.departments["二线"], "reason": "请技术看日志"}
    agent.made(f"{path}/transfers", second_line, version=ticket["version"])


def deadlines(suite: InProcessSuite, player: dict[str, Any]) -> None:
    """Nobody answers an urgent question for a day: one is warned, both deadlines are missed, and it goes up."""
    body = {"player_id": player["id"], "question": "充值扣了两次钱", "category": "recharge", "priority": "urgent"}
    suite.api("A001").made("/tickets", body)
    work = suite.services["ticket"].runtime.work(now=utc_now() + timedelta(days=1))
    with work.session:
        ring_due(work)
        work.commit()


def surveys(suite: InProcessSuite, wechat_id: str = "waited_long") -> str:
    """A player who was helped says by the link that it took too long; returns the ticket's ID."""
    agent = suite.api("A001")
    player = agent.made("/players", {"wechat_id": wechat_id})
    ticket = agent.made("/tickets", {"player_id": player["id"], "question": "充值没有到账"})
    path = f"/tickets/{ticket['id']}"
    ticket = agent.made(f"{path}/start", None, version=ticket["version"])
    agent.made(f"{path}/complete", {"solution": "已补发"}, version=ticket["version"])
    survey = agent.get("/surveys", query_string={"ticket_id": ticket["id"]}).json["items"][0]
    link, visitor = agent.request("PUT", f"/surveys/{survey['id']}/link").json["path"], suite.gateway.test_client()
    token = visitor.get("/login/again").json["csrf_token"]
    answer = {
        "score": "2",
        "comment": "等太久，回电 13800138000",
        "version": str(survey["version"] + 1),
        "csrf_token": token,
    }
    assert visitor.post(link, data=answer, base_url="https://localhost").status_code == 303
    return str(ticket["id"])


def reviews(suite: InProcessSuite, ticket_id: str) -> None:
    """That ticket is reviewed; the agent appeals, and somebody else changes the score."""
    agent, inspector, supervisor = (suite.api(no) for no in ("A001", "Q001", "M001"))
    questions = [{"text": "称呼和问候", "points": 20}, {"text": "说清楚怎么办", "points": 80}]
    card = inspector.made("/scorecards", {"name": "工单质检", "sections": [{"title": "全部", "questions": questions}]})
    review = inspector.made("/reviews", {"ticket_id": ticket_id})
    path, by = f"/reviews/{review['id']}", {"scorecard_id": card["id"], "scorecard_revision": card["revision"]}
    marks = [{"question": "1.1", "points": 20}, {"question": "1.2", "points": 40, "note": "回电 13800138000 没有打"}]
    review = inspector.made(f"{path}/finish", {**by, "answers": marks}, version=review["version"])
    review = agent.made(f"{path}/appeal", {"reason": "电话打了，没人接"}, version=review["version"])
    marks[1] = {"question": "1.2", "points": 80}
    supervisor.made(f"{path}/decide", {"decision": "通话记录里有", "answers": marks}, version=review["version"])


def causes(suite: InProcessSuite, player: dict[str, Any]) -> None:
    """Two players' tickets have one cause, which is named better, fixed, and was not fixed after all."""
    specialist = suite.api("S001")
    bodies = [{"player_id": player["id"], "question": text} for text in ("补给少了 60 钻石", "礼包里的钻石不对")]
    tickets = [suite.api("A001").made("/tickets", body) for body in bodies]
    cause = specialist.made("/causes", {"title": "补给礼包少发钻石"})
    path = f"/causes/{cause['id']}"
    cause = specialist.patch(path, {"note": "09:30 更新之后买的都少 60"}, version=cause["version"]).json
    specialist.made(f"{path}/tickets/batch", {"ticket_ids": [ticket["id"] for ticket in tickets]})
    cause = specialist.made(f"{path}/fix", {"solution": "已按名单补发，请查收邮件"}, version=cause["version"])
    specialist.made(f"{path}/unfix", {"reason": "名单漏了一个区"}, version=cause["version"])


def merging(suite: InProcessSuite, player: dict[str, Any]) -> None:
    """The same question was written down twice; then it was another one after all."""
    agent = suite.api("A001")
    bodies = [{"player_id": player["id"], "question": text} for text in ("月卡没到", "月卡还是没到")]
    stays, goes = (agent.made("/tickets", body) for body in bodies)
    path = f"/tickets/{goes['id']}"
    goes = agent.made(f"{path}/merge", {"into_id": stays["id"]}, version=goes["version"])
    agent.made(f"{path}/unmerge", None, version=goes["version"])


def articles(suite: InProcessSuite) -> None:
    """What one knows is written down, comes back from review, is published and put away."""
    author, editor = suite.api("S001"), suite.api("M001")
    article = author.made("/articles", {"title": "月卡没有到账", "body": "先查渠道回执，一般两小时内到账"})
    path = f"/articles/{article['id']}"
    article = author.made(f"{path}/submit", None, version=article["version"])
    article = editor.made(f"{path}/return", {"reason": "写上怎么查回执"}, version=article["version"])
    changed = {"body": "在渠道后台按订单号查回执，一般两小时内到账"}
    article = author.patch(path, changed, version=article["version"]).json
    article = author.made(f"{path}/submit", None, version=article["version"])
    article = editor.made(f"{path}/publish", None, version=article["version"])
    editor.made(f"{path}/archive", None, version=article["version"])


def sessions(suite: InProcessSuite, player: dict[str, Any]) -> None:
    """A player asks, what is masked of it is read by an inspector, the agent answers and ends it; the list gets a word."""
    agent = suite.api("A001")
    suite.api("M001").made("/sensitive-words", {"word": "外挂代练", "kind": "sensitive"})
    session = agent.made("/sessions", {"player_id": player["id"], "channel": "wechat"})
    path = f"/sessions/{session['id']}"
    asked = {"author": "player", "text": "礼包没到账，有没有外挂代练，电话 13800138000"}
    message = agent.made(f"{path}/messages", asked)
    suite.api("Q001").post(f"/messages/{message['id']}/unmask", {"reason": "抽查"})
    agent.made(f"{path}/messages", {"author": "agent", "text": "已补发，请重登看看"})
    session = agent.patch(path, {"order_id": new_id()}, version=agent.get(path).json["version"]).json
    agent.made(f"{path}/end", {}, version=session["version"])


def sales(suite: InProcessSuite, player: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """One touch does not sell; one order is approved, paid, shipped, closed and returned in part, another called off."""
    agent, supervisor = suite.api("A001"), suite.api("M001")
    pack = on_sale(suite, items[1]["id"], "周末补给")
    touch = {"player_id": player["id"], "channel": "wechat", "outcome": "refused", "lost_reason": "too_expensive"}
    agent.made("/touches", {**touch, "pack_no": pack["no"], "note": "说等周末活动再看看"})
    cheap = {"amount": f"{float(pack['price']['amount']) * 0.7:.2f}", "currency": "CNY"}
    order = agent.made("/orders", {"player_id": player["id"], "pack_no": pack["no"], "price": cheap})
    path = f"/orders/{order['id']}"
    supervisor.made(f"{path}/approvals", {"verdict": "approve"}, version=order["version"])
    pay(agent, path, order["total"])
    for step in ("ship", "complete"):
        supervisor.made(f"{path}/{step}", None, version=supervisor.get(path).json["version"])
    returns(agent, supervisor, path, order["lines"][0]["item_id"])
    claims(agent, supervisor, path)
    campaigns(supervisor)
    other = agent.made("/orders", {"player_id": player["id"], "pack_no": pack["no"]})
    agent.made(f"/orders/{other['id']}/cancel", {"reason": "玩家改主意了"}, version=other["version"])


def opportunities(suite: InProcessSuite, player: dict[str, Any]) -> None:
    """One is worked on, lost, reopened and won; it was given away, given back, claimed, warned of and taken back before."""
    agent, supervisor = suite.api("A001"), suite.api("M001")
    limits = {"idle_days": 30, "warn_days": 30}
    rule = suite.api("admin").made("/pool-rules", {"pool_id": COMPANY_POOL, "kind": "opportunity", **limits})
    body = {
        "player_id": player["id"],
        "title": "新赛季皮肤",
        "note": "回电 13800138000",
        "next_at": "2026-12-01T02:00:00Z",
    }
    found = agent.made("/opportunities", body)
    path = f"/opportunities/{found['id']}"
    found = agent.patch(path, {"amount": {"amount": "648.00", "currency": "CNY"}}, version=found["version"]).json
    given = {"staff_id": suite.staff["A002"].id, "reason": "换人跟"}
    found = supervisor.made(f"{path}/assign", given, version=found["version"])
    for step in ("release", "claim"):
        who = supervisor if step == "release" else agent
        found = who.made(f"{path}/{step}", {} if step == "release" else None, version=found["version"])
    warn_and_take_back(suite, found["id"])
    found = agent.made(f"{path}/claim", None, version=agent.get(path).json["version"])
    steps = (("move", {"stage": "offered"}), ("lose", {"reason": "other", "note": "换了游戏"}))
    for step, said in (*steps, ("reopen", {"reason": "他回来了"}), ("win", {})):
        found = agent.made(f"{path}/{step}", said, version=found["version"])
    suite.api("admin").delete(f"/pool-rules/{rule['id']}", version=rule["version"])


def warn_and_take_back(suite: InProcessSuite, opportunity_id: str) -> None:
    """Nobody works on it: its owner is warned, and later it goes back to the pool."""
    runtime = suite.services["sales"].runtime
    for days, act in ((0, warn_owners), (40, lambda work: circulate(work, COMPANY_POOL, None))):
        ago = {"active_at": utc_now() - timedelta(days=days), "held_since": utc_now() - timedelta(days=days)}
        work = runtime.work()
        with work.session:
            work.session.execute(update(Opportunity).where(Opportunity.id == opportunity_id).values(ago))
            act(work)
            work.commit()


def leads(suite: InProcessSuite, player: dict[str, Any]) -> None:
    """One is written down, given to somebody and becomes a player; another is discarded, and was not hopeless."""
    agent, supervisor = suite.api("A001"), suite.api("M001")
    found = agent.made("/leads", {"name": "直播间来的", "phone": "13800138011", "source": "campaign"})
    path = f"/leads/{found['id']}"
    found = agent.patch(path, {"note": "晚上再打 13800138000"}, version=found["version"]).json
    found = supervisor.made(f"{path}/assign", {"staff_id": suite.staff["A002"].id}, version=found["version"])
    found = supervisor.made(f"{path}/assign", {"staff_id": agent.id}, version=found["version"])
    agent.made(f"{path}/convert", {"player_id": player["id"]}, version=found["version"])
    other = agent.made("/leads", {"wechat_id": "only_looking"})
    for step in ("discard", "reopen"):
        other = agent.made(f"/leads/{other['id']}/{step}", {"reason": "打不通"}, version=other["version"])
    work = suite.services["sales"].runtime.work()
    with work.session:
        lead = work.locked(Lead, other["id"])
        work.publish(lead.warn(work.now() + timedelta(days=3), at=work.now()))
        work.commit()


def returns(agent: Api, supervisor: Api, path: str, item_id: str) -> None:
    """A piece comes back, is granted and refunded; another is asked back and refused."""
    for number, step in enumerate(("approve", "reject")):
        wanted = {"lines": [{"item_id": item_id, "quantity": 1}], "reason": "玩家买重了，回电 13800138000"}
        found = agent.made(f"{path}/returns", wanted, key=f"examples-{path}-return-{number}")
        said = {"reason": "查过了，没有用" if step == "approve" else "已经用掉了"}
        supervisor.made(f"/returns/{found['id']}/{step}", said, version=found["version"])
        if step == "approve":
            money = {"method": "wechat_pay", "external_no": "wxr0"}
            supervisor.made(f"/returns/{found['id']}/refund", money, key=f"examples-{path}-refund")


def claims(agent: Api, supervisor: Api, path: str) -> None:
    """One claim is granted and paid, another refused, a third taken back."""
    wanted: dict[str, Any] = {"kind": "compensation", "amount": {"amount": "0.01", "currency": "CNY"}, "reason": "掉线"}
    wanted["evidence"] = [{"text": "玩家 13800138000 来电说没收到", "link": "https://kf.example.com/chats/42"}]
    for step, said in (("approve", {"reason": "查过了"}), ("reject", {"reason": "日志里收到了"}), ("withdraw", None)):
        found = agent.made(f"{path}/claims", wanted, key=f"examples-{path}-claim-{step}")
        who = agent if step == "withdraw" else supervisor
        who.made(f"/claims/{found['id']}/{step}", said, version=found["version"])
        if step == "approve":
            money = {"method": "wechat_pay", "external_no": "wxc0"}
            supervisor.made(f"/claims/{found['id']}/pay", money, key=f"examples-{path}-claim-paid")


def campaigns(supervisor: Api) -> None:
    """One campaign runs to its end, one is called off, one removed before it began."""
    plan: dict[str, Any] = {
        "name": "双旦回归",
        "plan": "先电话 13800138000，再微信",
        "budget": {"amount": "5000.00", "currency": "CNY"},
    }
    plan["target"] = {"tags": ["老玩家"], "vip_tiers": [3, 4], "segment": "30 天没买过的"}
    ended, cancelled, removed = (supervisor.made("/campaigns", plan) for _ in range(3))
    for step in ("start", "end"):
        ended = supervisor.made(f"/campaigns/{ended['id']}/{step}", None, version=ended["version"])
    supervisor.made(f"/campaigns/{cancelled['id']}/cancel", {"reason": "服务器要维护"}, version=cancelled["version"])
    supervisor.delete(f"/campaigns/{removed['id']}", version=removed["version"])


def pay(agent: Api, path: str, total: dict[str, Any]) -> None:
    """The whole price in two payments."""
    half = {**total, "amount": f"{float(total['amount']) / 2:.2f}"}
    rest = {**total, "amount": f"{float(total['amount']) - float(half['amount']):.2f}"}
    for number, amount in enumerate((half, rest)):
        body = {"method": "wechat_pay", "amount": amount, "external_no": f"wx{number}"}
        agent.made(f"{path}/payments", body, key=f"examples-{path}-{number}")
