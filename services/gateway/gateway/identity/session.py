"""One sign-in of somebody, and what is remembered of failed ones."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Instant
from gateway.identity.base import Base

WEB, API, PENDING = "web", "api", "pending"  # pending: the first of two steps is done, nothing may be done with it yet


class Session(Base):
    """One sign-in; the token itself is not kept, only its SHA-256. `way` is how: password, oidc, wecom."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(Id, default=new_id)
    staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    way: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    address: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(200))

    __table_args__ = (Index("uq_sessions_id", "id", unique=True),)


class SignInFailure(Base):
    """How often sign-in failed lately, by one of the keys of `throttle`."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Instant)
    blocked_until: Mapped[datetime] = mapped_column(Instant)
