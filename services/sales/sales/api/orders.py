"""The routes of orders and their payments."""

from __future__ import annotations

from typing import Any

from flask import request

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.reading import required_version
from chassis.http.routes import Routes
from chassis.rules import KeyRequired
from sales.api import schemas
from sales.api.views import order_view
from sales.application import orders
from sales.domain.order import Order
from sales.persistence import queries
from sales.settings import settings

routes = Routes("orders", "Orders", show=order_view)


@routes.post(
    "/orders",
    action="order.create",
    body=schemas.NewOrder,
    answer=schemas.OrderShown,
    status=201,
    place="/orders/{id}",
    references={"player_id": "player", "pack_no": "pack"},
    problems={
        409: "pack_not_on_sale, pack_expired, pack_for_other_player, price_above_pack, price_not_allowed, "
        "touch_has_order, not_payable, overpaid, payment_known, campaign_not_running",
        428: "idempotency_key_required: with payments",
    },
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Order:
    """Record a sale; with payments it needs order.pay and an Idempotency-Key."""
    if body.get("payments"):
        uow.caller.must("order.pay")
        _must_have_key()
    return orders.place_order(uow, body, timezone=settings().timezone, limits=settings().limits)


def _must_have_key() -> None:
    """Raise KeyRequired: money moves once, however often the request is sent."""
    if not request.headers.get("Idempotency-Key", "").strip():
        raise KeyRequired()


@routes.get("/orders", action="sales.read", query=schemas.OrderQuery, answer=schemas.OrderPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find orders."""
    return queries.find_orders(uow, query)


@routes.get("/orders/<uuid:order_id>", action="sales.read", answer=schemas.OrderShown)
def read(uow: UnitOfWork, order_id: str) -> Order:
    """Read one order."""
    return uow.get(Order, order_id)


@routes.post(
    "/orders/<uuid:order_id>/payments",
    action="order.pay",
    body=schemas.NewPayment,
    answer=schemas.OrderShown,
    status=201,
    place="/orders/{id}",
    moves_money=True,
    problems={
        409: "not_payable, overpaid, payment_known",
        412: "stale: where If-Match is sent",
        428: "idempotency_key_required",
    },
)
def pay(uow: UnitOfWork, order_id: str, body: dict[str, Any]) -> Order:
    """Take a payment; If-Match is honoured where it is given. Answers with the order."""
    version = required_version() if request.headers.get("If-Match") else None
    return orders.add_payment(uow, order_id, body, version=version)


@routes.post(
    "/orders/<uuid:order_id>/approvals",
    action="order.approve",
    body=schemas.NewApproval,
    answer=schemas.OrderShown,
    status=201,
    place="/orders/{id}",
    versioned=True,
    problems={409: "not_awaiting_approval, own_order"},
)
def decide(uow: UnitOfWork, order_id: str, version: int, body: dict[str, Any]) -> Order:
    """Approve or reject a price beyond the agent's limit, never of one's own order. Answers with the order."""
    return orders.decide(uow, order_id, body["verdict"], body.get("reason"), version=version)


@routes.post(
    "/orders/<uuid:order_id>/cancel",
    action="order.create",
    body=schemas.Cancellation,
    answer=schemas.OrderShown,
    versioned=True,
    problems={409: "not_cancellable"},
)
def cancel(uow: UnitOfWork, order_id: str, version: int, body: dict[str, Any]) -> Order:
    """Call an order off before it is paid."""
    return orders.cancel(uow, order_id, body["reason"], version=version)


@routes.post(
    "/orders/<uuid:order_id>/ship",
    action="order.create",
    answer=schemas.OrderShown,
    versioned=True,
    problems={409: "not_paid"},
)
def ship(uow: UnitOfWork, order_id: str, version: int) -> Order:
    """Hand the items of a paid order out."""
    return orders.ship(uow, order_id, version=version)


@routes.post(
    "/orders/<uuid:order_id>/complete",
    action="order.create",
    answer=schemas.OrderShown,
    versioned=True,
    problems={409: "not_shipped"},
)
def complete(uow: UnitOfWork, order_id: str, version: int) -> Order:
    """Close a shipped order."""
    return orders.complete(uow, order_id, version=version)
