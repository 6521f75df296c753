"""An opportunity: from first contact to won or lost, with whose it was by date (S11, S16)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Instant
from chassis.rules import WrongFields
from sales.domain import opportunity_events as events
from sales.domain.base import Base
from sales.domain.codes import CANCELLED, OTHER
from sales.domain.copies import PackCopy, PlayerCopy
from sales.domain.pool_codes import ENDS, FIRST_CONTACT, LOST, OPPORTUNITY, WON
from sales.domain.pool_errors import (
    LeadFirst,
    OpportunityClosed,
    OpportunityOpen,
    OrderCalledOff,
    OrderOfOther,
    StageIsAnEnd,
)
from sales.domain.pooled import Pooled, in_one_place

if TYPE_CHECKING:
    from sales.domain.order import Order

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_OPEN = text("closed_at IS NULL")


class Opportunity(Pooled, Base):
    """What could be sold to one player, or to a lead who is not one yet; `amount` is what is expected of it."""

    __tablename__ = "opportunities"
    kind: ClassVar[str] = OPPORTUNITY

    player_id: Mapped[str | None] = mapped_column(Id, ForeignKey("player_copies.id"))
    lead_id: Mapped[str | None] = mapped_column(Id)
    title: Mapped[str] = mapped_column(Text)
    pack_no: Mapped[str | None] = mapped_column(String(32))
    pack_name: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    stage: Mapped[str] = mapped_column(String(32))
    stage_before: Mapped[str | None] = mapped_column(String(32))
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(Text, default="")
    lost_reason: Mapped[str | None] = mapped_column(String(32))
    reason: Mapped[str | None] = mapped_column(Text)
    order_id: Mapped[str | None] = mapped_column(Id)
    order_no: Mapped[str | None] = mapped_column(String(24))

    player: Mapped[PlayerCopy | None] = relationship(lazy="joined", viewonly=True)

    __table_args__ = (
        Index("ix_opportunities_player_id_created_at", "player_id", "created_at", "id"),
        Index("ix_opportunities_owner_id_created_at", "owner_id", "created_at", "id"),
        Index("ix_opportunities_stage_created_at", "stage", "created_at", "id"),
        Index("ix_opportunities_pool_id_created_at", "pool_id", "created_at", "id"),
        Index("ix_opportunities_created_at", "created_at", "id"),
        Index("ix_opportunities_lead_id", "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
        Index("ix_opportunities_owner_id_active_at", "owner_id", "active_at", postgresql_where=_OPEN),
        in_one_place(),
        CheckConstraint("player_id IS NOT NULL OR lead_id IS NOT NULL", name="somebodys"),
        CheckConstraint("(closed_at IS NOT NULL) = (stage IN ('won', 'lost'))", name="closed_when_won_or_lost"),
    )

    @property
    def next_key(self) -> datetime:
        """The next date as lists sort by it: those without one come last."""
        return self.next_at or NEVER

    @property
    def called(self) -> str:  # type: ignore[override]
        """What it is called where others are shown beside it."""
        return self.title

    def must_be_open(self) -> None:
        """Raise OpportunityClosed where it is won or lost."""
        if self.stage in ENDS:
            raise OpportunityClosed()

    def told(self, how: str, *changed: str) -> list[events.OpportunityFact]:  # type: ignore[override]
        """The fact of what was done to it."""
        return [events.OF[how].of(self, how, *changed)]

    def concern(self, pack: PackCopy | None) -> None:
        """Name the pack it is about, or none; what is expected is its price where nothing else was said."""
        self.pack_no, self.pack_name = (pack.no, pack.name) if pack else (None, None)
        if pack and self.amount is None:
            self.amount = pack.price

    def open(self, *, owner_id: str | None, pool_id: str | None, at: datetime) -> list[events.OpportunityFact]:
        """It begins at `at` (UTC). Raises StageIsAnEnd."""
        if self.stage in ENDS:
            raise StageIsAnEnd()
        self.begin(owner_id=owner_id, pool_id=pool_id, at=at)
        return self.told("opened")

    def edit(self, fields: Mapping[str, Any], pack: PackCopy | None, *, at: datetime) -> list[events.OpportunityFact]:
        """Change title, amount, next_at, note or the pack; `pack` is the one that `pack_no` names.

        Raises OpportunityClosed.
        """
        self.must_be_open()
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return []
        for name in changed:
            setattr(self, name, fields[name])
        if "pack_no" in changed:
            self.concern(pack)
        self.worked_on(at)
        return self.told("updated", *changed)

    def move(self, stage: str, *, at: datetime) -> list[events.OpportunityFact]:
        """Put it into another stage, forwards or back. Raises OpportunityClosed, StageIsAnEnd."""
        self.must_be_open()
        if stage in ENDS:
            raise StageIsAnEnd()
        if stage == self.stage:
            return []
        self.stage = stage
        self.worked_on(at)
        return self.told("moved", "stage")

    def win(self, order: Order | None, *, at: datetime) -> list[events.OpportunityFact]:
        """It sold, by this order of its person where there is one.

        Raises OpportunityClosed, LeadFirst, OrderOfOther, OrderCalledOff.
        """
        self.must_be_open()
        if self.player_id is None:
            raise LeadFirst()
        if order is not None and _person(order) != _person(self):
            raise OrderOfOther()
        if order is not None and order.state == CANCELLED:
            raise OrderCalledOff()
        self.order_id, self.order_no = (order.id, order.no) if order else (None, None)
        return self._end(WON, None, at)

    def lose(self, lost_reason: str, note: str | None, *, at: datetime) -> list[events.OpportunityFact]:
        """It did not sell, and why; `other` needs a note. Raises OpportunityClosed, WrongFields."""
        self.must_be_open()
        if lost_reason == OTHER and not (note or "").strip():
            raise WrongFields([("/note", f"needed_with:reason={OTHER}")])
        self.lost_reason = lost_reason
        return self._end(LOST, note or None, at)

    def reopen(self, reason: str, *, at: datetime) -> list[events.OpportunityFact]:
        """It was not over: back to the stage it had (O8). Raises OpportunityOpen."""
        if self.stage not in ENDS:
            raise OpportunityOpen()
        self.stage, self.stage_before = self.stage_before or FIRST_CONTACT, None
        self.lost_reason = self.order_id = self.order_no = self.closed_at = None
        self.reason = reason
        self.worked_on(at)
        return self.told("moved", "stage", "lost_reason", "order_id", "closed_at", "reason")

    def follow(self, player_id: str, *, at: datetime) -> list[events.OpportunityFact]:
        """Its lead has become this player."""
        self.player_id = player_id
        self.changed(at)
        return self.told("updated", "player_id")

    def touched(self, next_at: datetime | None, *, at: datetime) -> list[events.OpportunityFact]:
        """A contact took place: it is not idle, and the next date is the contact's; what is over stays as it is."""
        if self.stage in ENDS:
            return []
        self.next_at = next_at
        self.worked_on(at)
        return self.told("updated", "next_at")

    def _end(self, stage: str, reason: str | None, at: datetime) -> list[events.OpportunityFact]:
        self.stage_before, self.stage, self.closed_at, self.reason = self.stage, stage, at, reason
        self.worked_on(at)
        changed = ("lost_reason", "reason") if stage == LOST else ("order_id",)
        return self.told(stage, "stage", "closed_at", *changed)


def _person(record: Order | Opportunity) -> str | None:
    """The player a record is of, or who stands for them since they were merged."""
    return record.player.merged_into_id or record.player_id if record.player is not None else record.player_id
