"""Touches, orders and the home page's summary as JSON."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.copies import player_brief
from chassis.money import money_view
from sales.domain.order import Order
from sales.domain.payment import Payment
from sales.domain.suggestions import Suggestion
from sales.domain.touch import Touch
from sales.persistence.summary import Resume, Summary


def touch_view(touch: Touch, _who: Caller | None = None) -> dict[str, Any]:
    """One touch."""
    return {
        "id": touch.id,
        "player_id": touch.player_id,
        "player": player_brief(touch.player),
        "staff_id": touch.staff_id,
        "channel": touch.channel,
        "outcome": touch.outcome,
        "lost_reason": touch.lost_reason,
        "note": touch.note,
        "next_at": rfc3339(touch.next_at),
        "pack_no": touch.pack_no,
        "pack": _offered_pack(touch),
        "order_id": touch.order_id,
        "opportunity_id": touch.opportunity_id,
        "campaign_id": touch.campaign_id,
        "at": rfc3339(touch.at),
        "created_at": rfc3339(touch.created_at),
        "updated_at": rfc3339(touch.updated_at),
        "version": touch.version,
    }


def _offered_pack(touch: Touch) -> dict[str, Any] | None:
    if touch.pack_no is None:
        return None
    return {"no": touch.pack_no, "name": touch.pack_name, "price": money_view(touch.pack_price, touch.currency)}


def order_view(order: Order, _who: Caller | None = None) -> dict[str, Any]:
    """One order."""
    money = {"list_sum": "sum", "pack_price": "pack_price", "price": "price", "total": "total"}
    money |= {"paid_total": "paid_total", "refunded_total": "refunded_total"}
    plain = (
        "id",
        "no",
        "player_id",
        "staff_id",
        "placed_by",
        "touch_id",
        "session_id",
        "lines",
        "quantity",
        "campaign_id",
    )
    moments = ("placed_at", "paid_at", "shipped_at", "completed_at", "cancelled_at", "created_at", "updated_at")
    return {
        **{name: getattr(order, name) for name in plain},
        **{shown: money_view(getattr(order, name), order.currency) for name, shown in money.items()},
        **{name: rfc3339(getattr(order, name)) for name in moments},
        "player": player_brief(order.player),
        "pack": {
            "id": order.pack_id,
            "no": order.pack_no,
            "revision": order.pack_revision,
            "name": order.pack_name,
        },
        "discount": f"{order.discount:.4f}",
        "state": order.state,
        "payments": [_payment_view(payment, order.currency) for payment in order.payments],
        "reason": order.reason,
        "note": order.note,
        "decided_by": order.decided_by,
        "version": order.version,
    }


def _payment_view(payment: Payment, currency: str) -> dict[str, Any]:
    return {
        "id": payment.id,
        "method": payment.method,
        "amount": money_view(payment.amount, currency),
        "paid_at": rfc3339(payment.paid_at),
        "external_no": payment.external_no,
    }


def summary_view(found: Summary) -> dict[str, Any]:
    """One player's sales for the home page."""
    return {
        "player_id": found.player.id,
        "touches": [touch_view(touch) for touch in found.touches],
        "orders": [order_view(order) for order in found.orders],
        "month_total": money_view(found.month_total),
        "month_orders": found.month_orders,
        "month_touches": found.month_touches,
        "resume": found.resume and _resume_view(found.resume),
        "suggestions": [_suggestion_view(suggestion) for suggestion in found.suggestions],
        "campaigns": [{"id": one.id, "no": one.no, "name": one.name} for one in found.campaigns],
    }


def _resume_view(resume: Resume) -> dict[str, Any]:
    touch = resume.touch
    return {
        "touch_id": touch.id,
        "at": rfc3339(touch.at),
        "channel": touch.channel,
        "outcome": touch.outcome,
        "lost_reason": touch.lost_reason,
        "note": touch.note,
        "pack_no": touch.pack_no,
        "pack_name": touch.pack_name,
        "price_then": money_view(touch.pack_price, touch.currency),
        "price_now": money_view(resume.price_now, touch.currency),
        "next_at": rfc3339(touch.next_at),
    }


def _suggestion_view(suggestion: Suggestion) -> dict[str, Any]:
    offer = suggestion.offer
    return {
        "pack_no": offer.no,
        "pack_name": offer.name,
        "price": money_view(offer.price, offer.currency),
        "reasons": [
            {"code": r.code, "text_zh": r.text_zh, "text_en": r.text_en, "touch_id": r.touch_id}
            for r in suggestion.reasons
        ],
    }


def counters_view(found: dict[str, Any]) -> dict[str, Any]:
    """The caller's own work in figures."""
    amounts = {name: money_view(found[name]) for name in ("sold_today", "month_total")}
    return {**found, **amounts}
