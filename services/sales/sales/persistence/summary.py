"""One player's sales for the home page: touches, orders, figures, where we stopped, and what to offer next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, or_, select
from sqlalchemy.orm import lazyload

from chassis.data.database import Instant
from chassis.data.people import of_players
from chassis.data.unit_of_work import Reach, UnitOfWork
from sales.domain.campaign import Campaign
from sales.domain.codes import CANCELLED, PACK_ON_SALE, RUNNING, SOLD
from sales.domain.copies import PackCopy, PackSales, PlayerCopy
from sales.domain.days import month_start
from sales.domain.order import Order
from sales.domain.suggestions import NEAR, History, Offer, PastOrder, PastTouch, Suggestion, suggest
from sales.domain.touch import Touch
from sales.persistence.projections import PEOPLE

SHOWN = 10
CAMPAIGNS = 20
TOUCHES, ORDERS, OFFERS = 100, 20, 300  # how far back the reasons look, and among how many packs


@dataclass(frozen=True)
class Resume:
    """Where we stopped: the last touch that did not sell; `price_now` is None where the pack cannot be sold now."""

    touch: Touch
    price_now: Decimal | None


@dataclass(frozen=True)
class Summary:
    """What the home page shows of one player's sales; `month_total` is a Decimal."""

    player: PlayerCopy
    touches: Sequence[Touch]
    orders: Sequence[Order]
    month_total: Decimal
    month_orders: int
    month_touches: int
    resume: Resume | None
    suggestions: Sequence[Suggestion]
    campaigns: Sequence[Campaign]


def summary(uow: UnitOfWork, *, zone: str, cooldown: timedelta, **named: str) -> Summary:
    """One player's sales, by `player_id` or `wechat_id`, in seven statements. Raises NotFound."""
    by_id = named.get("player_id")
    player, players = PEOPLE.by_id(uow, by_id) if by_id else PEOPLE.by_handle(uow, named["wechat_id"])
    seen = uow.session.execute(uow.kept(_newest_touches), {"players": players}).all()
    touches = [touch for touch, shown in seen if shown]
    orders = uow.session.scalars(uow.kept(_newest_orders), {"players": players}).all()
    history = _history(uow, players, seen, orders, zone, cooldown)
    last = _unsettled(touches)
    offers = _offers(uow, players, history, last)
    return Summary(
        player,
        touches[:SHOWN],
        orders[:SHOWN],
        *_month(uow, players, zone),
        resume=_resume(last, offers),
        suggestions=suggest(offers.values(), history),
        campaigns=uow.session.scalars(uow.kept(_running)).all(),
    )


def _running(visible: Reach) -> Select[tuple[Campaign]]:
    """The campaigns that a contact can be counted for now, the newest first."""
    running = select(Campaign).where(Campaign.state == RUNNING, visible(Campaign))
    return running.order_by(Campaign.created_at.desc(), Campaign.id.desc()).limit(CAMPAIGNS)


def _newest_touches(visible: Reach) -> Select[tuple[Touch, bool]]:
    """The newest touches, each with whether the caller reaches it: others still bar packs, but are not shown."""
    query = select(Touch, visible(Touch)).where(of_players(Touch.player_id)).options(lazyload(Touch.player))
    return _newest(query, Touch).limit(TOUCHES)


def _newest_orders(visible: Reach) -> Select[tuple[Order]]:
    query = select(Order).where(of_players(Order.player_id), visible(Order)).options(lazyload(Order.player))
    return _newest(query, Order).limit(ORDERS)


def _newest(query: Select, kind: type[Touch] | type[Order]) -> Select:
    return query.order_by(kind.created_at.desc(), kind.id.desc())


def _month(uow: UnitOfWork, players: list[str], zone: str) -> tuple[Decimal, int, int]:
    """(total and number of orders placed and not cancelled, number of touches) since the month began.

    Of each order counts its total less what of it has been refunded, whenever that was.
    """
    given = {"players": players, "since": month_start(uow.now(), zone)}
    row = uow.session.execute(uow.kept(_since), given).one()
    return row[0], row[1], row[2]


