"""Subscriptions, deliveries and networks as the API shows them."""

from __future__ import annotations

from typing import Any

import orjson

from chassis.callers import Caller
from chassis.clock import rfc3339, utc_now
from chassis.data.masking import mask_everything
from chassis.field_rules import veiled_fact
from gateway.integration.subscription import AMQP, PENDING, Delivery, OutgoingNetwork, Subscription


def subscription_view(one: Subscription, _who: Caller | None = None) -> dict[str, Any]:
    """One subscription, without its secrets."""
    names = (
        "id",
        "name",
        "types",
        "delivery",
        "url",
        "queue",
        "department_id",
        "max_length",
        "state",
        "why",
        "failures",
        "waiting",
        "version",
    )
    times = ("failing_since", "rest_until", "last_success_at", "dropping_since", "created_at", "updated_at")
    both = one.before_until if one.before_until and one.before_until > utc_now() else None
    return {
        **{name: getattr(one, name) for name in names},
        **{name: rfc3339(getattr(one, name)) for name in times},
        "two_secrets_until": rfc3339(both),
    }


def secret_name(one: Subscription) -> str:
    """The field in which the secret is shown this once."""
    return "amqp_url" if one.delivery == AMQP else "secret"


def delivery_view(one: Delivery, who: Caller) -> dict[str, Any]:
    """One delivery with its attempts."""
    names = ("id", "subscription_id", "event_id", "type", "subject", "replayed", "state", "attempts")
    return {
        **{name: getattr(one, name) for name in names},
        # An answer may repeat what was sent, in any form: where a field is not shown, it is not shown either.
        "tries": [{**tried, "answer": ""} for tried in one.tries] if who.fields else one.tries,
        "next_at": rfc3339(one.next_at) if one.state == PENDING else None,
        "body": mask_everything(veiled_fact(orjson.loads(one.body), who.fields)),
        "created_at": rfc3339(one.created_at),
        "ended_at": rfc3339(one.ended_at),
    }


def network_view(one: OutgoingNetwork) -> dict[str, Any]:
    """One listed network."""
    names = ("id", "network", "note", "created_by")
    return {**{name: getattr(one, name) for name in names}, "created_at": rfc3339(one.created_at)}
