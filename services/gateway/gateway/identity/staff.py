"""Staff, departments and the WeChat accounts of agents, with their rules (G1, G2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Instant, Record
from gateway.identity.base import Base
from gateway.identity.events import DepartmentChanged, HandOver, StaffChanged, StaffFact, StaffJoined, StaffLeft

IN_SERVICE, LEFT = "in_service", "left"


class Department(Record, Base):
    """A department; the tree is by `parent_id`."""

    __tablename__ = "departments"

    name: Mapped[str] = mapped_column(String(64))
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("departments.id"))

    def edit(self, fields: Mapping[str, Any], at: datetime) -> list[DepartmentChanged]:
        """Rename or move."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        if not changed:
            return []
        self.changed(at)
        return [DepartmentChanged.of(self, *changed)]


class Staff(Record, Base):
    """Anybody who works here and signs in."""

    __tablename__ = "staff"

    no: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(32), ForeignKey("roles.code"), index=True)
    line: Mapped[int] = mapped_column(default=1)
    department_id: Mapped[str | None] = mapped_column(Id, ForeignKey("departments.id"), index=True)
    wechat_id: Mapped[str | None] = mapped_column(String(64))
    wechat_name: Mapped[str | None] = mapped_column(String(64))
    skills: Mapped[list[str]] = mapped_column(ARRAY(String(32)), default=list, server_default="{}")
    capacity: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16), default=IN_SERVICE)
    password_hash: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(8), default="")
    theme: Mapped[str] = mapped_column(String(8), default="system")
    letter_keys: Mapped[bool] = mapped_column(default=True)

    accounts: Mapped[list[WechatAccount]] = relationship(
        lazy="selectin", order_by="WechatAccount.wechat_id", viewonly=True
    )

    __table_args__ = (
        Index("uq_staff_no", func.lower(text("no")), unique=True),
        Index("ix_staff_created_at", "created_at", "id"),
        Index("ix_staff_no_id", "no", "id"),
    )

    def join(self, at: datetime) -> list[StaffFact]:
        """Say that somebody new is here."""
        self.created_at = self.updated_at = at
        return [StaffJoined.of(self)]

    def edit(self, fields: Mapping[str, Any], at: datetime, handover: HandOver | None = None) -> list[StaffFact]:
        """Change some fields; leaving is a fact of its own, which says what becomes of what they had."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        if not changed:
            return []
        self.changed(at)
        gone = "state" in changed and self.state == LEFT
        return [StaffLeft.of(self, *changed, handover=handover) if gone else StaffChanged.of(self, *changed)]


class WechatAccount(Record, Base):
    """A WeChat account on a studio phone; it belongs to one person at a time."""

    __tablename__ = "wechat_accounts"

    wechat_id: Mapped[str] = mapped_column(String(64), unique=True)
    wechat_name: Mapped[str | None] = mapped_column(String(64))
    staff_id: Mapped[str | None] = mapped_column(Id, ForeignKey("staff.id"), index=True)


class Holding(Base):
    """A span in which a WeChat account belonged to one person."""

    __tablename__ = "wechat_account_holdings"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("wechat_accounts.id"))
    staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"), index=True)
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime | None] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_wechat_account_holdings_account_id_from_at", "account_id", "from_at", "id"),
        Index(
            "uq_wechat_account_holdings_current", "account_id", unique=True, postgresql_where=text("until_at IS NULL")
        ),
    )
