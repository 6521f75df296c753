"""The mirror: one queue, one projection of tickets, and a table in which an effect that happened twice is seen twice."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import MetaData, String
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import NAMES, DeclarativeBase, Id
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts import bus, postgres_bus, rabbitmq
from chassis.facts.envelope import Received
from chassis.facts.inbox import Listen, Subscription
from chassis.facts.projection import Projection
from chassis.ops.settings import Settings
from chassis.service import Service

QUICK_RETRIES = (0.5, 1.0, 1.5)
if os.environ.get("MIRROR_QUICK_RETRIES"):  # in the process of the mirror alone
    for module in (bus, rabbitmq, postgres_bus):
        module.RETRY_SECONDS = QUICK_RETRIES  # type: ignore[assignment]  # a tuple of other numbers


class Base(DeclarativeBase):
    """Declarative base of the mirror."""

    metadata = MetaData(naming_convention=NAMES)


class MirroredTicket(Base):
    """A ticket as last heard of."""

    __tablename__ = "mirrored_tickets"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int]
    no: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(16))
    question: Mapped[str] = mapped_column(LongText)


class Effect(Base):
    """One row for each time a fact took effect; nothing keeps it from being there twice."""

    __tablename__ = "effects"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(Id, index=True)


@dataclass(frozen=True)
class TicketState:
    """What the mirror reads of a ticket's fact."""

    no: str
    status: str
    question: str


TICKETS = Projection(
    MirroredTicket.__table__, lambda state: {name: state[name] for name in ("no", "status", "question")}
)


def mirror(work: UnitOfWork, facts: list[Received]) -> None:
    """Keep the copies and note the effects; a question that says so is poison, until a later release can take it."""
    if not os.environ.get("MIRROR_TAKES_POISON") and any(fact.data["question"] == "poison" for fact in facts):
        raise KeyError("poison")
    TICKETS.handle(work, facts)
    work.session.add_all([Effect(event_id=fact.id) for fact in facts])


SERVICE = Service(
    name="mirror",
    title="A mirror of tickets",
    settings=Settings,
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    subscriptions=(Subscription("tickets", (Listen(("ticket.*.v1",), TicketState, mirror),)),),
)
