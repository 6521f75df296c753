"""The routes of claims."""

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
from sales.api import claim_schemas as schemas
from sales.api.return_schemas import Grant, Rejection
from sales.application import claims
from sales.domain.claims import Claim
from sales.persistence import queries
from sales.settings import settings

_PLAIN = ("id", "no", "kind", "order_id", "order_no", "player_id", "staff_id", "rule", "evidence", "state", "reason")
_PEOPLE = ("requested_by", "decision", "decided_by", "method", "external_no", "paid_by", "version")
_MOMENTS = ("requested_at", "decided_at", "paid_at", "created_at", "updated_at")


def claim_view(found: Claim, _who: Caller | None = None) -> dict[str, Any]:
    """One claim."""
    return {
        **{name: getattr(found, name) for name in (*_PLAIN, *_PEOPLE)},
        **{name: rfc3339(getattr(found, name)) for name in _MOMENTS},
        "player": player_brief(found.player),
        "pack": {"no": found.pack_no, "name": found.pack_name},
        "amount": money_view(found.amount, found.currency),
        "difference": found.basis,
    }


routes = Routes("claims", "Claims", show=claim_view)
REFUSALS = "order_not_paid, nothing_left_to_return, more_than_paid, no_cheaper_price, difference_claimed"


@routes.post(
    "/claims/preview",
    action="claim.create",
    body=schemas.ClaimTry,
    answer=schemas.ClaimVerdictShown,
)
def preview(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Hear the verdict that making the claim would come to, and at which price and time a difference was found."""
    terms = settings().claim_terms
    found = claims.preview_claim(uow, body["order_id"], body, terms=terms)
    return {
        "order_id": body["order_id"],
        "kind": body["kind"],
        "allowed": found.refusal is None,
        "rule": found.rule,
        "amount": money_view(found.amount),
        "left": money_view(found.left),
        "days": terms.days,
        "difference": found.basis,
    }


@routes.post(
    "/orders/<uuid:order_id>/claims",
    action="claim.create",
    body=schemas.NewClaim,
    answer=schemas.ClaimShown,
    status=201,
    place="/claims/{id}",
    moves_money=True,
    problems={409: REFUSALS, 428: "idempotency_key_required"},
)
def create(uow: UnitOfWork, order_id: str, body: dict[str, Any]) -> Claim:
    """Claim a compensation, or the difference to a lower price of the same pack; somebody else approves it."""
    return claims.request_claim(uow, order_id, body, terms=settings().claim_terms, timezone=settings().timezone)


@routes.get("/claims", action="sales.read", query=schemas.ClaimQuery, answer=schemas.ClaimPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find claims."""
    return queries.find_claims(uow, query)


@routes.get("/claims/<uuid:claim_id>", action="sales.read", answer=schemas.ClaimShown)
def read(uow: UnitOfWork, claim_id: str) -> Claim:
    """Read one claim."""
    return uow.get(Claim, claim_id)


@routes.post(
    "/claims/<uuid:claim_id>/approve",
    action="claim.approve",
    body=Grant,
    answer=schemas.ClaimShown,
    versioned=True,
    problems={409: "claim_not_open, own_claim"},
)
def approve(uow: UnitOfWork, claim_id: str, version: int, body: dict[str, Any]) -> Claim:
    """Grant a claim that somebody else made, on an order somebody else sold."""
    return claims.approve_claim(uow, claim_id, body.get("reason"), version=version)


@routes.post(
    "/claims/<uuid:claim_id>/reject",
    action="claim.approve",
    body=Rejection,
    answer=schemas.ClaimShown,
    versioned=True,
    problems={409: "claim_not_open"},
)
def reject(uow: UnitOfWork, claim_id: str, version: int, body: dict[str, Any]) -> Claim:
    """Refuse a claim; its amount can be asked for again."""
    return claims.reject_claim(uow, claim_id, body["reason"], version=version)


@routes.post(
    "/claims/<uuid:claim_id>/withdraw",
    action="claim.create",
    answer=schemas.ClaimShown,
    versioned=True,
    problems={409: "claim_not_open, not_own_claim"},
)
def withdraw(uow: UnitOfWork, claim_id: str, version: int) -> Claim:
    """Take one's own claim back before it is decided."""
    return claims.withdraw_claim(uow, claim_id, version=version)


@routes.post(
    "/claims/<uuid:claim_id>/pay",
    action="claim.pay",
    body=schemas.NewClaimPayment,
    answer=schemas.ClaimShown,
    moves_money=True,
    problems={
        409: "claim_not_approved, claim_paid_already, claim_payment_known",
        412: "stale: where If-Match is sent",
        428: "idempotency_key_required",
    },
)
def pay(uow: UnitOfWork, claim_id: str, body: dict[str, Any]) -> Claim:
    """Record that the money went out; If-Match is honoured where it is given."""
    version = required_version() if request.headers.get("If-Match") else None
    return claims.pay_claim(uow, claim_id, body, version=version)
