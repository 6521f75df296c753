"""Whom an identity provider means: its own name for a person, bound to one member of staff for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from gateway.identity.base import Base

OIDC, WECOM = "oidc", "wecom"


class Identity(Base):
    """Bound at the first sign-in; what the provider calls the person may change afterwards, who it is does not."""

    __tablename__ = "identities"

    provider: Mapped[str] = mapped_column(String(16), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("uq_identities_provider_staff_id", "provider", "staff_id", unique=True),)
