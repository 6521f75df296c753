"""The facts of notes, each carrying the whole state after the change; phone numbers masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from chassis.data.masking import mask_text
from chassis.facts.event import Event, fact
from sample.domain.note import Note


@fact("sample_note.written.v1")
@dataclass(frozen=True, kw_only=True)
class NoteWritten(Event):
    """A note was written."""

    text: str
    author_id: str

    @classmethod
    def of(cls, note: Note) -> Self:
        """The fact that this note was written."""
        return cls(
            subject=note.id,
            entity_version=note.version,
            occurred_at=note.updated_at,
            text=mask_text(note.text),
            author_id=note.author_id,
        )