def _since(visible: Reach) -> Select[tuple[Decimal, int, int]]:
    since = bindparam("since", type_=Instant)
    touched = select(func.count()).where(of_players(Touch.player_id), Touch.created_at >= since, visible(Touch))
    total = func.coalesce(func.sum(Order.total - Order.refunded_total), Decimal())
    return select(total, func.count(), touched.scalar_subquery()).where(
        of_players(Order.player_id), Order.created_at >= since, Order.state != CANCELLED, visible(Order)
    )


def _unsettled(touches: Iterable[Touch]) -> Touch | None:
    """The newest touch that did not sell, unless its pack was sold since; `touches` come newest first."""
    sold: set[str | None] = set()
    for touch in touches:
        if touch.outcome == SOLD:
            sold.add(touch.pack_no)
        elif touch.pack_no is None or touch.pack_no not in sold:
            return touch
    return None


def _resume(last: Touch | None, offers: Mapping[str, Offer]) -> Resume | None:
    if last is None:
        return None
    offer = offers.get(last.pack_no) if last.pack_no else None
    return Resume(last, offer.price if offer else None)


def _history(
    uow: UnitOfWork,
    players: list[str],
    seen: Sequence[Row[tuple[Touch, bool]]],
    orders: Sequence[Order],
    zone: str,
    cooldown: timedelta,
) -> History:
    past = [_past(touch, shown) for touch, shown in seen if touch.pack_no is not None]
    if len(seen) == TOUCHES:
        past += _older(uow, players, seen[-1][0].created_at, uow.now() - cooldown)
    bought = [
        PastOrder(order.touch_id, order.created_at, order.pack_no, order.price)
        for order in orders
        if order.state != CANCELLED
    ]
    return History(past, bought, uow.now(), cooldown, zone)


def _past(touch: Any, shown: bool) -> PastTouch:
    price = touch.pack_price if touch.pack_price is not None else Decimal()
    return PastTouch(touch.id, touch.created_at, touch.outcome, touch.lost_reason, touch.pack_no, price, shown)


def _older(uow: UnitOfWork, players: list[str], before: datetime, since: datetime) -> list[PastTouch]:
    """What a much-contacted player said no to before the newest touches: the cool-down holds for it too."""
    columns = (Touch.id, Touch.created_at, Touch.outcome, Touch.lost_reason, Touch.pack_no, Touch.pack_price)
    query = select(*columns).where(
        Touch.player_id.in_(players),
        Touch.created_at.between(since, before),
        Touch.lost_reason.is_not(None),
        Touch.pack_no.is_not(None),
    )
    return [_past(row, False) for row in uow.session.execute(query)]


def _offers(uow: UnitOfWork, players: list[str], history: History, last: Touch | None) -> dict[str, Offer]:
    """Packs this player can buy now and that anything speaks for, by number; what was talked of comes first."""
    named = {touch.pack_no for touch in history.touches} | {order.pack_no for order in history.orders}
    named |= {last.pack_no} if last and last.pack_no else set()
    talked_of = PackCopy.no.in_(named)
    near = [_near(usual)] if (usual := history.usual()) is not None else []
    columns = (PackCopy.no, PackCopy.name, PackCopy.price, PackCopy.currency, func.coalesce(PackSales.sold, 0))
    query = (
        select(*columns)
        .outerjoin(PackSales, PackSales.pack_no == PackCopy.no)
        .where(
            PackCopy.state == PACK_ON_SALE,
            or_(PackCopy.valid_until.is_(None), PackCopy.valid_until > uow.now()),
            or_(PackCopy.player_id.is_(None), PackCopy.player_id.in_(players)),
            or_(talked_of, PackSales.sold > 0, *near),
        )
        .order_by(talked_of.desc(), PackSales.sold.desc().nulls_last(), PackCopy.no)
        .limit(OFFERS)
    )
    return {row[0]: Offer(*row) for row in uow.session.execute(query)}


def _near(usual: Decimal) -> ColumnElement[bool]:
    return PackCopy.price.between(usual * (1 - NEAR), usual * (1 + NEAR))
