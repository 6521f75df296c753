"""Facts on their way to other systems: for each that is wanted by one the gateway feeds, a delivery is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import ARRAY, String, any_, cast, delete, insert, or_, select

from chassis.clock import new_id
from chassis.data.patient import allow
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts import inbox
from chassis.facts.envelope import Received, as_event
from chassis.facts.erasing import forget_letters
from chassis.facts.inbox import Anything, Listen
from gateway.identity.departments import departments_below
from gateway.integration.reach import FactsReach, of_departments
from gateway.integration.subscription import DISABLED, PENDING, WEBHOOK, Delivery, Subscription

ERASURE = "player.erased.v1"


def hear(work: UnitOfWork, facts: list[Received]) -> None:
    """Write down who is to get what; of whoever was erased nothing that was told before is delivered, or kept."""
    _forget(work, [fact.subject for fact in facts if fact.key == ERASURE])
    fed = fed_subscriptions(work)
    if not fed:
        return
    reaches = {one.id: reach_of_subscription(work, one) for one in fed}
    rows = []
    for fact in facts:
        event = as_event(fact)
        rows += [row_of(work, one, event) for one in fed if one.wants(fact.key) and reaches[one.id](event)]
    if rows:
        work.session.execute(insert(Delivery), rows)


def _forget(work: UnitOfWork, players: list[str]) -> None:
    if not players:
        return
    allow(work.session.connection(), 60)  # every body is looked through: a delivery may name a person anywhere
    patterns = [f"%{player}%" for player in players]
    work.session.execute(delete(Delivery).where(Delivery.body.like(any_(cast(patterns, ARRAY(String))))))
    forget_letters(work.session, players)


def fed_subscriptions(work: UnitOfWork) -> list[Subscription]:
    """Those that the gateway brings facts to: webhooks, and queues of one department alone."""
    query = select(Subscription).where(Subscription.state != DISABLED)
    fed = or_(Subscription.delivery == WEBHOOK, Subscription.department_id.is_not(None))
    return list(work.session.scalars(query.where(fed)))


def reach_of_subscription(work: UnitOfWork, subscription: Subscription) -> FactsReach:
    """What a subscription may be told of: everything, or what belongs to its department and those below."""
    if subscription.department_id is None:
        return FactsReach(True)
    return of_departments(work.session, departments_below(work.session, subscription.department_id))


def row_of(
    work: UnitOfWork, subscription: Subscription, event: Mapping[str, Any], *, replayed: bool = False
) -> dict[str, Any]:
    """One delivery to be made as soon as may be."""
    marked = {**event, "replayed": True} if replayed else event
    return {
        "id": new_id(),
        "subscription_id": subscription.id,
        "event_id": event["id"],
        "type": str(event["type"]).removeprefix("playdesk."),
        "subject": event["subject"],
        "body": orjson.dumps(marked).decode(),
        "replayed": replayed,
        "state": PENDING,
        "attempts": 0,
        "tries": [],
        "next_at": work.now(),
        "created_at": work.now(),
    }


SUBSCRIPTION = inbox.Subscription("deliveries", (Listen(("#",), Anything, hear),), in_order=True, gather=0.05)
