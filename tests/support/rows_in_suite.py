"""Rows of every kind for three owners: one's own, a colleague's and another department's; made through the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import sleep
from typing import Any

from sqlalchemy import insert, text

from chassis.callers import Caller
from chassis.clock import new_id
from chassis.data.sealing import NoVault
from chassis.data.tables import jobs
from chassis.facts import dead
from chassis.facts.bus import Letter
from chassis.jobs import files, store
from chassis.jobs.job import DONE, RESULT
from gateway.integration.hearing import row_of
from gateway.integration.subscription import Delivery, Subscription
from tests.support.suite_in_process import STAFF, Api, InProcessSuite, new_member

OWNERS = ("A001", "A002", "B001")  # A001 and A002 are of one department, whose supervisor is M001


@dataclass
class Rows:
    """`of[owner][kind]` is a record's JSON; `shared[kind]` belongs to the whole company."""

    of: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)

    def record(self, kind: str, owner: str) -> dict[str, Any]:
        """The record of a kind that this owner has, or the company's."""
        return self.shared[kind] if kind in self.shared else self.of[owner][kind]


def make_rows(suite: InProcessSuite) -> Rows:
    """Everything that needs four services; what is missing is left out."""
    rows = Rows()
    admin = suite.api("admin")
    rows.shared["staff"] = admin.get(f"/staff/{new_member(suite).id}").json  # whose logins may be ended
    rows.shared["account"] = admin.get("/wechat-accounts").json["items"][0]
    rows.shared["session"] = {"id": new_id()}  # ending one that is over is the same as ending one that is not
    rows.shared["department"] = admin.get(f"/departments/{suite.departments['二部']}").json
    role = {
        "code": f"rows_{new_id()[-8:]}",
        "zh": "走查角色",
        "en": "Walked",
        "scope": "self",
        "actions": ["player.read"],
    }
    rows.shared["role"] = admin.made("/roles", role)
    option = {"list": "lost_reason", "code": f"rows_{new_id()[-8:]}", "zh": "走查", "en": "Walked"}
    rows.shared["option"] = admin.made("/options", option)
    client = admin.made("/api-clients", {"name": f"系统 {new_id()[-8:]}", "scopes": ["player:read"]})
    rows.shared["api_client"], rows.shared["secret"] = client, client["secrets"][0]
    _make_integration(suite, rows)
    if suite.has("ticket"):
        specialist = suite.api("S001")
        rows.shared["cause"] = specialist.made("/causes", {"title": "走查的原因"})
        word = {"word": f"走查词{new_id()[-8:]}", "kind": "sensitive"}
        rows.shared["sensitive_word"] = suite.api("M001").made("/sensitive-words", word)
        calendar = admin.made("/calendars", {"name": "走查日历", "week": {"mon": ["09:00-18:00"]}})
        rows.shared["calendar"] = calendar
        rows.shared["deadline_policy"] = admin.made("/deadline-policies", _policy(calendar))
        article = specialist.made("/articles", {"title": "走查的文章", "body": "先查日志"})
        specialist.made(f"/articles/{article['id']}/submit", None, version=1)
        one = {"title": "全部", "questions": [{"text": "好不好", "points": 10}]}
        rows.shared["scorecard"] = suite.api("Q001").made("/scorecards", {"name": "走查的评分表", "sections": [one]})
        drawn = {"name": "走查的规则", "kind": "reopened", "active": False}
        rows.shared["sampling_rule"] = suite.api("Q001").made("/sampling-rules", drawn)
        rows.shared["article"] = suite.api("M001").made(f"/articles/{article['id']}/publish", None, version=2)
    if suite.has("catalog"):
        _make_catalog(suite, rows)
    if suite.has("player", "ticket", "sales", "catalog"):
        for number, owner in enumerate(OWNERS):
            rows.of[owner] = _make_for(suite, owner, number, rows)
        _make_pool(suite, rows)
    for no, *_ in STAFF:
        suite.api(no)  # signed in beforehand, so that a checksum does not see it
    suite.pump()
    for owner in rows.of:
        found = admin.get("/audit", query_string={"actor_id": suite.staff[owner].id, "subject_kind": "ticket"}).json
        rows.of[owner]["audit_entry"] = found["items"][0]
    return rows


def _policy(calendar: dict[str, Any]) -> dict[str, Any]:
    """A deadline policy for what players ask about the play."""
    times = {key: {"first_response": 60, "completion": 600} for key in ("low", "normal", "high", "urgent")}
    named = {"name": "走查时限", "category": "gameplay", "calendar_id": calendar["id"]}
    return {**named, "standard": times, "warn_percent": 80}


def _make_integration(suite: InProcessSuite, rows: Rows) -> None:
    """A webhook to where nobody listens, a delivery, the network it is in, and a letter that a service could not handle."""
    admin = suite.api("admin")
    rows.shared["network"] = admin.made("/webhooks/networks", {"network": "127.9.9.9/32"})
    wanted = {"types": ["nothing.like.this"], "delivery": "webhook", "url": "http://127.9.9.9:9/"}
    made = admin.made("/subscriptions", {"name": f"rows-{new_id()[-8:]}", **wanted})
    rows.shared["subscription"] = admin.get(f"/subscriptions/{made['id']}").json
    event = {"id": new_id(), "type": "playdesk.ticket.created.v1", "subject": new_id(), "data": {}}
    rows.shared["delivery"] = a_delivery(suite, made["id"], event)
    rows.shared["dead_letter"] = a_dead_letter(suite, b"{}")


