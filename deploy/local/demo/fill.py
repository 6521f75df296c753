"""Fills each service, by its own use cases, with its part of the demo."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chassis.callers import Caller
from chassis.money import Money
from deploy.local.demo import aftersales, daily, people, sales_text
from deploy.local.demo.desk import Desk, caller_of
from deploy.local.demo.history import SaleStory, TicketStory
from deploy.local.demo.people import Colleague, Customer

PASSWORD = "playdesk-demo"
State = dict[str, Any]
Callers = dict[str, Caller]  # by staff number
EVERYTHING = frozenset({"player.bind", "pack.publish", "pack.approve", "review.oversee"})
OPENED = people.MONTHS + timedelta(days=5)  # the studio began so long ago
RULES = (
    {
        "name": "折扣上限：一成以内自行上架，四成以内需主管审批",
        "kind": "max_discount",
        "free_limit": Decimal("0.10"),
        "approval_limit": Decimal("0.40"),
    },
    {"name": "礼包最低价 1.00 元", "kind": "min_price", "min_price": Money(Decimal("1.00"))},
)


def staff(gateway: Desk, now: datetime) -> tuple[list[State], Callers]:
    """Departments and people; (their states, callers by number)."""
    from chassis.callers import service_itself
    from gateway.identity.people import create_department, create_staff

    itself, at = service_itself("gateway"), now - OPENED
    departments = [gateway.do(itself, at, create_department, name, None).id for name in people.DEPARTMENTS]
    states: list[State] = []
    for colleague in people.colleagues():
        fields = _staff_fields(colleague, departments)
        created = gateway.do(itself, at, create_staff, fields)
        states.append(gateway.states[created.id])
        gateway.step()
    gateway.commit()
    return states, {state["no"]: caller_of(state, EVERYTHING) for state in states}


def _staff_fields(colleague: Colleague, departments: Sequence[str]) -> State:
    names = ("no", "name", "role", "line", "wechat_id", "wechat_name")
    fields = {name: getattr(colleague, name) for name in names}
    fields["department_id"] = None if colleague.department is None else departments[colleague.department]
    if colleague.no in people.LOGINS:
        fields["password"] = PASSWORD
    if colleague.role == "agent":  # agents talk to players by accounts on studio phones
        fields["wechat_accounts"] = [
            {"wechat_id": f"{colleague.wechat_id}_{n}", "wechat_name": f"{colleague.wechat_name}·{n}号机"}
            for n in (1, 2)
        ]
    return fields


def catalog(desk: Desk, by: Callers, packs: int, now: datetime) -> list[State]:
    """Discount rules, items out of the game's price list, some adjusted; suppliers; packs; the states of those on sale."""
    from catalog.application import items, rules
    from catalog.application import packs as offers
    from catalog.application.game_server import GameServer

    rng, at = random.Random(f"{people.SEED} catalog"), now - OPENED
    for rule in RULES:
        desk.do(by["admin"], at, rules.create_rule, rule)
    listed = GameServer(desk.settings.game_server_url, desk.settings.game_server_secret).price_list()
    desk.do(by["admin"], at, items.sync_items, listed)
    desk.commit()
    known = [state for state in desk.states.values() if "game_item_id" in state]
    for state in rng.sample(known, 24):
        price = (Decimal(state["list_price"]["amount"]) * Decimal(str(rng.choice((0.9, 0.95, 1.1))))).quantize(
            Decimal("0.1")
        )
        fields = {"adjusted_price": Money(max(price, Decimal(1))), "note": rng.choice(sales_text.ITEM_NOTES)}
        desk.do(by["M001"], at + timedelta(hours=2), items.adjust_item, state["id"], fields, version=state["version"])
    _suppliers(desk, by, known, at + timedelta(hours=2, minutes=30))
    for number in range(packs):
        _pack(desk, by, rng, offers, known, number, packs, at + timedelta(hours=3))
        desk.step()
    desk.commit()
    return [state for state in desk.states.values() if state.get("state") == "on_sale" and "revision" in state]


def _suppliers(desk: Desk, by: Callers, known: Sequence[State], at: datetime) -> None:
    """Each supplies the items of a category."""
    from catalog.application import items, suppliers

    categories = sorted({state["category"] for state in known})
    for category, fields in zip(categories, sales_text.SUPPLIERS, strict=False):
        supplier = desk.do(by["M001"], at, suppliers.create_supplier, fields)
        supply = {"supplier_id": supplier.id, "buyer": by["M001"].id}
        for state in [state for state in known if state["category"] == category]:
            version = desk.states[state["id"]]["version"]
            desk.do(by["M001"], at, items.adjust_item, state["id"], supply, version=version)


