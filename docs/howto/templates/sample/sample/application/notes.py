"""What can be done with notes."""

from __future__ import annotations

from chassis.data.unit_of_work import UnitOfWork
from sample.domain.events import NoteWritten
from sample.domain.note import Note


def write_note(uow: UnitOfWork, text: str) -> Note:
    """Write a note in the caller's name; publishes sample_note.written. Raises NothingSaid."""
    note = uow.add(Note.write(text, by=uow.caller.id, at=uow.now()))
    uow.publish(NoteWritten.of(note))
    return note
