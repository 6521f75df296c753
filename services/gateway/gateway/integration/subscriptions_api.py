"""The routes of subscriptions, of the delivery log, and of the networks that webhooks may reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from gateway.identity.once import once, open_answer
from gateway.integration import schemas, subscriptions
from gateway.integration.subscription import ACTIVE, PAUSED, Delivery, OutgoingNetwork, Subscription
from gateway.integration.views import delivery_view, network_view, secret_name, subscription_view

READ, WRITE = "subscription.read", "subscription.write"
SORTS = {"name": Sort(Subscription.name, "name"), "created_at": Sort(Subscription.created_at, "created_at")}
DELIVERY_SORTS = {"created_at": Sort(Delivery.id, "id")}
_ADDRESS = {422: "address_refused, wrong_fields", 503: "broker_unavailable"}
_NOT_THIS = {409: "wrong_delivery, no_broker", **_ADDRESS}

routes = Routes("subscriptions", "Subscriptions of other systems", show=subscription_view)
routes.after_request(open_answer)
deliveries = Routes("webhooks", "Webhooks: what was delivered, and where they may go", show=delivery_view)


def _with_secret(made: subscriptions.Made) -> dict[str, Any]:
    return {**subscription_view(made.subscription), secret_name(made.subscription): once(made.secret)}


@routes.get("/subscriptions", action=READ, query=schemas.SubscriptionQuery, answer=schemas.SubscriptionPage)
def find(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """List the subscriptions."""
    found = uow.select(Subscription)
    for name in ("state", "delivery"):
        if query.get(name):
            found = found.where(getattr(Subscription, name).in_(query[name]))
    return paginate(uow.session, found, sorts=SORTS, id_column=Subscription.id, query=query)


@routes.post(
    "/subscriptions",
    action=WRITE,
    body=schemas.NewSubscription,
    answer=schemas.SubscriptionWithSecret,
    status=201,
    place="/subscriptions/{id}",
    problems={409: "duplicate_subscription, no_broker", **_ADDRESS},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Subscribe: to a queue of one's own, or to calls of an address; the secret is shown this once."""
    return _with_secret(subscriptions.create(uow, body))


@routes.get("/subscriptions/<uuid:subscription_id>", action=READ, answer=schemas.SubscriptionShown)
def read(uow: UnitOfWork, subscription_id: str) -> Subscription:
    """Read one subscription."""
    return uow.get(Subscription, subscription_id)


@routes.patch(
    "/subscriptions/<uuid:subscription_id>",
    action=WRITE,
    body=schemas.SubscriptionEdit,
    answer=schemas.SubscriptionShown,
    problems=_NOT_THIS,
)
def edit(uow: UnitOfWork, subscription_id: str, version: int, body: dict[str, Any]) -> Subscription:
    """Change what is wanted, or where it goes."""
    return subscriptions.edit(uow, subscription_id, body, version=version)


@routes.delete("/subscriptions/<uuid:subscription_id>", action=WRITE, problems={503: "broker_unavailable"})
def remove(uow: UnitOfWork, subscription_id: str, version: int) -> None:
    """Remove a subscription, with its deliveries, or with its queue and login."""
    subscriptions.remove(uow, subscription_id, version=version)


@routes.post(
    "/subscriptions/<uuid:subscription_id>/secret",
    action=WRITE,
    answer=schemas.SubscriptionWithSecret,
    status=201,
    problems={503: "broker_unavailable"},
)
def new_secret(uow: UnitOfWork, subscription_id: str) -> dict[str, Any]:
    """A new secret, shown this once: a webhook is signed with both for a day; a queue's old password ends now."""
    return _with_secret(subscriptions.new_secret(uow, subscription_id))


@routes.post(
    "/subscriptions/<uuid:subscription_id>/test", action=WRITE, answer=schemas.OutcomeShown, problems=_NOT_THIS
)
def test(uow: UnitOfWork, subscription_id: str) -> dict[str, Any]:
    """Send a test to a webhook now, and see what it answers."""
    return subscriptions.try_out(uow, subscription_id).shown()


@routes.post(
    "/subscriptions/<uuid:subscription_id>/enable",
    action=WRITE,
    answer=schemas.SubscriptionShown,
    versioned=True,
    problems={409: "already_active", 503: "broker_unavailable"},
)
def enable(uow: UnitOfWork, subscription_id: str, version: int) -> Subscription:
    """Deliver again, after it was paused or disabled; what was missed comes by a replay."""
    return subscriptions.move(uow, subscription_id, ACTIVE, version=version)


@routes.post(
    "/subscriptions/<uuid:subscription_id>/pause",
    action=WRITE,
    answer=schemas.SubscriptionShown,
    versioned=True,
    problems={409: "not_active", 503: "broker_unavailable"},
)
def pause(uow: UnitOfWork, subscription_id: str, version: int) -> Subscription:
    """Deliver nothing for now."""
    return subscriptions.move(uow, subscription_id, PAUSED, version=version)


@deliveries.get("/webhooks/deliveries", action=READ, query=schemas.DeliveryQuery, answer=schemas.DeliveryPage)
def find_deliveries(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """Read the delivery log within one's reach: what was sent, what was answered, what is tried again and when."""
    found = uow.select(Delivery)
    if query.get("subscription_id"):
        found = found.where(Delivery.subscription_id == query["subscription_id"])
    if query.get("state"):
        found = found.where(Delivery.state.in_(query["state"]))
    return paginate(uow.session, found, sorts=DELIVERY_SORTS, id_column=Delivery.id, query=query)


@deliveries.get("/webhooks/deliveries/<uuid:delivery_id>", action=READ, answer=schemas.DeliveryShown)
def read_delivery(uow: UnitOfWork, delivery_id: str) -> Delivery:
    """Read one delivery."""
    return uow.get(Delivery, delivery_id)


@deliveries.post("/webhooks/deliveries/<uuid:delivery_id>/resend", action=WRITE, answer=schemas.DeliveryShown)
def resend(uow: UnitOfWork, delivery_id: str) -> Delivery:
    """Send one delivery again, whatever came of it."""
    return subscriptions.send_once_more(uow, delivery_id)


@deliveries.get("/webhooks/networks", action=READ, answer=schemas.NetworksShown)
def find_networks(uow: UnitOfWork) -> dict[str, Any]:
    """List the private networks that webhooks may reach."""
    found = uow.session.scalars(select(OutgoingNetwork).order_by(OutgoingNetwork.network))
    return {"items": [network_view(one) for one in found], "next_cursor": None}


@deliveries.post(
    "/webhooks/networks",
    action=WRITE,
    body=schemas.NewNetwork,
    answer=schemas.NetworkShown,
    status=201,
    problems={409: "duplicate_network"},
)
def add_network(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Let webhooks reach a private network."""
    return network_view(subscriptions.add_network(uow, body["network"], body["note"]))


@deliveries.operation("DELETE", "/webhooks/networks/<uuid:network_id>", action=WRITE, answer=None, status=204)
def remove_network(uow: UnitOfWork, network_id: str) -> None:
    """Let webhooks reach a network no more."""
    subscriptions.remove_network(uow, network_id)