def a_delivery(suite: InProcessSuite, subscription_id: str, event: dict[str, Any]) -> dict[str, Any]:
    """A fact that was delivered to a subscription."""
    work = suite.gateway_runtime.work()
    with work.session:
        delivery = row_of(work, work.session.get(Subscription, subscription_id), event)
        work.session.execute(insert(Delivery), [delivery | {"state": "delivered", "ended_at": work.now()}])
        work.commit()
    return {"id": delivery["id"]}


def a_dead_letter(suite: InProcessSuite, body: bytes) -> dict[str, Any]:
    """A fact that the ticket service could not handle."""
    message_id = new_id()
    keeper = suite.services["ticket"].runtime if suite.has("ticket") else suite.gateway_runtime
    dead.keep_letters(keeper, [Letter(f"{keeper.service.name}.nobody", message_id, "walked.v1", body, "no reason")])
    for _ in range(20):
        page = suite.api("admin").get("/dead-letters", query_string={"limit": 200}).json
        letter: dict[str, Any] | None = next((one for one in page["items"] if one["message_id"] == message_id), None)
        if letter is not None:
            return letter
        assert page["unavailable"], "not there, although every service has answered"
        sleep(0.5)  # beside much else a service may be too slow for once
    raise AssertionError(f"still unavailable: {page['unavailable']}")


def _make_catalog(suite: InProcessSuite, rows: Rows) -> None:
    admin, supervisor = suite.api("admin"), suite.api("M001")
    admin.made("/items/sync", None)
    items = admin.get("/items", query_string={"limit": 5, "sort": "price"}).json["items"]
    rows.shared["item"] = items[1]
    rows.shared["supplier"] = admin.made("/suppliers", {"name": "走查供应商", "contact": "王经理 13700137001"})
    limits = {"free_limit": "0.10", "approval_limit": "0.40"}
    rows.shared["discount_rule"] = admin.made("/discount-rules", {"name": "折扣上限", "kind": "max_discount", **limits})
    rows.shared["pack"] = draft(suite, "M001", items[1]["id"], "礼包草稿")
    on_sale = draft(suite, "M001", items[1]["id"], "在售礼包")
    rows.shared["pack_on_sale"] = supervisor.made(f"/packs/{on_sale['id']}/publish", None, version=on_sale["version"])
    assert rows.shared["pack_on_sale"]["state"] == "on_sale"


def draft(suite: InProcessSuite, no: str, item_id: str, name: str, discount: str = "0.05") -> dict[str, Any]:
    """A pack of ten pieces, not yet on sale."""
    lines = [{"item_id": item_id, "quantity": 10}]
    return suite.api(no).made("/packs", {"name": name, "lines": lines, "discount": discount})


def _make_for(suite: InProcessSuite, owner: str, number: int, rows: Rows) -> dict[str, dict[str, Any]]:
    api = suite.api(owner)
    word = f"{owner.lower()}_{number}"
    player = api.made(
        "/players", {"phone": f"1380000{8000 + number}", "wechat_id": f"wx_{word}", "nickname": f"玩家{word}"}
    )
    if player["agent_id"] != api.id:
        bound = {"agent_id": api.id, "reason": "测试"}
        player = suite.api("admin").made(f"/players/{player['id']}/binding", bound)
        suite.pump(1)
    ticket = api.made("/tickets", {"player_id": player["id"], "question": f"{word} 充值没有到账"})
    handed = api.made("/tickets", {"player_id": player["id"], "question": f"{word} 账号被封"})
    target = {"staff_id": api.id, "reason": "请看一下"}
    transfer = api.made(f"/tickets/{handed['id']}/transfers", target, version=handed["version"])
    touch = api.made("/touches", {"player_id": player["id"], "channel": "wechat", "outcome": "considering"})
    pack_no = rows.shared["pack_on_sale"]["no"]
    order = api.made("/orders", {"player_id": player["id"], "pack_no": pack_no, "quantity": 1}, key=f"order-{word}")
    lead = api.made("/leads", {"phone": f"1370000{8000 + number}", "wechat_id": f"lead_{word}", "name": f"线索{word}"})
    opportunity = api.made("/opportunities", {"player_id": player["id"], "title": f"商机{word}"})
    made = {"player": player, "ticket": ticket, "transfer": transfer, "touch": touch, "order": order}
    made |= {"lead": lead, "opportunity": opportunity, **_session_of(api, player, rows)}
    made["survey"] = _survey_of(api, player, word)
    made["review"] = _review_of(suite, made["survey"]["ticket_id"], rows)
    back = _money_back_of(api, player, pack_no, word)
    plan = {"name": f"{word} 的活动", "budget": {"amount": "9.00", "currency": "CNY"}}
    plan["department_id"] = suite.staff[owner].department_id
    campaign = suite.api("admin").made("/campaigns", plan)
    return {**made, **back, "campaign": campaign, "job": {"id": _job_of(suite, api.id)}}


