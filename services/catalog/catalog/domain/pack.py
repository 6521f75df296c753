"""A pack and its way: drafted, judged by the discount rules, on sale in revisions that never change (C3 to C6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.domain.base import Base
from catalog.domain.codes import AWAITING_APPROVAL, DRAFT, ON_SALE, WITHDRAWN
from catalog.domain.errors import (
    AlreadyWithdrawn,
    DiscountNotAllowed,
    NotAwaitingApproval,
    NotDraft,
    OwnPack,
    PackExpired,
)
from catalog.domain.events import PackDrafted, PackFact, PackPublished, PackWithdrawn, differing, pack_state
from catalog.domain.pricing import Line, Quote, Verdict, discount_shown
from chassis.data.database import Id, Instant, Record
from chassis.data.search import grams, initials

Amount = Numeric(12, 2)


class PackTerms:
    """What a pack and each of its published revisions have alike; `lines` and `verdict` are JSON values."""

    name: Mapped[str] = mapped_column(String(100))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    sum: Mapped[Decimal] = mapped_column(Amount)
    price: Mapped[Decimal] = mapped_column(Amount)
    verdict: Mapped[dict[str, Any]] = mapped_column(JSONB)
    player_id: Mapped[str | None] = mapped_column(Id)
    campaign_id: Mapped[str | None] = mapped_column(Id)
    valid_until: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column(default=1)
    approved_by: Mapped[str | None] = mapped_column(String(64))

    @property
    def discount(self) -> Decimal:
        """The fraction off the sum, four places, never shown as less than it is."""
        return discount_shown(self.sum, self.price)


TERMS = (
    "name", "lines", "sum", "price", "verdict", "player_id", "campaign_id", "valid_until", "note", "revision",
    "approved_by",
)  # fmt: skip


class Pack(PackTerms, Record, Base):
    """A pack as it is now; what was on sale is kept in its revisions."""

    __tablename__ = "packs"

    no: Mapped[str] = mapped_column(String(16), unique=True)
    state: Mapped[str] = mapped_column(String(24), default=DRAFT)
    published_revision: Mapped[int | None] = mapped_column(comment="the newest revision that was ever on sale")
    created_by: Mapped[str] = mapped_column(String(64))
    priced_by: Mapped[str] = mapped_column(String(64), comment="who last set lines or price")
    item_ids: Mapped[list[str]] = mapped_column(ARRAY(String(36)), default=list)
    grams: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    initials: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_packs_created_at", "created_at", "id"),
        Index("ix_packs_name", "name", "id"),
        Index("ix_packs_price", "price", "id"),
        Index("ix_packs_state_created_at", "state", "created_at", "id"),
        Index("ix_packs_player_id_created_at", "player_id", "created_at", "id"),
        Index("ix_packs_campaign_id_created_at", "campaign_id", "created_at", "id"),
        Index("ix_packs_created_by_created_at", "created_by", "created_at", "id"),
        Index("ix_packs_item_ids", "item_ids", postgresql_using="gin"),
        Index("ix_packs_grams", "grams", postgresql_using="gin"),
        Index("ix_packs_initials", "initials", postgresql_ops={"initials": "text_pattern_ops"}),
        Index("ix_packs_no_prefix", "no", postgresql_ops={"no": "text_pattern_ops"}),
    )

    def draft(self, quote: Quote, *, by: str, at: datetime) -> list[PackFact]:
        """Begin as a draft at `at` (UTC). Raises DiscountNotAllowed."""
        require_allowed(quote.verdict)
        self.version, self.revision, self.published_revision, self.state = 1, 1, None, DRAFT
        self.created_at, self.updated_at, self.created_by, self.priced_by = at, at, by, by
        self._take(quote)
        return [PackDrafted.of(self)]

    def edit(self, fields: Mapping[str, Any], quote: Quote, *, priced_by: str | None, at: datetime) -> list[PackFact]:
        """Change some fields and be judged anew. What is on sale, or was handed in to be, goes on sale as the next
        revision where the rules allow it alone, else awaits approval. Raises DiscountNotAllowed, PackExpired."""
        require_allowed(quote.verdict)
        before, verdict_before = pack_state(self), self.verdict
        for name, value in fields.items():
            setattr(self, name, value)
        self._take(quote)
        if pack_state(self) == before and self.verdict == verdict_before:
            return []
        self.priced_by = priced_by or self.priced_by
        self._begin_revision()
        if self.state in (ON_SALE, AWAITING_APPROVAL):
            return self._offer(before, at)
        self.state = DRAFT
        return [self._told(PackDrafted, before, at)]

    def publish(self, quote: Quote, *, at: datetime) -> list[PackFact]:
        """Put it on sale, or hand it in for approval. Raises NotDraft, PackExpired, DiscountNotAllowed."""
        self.must_be_publishable()
        require_allowed(quote.verdict)
        before = pack_state(self)
        self._begin_revision()
        self._take(quote)
        return self._offer(before, at)

    def approve(self, verdict: Verdict, *, by: str, at: datetime) -> list[PackFact]:
        """Put on sale what awaits approval, with the prices it was handed in with.

        Raises NotAwaitingApproval, OwnPack, PackExpired, DiscountNotAllowed.
        """
        self.must_be_approvable(by)
        require_allowed(verdict)
        before = pack_state(self)
        self.verdict, self.approved_by = verdict.plain(), by
        return [self._sell(before, at)]

    def withdraw(self, at: datetime) -> list[PackFact]:
        """Take it off sale, or give it up. Raises AlreadyWithdrawn."""
        if self.state == WITHDRAWN:
            raise AlreadyWithdrawn()
        before = pack_state(self)
        self.state = WITHDRAWN
        return [self._told(PackWithdrawn, before, at)]

    def must_be_publishable(self) -> None:
        """Raise NotDraft unless it is a draft, or was withdrawn and is to come back."""
        if self.state not in (DRAFT, WITHDRAWN):
            raise NotDraft()

    def must_be_approvable(self, by: str) -> None:
        """Raise NotAwaitingApproval, or OwnPack where `by` made the pack or set its price."""
        if self.state != AWAITING_APPROVAL:
            raise NotAwaitingApproval()
        if by in (self.created_by, self.priced_by):
            raise OwnPack()

    def lines_kept(self) -> tuple[Line, ...]:
        """The lines as they were judged."""
        return tuple(Line.of_plain(line) for line in self.lines)

    def _take(self, quote: Quote) -> None:
        self.lines = [line.plain() for line in quote.lines]
        self.item_ids = [line.item_id for line in quote.lines]
        self.sum, self.price = quote.verdict.total, quote.verdict.price
        self.verdict = quote.verdict.plain()
        self.grams, self.initials = grams(self.name), "".join(initials(self.name))

    def _begin_revision(self) -> None:
        """What was on sale never changes: a change to it is the next revision."""
        if self.published_revision == self.revision:
            self.revision += 1
        self.approved_by = None

    def _offer(self, before: dict[str, Any], at: datetime) -> list[PackFact]:
        if not self.verdict["needs_approval"]:
            return [self._sell(before, at)]
        self._must_be_current(at)
        self.state = AWAITING_APPROVAL
        return [self._told(PackDrafted, before, at)]

    def _sell(self, before: dict[str, Any], at: datetime) -> PackFact:
        self._must_be_current(at)
        self.state, self.published_revision = ON_SALE, self.revision
        return self._told(PackPublished, before, at)

    def _must_be_current(self, at: datetime) -> None:
        if self.valid_until is not None and self.valid_until <= at:
            raise PackExpired()

    def _told(self, kind: type[PackFact], before: dict[str, Any], at: datetime) -> PackFact:
        self.changed(at)
        return kind.of(self, *differing(before, pack_state(self)))


class PackRevision(PackTerms, Base):
    """What was on sale under one revision; the database itself refuses to change or remove it."""

    __tablename__ = "pack_revisions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    pack_id: Mapped[str] = mapped_column(Id, ForeignKey("packs.id"))
    published_at: Mapped[datetime] = mapped_column(Instant)
    published_by: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("pack_id", "revision"),)


def require_allowed(verdict: Verdict) -> None:
    """Raise DiscountNotAllowed, with the verdict, where a rule blocks."""
    if not verdict.allowed:
        rule = verdict.deciding.rule
        raise DiscountNotAllowed(members={"verdict": verdict.plain()}, rule=f"{rule.code} {rule.name}")