def _pack(
    desk: Desk, by: Callers, rng: random.Random, offers: Any, known: list[State], number: int, packs: int, at: datetime
) -> None:
    """Most are on sale; the last few are drafts, wait for approval, or were withdrawn."""
    name, categories = sales_text.PACKS[number % len(sales_text.PACKS)]
    chosen = [rng.choice([s for s in known if s["category"] == category]) for category in categories]
    lines = [{"item_id": key, "quantity": rng.choice((1, 1, 2, 3, 5))} for key in {s["id"]: None for s in chosen}]
    ending = (
        {0: "draft", 1: "awaiting", 2: "withdrawn"}.get((packs - 1 - number) // 2, "on_sale")
        if packs > 20
        else "on_sale"
    )
    deep = ending == "awaiting" or rng.random() < 0.3
    discount = Decimal(rng.choice(("0.15", "0.20", "0.25", "0.30") if deep else ("0.05", "0.08", "0.10")))
    agent = by[f"A{rng.randint(1, 12):03d}"]
    pack = desk.do(agent, at, offers.create_pack, {"name": name, "lines": lines, "discount": discount})
    if ending == "draft":
        return
    desk.do(agent, at, offers.publish_pack, pack.id, version=pack.version)
    if deep and ending != "awaiting":
        desk.do(by["M001"], at + timedelta(minutes=20), offers.approve_pack, pack.id, version=pack.version)
    if ending == "withdrawn":
        desk.do(by["M001"], at + timedelta(days=40), offers.withdraw_pack, pack.id, version=pack.version)


def players(desk: Desk, by: Callers, customers: Sequence[Customer], now: datetime) -> list[State]:
    """Players with their game data as the game server tells them; their states, in the same order."""
    from player.application.players import create_player, edit_player
    from player.application.snapshots import ask_for, keep

    phones, game = desk.settings.phones, desk.settings.game
    found: list[State] = []
    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda c: ask_for(c.phone, game.player) if c.phone else None, customers)
        for customer, answer in zip(customers, answers, strict=True):
            agent = by[customer.agent_no or "M001"]
            fields = _player_fields(customer, by)
            player = desk.do(agent, customer.since, create_player, fields, phones=phones)
            if customer.former_wechat_id:
                moved = customer.since + (now - customer.since) / 2
                new = {"wechat_id": customer.wechat_id}
                desk.do(agent, moved, edit_player, player.id, new, version=player.version, phones=phones)
            if answer is not None:
                desk.do(agent, now - _age(customer), keep, player, customer.phone, answer, phones=phones, attempts=1)
            found.append(desk.states[player.id])
            desk.step()
    desk.commit()
    return found


def _player_fields(customer: Customer, by: Callers) -> State:
    """As an agent writes them down; who has a former WeChat ID was written down with that one."""
    names = ("phone", "wechat_name", "nickname", "source", "note")
    fields = {name: getattr(customer, name) for name in names if getattr(customer, name)}
    agent = by[customer.agent_no].id if customer.agent_no else None
    return {
        **fields,
        "wechat_id": customer.former_wechat_id or customer.wechat_id,
        "tags": list(customer.tags),
        "agent_id": agent,
    }


def _age(customer: Customer) -> timedelta:
    """How old a player's game data are: none is stale yet."""
    return timedelta(minutes=customer.number % 290)


