"""What an API client may be granted: each scope stands for actions, and this is the one table of them."""

from __future__ import annotations

from collections.abc import Iterable

SCOPES: dict[str, frozenset[str]] = {
    "player:read": frozenset({"player.read", "option.read"}),
    "player:pii": frozenset({"player.phone.see"}),
    "player:write": frozenset({"player.create", "player.update", "player.bind"}),
    "ticket:read": frozenset({"ticket.read", "option.read", "deadline_policy.read"}),
    "ticket:write": frozenset({"ticket.create", "ticket.update", "ticket.transfer", "cause.write", "cause.fix"}),
    "session:read": frozenset({"session.read", "option.read"}),
    "session:write": frozenset({"session.write"}),
    "survey:read": frozenset({"survey.read"}),
    "survey:write": frozenset({"survey.read", "survey.send"}),
    "article:read": frozenset({"article.read"}),
    "article:write": frozenset({"article.write"}),
    "sales:read": frozenset({"sales.read", "option.read"}),
    "sales:write": frozenset(
        {
            "touch.create",
            "order.create",
            "order.pay",
            "return.create",
            "claim.create",
            "opportunity.write",
            "lead.write",
        }
    ),
    "sales:refund": frozenset({"return.refund", "claim.pay"}),
    "catalog:read": frozenset({"item.read", "supplier.read", "pack.read", "discount_rule.read"}),
    "catalog:write": frozenset({"item.sync", "item.adjust", "supplier.write", "pack.create", "pack.publish"}),
    "staff:read": frozenset({"staff.read", "department.read"}),
    "event:read": frozenset({"event.read"}),
}


def actions_of(scopes: Iterable[str]) -> frozenset[str]:
    """The actions that these scopes stand for; one that is gone from the table stands for nothing."""
    return frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
