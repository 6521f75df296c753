"""The routes of returns and refunds."""

from __future__ import annotations

from typing import Any

from flask import request

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.copies import player_brief
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.reading import required_version
from chassis.http.routes import Routes
from chassis.money import money_view
from sales.api import return_schemas as schemas
from sales.application import returns
from sales.domain.returns import Return
from sales.persistence import queries
from sales.settings import settings

_PLAIN = ("id", "no", "order_id", "order_no", "player_id", "staff_id", "lines", "rule", "state", "reason", "decision")
_PEOPLE = ("requested_by", "decided_by", "method", "external_no", "refunded_by", "version")
_MOMENTS = ("requested_at", "decided_at", "refunded_at", "created_at", "updated_at")


def return_view(found: Return, _who: Caller | None = None) -> dict[str, Any]:
    """One return."""
    return {
        **{name: getattr(found, name) for name in (*_PLAIN, *_PEOPLE)},
        **{name: rfc3339(getattr(found, name)) for name in _MOMENTS},
        "player": player_brief(found.player),
        "pack": {"no": found.pack_no, "name": found.pack_name},
        "amount": money_view(found.amount, found.currency),
    }


routes = Routes("returns", "Returns and refunds", show=return_view)


@routes.get("/orders/<uuid:order_id>/returnable", action="sales.read", answer=schemas.ReturnableShown)
def verdict(uow: UnitOfWork, order_id: str) -> dict[str, Any]:
    """Ask whether an order may be returned now: the same verdict as on a request."""
    terms = settings().return_terms
    order, found = returns.verdict_on(uow, order_id, terms=terms)
    left = money_view(found.left, order.currency)
    shown = {"allowed": found.allowed, "rule": found.rule, "until": rfc3339(found.until), "left": left}
    return {"order_id": order.id, "days": terms.days, **shown}


@routes.post(
    "/orders/<uuid:order_id>/returns",
    action="return.create",
    body=schemas.NewReturn,
    answer=schemas.ReturnShown,
    status=201,
    place="/returns/{id}",
    moves_money=True,
    problems={
        409: "nothing_paid, cancel_first, nothing_left_to_return, return_too_late, more_than_sold, more_than_paid",
        428: "idempotency_key_required",
    },
)
def create(uow: UnitOfWork, order_id: str, body: dict[str, Any]) -> Return:
    """Ask for money of an order back, with whole packs, with items, or alone; somebody else approves it."""
    return returns.request_return(uow, order_id, body, terms=settings().return_terms, timezone=settings().timezone)


@routes.get("/returns", action="sales.read", query=schemas.ReturnQuery, answer=schemas.ReturnPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find returns."""
    return queries.find_returns(uow, query)


@routes.get("/returns/<uuid:return_id>", action="sales.read", answer=schemas.ReturnShown)
def read(uow: UnitOfWork, return_id: str) -> Return:
    """Read one return."""
    return uow.get(Return, return_id)


@routes.post(
    "/returns/<uuid:return_id>/approve",
    action="return.approve",
    body=schemas.Grant,
    answer=schemas.ReturnShown,
    versioned=True,
    problems={409: "return_not_open, own_return"},
)
def approve(uow: UnitOfWork, return_id: str, version: int, body: dict[str, Any]) -> Return:
    """Grant a return that somebody else asked for, of an order somebody else sold."""
    return returns.approve_return(uow, return_id, body.get("reason"), version=version)


@routes.post(
    "/returns/<uuid:return_id>/reject",
    action="return.approve",
    body=schemas.Rejection,
    answer=schemas.ReturnShown,
    versioned=True,
    problems={409: "return_not_open"},
)
def reject(uow: UnitOfWork, return_id: str, version: int, body: dict[str, Any]) -> Return:
    """Refuse a return; its amount can be asked for again."""
    return returns.reject_return(uow, return_id, body["reason"], version=version)


@routes.post(
    "/returns/<uuid:return_id>/refund",
    action="return.refund",
    body=schemas.NewRefund,
    answer=schemas.ReturnShown,
    moves_money=True,
    problems={
        409: "return_not_approved, already_refunded, refund_known",
        412: "stale: where If-Match is sent",
        428: "idempotency_key_required",
    },
)
def refund(uow: UnitOfWork, return_id: str, body: dict[str, Any]) -> Return:
    """Record that the money went back; If-Match is honoured where it is given."""
    version = required_version() if request.headers.get("If-Match") else None
    return returns.record_refund(uow, return_id, body, version=version)
