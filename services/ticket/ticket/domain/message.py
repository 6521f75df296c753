"""A message of a session: what everybody reads of it, and what was masked in it, which inspectors may read (T31)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from chassis.data.sealing import Vault
from ticket.domain.base import Base
from ticket.domain.masks import Masked
from ticket.domain.session_errors import NothingMasked
from ticket.domain.session_events import MessageMasked, MessageReceived, MessageUnmasked, RuleHit


class Message(Base):
    """One message; `original` is the whole text, sealed, and there only where `text` is not the whole."""

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    session_id: Mapped[str] = mapped_column(Id, ForeignKey("sessions.id"))
    channel: Mapped[str] = mapped_column(String(32))
    author: Mapped[str] = mapped_column(String(16))
    staff_id: Mapped[str | None] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    original: Mapped[bytes | None] = mapped_column(LargeBinary)
    hits: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    external_id: Mapped[str | None] = mapped_column(String(128))
    created_by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_messages_session_id_at", "session_id", "at", "id"),
        Index(
            "uq_messages_channel_external_id",
            "channel",
            "external_id",
            unique=True,
            postgresql_where=sql("external_id IS NOT NULL"),
        ),
    )

    def write(self, whole: str, shown: Masked, vault: Vault) -> None:
        """Keep the text as others may see it, and the whole one sealed where that is another."""
        self.text, self.original = shown.text, None
        self.hits = [{"kind": hit.kind, "word_id": hit.word_id} for hit in shown.hits]
        if shown.hits:
            self.original = vault.seal(whole.encode(), self.id)

    @property
    def masked(self) -> bool:
        """Whether somebody who may can be shown more than `text`."""
        return self.original is not None

    def told(self, session: Any) -> list[MessageReceived | MessageMasked]:
        """The facts of its coming in."""
        found: list[MessageReceived | MessageMasked] = [
            MessageReceived.of(self, session, text=self.text, masked=self.masked)
        ]
        if self.hits:
            hits = tuple(RuleHit(hit["kind"], hit["word_id"]) for hit in self.hits)
            found.append(MessageMasked.of(self, session, hits=hits))
        return found

    def unmask(self, session: Any, reason: str, vault: Vault) -> tuple[str, MessageUnmasked]:
        """The text as it was written, and the fact that it was shown. Raises NothingMasked."""
        if self.original is None:
            raise NothingMasked()
        whole = vault.open(self.original, self.id).decode()
        return whole, MessageUnmasked.of(self, session, reason=reason)
