"""What is done with subscriptions: made, changed, tried, paused, given new secrets, removed."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id, rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from gateway.audit import record
from gateway.identity import roles
from gateway.identity.sealing import sealer_of
from gateway.identity.staff import Department
from gateway.integration.addresses import target_of
from gateway.integration.broker import broker_of
from gateway.integration.errors import DuplicateNetwork, DuplicateSubscription, WrongDelivery
from gateway.integration.sending import Outcome, send
from gateway.integration.subscription import (
    ACTIVE,
    AMQP,
    MAX_LENGTH,
    SECRET_OVERLAP,
    WEBHOOK,
    Delivery,
    OutgoingNetwork,
    Subscription,
)

DELIVERIES_KEPT = timedelta(days=30)
TESTED = "playdesk.subscription.tested.v1"


@dataclass(frozen=True)
class Made:
    """A subscription with the secret, or the address with its password, that is shown this once."""

    subscription: Subscription
    secret: str


def create(uow: UnitOfWork, fields: Mapping[str, Any]) -> Made:
    """A new subscription. Raises DuplicateSubscription, NotFound, NotHeld, AddressRefused, NoBroker, BrokerRefused."""
    _must_exist(uow, fields.get("department_id"))
    roles.must_hold(uow, frozenset(), fields.get("department_id"))
    values = {"url": None, "department_id": None, **fields}
    if values["delivery"] == WEBHOOK:
        target_of(values["url"], networks(uow))
        values["max_length"] = None
    else:
        values["max_length"] = values.get("max_length") or MAX_LENGTH
    made = {"state": ACTIVE, "created_by": uow.caller.id, "created_at": uow.now(), "updated_at": uow.now()}
    subscription = Subscription(id=new_id(), version=1, **values, **made)
    try:
        uow.add(subscription)
    except IntegrityError as error:
        raise DuplicateSubscription() from error
    secret = _first_secret(uow, subscription)
    _record(uow, "subscription.created", subscription, types=subscription.types, delivery=subscription.delivery)
    return Made(subscription, secret)


def edit(uow: UnitOfWork, subscription_id: str, fields: Mapping[str, Any], *, version: int) -> Subscription:
    """Change a subscription.

    Raises NotFound, StaleRecord, NotHeld where it reaches, or would reach, more than the caller, WrongDelivery,
    AddressRefused, NoBroker, BrokerRefused.
    """
    subscription = uow.for_update(Subscription, subscription_id, version)
    must_reach_its(uow, subscription)
    if "url" in fields:
        if subscription.delivery != WEBHOOK:
            raise WrongDelivery()
        target_of(fields["url"], networks(uow))
    _must_exist(uow, fields.get("department_id"))
    before = {name: getattr(subscription, name) for name in fields}
    if subscription.edit(fields, uow.now()):
        must_reach_its(uow, subscription)
        uow.session.flush()
        if subscription.delivery == AMQP:
            broker_of(uow.settings).bind(subscription)
        _record(uow, "subscription.changed", subscription, before=before, after=dict(fields))
    return subscription


def move(uow: UnitOfWork, subscription_id: str, to: str, *, version: int) -> Subscription:
    """Pause a subscription, or enable it again. Raises NotFound, StaleRecord, NotHeld, NotDisabled, AlreadyDisabled."""
    subscription = uow.for_update(Subscription, subscription_id, version)
    must_reach_its(uow, subscription)
    subscription.enable(uow.now()) if to == ACTIVE else subscription.pause(uow.now())
    uow.session.flush()
    if subscription.delivery == AMQP:
        broker_of(uow.settings).bind(subscription)
    _record(uow, f"subscription.{'enabled' if to == ACTIVE else 'paused'}", subscription)
    return subscription


def remove(uow: UnitOfWork, subscription_id: str, *, version: int) -> None:
    """Remove a subscription with its deliveries, or its queue and login.

    Raises NotFound, StaleRecord, NotHeld, BrokerRefused.
    """
    subscription = uow.for_update(Subscription, subscription_id, version)
    must_reach_its(uow, subscription)
    _record(uow, "subscription.removed", subscription)
    uow.session.delete(subscription)
    uow.session.flush()
    if subscription.delivery == AMQP:
        broker_of(uow.settings).remove(subscription)


def new_secret(uow: UnitOfWork, subscription_id: str) -> Made:
    """A new secret; a webhook is signed with both for a day, a queue's login has the new password at once.

    Raises NotFound, NotHeld, BrokerRefused.
    """
    subscription = uow.locked(Subscription, subscription_id)
    must_reach_its(uow, subscription)
    _record(uow, "subscription.secret_changed", subscription)
    if subscription.delivery == AMQP:
        subscription.changed(uow.now())
        return Made(subscription, broker_of(uow.settings).new_password(subscription))
    subscription.sealed_before, subscription.before_until = subscription.sealed, uow.now() + SECRET_OVERLAP
    subscription.changed(uow.now())
    return Made(subscription, _seal_new(uow, subscription))


def try_out(uow: UnitOfWork, subscription_id: str) -> Outcome:
    """Send a test to a webhook now, and say what came of it. Raises NotFound, NotHeld, WrongDelivery, AddressRefused."""
    subscription = uow.get(Subscription, subscription_id)
    must_reach_its(uow, subscription)
    if subscription.delivery != WEBHOOK:
        raise WrongDelivery()
    url, name, listed = str(subscription.url), subscription.name, networks(uow)
    signed_with = secrets_of(uow.settings, subscription, uow.now())
    uow.session.rollback()  # nothing is open while names are looked up and the target is waited for
    target = target_of(url, listed)
    message_id = new_id()
    event = {
        "specversion": "1.0",
        "id": message_id,
        "type": TESTED,
        "source": "/playdesk/gateway",
        "subject": subscription_id,
        "time": rfc3339(uow.now()),
        "datacontenttype": "application/json",
        "data": {"subscription": name},
    }
    outcome = send(target, message_id, orjson.dumps(event).decode(), signed_with)
    record(uow, "subscription.tested", subject_kind="subscription", subject=subscription_id, details={"name": name})
    return outcome


def must_reach_its(uow: UnitOfWork, subscription: Subscription) -> None:
    """Raise NotHeld where the subscription is told more than the caller reaches and sees: who keeps it is told that too."""
    roles.must_hold(uow, frozenset(), subscription.department_id)


def secrets_of(settings: Any, subscription: Subscription, now: datetime) -> list[str]:
    """What a webhook is signed with just now, the newest first."""
    sealer = sealer_of(settings.seal_secrets)
    found = [sealer.open(subscription.sealed, subscription.id)] if subscription.sealed else []
    if subscription.sealed_before and subscription.before_until and subscription.before_until > now:
        found.append(sealer.open(subscription.sealed_before, subscription.id))
    return found


def networks(uow: UnitOfWork) -> list[str]:
    """The private networks that webhooks may reach."""
    return list(uow.session.scalars(select(OutgoingNetwork.network).order_by(OutgoingNetwork.network)))


def add_network(uow: UnitOfWork, network: str, note: str) -> OutgoingNetwork:
    """List a network, for every subscription there is. Raises NotHeld, DuplicateNetwork."""
    roles.must_reach_everything(uow)
    listed = OutgoingNetwork(network=network, note=note, created_by=uow.caller.id, created_at=uow.now())
    try:
        uow.session.add(listed)
        uow.session.flush()
    except IntegrityError as error:
        raise DuplicateNetwork() from error
    record(uow, "outgoing_network.added", subject_kind="network", subject=listed.id, details={"network": network})
    return listed


def remove_network(uow: UnitOfWork, network_id: str) -> None:
    """Take a network off the list; one that is not there is off it. Raises NotHeld."""
    roles.must_reach_everything(uow)
    listed = uow.session.get(OutgoingNetwork, network_id)
    if listed is None:
        return
    details = {"network": listed.network}
    record(uow, "outgoing_network.removed", subject_kind="network", subject=listed.id, details=details)
    uow.session.delete(listed)


def send_once_more(uow: UnitOfWork, delivery_id: str) -> Delivery:
    """Have a delivery sent again, whatever came of it. Raises NotFound."""
    delivery = uow.locked(Delivery, delivery_id)
    delivery.again(uow.now())
    return delivery


def forget_deliveries(uow: UnitOfWork) -> None:
    """Remove deliveries that were over a month ago; run by a timer."""
    uow.session.execute(delete(Delivery).where(Delivery.ended_at < uow.now() - DELIVERIES_KEPT))


def _first_secret(uow: UnitOfWork, subscription: Subscription) -> str:
    if subscription.delivery == AMQP:
        return broker_of(uow.settings).make(subscription)
    return _seal_new(uow, subscription)


def _seal_new(uow: UnitOfWork, subscription: Subscription) -> str:
    """A secret as Standard Webhooks writes it, kept sealed."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    subscription.sealed = sealer_of(uow.settings.seal_secrets).seal(secret, subscription.id)
    return secret


def _must_exist(uow: UnitOfWork, department_id: str | None) -> None:
    if department_id and uow.session.get(Department, department_id) is None:
        raise NotFound()


def _record(uow: UnitOfWork, action: str, subscription: Subscription, **details: Any) -> None:
    told = {"name": subscription.name, **details}
    record(uow, action, subject_kind="subscription", subject=subscription.id, details=told)
