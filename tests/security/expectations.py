"""What is expected of every operation of the API: its action, the row it names, and a body that is not refused by form.

This is the policy once more, written by another hand: an operation that is not here fails the walk, and so does one
whose action is not the one written here. Who has an action is read from `gateway.policies.ROLES`; who reaches a row
is said in `reaches`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.policies import ALL, DEPARTMENT_AND_BELOW, OWN, ROLES
from tests.support.rows_in_suite import OWNERS, Rows
from tests.support.suite_in_process import InProcessSuite, Member

ACTORS = ("A001", "M001", "S001", "Q001", "admin")  # one of each role; A001 is whose rows are "own"
SHARED = {"item", "supplier", "pack", "discount_rule", "staff", "department", "session", "api_client", "secret", "role"} | {
    "account", "option", "subscription", "delivery", "network", "dead_letter", "cause", "article",
    "pool", "pool_rule", "circulation",
    "sensitive_word",
    "calendar", "deadline_policy",
    "scorecard", "sampling_rule",
}  # fmt: skip
STALE = '"999999"'  # a version no record has: whoever reaches the record is told 412, and nothing changes
_count = itertools.count(1)


@dataclass(frozen=True)
class Case:
    """The suite, its rows, and whose row this request names."""

    suite: InProcessSuite
    rows: Rows
    owner: str

    def id(self, kind: str) -> str:
        """The ID of the record of a kind."""
        found: str = self.rows.record(kind, self.owner)["id"]
        return found

    @property
    def owner_id(self) -> str:
        """The owner's staff ID."""
        return self.suite.staff[self.owner].id


Body = Callable[[Case], Any]


@dataclass(frozen=True)
class Expected:
    """`action` is needed; `row` is the kind of record that path, query or body name; `query` and `body` make them."""

    action: str
    row: str | None = None
    query: Callable[[Case], dict[str, Any]] | None = None
    body: Body | None = None
    listed: str | None = None


def _of_player(case: Case) -> dict[str, Any]:
    return {"player_id": case.id("player")}


def _yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def _scorecard() -> dict[str, Any]:
    return {"name": _unique("走查"), "sections": [{"title": "全部", "questions": [{"text": "好不好", "points": 10}]}]}


def _marks(case: Case) -> dict[str, Any]:
    answers = [{"question": "1.1", "points": 5}]
    return {"scorecard_id": case.id("scorecard"), "scorecard_revision": 1, "answers": answers}


def _option() -> dict[str, Any]:
    return {"list": "channel", "code": _unique("walk_"), "zh": "走查", "en": "Walk"}


def _pack(case: Case) -> dict[str, Any]:
    return {"name": "走查礼包", "lines": [{"item_id": case.id("item"), "quantity": 10}], "discount": "0.05"}


def _campaign() -> dict[str, Any]:
    return {"name": "走查", "budget": _yuan("1.00")}


def _compensation() -> dict[str, Any]:
    return {"kind": "compensation", "amount": _yuan("0.01"), "reason": "走查", "evidence": [{"text": "截图"}]}


def _unique(text: str) -> str:
    return f"{text}{next(_count)}"


def _subscription() -> dict[str, Any]:
    return {
        "name": _unique("walk-"),
        "types": ["nothing.like.this"],
        "delivery": "webhook",
        "url": "https://192.0.9.1/hook",
    }


def _policy(case: Case) -> dict[str, Any]:
    times = {key: {"first_response": 60, "completion": 600} for key in ("low", "normal", "high", "urgent")}
    return {"name": "走查时限", "calendar_id": case.id("calendar"), "standard": times, "warn_percent": 80}


def _role() -> dict[str, Any]:
    return {"code": _unique("walk_"), "zh": "走查", "en": "Walk", "scope": "self", "actions": ["player.read"]}


_POOLED = {"leads": "lead", "opportunities": "opportunity"}
# What is done alike with leads and opportunities: (step, action where it is not their own, body).
_OF_BOTH: tuple[tuple[str, str, Body | None], ...] = (
    ("claim", "", None),
    ("release", "", lambda _: {}),
    ("assign", "pool.assign", lambda case: {"staff_id": case.owner_id}),
    ("reopen", "", lambda _: {"reason": "走查"}),
)

