"""One option of a list: a built-in code in the company's words, or a code of its own (G9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Record
from gateway.base import Base
from gateway.options.events import OptionChanged

# The lists, each with the codes that are always there: the services know these without being told.
BUILT_IN: dict[str, tuple[str, ...]] = {
    "ticket_category": ("complaint", "recharge", "account", "gameplay", "bug", "refund", "suggestion", "other"),
    "channel": ("wechat", "in_game", "web_chat", "phone", "portal"),
    "lost_reason": ("too_expensive", "not_needed", "already_has", "no_money_now", "bad_timing", "unhappy", "other"),
    "payment_method": ("wechat_pay", "alipay", "bank_transfer", "in_game", "other"),
    "opportunity_stage": ("first_contact", "interested", "offered", "negotiating", "won", "lost"),
    "player_source": ("in_game_guide", "campaign", "referral", "other"),
}


class Option(Record, Base):
    """A code that a form offers while it is `active`, at its `position` (from 1); `used` once a record has had it."""

    __tablename__ = "options"

    list: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(32))
    zh: Mapped[str] = mapped_column(String(32))
    en: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    built_in: Mapped[bool] = mapped_column(default=False)
    used: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("list", "code", name="uq_options_list_code"),
        Index("ix_options_position", "position", "id"),
    )

    def edit(self, fields: Mapping[str, Any], at: datetime) -> Sequence[OptionChanged]:
        """Change words, place, or whether it is offered."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return []
        for name in changed:
            setattr(self, name, fields[name])
        self.changed(at)
        return [OptionChanged.of(self, *changed)]
