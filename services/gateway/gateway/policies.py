"""The one table of who may do what: routes, pages and templates all read it, so what is hidden is also forbidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

SELF, DEPARTMENT_AND_BELOW, ALL = "self", "department_and_below", "all"


@dataclass(frozen=True)
class Role:
    """A built-in role as it is delivered: its names, its actions, and how far they reach; what the company makes of it
    is in the database (`gateway/identity/role.py`).
    """

    code: str
    zh: str
    en: str
    scope: str
    actions: frozenset[str]


_READ = {
    "player.read",
    "ticket.read",
    "session.read",
    "article.read",
    "sales.read",
    "item.read",
    "supplier.read",
    "pack.read",
    "discount_rule.read",
    "staff.read",
    "department.read",
    "option.read",
    "deadline_policy.read", "survey.read", "review.read",
}  # fmt: skip
_TICKETS = {
    "ticket.read", "ticket.create", "ticket.update", "ticket.transfer", "session.write", "cause.write", "survey.send",
    "review.appeal",
}  # fmt: skip
_ARTICLES = {"article.write", "article.publish"}
_REVIEWS = {"review.oversee", "review.write", "review.decide"}
_REVIEWED_BY = {"review.oversee", "scorecard.write", "sampling_rule.write"}
_AGENT = _READ | _TICKETS | {
    "player.create", "player.update", "player.bind", "player.phone.reveal", "touch.create", "order.create", "order.pay",
    "return.create", "claim.create", "pack.create", "pack.publish", "opportunity.write", "lead.write",
}  # fmt: skip
_SUPERVISOR = _AGENT | _ARTICLES | _REVIEWS | {
    "player.phone.see", "player.delete", "player.merge", "player.export", "player.import", "ticket.export",
    "session.export", "sensitive_word.read", "sensitive_word.write", "sales.export", "cause.fix", "order.approve",
    "survey.follow_up",
    "return.approve", "return.refund", "claim.approve", "claim.pay", "campaign.write", "pack.approve",
    "item.sync", "item.adjust", "supplier.write", "event.read", "audit.read", "audit.export", "pool.assign",
    "pool.write", "pool.circulate",
}  # fmt: skip
_INSPECTOR = {"message.unmask", "sensitive_word.read"}
_ADMIN = _READ | _ARTICLES | _REVIEWED_BY | {
    "player.create", "player.update", "player.delete", "player.merge", "player.bind", "player.phone.see",
    "player.phone.reveal", "player.export", "player.import", "player.erase", "ticket.export", "sales.export",
    "session.export", "sensitive_word.read", "sensitive_word.write", "campaign.write",
    "item.sync", "item.adjust", "supplier.write", "pack.create", "pack.publish", "pack.approve", "discount_rule.write",
    "staff.write", "department.write", "option.write", "deadline_policy.write", "event.read", "audit.read", "audit.export",
    "api_client.read", "api_client.write", "role.write", "role.grant", "dead_letter.read", "dead_letter.write",
    "subscription.read", "subscription.write", "lead.write", "pool.assign",
    "pool.write", "pool.circulate",
}  # fmt: skip

ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        Role("agent", "客服", "Agent", SELF, frozenset(_AGENT)),
        Role("specialist", "二线", "Specialist", ALL, frozenset(_READ | _TICKETS | _ARTICLES | {"cause.fix"})),
        Role("inspector", "质检", "Quality inspector", ALL, frozenset(_READ | _INSPECTOR | _REVIEWS | _REVIEWED_BY)),
        Role("supervisor", "主管", "Supervisor", DEPARTMENT_AND_BELOW, frozenset(_SUPERVISOR)),
        Role("admin", "管理员", "Administrator", ALL, frozenset(_ADMIN)),
    )
}
PLAIN_ROLE = "agent"

# Whoever is signed in may do this to themselves.
OWN = "own"
ACTIONS: frozenset[str] = frozenset().union(*(role.actions for role in ROLES.values())) | {OWN}

# What the gateway does at the services in its own name; no role and no client can have it.
INTERNAL: frozenset[str] = frozenset({"event.log", "survey.public"})

# What needs no sign-in; everything else is denied without one.
PUBLIC_ENDPOINTS = frozenset(
    {
        "healthz",
        "readyz",
        "metrics",  # for the networks of METRICS_FROM alone
        "login.show",
        "login.submit",
        "login.token",
        "login.again",
        "login.code",
        "login.check_code",
        "sign_on.leave_for_oidc",
        "sign_on.back_from_oidc",
        "sign_on.leave_for_wecom",
        "sign_on.back_from_wecom",
        "oauth.token",  # client and secret are what is asked for there
        "session.sign_in",
        "survey_form.show",
        "survey_form.answer",
        "documents.openapi",
        "documents.asyncapi",
        "documents.schema",
    }
)


def requires(action: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A page that needs `action`; it is written below the route, so that the walk over all routes finds it."""
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            from gateway.identity import current

            current.must(action)
            return view(*args, **kwargs)

        guarded.policy = action  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page for whoever comes."""
    view.policy = "public"  # type: ignore[attr-defined]
    return view