def _session_of(api: Api, player: dict[str, Any], rows: Rows) -> dict[str, Any]:
    """A session that is going on, and a message of it in which something is masked."""
    session = api.made("/sessions", {"player_id": player["id"], "channel": "wechat"})
    said = {"author": "player", "text": f"有没有{rows.shared['sensitive_word']['word']}"}
    message = api.made(f"/sessions/{session['id']}/messages", said)
    return {"service_session": session, "message": message}


def _make_pool(suite: InProcessSuite, rows: Rows) -> None:
    """The pool of the department of A001 and M001, its rule, and a run over it that found nothing idle."""
    admin = suite.api("admin")
    pool = admin.made("/pools", {"name": "一部公海", "department_id": suite.departments["一部"]})
    limits = {"max_held": 50, "idle_days": 30, "warn_days": 3}
    rows.shared["pool"] = pool
    rows.shared["pool_rule"] = admin.made("/pool-rules", {"pool_id": pool["id"], "kind": "opportunity", **limits})
    run = suite.api("M001").post(f"/pools/{pool['id']}/circulations", {})
    assert run.status_code == 200, run.text
    rows.shared["circulation"] = run.json


def _money_back_of(api: Api, player: dict[str, Any], pack_no: str, word: str) -> dict[str, Any]:
    """A return and a claim, still to be decided, of an order that is paid."""
    order = api.made("/orders", {"player_id": player["id"], "pack_no": pack_no}, key=f"returned-{word}")
    payment = {"method": "alipay", "amount": order["total"]}
    api.made(f"/orders/{order['id']}/payments", payment, key=f"paid-{word}")
    wanted = {"amount": {"amount": "0.02", "currency": "CNY"}, "reason": f"{word} 买错了"}
    found = api.made(f"/orders/{order['id']}/returns", wanted, key=f"return-{word}")
    claimed = {**wanted, "kind": "compensation", "evidence": [{"text": f"{word} 的截图"}]}
    return {"return": found, "claim": api.made(f"/orders/{order['id']}/claims", claimed, key=f"claim-{word}")}


def _survey_of(api: Api, player: dict[str, Any], word: str) -> dict[str, Any]:
    """The survey about a ticket that is done."""
    ticket = api.made("/tickets", {"player_id": player["id"], "question": f"{word} 月卡没有到账"})
    for step, body in (("start", None), ("complete", {"solution": "已补发"})):
        ticket = api.made(f"/tickets/{ticket['id']}/{step}", body, version=ticket["version"])
    found: dict[str, Any] = api.get("/surveys", query_string={"ticket_id": ticket["id"]}).json["items"][0]
    return found


def _review_of(suite: InProcessSuite, ticket_id: str, rows: Rows) -> dict[str, Any]:
    """A finished review of this ticket, by the inspector."""
    card, inspector = rows.shared["scorecard"], suite.api("Q001")
    review = inspector.made("/reviews", {"ticket_id": ticket_id})
    by = {"scorecard_id": card["id"], "scorecard_revision": card["revision"]}
    marks = {**by, "answers": [{"question": "1.1", "points": 8}]}
    return inspector.made(f"/reviews/{review['id']}/finish", marks, version=review["version"])


def _job_of(suite: InProcessSuite, staff_id: str) -> str:
    """A job that is done, with a file, in the ticket service."""
    work = suite.services["ticket"].runtime.work(Caller(staff_id))
    with work.session:
        job_id = store.add_job(work, "tickets.export", {"format": "csv"}, language="zh")
        files.keep_bytes(work.session, NoVault(), job_id, RESULT, b"a table")
        over = {"state": DONE, "outcome": {"format": "csv"}, "ended_at": work.now()}
        work.session.execute(jobs.update().where(jobs.c.id == job_id).values(over))
        work.commit()
    return job_id


_TABLES = text(
    "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
    "WHERE n.nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
)
_SEEN = dict.fromkeys(("sessions", "api_clients"), "(to_jsonb(r) - 'last_used_at')::text")  # asking is seen
# A denial is written down, and who has read whom a little later.
_OF_PROCESSES = {"heartbeats", "alembic_version", "audit_entries", "audit_seals", "player_readings"}


def checksum(suite: InProcessSuite) -> dict[str, str]:
    """{service.table: checksum over all rows} of every database."""
    found: dict[str, str] = {}
    for name in suite.runtimes():
        with suite.raw(name) as connection:
            tables = [table for table in connection.scalars(_TABLES) if table not in _OF_PROCESSES]
            each = (
                f"SELECT '{name}.{t}', md5(coalesce(string_agg(md5({row}), '' ORDER BY md5({row})), '')) FROM \"{t}\" r"
                for t in tables
                for row in (_SEEN.get(t, "r::text"),)
            )
            found |= dict(connection.execute(text(" UNION ALL ".join(each))).tuples().all())
    return found


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables whose rows are not what they were."""
    return sorted(table for table in before if before[table] != after.get(table))