API: dict[str, Expected] = {
    # signing in
    "POST /login": Expected("public", body=lambda _: {"staff_no": "nobody", "password": "a wrong password"}),
    "POST /logout": Expected(OWN),
    "GET /me": Expected(OWN),
    "GET /me/sessions": Expected(OWN),
    "DELETE /me/sessions": Expected(OWN),
    "DELETE /me/sessions/{session_id}": Expected(OWN, row="session"),
    "GET /me/second-factor": Expected(OWN),
    "POST /me/second-factor": Expected(OWN, body=lambda _: {"password": "a wrong password"}),
    "POST /me/second-factor/confirm": Expected(OWN, body=lambda _: {"otp": "000000"}),
    "POST /me/second-factor/recovery-codes": Expected(OWN, body=lambda _: {"otp": "000000"}),
    "POST /me/second-factor/remove": Expected(OWN, body=lambda _: {"otp": "000000"}),
    "GET /staff/{staff_id}/sessions": Expected("staff.write", row="staff"),
    "DELETE /staff/{staff_id}/sessions": Expected("staff.write", row="staff"),
    "DELETE /staff/{staff_id}/sessions/{session_id}": Expected("staff.write", row="staff"),
    "GET /staff/{staff_id}/second-factor": Expected("staff.write", row="staff"),
    "DELETE /staff/{staff_id}/second-factor": Expected("staff.write", row="staff"),
    "GET /staff/{staff_id}/identities": Expected("staff.write", row="staff"),
    "DELETE /staff/{staff_id}/identities": Expected("staff.write", row="staff"),
    # composed
    "GET /home": Expected("player.read", row="player", query=_of_player),
    "GET /search": Expected("player.read", query=lambda _: {"q": "玩家"}),
    "GET /counters": Expected("player.read"),
    # gateway
    "GET /roles": Expected("staff.read", listed="role"),
    "POST /roles": Expected("role.write", body=lambda _: _role()),
    "GET /roles/{role_id}": Expected("staff.read", row="role"),
    "PATCH /roles/{role_id}": Expected("role.write", row="role", body=lambda _: {"zh": "改名"}),
    "DELETE /roles/{role_id}": Expected("role.write", row="role"),
    "GET /options": Expected("option.read", listed="option"),
    "POST /options": Expected("option.write", body=lambda _: _option()),
    "GET /options/{option_id}": Expected("option.read", row="option"),
    "PATCH /options/{option_id}": Expected("option.write", row="option", body=lambda _: {"zh": "改名"}),
    "DELETE /options/{option_id}": Expected("option.write", row="option"),
    "GET /staff": Expected("staff.read", listed="staff"),
    "POST /staff": Expected("staff.write", body=lambda _: {"no": _unique("W"), "name": "走查"}),
    "GET /staff/{staff_id}": Expected("staff.read", row="staff"),
    "PATCH /staff/{staff_id}": Expected("staff.write", row="staff", body=lambda _: {"line": 2}),
    "GET /staff/{staff_id}/belongings": Expected("staff.write", row="staff"),
    "POST /staff/{staff_id}/leave": Expected("staff.write", row="staff", body=lambda _: {"rule": "pool"}),
    "GET /departments": Expected("department.read", listed="department"),
    "POST /departments": Expected("department.write", body=lambda _: {"name": _unique("走查部")}),
    "GET /departments/{department_id}": Expected("department.read", row="department"),
    "PATCH /departments/{department_id}": Expected(
        "department.write", row="department", body=lambda _: {"name": "改名"}
    ),
    "GET /api-clients": Expected("api_client.read"),
    "POST /api-clients": Expected(
        "api_client.write", body=lambda _: {"name": _unique("走查系统"), "scopes": ["player:read"]}
    ),
    "GET /api-clients/{client_id}": Expected("api_client.read", row="api_client"),
    "PATCH /api-clients/{client_id}": Expected("api_client.write", row="api_client", body=lambda _: {"name": "改"}),
    "POST /api-clients/{client_id}/secrets": Expected("api_client.write", row="api_client", body=lambda _: {}),
    "DELETE /api-clients/{client_id}/secrets/{secret_id}": Expected("api_client.write", row="api_client"),
    "POST /api-clients/{client_id}/revoke": Expected("api_client.write", row="api_client"),
    "GET /wechat-accounts": Expected("staff.read"),
    "GET /wechat-accounts/{account_id}": Expected("staff.read", row="account"),
    "GET /wechat-accounts/{account_id}/holders": Expected("staff.read", row="account"),
    "GET /audit": Expected("audit.read"),
    "POST /audit/exports": Expected("audit.export", body=lambda _: {"format": "csv"}),
    "POST /staff/imports": Expected("staff.write"),
    "GET /staff/imports/template": Expected("staff.write"),
    "GET /audit/{entry_id}": Expected("audit.read", row="audit_entry"),
    # what other systems build on
    "GET /events": Expected("event.read"),
    "POST /event-replays": Expected(
        "subscription.write",
        row="subscription",
        body=lambda case: {"subscription": case.id("subscription"), "from": "2026-01-01T00:00:00Z"},
    ),
    "GET /subscriptions": Expected("subscription.read"),
    "POST /subscriptions": Expected("subscription.write", body=lambda _: _subscription()),
    "GET /subscriptions/{subscription_id}": Expected("subscription.read", row="subscription"),
    "PATCH /subscriptions/{subscription_id}": Expected(
        "subscription.write", row="subscription", body=lambda _: {"types": ["#"]}
    ),
    "DELETE /subscriptions/{subscription_id}": Expected("subscription.write", row="subscription"),
    "POST /subscriptions/{subscription_id}/secret": Expected("subscription.write", row="subscription"),
    "POST /subscriptions/{subscription_id}/test": Expected("subscription.write", row="subscription"),
    "POST /subscriptions/{subscription_id}/enable": Expected("subscription.write", row="subscription"),
    "POST /subscriptions/{subscription_id}/pause": Expected("subscription.write", row="subscription"),
    "GET /webhooks/deliveries": Expected("subscription.read"),
    "GET /webhooks/deliveries/{delivery_id}": Expected("subscription.read", row="delivery"),
    "POST /webhooks/deliveries/{delivery_id}/resend": Expected("subscription.write", row="delivery"),
    "GET /webhooks/networks": Expected("subscription.read"),
    "POST /webhooks/networks": Expected("subscription.write", body=lambda _: {"network": _unique("203.0.113.")}),
    "DELETE /webhooks/networks/{network_id}": Expected("subscription.write", row="network"),
    "GET /dead-letters": Expected("dead_letter.read"),
    "GET /dead-letters/{letter_id}": Expected("dead_letter.read", row="dead_letter"),
    "POST /dead-letters/{letter_id}/resend": Expected("dead_letter.write", row="dead_letter"),
    "POST /dead-letters/{letter_id}/discard": Expected(
        "dead_letter.write", row="dead_letter", body=lambda _: {"reason": "走查"}
    ),
    "POST /dead-letters/resend": Expected("dead_letter.write", query=lambda _: {"queue": "gateway.nobody"}),
    # jobs, wherever they are done
    "GET /jobs": Expected(OWN, listed="job"),
    "GET /jobs/{job_id}": Expected(OWN, row="job"),
    "POST /jobs/{job_id}/cancel": Expected(OWN, row="job"),
    "GET /jobs/{job_id}/result": Expected(OWN, row="job"),
    "GET /jobs/{job_id}/errors": Expected(OWN, row="job"),
    "POST /players/exports": Expected("player.export", body=lambda _: {"format": "csv"}),
    "POST /players/imports": Expected("player.import"),
    "GET /players/imports/template": Expected("player.import"),
    "POST /players/{player_id}/erasure": Expected("player.erase", row="player", body=lambda _: {"reason": "走查"}),
    "POST /players/{player_id}/merge": Expected(
        "player.merge", row="player", body=lambda case: {"into_id": case.id("player")}
    ),
    "POST /players/{player_id}/unmerge": Expected("player.merge", row="player", body=lambda _: {"reason": "走查"}),
    "GET /players/{player_id}/merge-preview": Expected(
        "player.merge", row="player", query=lambda case: {"into_id": case.id("player")}
    ),
    "GET /players/{player_id}/merges": Expected("player.read", row="player"),
    "GET /players/{player_id}/export": Expected("player.export", row="player"),
    "POST /tickets/exports": Expected("ticket.export", body=lambda _: {"format": "csv"}),
    "POST /touches/exports": Expected("sales.export", body=lambda _: {"format": "csv"}),
    "POST /orders/exports": Expected("sales.export", body=lambda _: {"format": "csv"}),
    "POST /opportunities/exports": Expected("sales.export", body=lambda _: {"format": "csv"}),
    "POST /leads/exports": Expected("sales.export", body=lambda _: {"format": "csv"}),
    "POST /returns/exports": Expected("sales.export", body=lambda _: {"format": "csv"}),
    "POST /claims/exports": Expected("sales.export", body=lambda _: {"format": "csv"}),
    # player
    "GET /players": Expected("player.read", listed="player"),
    "POST /players": Expected("player.create", body=lambda _: {"wechat_id": _unique("wx_walk_")}),
    "GET /players/{player_id}": Expected("player.read", row="player"),
    "PATCH /players/{player_id}": Expected("player.update", row="player", body=lambda _: {"note": "走查"}),
    "DELETE /players/{player_id}": Expected("player.delete", row="player"),
    "POST /players/{player_id}/binding": Expected(
        "player.bind", row="player", body=lambda case: {"agent_id": case.owner_id, "reason": "走查"}
    ),
    "GET /players/{player_id}/bindings": Expected("player.read", row="player"),
    "POST /players/{player_id}/game-snapshot": Expected("player.update", row="player"),
    "GET /players/{player_id}/phone-reveals": Expected("player.phone.reveal", row="player"),
    "POST /players/{player_id}/phone-reveals": Expected(
        "player.phone.reveal", row="player", body=lambda _: {"reason": "走查"}
    ),
    # ticket
    "GET /tickets": Expected("ticket.read", listed="ticket"),
    "POST /tickets": Expected(
        "ticket.create", row="player", body=lambda case: {**_of_player(case), "question": "走查"}
    ),
    "GET /tickets/{ticket_id}": Expected("ticket.read", row="ticket"),
    "PATCH /tickets/{ticket_id}": Expected("ticket.update", row="ticket", body=lambda _: {"question": "走查"}),
    "POST /tickets/{ticket_id}/start": Expected("ticket.update", row="ticket"),
    "POST /tickets/{ticket_id}/complete": Expected("ticket.update", row="ticket", body=lambda _: {"solution": "走查"}),
    "POST /tickets/{ticket_id}/reopen": Expected("ticket.update", row="ticket", body=lambda _: {"reason": "走查"}),
    "POST /tickets/{ticket_id}/merge": Expected(
        "ticket.update", row="ticket", body=lambda case: {"into_id": case.id("ticket")}
    ),
    "POST /tickets/{ticket_id}/unmerge": Expected("ticket.update", row="ticket"),
    "GET /tickets/{ticket_id}/timeline": Expected("ticket.read", row="ticket"),
    "POST /tickets/{ticket_id}/transfers": Expected(
        "ticket.transfer", row="ticket", body=lambda case: {"department_id": case.id("department"), "reason": "走查"}
    ),
    "POST /transfers/{transfer_id}/accept": Expected("ticket.transfer", row="transfer"),
    "POST /transfers/{transfer_id}/return": Expected(
        "ticket.transfer", row="transfer", body=lambda _: {"reason": "走查"}
    ),
    "GET /causes": Expected("ticket.read", listed="cause"),
    "POST /causes": Expected("cause.write", body=lambda _: {"title": _unique("走查")}),
    "GET /causes/{cause_id}": Expected("ticket.read", row="cause"),
    "PATCH /causes/{cause_id}": Expected("cause.write", row="cause", body=lambda _: {"title": "走查"}),
    "POST /causes/{cause_id}/tickets/batch": Expected(
        "ticket.update", row="cause", body=lambda case: {"ticket_ids": [case.id("ticket")]}
    ),
    "POST /causes/{cause_id}/fix": Expected("cause.fix", row="cause", body=lambda _: {"solution": "走查"}),
    "POST /causes/{cause_id}/reopen": Expected("cause.fix", row="cause", body=lambda _: {"reason": "走查"}),
    "POST /causes/{cause_id}/unfix": Expected("cause.fix", row="cause", body=lambda _: {"reason": "走查"}),
    "GET /articles": Expected("article.read", listed="article"),
    "POST /articles": Expected("article.write", body=lambda _: {"title": "走查", "body": "走查"}),
    "GET /articles/{article_id}": Expected("article.read", row="article"),
    "GET /articles/{article_id}/revisions": Expected("article.read", row="article"),
    "PATCH /articles/{article_id}": Expected("article.write", row="article", body=lambda _: {"title": "走查"}),
    "POST /articles/{article_id}/submit": Expected("article.write", row="article"),
    "POST /articles/{article_id}/return": Expected("article.publish", row="article", body=lambda _: {"reason": "走查"}),
    "POST /articles/{article_id}/publish": Expected("article.publish", row="article"),
    "POST /articles/{article_id}/archive": Expected("article.publish", row="article"),
    "POST /articles/{article_id}/restore": Expected("article.publish", row="article"),
    "GET /sessions": Expected("session.read", listed="service_session"),
    "POST /sessions": Expected(
        "session.write", row="player", body=lambda case: {**_of_player(case), "channel": "wechat"}
    ),
    "POST /sessions/exports": Expected("session.export", body=lambda _: {"format": "csv"}),
    "GET /sessions/{service_session_id}": Expected("session.read", row="service_session"),
    "PATCH /sessions/{service_session_id}": Expected(
        "session.write", row="service_session", body=lambda _: {"contact": "走查"}
    ),
    "POST /sessions/{service_session_id}/end": Expected("session.write", row="service_session"),
    "GET /sessions/{service_session_id}/messages": Expected("session.read", row="service_session"),
    "POST /sessions/{service_session_id}/messages": Expected(
        "session.write", row="service_session", body=lambda _: {"author": "agent", "text": "走查"}
    ),
    "POST /messages/{message_id}/unmask": Expected("message.unmask", row="message", body=lambda _: {"reason": "走查"}),
    "GET /sensitive-words": Expected("sensitive_word.read"),
    "POST /sensitive-words": Expected(
        "sensitive_word.write", body=lambda _: {"word": _unique("走查"), "kind": "sensitive"}
    ),
    "GET /sensitive-words/{word_id}": Expected("sensitive_word.read", row="sensitive_word"),
    "PATCH /sensitive-words/{word_id}": Expected(
        "sensitive_word.write", row="sensitive_word", body=lambda _: {"kind": "sensitive"}
    ),
    "DELETE /sensitive-words/{word_id}": Expected("sensitive_word.write", row="sensitive_word"),
    "GET /calendars": Expected("deadline_policy.read", listed="calendar"),
    "POST /calendars": Expected(
        "deadline_policy.write", body=lambda _: {"name": "走查日历", "week": {"mon": ["09:00-18:00"]}}
    ),
    "GET /calendars/{calendar_id}": Expected("deadline_policy.read", row="calendar"),
    "PATCH /calendars/{calendar_id}": Expected(
        "deadline_policy.write", row="calendar", body=lambda _: {"name": "走查日历"}
    ),
    "DELETE /calendars/{calendar_id}": Expected("deadline_policy.write", row="calendar"),
    "GET /deadline-policies": Expected("deadline_policy.read", listed="deadline_policy"),
    "POST /deadline-policies": Expected(
        "deadline_policy.write", body=lambda case: {**_policy(case), "category": "suggestion"}
    ),
    "GET /deadline-policies/{policy_id}": Expected("deadline_policy.read", row="deadline_policy"),
    "PATCH /deadline-policies/{policy_id}": Expected(
        "deadline_policy.write", row="deadline_policy", body=lambda _: {"name": "走查时限"}
    ),
    "DELETE /deadline-policies/{policy_id}": Expected("deadline_policy.write", row="deadline_policy"),
    "POST /deadline-recomputations": Expected("deadline_policy.write", query=lambda _: {"dry_run": "true"}),
    "GET /ticket-summary": Expected("ticket.read", row="player", query=_of_player),
    "GET /ticket-counters": Expected("ticket.read"),
    # sales
    "GET /touches": Expected("sales.read", listed="touch"),
    "POST /touches": Expected(
        "touch.create",
        row="player",
        body=lambda case: {**_of_player(case), "channel": "wechat", "outcome": "considering"},
    ),
    "GET /touches/{touch_id}": Expected("sales.read", row="touch"),
    "PATCH /touches/{touch_id}": Expected("touch.create", row="touch", body=lambda _: {"note": "走查"}),
    "GET /orders": Expected("sales.read", listed="order"),
    "POST /orders": Expected(
        "order.create",
        row="player",
        body=lambda case: {**_of_player(case), "pack_no": case.rows.shared["pack_on_sale"]["no"]},
    ),
    "GET /orders/{order_id}": Expected("sales.read", row="order"),
    "POST /orders/{order_id}/payments": Expected(
        "order.pay", row="order", body=lambda _: {"method": "alipay", "amount": _yuan("0.01")}
    ),
    "POST /orders/{order_id}/approvals": Expected("order.approve", row="order", body=lambda _: {"verdict": "approve"}),
    "POST /orders/{order_id}/cancel": Expected("order.create", row="order", body=lambda _: {"reason": "走查"}),
    "POST /orders/{order_id}/ship": Expected("order.create", row="order"),
    "POST /orders/{order_id}/complete": Expected("order.create", row="order"),
    "GET /orders/{order_id}/returnable": Expected("sales.read", row="order"),
    "POST /orders/{order_id}/returns": Expected("return.create", row="order", body=lambda _: {"reason": "走查"}),
    "GET /campaigns": Expected("sales.read", listed="campaign"),
    "POST /campaigns": Expected("campaign.write", body=lambda _: _campaign()),
    "GET /campaigns/{campaign_id}": Expected("sales.read", row="campaign"),
    "PATCH /campaigns/{campaign_id}": Expected("campaign.write", row="campaign", body=lambda _: {"plan": "走查"}),
    "DELETE /campaigns/{campaign_id}": Expected("campaign.write", row="campaign"),
    "POST /campaigns/{campaign_id}/start": Expected("campaign.write", row="campaign"),
    "POST /campaigns/{campaign_id}/end": Expected("campaign.write", row="campaign"),
    "POST /campaigns/{campaign_id}/cancel": Expected(
        "campaign.write", row="campaign", body=lambda _: {"reason": "走查"}
    ),
    "GET /campaigns/{campaign_id}/results": Expected("sales.read", row="campaign"),
    "POST /orders/{order_id}/claims": Expected("claim.create", row="order", body=lambda _: _compensation()),
    "POST /claims/preview": Expected(
        "claim.create", row="order", body=lambda case: {"order_id": case.id("order"), "kind": "price_difference"}
    ),
    "GET /claims": Expected("sales.read", listed="claim"),
    "GET /claims/{claim_id}": Expected("sales.read", row="claim"),
    "POST /claims/{claim_id}/approve": Expected("claim.approve", row="claim", body=lambda _: {}),
    "POST /claims/{claim_id}/reject": Expected("claim.approve", row="claim", body=lambda _: {"reason": "走查"}),
    "POST /claims/{claim_id}/withdraw": Expected("claim.create", row="claim"),
    "POST /claims/{claim_id}/pay": Expected("claim.pay", row="claim", body=lambda _: {"method": "alipay"}),
    "GET /returns": Expected("sales.read", listed="return"),
    "GET /returns/{return_id}": Expected("sales.read", row="return"),
    "POST /returns/{return_id}/approve": Expected("return.approve", row="return", body=lambda _: {}),
    "POST /returns/{return_id}/reject": Expected("return.approve", row="return", body=lambda _: {"reason": "走查"}),
    "POST /returns/{return_id}/refund": Expected("return.refund", row="return", body=lambda _: {"method": "alipay"}),
    "GET /sales-summary": Expected("sales.read", row="player", query=_of_player),
    "GET /sales-counters": Expected("sales.read"),
    # leads, opportunities, pools
    **{
        f"POST /{path}/{{{name}_id}}/{step}": Expected(action or f"{name}.write", row=name, body=body)
        for path, name in _POOLED.items()
        for step, action, body in _OF_BOTH
    },
    **{f"GET /{name}": Expected("sales.read", listed=one) for name, one in _POOLED.items()},
    **{f"GET /{name}/{{{one}_id}}": Expected("sales.read", row=one) for name, one in _POOLED.items()},
    **{f"GET /{name}/{{{one}_id}}/history": Expected("sales.read", row=one) for name, one in _POOLED.items()},
    "GET /opportunities/totals": Expected("sales.read"),
    "POST /opportunities": Expected(
        "opportunity.write", row="player", body=lambda case: {"player_id": case.id("player"), "title": "走查"}
    ),
    "PATCH /opportunities/{opportunity_id}": Expected(
        "opportunity.write", row="opportunity", body=lambda _: {"title": "走查"}
    ),
    "POST /opportunities/{opportunity_id}/move": Expected(
        "opportunity.write", row="opportunity", body=lambda _: {"stage": "offered"}
    ),
    "POST /opportunities/{opportunity_id}/win": Expected("opportunity.write", row="opportunity", body=lambda _: {}),
    "POST /opportunities/{opportunity_id}/lose": Expected(
        "opportunity.write", row="opportunity", body=lambda _: {"reason": "unhappy"}
    ),
    "POST /leads": Expected("lead.write", body=lambda _: {"wechat_id": _unique("walk_")}),
    "PATCH /leads/{lead_id}": Expected("lead.write", row="lead", body=lambda _: {"name": "走查"}),
    "POST /leads/{lead_id}/convert": Expected(
        "lead.write", row="lead", body=lambda case: {"player_id": case.id("player")}
    ),
    "POST /leads/{lead_id}/discard": Expected("lead.write", row="lead", body=lambda _: {"reason": "走查"}),
    "GET /pools": Expected("sales.read", listed="pool"),
    "POST /pools": Expected(
        "pool.write", body=lambda case: {"name": "走查", "department_id": case.suite.departments["一组"]}
    ),
    "GET /pools/{pool_id}": Expected("sales.read", row="pool"),
    "PATCH /pools/{pool_id}": Expected("pool.write", row="pool", body=lambda _: {"name": "走查"}),
    "DELETE /pools/{pool_id}": Expected("pool.write", row="pool"),
    "GET /pool-rules": Expected("sales.read", listed="pool_rule"),
    "POST /pool-rules": Expected(
        "pool.write", row="pool", body=lambda case: {"pool_id": case.id("pool"), "kind": "lead", "max_held": 9}
    ),
    "GET /pool-rules/{pool_rule_id}": Expected("sales.read", row="pool_rule"),
    "PATCH /pool-rules/{pool_rule_id}": Expected("pool.write", row="pool_rule", body=lambda _: {"max_held": 9}),
    "DELETE /pool-rules/{pool_rule_id}": Expected("pool.write", row="pool_rule"),
    "GET /pool-standing": Expected("sales.read"),
    "GET /pools/{pool_id}/circulations": Expected("sales.read", row="pool"),
    "POST /pools/{pool_id}/circulations": Expected(
        "pool.circulate", row="pool", query=lambda _: {"dry_run": "true"}, body=lambda _: {}
    ),
    "GET /circulations/{circulation_id}": Expected("pool.circulate", row="circulation"),
    "POST /circulations/{circulation_id}/undo": Expected("pool.circulate", row="circulation"),
    # surveys: of the tickets one reaches
    "GET /surveys": Expected("survey.read", listed="survey"),
    "GET /surveys/{survey_id}": Expected("survey.read", row="survey"),
    "PUT /surveys/{survey_id}/link": Expected("survey.send", row="survey"),
    "POST /surveys/{survey_id}/follow-up": Expected("survey.follow_up", row="survey", body=lambda _: {"note": "走查"}),
    "GET /survey-figures": Expected("survey.read"),
    # reviews: one's own, and those within reach of who oversees
    "GET /reviews": Expected("review.read", listed="review"),
    "POST /reviews": Expected("review.write", row="ticket", body=lambda case: {"ticket_id": case.id("ticket")}),
    "GET /reviews/{review_id}": Expected("review.read", row="review"),
    "POST /reviews/{review_id}/finish": Expected("review.write", row="review", body=_marks),
    "POST /reviews/{review_id}/skip": Expected("review.write", row="review", body=lambda _: {"reason": "走查"}),
    "POST /reviews/{review_id}/appeal": Expected("review.appeal", row="review", body=lambda _: {"reason": "走查"}),
    "POST /reviews/{review_id}/decide": Expected("review.decide", row="review", body=lambda _: {"decision": "走查"}),
    "GET /review-figures": Expected("review.oversee"),
    "GET /scorecards": Expected("review.read", listed="scorecard"),
    "POST /scorecards": Expected("scorecard.write", body=lambda _: _scorecard()),
    "GET /scorecards/{scorecard_id}": Expected("review.read", row="scorecard"),
    "PATCH /scorecards/{scorecard_id}": Expected("scorecard.write", row="scorecard", body=lambda _: {"name": "改"}),
    "GET /sampling-rules": Expected("review.read", listed="sampling_rule"),
    "POST /sampling-rules": Expected("sampling_rule.write", body=lambda _: {"name": "走查", "kind": "reopened"}),
    "GET /sampling-rules/{sampling_rule_id}": Expected("review.read", row="sampling_rule"),
    "PATCH /sampling-rules/{sampling_rule_id}": Expected(
        "sampling_rule.write", row="sampling_rule", body=lambda _: {"name": "改"}
    ),
    "DELETE /sampling-rules/{sampling_rule_id}": Expected("sampling_rule.write", row="sampling_rule"),
    # catalog: permissions decide, rows do not
    "GET /items": Expected("item.read"),
    "POST /items/sync": Expected("item.sync"),
    "GET /items/{item_id}": Expected("item.read", row="item"),
    "PATCH /items/{item_id}": Expected("item.adjust", row="item", body=lambda _: {"note": "走查"}),
    "GET /items/{item_id}/price-history": Expected("item.read", row="item"),
    "POST /items/{item_id}/resolution": Expected("item.adjust", row="item", body=lambda _: {"keep": "list"}),
    "GET /suppliers": Expected("supplier.read", listed="supplier"),
    "POST /suppliers": Expected("supplier.write", body=lambda _: {"name": "走查供应商"}),
    "GET /suppliers/{supplier_id}": Expected("supplier.read", row="supplier"),
    "PATCH /suppliers/{supplier_id}": Expected("supplier.write", row="supplier", body=lambda _: {"note": "走查"}),
    "DELETE /suppliers/{supplier_id}": Expected("supplier.write", row="supplier"),
    "GET /packs": Expected("pack.read", listed="pack"),
    "POST /packs": Expected("pack.create", body=_pack),
    "POST /packs/preview": Expected("pack.read", body=_pack),
    "GET /packs/{pack_id}": Expected("pack.read", row="pack"),
    "PATCH /packs/{pack_id}": Expected("pack.create", row="pack", body=lambda _: {"note": "走查"}),
    "POST /packs/{pack_id}/publish": Expected("pack.publish", row="pack"),
    "POST /packs/{pack_id}/approve": Expected("pack.approve", row="pack"),
    "POST /packs/{pack_id}/withdraw": Expected("pack.publish", row="pack"),
    "GET /packs/{pack_id}/revisions": Expected("pack.read", row="pack"),
    "GET /discount-rules": Expected("discount_rule.read", listed="discount_rule"),
    "POST /discount-rules": Expected(
        "discount_rule.write", body=lambda _: {"name": _unique("规则"), "kind": "min_price", "min_price": _yuan("0.01")}
    ),
    "GET /discount-rules/{rule_id}": Expected("discount_rule.read", row="discount_rule"),
    "PATCH /discount-rules/{rule_id}": Expected(
        "discount_rule.write", row="discount_rule", body=lambda _: {"name": "改"}
    ),
}

