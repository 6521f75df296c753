"""The form of subscriptions, deliveries and replays as they come in and go out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Choices, Id, ListOf, Moment, Text, Whole, list_query
from chassis.http.log import is_binding
from gateway.identity.clients_schemas import Network
from gateway.integration.subscription import DELIVERIES, DELIVERY_STATES, STATES, WEBHOOK

_NAME = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
_EVERYTHING_ELSE = ("url", "max_length")


class Name(Text):
    """The name of a subscription: that of its queue and of its login, too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(40, min_length=3, handle=True, **kwargs)
        self.metadata = {**self.metadata, "pattern": f"^{_NAME.pattern}$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not _NAME.fullmatch(text):
            raise ValidationError("not_a_name")
        return text


class Binding(Text):
    """A type of facts, with wildcards: `order.*.v1`, `#`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(80, min_length=1, handle=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not is_binding(text):
            raise ValidationError("not_a_binding")
        return text


class NewSubscription(Body):
    """What is wanted, and how it is to come; with a department only what belongs to it and to those below."""

    name = Name(required=True)
    types = ListOf(Binding(), least=1, most=50, required=True)
    delivery = Choice(DELIVERIES, required=True)
    url = Text(500, min_length=1, handle=True)
    department_id = Id(allow_none=True)
    max_length = Whole(100, 10_000_000)

    @validates_schema
    def _fits(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("delivery") == WEBHOOK and not data.get("url"):
            raise ValidationError("required", "url")
        wrong = "max_length" if data.get("delivery") == WEBHOOK else "url"
        if wrong in data:
            raise ValidationError(f"not_together:delivery {wrong}", wrong)


class SubscriptionEdit(Body):
    """What may be changed."""

    types = ListOf(Binding(), least=1, most=50)
    url = Text(500, min_length=1, handle=True)
    department_id = Id(allow_none=True)


class SubscriptionQuery(list_query(("name", "created_at"), default="name")):  # type: ignore[misc]
    """The list of subscriptions."""

    state = Choices(STATES)
    delivery = Choices(DELIVERIES)


class SubscriptionShown(Schema):
    """A subscription. `waiting` and `dropping_since` are those of its queue, as last looked at."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    delivery = fields.String(required=True, metadata={"enum": list(DELIVERIES)})
    url = fields.String(required=True, allow_none=True)
    queue = fields.String(required=True, allow_none=True)
    department_id = fields.UUID(required=True, allow_none=True)
    max_length = fields.Integer(required=True, allow_none=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    why = fields.String(required=True, metadata={"description": "why it was disabled"})
    failures = fields.Integer(required=True, metadata={"description": "in a row"})
    failing_since = fields.DateTime(required=True, allow_none=True)
    rest_until = fields.DateTime(required=True, allow_none=True)
    last_success_at = fields.DateTime(required=True, allow_none=True)
    two_secrets_until = fields.DateTime(required=True, allow_none=True)
    waiting = fields.Integer(required=True, allow_none=True)
    dropping_since = fields.DateTime(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class SubscriptionWithSecret(SubscriptionShown):
    """A subscription with its new secret (webhook) or its address with the password (AMQP), shown this once."""

    secret = fields.String()
    amqp_url = fields.String()


SubscriptionPage = page_of(SubscriptionShown)


class OutcomeShown(Schema):
    """What came of one call."""

    ok = fields.Boolean(required=True)
    status = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True)
    ms = fields.Integer(required=True)
    answer = fields.String(required=True, metadata={"description": "its beginning, phone numbers masked"})


class TryShown(OutcomeShown):
    """One attempt at a delivery."""

    at = fields.DateTime(required=True)


class DeliveryQuery(list_query(("created_at",), default="-created_at")):  # type: ignore[misc]
    """The filters of the delivery log."""

    subscription_id = Id()
    state = Choices(DELIVERY_STATES)


class DeliveryShown(Schema):
    """One fact on its way to one system, with what was sent and what was answered."""

    id = fields.UUID(required=True)
    subscription_id = fields.UUID(required=True)
    event_id = fields.String(required=True)
    type = fields.String(required=True)
    subject = fields.String(required=True)
    replayed = fields.Boolean(required=True)
    state = fields.String(required=True, metadata={"enum": list(DELIVERY_STATES)})
    attempts = fields.Integer(required=True)
    next_at = fields.DateTime(required=True, allow_none=True)
    tries = fields.List(fields.Nested(TryShown), required=True)
    body = fields.Dict(required=True)
    created_at = fields.DateTime(required=True)
    ended_at = fields.DateTime(required=True, allow_none=True)


DeliveryPage = page_of(DeliveryShown)


class NewNetwork(Body):
    """A private network that webhooks may reach."""

    network = Network()
    note = Text(200, load_default="")

    @validates_schema
    def _named(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("network"):
            raise ValidationError("required", "network")


class NetworkShown(Schema):
    """A listed network."""

    id = fields.UUID(required=True)
    network = fields.String(required=True)
    note = fields.String(required=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)


class NetworksShown(Schema):
    """All listed networks."""

    items = fields.List(fields.Nested(NetworkShown), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class NewReplay(Body):
    """Which facts are to be sent again, and to whom: a subscription by its name or ID."""

    subscription = Text(40, min_length=1, handle=True, required=True)
    begin = Moment(data_key="from", attribute="begin", required=True)
    end = Moment(data_key="to", attribute="end")
    types = ListOf(Binding(), most=50)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        begin, end = data.get("begin"), data.get("end")
        if isinstance(begin, datetime) and isinstance(end, datetime) and end < begin:
            raise ValidationError("out_of_range:from–", "to")
