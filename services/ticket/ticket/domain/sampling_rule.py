"""Which done tickets are reviewed: a share of each agent's week, those with a low score, those that were reopened (T35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Record
from ticket.domain.base import Base
from ticket.domain.lots import sample

SHARE, LOW_SURVEY, REOPENED, BY_HAND = "share", "low_survey", "reopened", "by_hand"
KINDS = (SHARE, LOW_SURVEY, REOPENED)
CAUSES = (*KINDS, BY_HAND)
_DRAWN = "review"


@dataclass(frozen=True)
class DoneTicket:
    """A ticket that may be drawn: whose department it is, whether it was reopened, whether the player scored it low."""

    id: str
    department_id: str | None
    reopened: bool = False
    low: bool = False


class SamplingRule(Record, Base):
    """One rule; without a department it is the whole company's. `share` (0 to 1) is that of the kind "share"."""

    __tablename__ = "sampling_rules"

    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    share: Mapped[Decimal] = mapped_column(Numeric(7, 6), default=Decimal(0))
    department_id: Mapped[str | None] = mapped_column(Id)
    active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_sampling_rules_created_at", "created_at", "id"),)

    def edit(self, fields: Mapping[str, Any], *, at: datetime) -> None:
        """Change some fields."""
        if any(getattr(self, name) != value for name, value in fields.items()):
            for name, value in fields.items():
                setattr(self, name, value)
            self.changed(at)

    def draw(self, tickets: Sequence[DoneTicket], *, complete: bool) -> set[str]:
        """Those of one agent's week that this rule wants; `complete` when the week is over."""
        mine = [one for one in tickets if self.department_id in (None, one.department_id)]
        if self.kind == SHARE:
            return sample(_DRAWN, (one.id for one in mine), self.share, complete=complete)
        return {one.id for one in mine if (one.low if self.kind == LOW_SURVEY else one.reopened)}


def drawn(rules: Sequence[SamplingRule], tickets: Sequence[DoneTicket], *, complete: bool) -> dict[str, str]:
    """{ticket: why} of one agent's week by all rules; what is always reviewed says so, though it was drawn as well."""
    found: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: (LOW_SURVEY, REOPENED, SHARE).index(rule.kind)):
        for ticket_id in rule.draw(tickets, complete=complete):
            found.setdefault(ticket_id, rule.kind)
    return found