# The kind of record that a part of a path names.
KIND_OF_PART = {
    "player_id": "player",
    "ticket_id": "ticket",
    "transfer_id": "transfer",
    "touch_id": "touch",
    "order_id": "order",
    "return_id": "return",
    "lead_id": "lead",
    "opportunity_id": "opportunity",
    "pool_id": "pool",
    "pool_rule_id": "pool_rule",
    "circulation_id": "circulation",
    "claim_id": "claim",
    "campaign_id": "campaign",
    "item_id": "item",
    "supplier_id": "supplier",
    "pack_id": "pack",
    "rule_id": "discount_rule",
    "staff_id": "staff",
    "department_id": "department",
    "entry_id": "audit_entry",
    "job_id": "job",
    "session_id": "session",
    "client_id": "api_client",
    "secret_id": "secret",
    "role_id": "role",
    "account_id": "account",
    "option_id": "option",
    "subscription_id": "subscription",
    "delivery_id": "delivery",
    "network_id": "network",
    "letter_id": "dead_letter",
    "service_session_id": "service_session",
    "message_id": "message",
    "word_id": "sensitive_word",
    "cause_id": "cause",
    "article_id": "article",
    "calendar_id": "calendar",
    "policy_id": "deadline_policy",
    "survey_id": "survey",
    "review_id": "review",
    "scorecard_id": "scorecard",
    "sampling_rule_id": "sampling_rule",
}


