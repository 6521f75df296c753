"""What is done with a claim: hear the verdict, make it, approve, reject or withdraw it, record that it was paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select

from chassis.clock import new_id
from chassis.data.numbers import daily_number
from chassis.data.unit_of_work import UnitOfWork
from sales.application.money_back import locked_with_order, write_once
from sales.application.orders import same_currency
from sales.application.returns import lines_back
from sales.domain.claim_errors import ClaimPaymentKnown
from sales.domain.claiming import NOTHING, Claimable, ClaimTerms, Span, Standing, claimable, spans
from sales.domain.claims import Claim
from sales.domain.codes import PRICE_DIFFERENCE, REJECTED, WITHDRAWN
from sales.domain.copies import PackPrice, PlayerCopy
from sales.domain.order import Order


def preview_claim(uow: UnitOfWork, order_id: str, fields: Mapping[str, Any], *, terms: ClaimTerms) -> Claimable:
    """The verdict on a claim: just what `request_claim` would say. `fields`: kind, amount. Raises NotFound."""
    return _verdict(uow, uow.get(Order, order_id), fields, terms)


def request_claim(
    uow: UnitOfWork, order_id: str, fields: Mapping[str, Any], *, terms: ClaimTerms, timezone: str
) -> Claim:
    """Ask for money for a player who keeps what was bought; publishes claim.requested.

    `fields`: kind, reason, evidence; amount (Money) of a compensation, while a price difference is worked out here.
    Requests for one order wait for one another, whatever they are.
    Raises NotFound, WrongFields, OrderNotPaid, NothingLeft, MoreThanPaid, NoCheaperPrice, DifferenceClaimed.
    """
    order = uow.locked(Order, order_id)
    verdict = _verdict(uow, order, fields, terms)
    if verdict.refusal is not None:
        raise verdict.refusal
    evidence = [{"text": piece.get("text") or "", "link": piece.get("link")} for piece in fields.get("evidence") or ()]
    found = Claim(
        id=new_id(),
        version=1,
        **Claim.of_order(order),
        kind=fields["kind"],
        evidence=evidence,
        basis=verdict.basis,
        amount=verdict.amount,
        rule=verdict.rule,
        reason=fields["reason"],
        requested_by=uow.caller.id,
    )
    found.player = order.player
    found.no = daily_number(uow.session, "C", uow.now(), timezone)
    uow.publish(found.request(order, at=uow.now()))
    return uow.add(found)


def _verdict(uow: UnitOfWork, order: Order, fields: Mapping[str, Any], terms: ClaimTerms) -> Claimable:
    amount = fields.get("amount")
    if amount is not None:
        same_currency("/amount", amount.currency, order.currency)
        return claimable(order, fields["kind"], amount.amount, terms=terms, at=uow.now())
    standing = Standing(lines_back(uow, order), _claimed(uow, order))
    known = _spans(uow, order)
    return claimable(order, fields["kind"], None, known=known, standing=standing, terms=terms, at=uow.now())


def _spans(uow: UnitOfWork, order: Order) -> Iterator[Span]:
    """When the order's player could buy its pack, and for how much, as far as it was heard."""
    player = select(PlayerCopy.merged_into_id).where(PlayerCopy.id == order.player_id)
    one_person = select(PlayerCopy.id).where(
        or_(PlayerCopy.id == player.scalar_subquery(), PlayerCopy.merged_into_id == order.player_id)
    )
    history = uow.session.scalars(select(PackPrice).where(PackPrice.pack_id == order.pack_id))
    return spans(history, {order.player_id, *uow.session.scalars(one_person)})


def _claimed(uow: UnitOfWork, order: Order) -> Decimal:
    """What price differences of this order were paid or are asked for."""
    standing = (Claim.order_id == order.id, Claim.kind == PRICE_DIFFERENCE, Claim.state.not_in((REJECTED, WITHDRAWN)))
    return uow.session.scalar(select(func.coalesce(func.sum(Claim.amount), NOTHING)).where(*standing)) or NOTHING


def approve_claim(uow: UnitOfWork, claim_id: str, reason: str | None, *, version: int) -> Claim:
    """Grant somebody else's claim; publishes claim.approved. Raises NotFound, StaleRecord, ClaimNotOpen, OwnClaim."""
    order, found = locked_with_order(uow, Claim, claim_id, version)
    uow.publish(found.approve(order, reason, by=uow.caller.id, at=uow.now()))
    return found


def reject_claim(uow: UnitOfWork, claim_id: str, reason: str, *, version: int) -> Claim:
    """Refuse a claim; publishes claim.rejected. Raises NotFound, StaleRecord, ClaimNotOpen."""
    order, found = locked_with_order(uow, Claim, claim_id, version)
    uow.publish(found.reject(order, reason, by=uow.caller.id, at=uow.now()))
    return found


def withdraw_claim(uow: UnitOfWork, claim_id: str, *, version: int) -> Claim:
    """Take one's own claim back; publishes claim.withdrawn. Raises NotFound, StaleRecord, NotOwnClaim, ClaimNotOpen."""
    order, found = locked_with_order(uow, Claim, claim_id, version)
    uow.publish(found.withdraw(order, by=uow.caller.id, at=uow.now()))
    return found


def pay_claim(uow: UnitOfWork, claim_id: str, fields: Mapping[str, Any], *, version: int | None = None) -> Claim:
    """Write down that the money went out; publishes claim.paid.

    `fields`: method; external_no, paid_at (UTC; now) where there are.
    Raises NotFound, StaleRecord, ClaimPaidAlready, ClaimNotApproved, ClaimPaymentKnown.
    """
    order, found = locked_with_order(uow, Claim, claim_id, version)
    uow.publish(found.pay(order, fields, by=uow.caller.id, at=uow.now()))
    write_once(uow, Claim, ClaimPaymentKnown)
    return found
