"""A lead: a contact who is not a player yet, from where it came to who it became (S9, S10, S30)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id
from chassis.data.masking import mask_phone
from chassis.data.phones import Phones
from sales.domain import lead_events as events
from sales.domain.base import Base
from sales.domain.copies import PlayerCopy
from sales.domain.pool_codes import ASSIGNED, CONVERTED, DISCARDED, LEAD, NEW
from sales.domain.pool_errors import ContactMissing, LeadClosed, LeadOpen
from sales.domain.pooled import Pooled, in_one_place

ONE_PHONE, ONE_HANDLE = "uq_leads_phone_index_open", "uq_leads_wechat_key_open"
_OPEN = text("closed_at IS NULL")
_PLAIN = ("name", "wechat_id", "source", "campaign_id", "channel", "note")


class Lead(Pooled, Base):
    """Somebody who could become a player; the phone number is sealed, and found by its blind index alone."""

    __tablename__ = "leads"
    kind: ClassVar[str] = LEAD

    name: Mapped[str] = mapped_column(String(64))
    phone_sealed: Mapped[str | None] = mapped_column(String(255))
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    phone_masked: Mapped[str | None] = mapped_column(String(32))
    wechat_id: Mapped[str | None] = mapped_column(String(64))
    wechat_key: Mapped[str | None] = mapped_column(String(128))
    source: Mapped[str] = mapped_column(String(32))
    campaign_id: Mapped[str | None] = mapped_column(Id)
    channel: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(32))
    player_id: Mapped[str | None] = mapped_column(Id, ForeignKey("player_copies.id"))
    reason: Mapped[str | None] = mapped_column(Text)

    player: Mapped[PlayerCopy | None] = relationship(lazy="joined", viewonly=True)

    __table_args__ = (
        Index("ix_leads_owner_id_created_at", "owner_id", "created_at", "id"),
        Index("ix_leads_state_created_at", "state", "created_at", "id"),
        Index("ix_leads_pool_id_created_at", "pool_id", "created_at", "id"),
        Index("ix_leads_created_at", "created_at", "id"),
        Index("ix_leads_player_id", "player_id"),
        Index("ix_leads_campaign_id", "campaign_id", postgresql_where=text("campaign_id IS NOT NULL")),
        Index("ix_leads_phone_index", "phone_index"),
        Index("ix_leads_wechat_key", "wechat_key"),
        Index("ix_leads_owner_id_active_at", "owner_id", "active_at", postgresql_where=_OPEN),
        Index(ONE_PHONE, "phone_index", unique=True, postgresql_where=_OPEN),
        Index(ONE_HANDLE, "wechat_key", unique=True, postgresql_where=_OPEN),
        in_one_place(),
        CheckConstraint("(closed_at IS NOT NULL) = (state IN ('converted', 'discarded'))", name="closed_when_over"),
        CheckConstraint("(player_id IS NOT NULL) = (state = 'converted')", name="converted_into_somebody"),
    )

    @property
    def stage(self) -> str:  # type: ignore[override]
        """Its state, as the history has it."""
        return self.state

    @property
    def called(self) -> str:  # type: ignore[override]
        """What it is called where others are shown beside it: never by a contact, which not everybody sees."""
        return self.name

    @property
    def contacts(self) -> tuple[bytes | None, str | None]:
        """What one open lead alone may have: the phone number's index and the WeChat ID as it is compared."""
        return self.phone_index, self.wechat_key

    def phone(self, phones: Phones) -> str | None:
        """The whole phone number, E.164. Raises CannotOpen."""
        return phones.open(self.phone_sealed, self.id) if self.phone_sealed else None

    def must_be_open(self) -> None:
        """Raise LeadClosed where it is converted or discarded."""
        if self.state in (CONVERTED, DISCARDED):
            raise LeadClosed()

    def told(self, how: str, *changed: str) -> list[events.LeadFact]:  # type: ignore[override]
        """The fact of what was done to it."""
        return [events.OF[how].of(self, how, *changed)]

    def create(
        self, fields: Mapping[str, Any], phones: Phones, *, owner_id: str | None, pool_id: str | None, at: datetime
    ) -> list[events.LeadFact]:
        """Write it down; `fields` are those of a creation, the phone number in E.164. Raises ContactMissing."""
        self.note, self.source, self.name = "", "other", ""
        self._set({name: fields[name] for name in _PLAIN if fields.get(name) is not None}, fields, phones)
        self.begin(owner_id=owner_id, pool_id=pool_id, at=at)
        self.state = ASSIGNED if owner_id else NEW
        return self.told("created")

    def edit(self, fields: Mapping[str, Any], phones: Phones, *, at: datetime) -> list[events.LeadFact]:
        """Change some fields. Raises LeadClosed, ContactMissing."""
        self.must_be_open()
        changed = [name for name in _PLAIN if name in fields and getattr(self, name) != fields[name]]
        new_phone = "phone" in fields and fields["phone"] != self.phone(phones)
        if not changed and not new_phone:
            return []
        self._set({name: fields[name] for name in changed}, fields if new_phone else {}, phones)
        self.worked_on(at)
        return self.told("updated", *changed, *(["phone"] if new_phone else []))

    def convert(self, player: PlayerCopy, *, at: datetime) -> list[events.LeadFact]:
        """It has become this player. Raises LeadClosed."""
        self.must_be_open()
        self.player_id, self.player, self.reason = player.id, player, None
        return self._end(CONVERTED, "player_id", at=at)

    def discard(self, reason: str, *, at: datetime) -> list[events.LeadFact]:
        """Nothing will come of it, and why. Raises LeadClosed."""
        self.must_be_open()
        self.reason = reason
        return self._end(DISCARDED, "reason", at=at)

    def reopen(self, reason: str, *, at: datetime) -> list[events.LeadFact]:
        """It was not over, or was taken for the wrong player (O8). Raises LeadOpen."""
        if self.state not in (CONVERTED, DISCARDED):
            raise LeadOpen()
        self.state = ASSIGNED if self.owner_id else NEW
        self.player_id = self.player = self.closed_at = None
        self.reason = reason
        self.worked_on(at)
        return self.told("reopened", "state", "player_id", "reason")

    def _end(self, state: str, *changed: str, at: datetime) -> list[events.LeadFact]:
        self.state, self.closed_at = state, at
        self.worked_on(at)
        return self.told(state, "state", *changed)

    def _placed(self, how: str, owner_id: str | None, pool_id: str | None, at: datetime) -> list[Any]:
        self.state = ASSIGNED if owner_id else NEW
        return super()._placed(how, owner_id, pool_id, at)

    def _set(self, values: Mapping[str, Any], fields: Mapping[str, Any], phones: Phones) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        if "wechat_id" in values:
            self.wechat_key = self.wechat_id.casefold() if self.wechat_id else None
        if "phone" in fields:
            number = fields["phone"]
            self.phone_sealed = phones.seal(number, self.id) if number else None
            self.phone_index = phones.index(number) if number else None
            self.phone_masked = mask_phone(number) or None
        if not self.phone_sealed and not self.wechat_id:
            raise ContactMissing()