def tickets(desk: Desk, by: Callers, stories: Sequence[TicketStory], states: Sequence[State], now: datetime) -> None:
    """Tickets from question to solution, step by step as they happened; and what a day holds besides."""
    from ticket.application import tickets as use
    from ticket.application import transfers

    done: list[tuple[str, str, datetime]] = []
    waiting: list[str] = []
    for story in stories:
        agent = by[story.agent_no]
        texts = {"question": story.case.question, "category": story.case.category, "priority": story.priority}
        fields = {"player_id": states[story.customer.number]["id"], **texts}
        ticket = desk.do(agent, story.at, use.create_ticket, fields, timezone=desk.settings.timezone)
        if story.started_at:
            desk.do(agent, story.started_at, use.start_ticket, ticket.id, version=ticket.version)
        if story.started_at and story.waiting:
            desk.do(agent, story.started_at, use.edit_ticket, ticket.id, {"waiting": True}, version=ticket.version)
        if story.handed_over:
            agent = _hand_over(desk, by, agent, ticket, story.handed_over, transfers)
        if story.done_at:
            desk.do(agent, story.done_at, use.complete_ticket, ticket.id, story.case.solution, version=ticket.version)
        if story.reopened:
            at, reason = story.reopened
            desk.do(agent, at, use.reopen_ticket, ticket.id, reason, version=ticket.version)
            again = at + timedelta(minutes=55)
            desk.do(agent, again, use.complete_ticket, ticket.id, None, version=ticket.version)
        if not story.done_at:
            waiting.append(ticket.id)
        elif not story.handed_over:
            done.append((ticket.id, story.agent_no, story.done_at))
        desk.step()
    daily.conversations(desk, by, stories, states, now)
    daily.what_is_known(desk, by, [ticket_id for ticket_id, *_ in done[:8]], now)
    daily.common_cause(desk, by, waiting[:5], now)
    older = [(ticket_id, no) for ticket_id, no, at in done if at < now - daily.REVIEWED]
    daily.reviewed(desk, by, older[-12:], now)


def _hand_over(
    desk: Desk, by: Callers, agent: Caller, ticket: Any, handed_over: tuple[datetime, str, str], transfers: Any
) -> Caller:
    at, number, reason = handed_over
    fields = {"staff_id": by[number].id, "line": 2, "reason": reason}
    transfer = desk.do(agent, at, transfers.offer_transfer, ticket.id, fields, version=ticket.version)
    desk.do(by[number], at, transfers.accept_transfer, transfer.id)
    return by[number]


def sales(
    desk: Desk,
    by: Callers,
    stories: Sequence[SaleStory],
    states: Sequence[State],
    packs: Sequence[State],
    now: datetime,
) -> None:
    """Touches, and orders with their payments, as they happened; some of a campaign, some returned or made good."""
    from sales.application import orders, touches

    runs = aftersales.campaigns(desk, by, packs, now)
    for number, story in enumerate(stories):
        pack = packs[story.pack % len(packs)] if story.pack is not None and packs else None
        campaign = aftersales.campaign_of(runs, story, number)
        common = {"player_id": states[story.customer.number]["id"], "note": story.note, "campaign_id": campaign}
        if story.ending and pack:
            fields = {**common, "pack_no": pack["no"]}
            order = _order(desk, by, orders, fields, story, Decimal(pack["price"]["amount"]), number)
            if story.ending == "completed":
                aftersales.come_back(desk, by, order, story, number, now)
        else:
            names = ("channel", "outcome", "lost_reason", "next_at")
            fields = {**common, **{name: getattr(story, name) for name in names}, "pack_no": pack and pack["no"]}
            desk.do(by[story.agent_no], story.at, touches.log_touch, fields)
        desk.step()
    aftersales.end_campaigns(desk, by, runs, now)
    daily.pursuits(desk, by, stories, states, now)


def _order(
    desk: Desk, by: Callers, orders: Any, fields: State, story: SaleStory, pack_price: Decimal, number: int
) -> Any:
    agent = by[story.agent_no]
    share = 0.8 if story.ending == "awaiting_approval" else max(story.price_share, 0.92)
    price = Money(pack_price * Decimal(str(share)))
    total = price.amount * story.quantity
    fields |= {"quantity": story.quantity, "price": price}
    if story.ending in ("completed", "shipped", "paid"):
        fields["payments"] = [_payment(story, total, number)]
    elif story.ending == "part_paid":
        fields["payments"] = [_payment(story, (total / 2).quantize(Decimal(1)) or total / 2, number)]
    order = desk.do(agent, story.at, orders.place_order, fields, timezone=desk.settings.timezone)
    if story.ending == "cancelled":
        reason = sales_text.CANCELLATIONS[number % len(sales_text.CANCELLATIONS)]
        desk.do(agent, story.at + timedelta(minutes=40), orders.cancel, order.id, reason)
    if story.ending in ("completed", "shipped"):
        desk.do(agent, story.at + timedelta(minutes=6), orders.ship, order.id)
    if story.ending == "completed":
        desk.do(agent, story.at + timedelta(minutes=25), orders.complete, order.id)
    return order


def _payment(story: SaleStory, amount: Decimal, number: int) -> State:
    external = {"wechat_pay": "42000", "alipay": "2026", "bank_transfer": "B"}.get(story.method)
    return {
        "method": story.method,
        "amount": Money(amount),
        "paid_at": story.at,
        "external_no": f"{external}{story.at:%Y%m%d}{number:08d}" if external else None,
    }
