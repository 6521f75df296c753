"""What happened in the demo studio's last months: tickets from question to solution, touches and sales."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deploy.local.demo import texts, tickets_text
from deploy.local.demo.people import SEED, Customer

SHANGHAI = timedelta(hours=8)
RECENT = timedelta(hours=30)  # what came in since then may still be open
HOURS = (9, 10, 10, 11, 11, 12, 13, 14, 14, 15, 15, 16, 17, 18, 19, 19, 20, 20, 21, 21, 22, 23)
CHANNELS = (("wechat", 78), ("in_game", 10), ("phone", 6), ("web_chat", 4), ("portal", 2))
METHODS = (("wechat_pay", 58), ("alipay", 30), ("in_game", 8), ("bank_transfer", 3), ("other", 1))
ENDINGS = (
    *(("completed", 80), ("shipped", 5), ("paid", 6), ("awaiting_payment", 3), ("part_paid", 2)),
    *(("awaiting_approval", 2), ("cancelled", 2)),
)


@dataclass(frozen=True)
class TicketStory:
    """One ticket: who asked what when, and how far it came; times are UTC and in order."""

    customer: Customer
    agent_no: str
    case: texts.Case
    priority: str
    at: datetime
    started_at: datetime | None
    done_at: datetime | None
    reopened: tuple[datetime, str] | None
    handed_over: tuple[datetime, str, str] | None  # when, to whom, why
    waiting: bool


@dataclass(frozen=True)
class SaleStory:
    """One contact: a touch, or an order with how it ended; `pack` is an index into the packs on sale."""

    customer: Customer
    agent_no: str
    at: datetime
    channel: str
    outcome: str
    lost_reason: str | None
    note: str
    next_at: datetime | None
    pack: int | None
    ending: str | None  # of an order
    price_share: float  # of the pack's price
    method: str
    quantity: int


def tickets(count: int, people: Sequence[Customer], now: datetime) -> list[TicketStory]:
    """`count` tickets in the order they came in."""
    rng = random.Random(f"{SEED} tickets")
    moments = _moments(rng, count, now)
    return [_ticket(rng, _somebody(rng, people, at), at, now) for at in moments]


def sales(touches: int, orders: int, packs: int, people: Sequence[Customer], now: datetime) -> list[SaleStory]:
    """`touches` contacts in the order they were made, `orders` of which sold."""
    rng = random.Random(f"{SEED} sales")
    moments = _moments(rng, touches, now)
    sold = set(rng.sample(range(touches), orders))
    return [_sale(rng, _somebody(rng, people, at), at, now, packs, n in sold) for n, at in enumerate(moments)]


def _moments(rng: random.Random, count: int, now: datetime) -> list[datetime]:
    """Moments in opening hours of the last months, somewhat more of late, and a good share today and yesterday."""
    found = []
    for _ in range(count):
        days = rng.choice((0, 0, 1)) if rng.random() < 0.02 else int(110 * rng.random() ** 1.2)
        local = (now + SHANGHAI - timedelta(days=days)).replace(hour=rng.choice(HOURS), minute=rng.randint(0, 59))
        at = local.replace(second=rng.randint(0, 59), microsecond=0) - SHANGHAI
        found.append(at if at < now else now - timedelta(minutes=rng.randint(1, 600)))
    return sorted(found)


def _somebody(rng: random.Random, people: Sequence[Customer], at: datetime) -> Customer:
    """A player who was there by then; a few come again and again."""
    for _ in range(20):
        found = people[int(len(people) * rng.random() ** 1.8)]
        if found.since < at:
            return found
    return min(people, key=lambda customer: customer.since)


def _ticket(rng: random.Random, customer: Customer, at: datetime, now: datetime) -> TicketStory:
    case = texts.case(rng)
    urgent = case.category in ("complaint", "refund", "recharge")
    priority = rng.choices(("low", "normal", "high", "urgent"), (8, 60, 26, 6) if urgent else (15, 75, 9, 1))[0]
    started, done = _progress(rng, at, now)
    reopened = _reopening(rng, done, now) if done and rng.random() < 0.03 else None
    handed_over = None
    if started and rng.random() < 0.04:
        specialist = f"S{rng.randint(1, 3):03d}"
        handed_over = (
            started + (min(done or now, now) - started) / 3,
            specialist,
            rng.choice(tickets_text.TRANSFER_REASONS),
        )
    waiting = done is None and started is not None and rng.random() < 0.4
    agent = customer.agent_no or f"A{rng.randint(1, 12):03d}"
    return TicketStory(customer, agent, case, priority, at, started, done, reopened, handed_over, waiting)


def _progress(rng: random.Random, at: datetime, now: datetime) -> tuple[datetime | None, datetime | None]:
    """When work began and when it was done; nearly everything older than a day is done."""
    open_share = 0.55 if now - at < RECENT else 0.008
    stays_open = rng.random() < open_share
    if stays_open and rng.random() < 0.5:
        return None, None
    started = at + timedelta(minutes=1 + rng.expovariate(1 / 12))
    done = started + timedelta(minutes=3 + rng.expovariate(1 / 150))
    if started >= now:
        return None, None
    return started, None if stays_open or done >= now else done


def _reopening(rng: random.Random, done: datetime, now: datetime) -> tuple[datetime, str] | None:
    at = done + timedelta(hours=1 + rng.expovariate(1 / 20))
    return (at, rng.choice(tickets_text.REOPEN_REASONS)) if at + timedelta(hours=2) < now else None


def _sale(rng: random.Random, customer: Customer, at: datetime, now: datetime, packs: int, sold: bool) -> SaleStory:
    outcome = "sold" if sold else rng.choices(("considering", "refused", "no_answer"), (38, 44, 18))[0]
    reason, note = texts.lost_reason(rng) if outcome == "refused" else (None, texts.touch_note(rng, outcome))
    comes_again = outcome in ("considering", "no_answer") or rng.random() < 0.15
    return SaleStory(
        customer=customer,
        agent_no=customer.agent_no or f"A{rng.randint(1, 12):03d}",
        at=at,
        channel=_drawn(rng, CHANNELS),
        outcome=outcome,
        lost_reason=reason,
        note=note,
        next_at=_next(rng, at, now) if comes_again and not sold else None,
        pack=None if outcome == "no_answer" and rng.random() < 0.5 else int(packs * rng.random() ** 1.5),
        ending=_ending(rng, at, now) if sold else None,
        price_share=rng.choices((1.0, 0.95, 0.92, 0.8), (80, 10, 8, 2))[0],
        method=_drawn(rng, METHODS),
        quantity=rng.choices((1, 2, 3, 5), (88, 8, 3, 1))[0],
    )


def _next(rng: random.Random, at: datetime, now: datetime) -> datetime:
    """The agreed next contact, in the daytime; many a recent one is for today."""
    days = rng.choice((1, 2, 3, 3, 5, 7, 7, 14))
    if now - at < timedelta(days=10) and rng.random() < 0.4:
        days = max(1, (now + SHANGHAI).toordinal() - (at + SHANGHAI).toordinal())
    local = at + SHANGHAI + timedelta(days=days)
    return local.replace(hour=rng.choice((10, 14, 16, 19, 20)), minute=0, second=0, microsecond=0) - SHANGHAI


def _ending(rng: random.Random, at: datetime, now: datetime) -> str:
    """Old orders are over; what is under way is recent."""
    ending = _drawn(rng, ENDINGS)
    recent = now - at < timedelta(days=4)
    if recent:
        return rng.choice(
            ("paid", "shipped", "awaiting_payment", "part_paid", "completed", "completed", "awaiting_approval")
        )
    return ending if ending in ("completed", "cancelled") else "completed"


def _drawn(rng: random.Random, weighted: Sequence[tuple[str, int]]) -> str:
    values, weights = zip(*weighted, strict=True)
    return str(rng.choices(values, weights)[0])