def path_of(name: str, case: Case) -> str:
    """The path of an operation with the IDs of this case."""
    return re.sub(r"\{(\w+)\}", lambda part: case.id(KIND_OF_PART[part[1]]), name.partition(" ")[2])


def has(member: Member, action: str) -> bool:
    """Whether the member's role has the action."""
    return action in ("public", OWN) or action in ROLES[member.role].actions


def reaches(suite: InProcessSuite, member: Member, kind: str | None, owner: str) -> bool:
    """Whether the member's scope reaches this owner's record; a job is its owner's alone, a review also whose who oversees."""
    if kind == "job":
        return suite.staff[owner].id == member.id
    if kind == "review" and not has(member, "review.oversee"):
        return suite.staff[owner].id == member.id
    if kind is None or kind in SHARED or ROLES[member.role].scope == ALL:
        return True
    if kind == "campaign" and suite.staff[owner].department_id == member.department_id:
        return True  # whoever sells in a department knows what it offers
    if ROLES[member.role].scope == DEPARTMENT_AND_BELOW:
        below = {suite.departments["一部"], suite.departments["一组"]}
        return suite.staff[owner].department_id in below
    return suite.staff[owner].id == member.id


def owners_for(kind: str | None) -> tuple[str, ...]:
    """Whose rows have to be tried: everybody's, or one where all are alike."""
    return OWNERS[:1] if kind is None or kind in SHARED else OWNERS
