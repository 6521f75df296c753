"""Which codes of the company's own have been used: heard from the services' facts, so that none of them is removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import tuple_, update

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from chassis.facts.inbox import Listen, Subscription
from gateway.options.option import BUILT_IN, Option


@dataclass(frozen=True)
class TicketUses:
    """What is read of a ticket."""

    category: str


@dataclass(frozen=True)
class TouchUses:
    """What is read of a touch."""

    channel: str
    lost_reason: str | None


@dataclass(frozen=True)
class PaymentUses:
    """What is read of a payment."""

    method: str


@dataclass(frozen=True)
class RefundUses:
    """What is read of a refund."""

    method: str | None


@dataclass(frozen=True)
class PlayerUses:
    """What is read of a player."""

    source: str


@dataclass(frozen=True)
class OpportunityUses:
    """What is read of an opportunity."""

    stage: str
    lost_reason: str | None


def _heard(**lists: str) -> Callable[[UnitOfWork, list[Received]], None]:
    """A handler that reads {field: list}."""

    def hear(work: UnitOfWork, facts: list[Received]) -> None:
        codes = ((name, fact.data[field]) for fact in facts for field, name in lists.items())
        note_used(work, ((name, code) for name, code in codes if code))

    return hear


def note_used(work: UnitOfWork, codes: Iterable[tuple[str, str]]) -> None:
    """Remember that these (list, code) are used; of the built-in ones, which nearly all are, nothing is asked."""
    own = sorted({(name, code) for name, code in codes if code not in BUILT_IN[name]})
    if own:
        theirs = tuple_(Option.list, Option.code).in_(own)
        work.session.execute(update(Option).where(theirs, ~Option.used, ~Option.built_in).values(used=True))


SUBSCRIPTION = Subscription(
    "options",
    (
        Listen(("ticket.created.v1", "ticket.updated.v1"), TicketUses, _heard(category="ticket_category")),
        Listen(("touch.logged.v1",), TouchUses, _heard(channel="channel", lost_reason="lost_reason")),
        Listen(("payment.received.v1",), PaymentUses, _heard(method="payment_method")),
        Listen(("return.refunded.v1",), RefundUses, _heard(method="payment_method")),
        Listen(
            ("opportunity.opened.v1", "opportunity.moved.v1", "opportunity.lost.v1"),
            OpportunityUses,
            _heard(stage="opportunity_stage", lost_reason="lost_reason"),
        ),
        Listen(("player.created.v1", "player.updated.v1"), PlayerUses, _heard(source="player_source")),
    ),
    gather=0.5,
)
