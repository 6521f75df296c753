"""The company's list of sensitive and abusive words; a message that has one is masked (T31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Record
from chassis.data.search import folded
from chassis.facts.event import Event, fact
from ticket.domain.base import Base


class SensitiveWord(Record, Base):
    """One word; `folded` is how it is compared, and there once."""

    __tablename__ = "sensitive_words"

    word: Mapped[str] = mapped_column(String(64))
    folded: Mapped[str] = mapped_column(String(128), unique=True)
    kind: Mapped[str] = mapped_column(String(16))

    __table_args__ = (Index("ix_sensitive_words_created_at", "created_at", "id"),)

    def make(self, fields: Mapping[str, Any], at: datetime) -> SensitiveWordChanged:
        """Be on the list from `at` (UTC) on with a `word` and a `kind`."""
        self.version, self.created_at, self.updated_at = 1, at, at
        self._take(fields)
        return SensitiveWordChanged.of(self, *fields)

    def edit(self, fields: Mapping[str, Any], at: datetime) -> list[SensitiveWordChanged]:
        """Be another word, or of another kind."""
        changed = {name: value for name, value in fields.items() if getattr(self, name) != value}
        if not changed:
            return []
        self._take(changed)
        self.changed(at)
        return [SensitiveWordChanged.of(self, *changed)]

    def leave(self, at: datetime) -> SensitiveWordChanged:
        """Be taken off the list."""
        self.changed(at)
        return SensitiveWordChanged.of(self, removed=True)

    def _take(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)
        self.folded = folded(self.word)


@fact("sensitive_word.changed.v1")
@dataclass(frozen=True, kw_only=True)
class SensitiveWordChanged(Event):
    """A word of the list was added, changed or removed; the word itself is not told."""

    kind: str
    removed: bool

    @classmethod
    def of(cls, word: SensitiveWord, *changed: str, removed: bool = False) -> SensitiveWordChanged:
        """The fact that this word is now as it is."""
        return cls(
            subject=word.id,
            entity_version=word.version,
            occurred_at=word.updated_at,
            changed=changed,
            kind=word.kind,
            removed=removed,
        )
